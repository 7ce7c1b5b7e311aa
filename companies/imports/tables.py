"""Tables that people hand over: CSV of any kind and XLSX, also packed, read row by row and never beyond the limits."""

import codecs
import csv
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from accounts.writes import Refused

MEGABYTE = 1 << 20
# A file as it comes, and what it may unpack to: a small archive of nothing but noughts fills any memory.
LARGEST_FILE, LARGEST_UNPACKED = 50 * MEGABYTE, 400 * MEGABYTE
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 500_000, 200, 32_000
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
DELIMITERS = (";", ",", "\t")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class UnreadableFile(Refused):
    """Not a table, or too large a one; the sentence says which."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number as a spreadsheet counts it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


class Table:
    """The headings, and the rows under them as often as they are asked for. ``total`` is what a bar is drawn by."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path, self.name = path, name or path.name
        self._rows = self._reader()
        lines = self._lines()
        first = next(lines, None)
        lines.close()
        if first is None:
            raise UnreadableFile(_("В файле «%s» нет ни одной строки.") % self.name)
        self.header, self._header_at = first.cells, first.number

    def __iter__(self) -> Iterator[Line]:
        """Every row that says something. Raises UnreadableFile where the file is broken or goes on too long."""
        found = 0
        for line in self._lines():
            if line.number <= self._header_at:
                continue
            found += 1
            if found > MOST_ROWS:
                raise UnreadableFile(_("В файле больше %s строк: разделите его на части.") % MOST_ROWS)
            yield line

    def count(self) -> int:
        return sum(1 for _line in self)

    def _lines(self) -> "_Lines":
        return _Lines(self._rows, self.name)

    def _reader(self) -> "Callable[[], Iterator[Sequence[Any]]]":
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as file:
                start = file.read(4)
        except OSError as error:
            raise UnreadableFile(_("Файл «%s» не открывается.") % self.name) from error
        if size > LARGEST_FILE:
            raise UnreadableFile(_("Файл больше %s МБ: разделите его на части.") % (LARGEST_FILE // MEGABYTE))
        if start == ZIP:
            _refuse_bomb(self.path)
            return lambda: _sheet(self.path)
        opened = gzip.open if start[:2] == GZIP else open
        encoding, delimiter = _kind_of(opened, self.path)
        return lambda: _csv(opened, self.path, encoding, delimiter)


class _Lines:
    """Rows as text; whatever goes wrong while reading becomes a sentence."""

    def __init__(self, rows: "Callable[[], Iterator[Sequence[Any]]]", name: str) -> None:
        self.rows, self.name, self.number = rows(), name, 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> Line:
        while True:
            try:
                row = next(self.rows)
            except StopIteration:
                raise
            except UnreadableFile:
                raise
            except Exception as error:
                # Readers of broken archives and sheets raise whatever they stumble over.
                told = {"name": self.name, "row": self.number + 1}
                raise UnreadableFile(_("Файл «%(name)s» испорчен у строки %(row)s.") % told) from error
            self.number += 1
            cells = tuple(text_of(cell) for cell in row[:MOST_COLUMNS])
            if any(cells):
                return Line(self.number, cells)

    def close(self) -> None:
        closer = getattr(self.rows, "close", None)
        if closer:
            closer()


def text_of(cell: Any) -> str:
    """A cell as tidy text: numbers without «.0», moments as ISO, nothing that a database cannot keep."""
    match cell:
        case None:
            return ""
        case str():
            return _ILLEGAL.sub("", cell[:LONGEST_CELL]).strip()
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds" if cell.second or cell.microsecond else "minutes")
        case date() | time():
            return cell.isoformat()
    return str(cell)[:LONGEST_CELL].strip()


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            is_book = any(entry.filename == "xl/workbook.xml" for entry in archive.infolist())
    except (BadZipFile, OSError) as error:
        raise UnreadableFile(_("Файл испорчен: это не книга XLSX.")) from error
    if not is_book:
        raise UnreadableFile(_("Это архив, а не таблица: нужен CSV, CSV.GZ или XLSX."))
    if unpacked > LARGEST_UNPACKED:
        raise UnreadableFile(_too_long())


def _too_long() -> str:
    return _("В распакованном виде файл больше %s МБ: разделите его на части.") % (LARGEST_UNPACKED // MEGABYTE)


def _sheet(path: Path) -> Iterator[Sequence[Any]]:
    """The first sheet that is shown. Raises UnreadableFile."""
    # Opened here: a path whose name does not end in .xlsx is refused by the library, whatever lies in the file.
    with path.open("rb") as file:
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except (
            InvalidFileException,
            KeyError,
            ValueError,
            TypeError,
            OSError,
            BadZipFile,
            SyntaxError,
        ) as error:
            raise UnreadableFile(_("Книга XLSX не читается.")) from error
        with closing(book):
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            if not sheets:
                raise UnreadableFile(_("В книге XLSX нет листов."))
            # What the file says about its own size is often wrong, and then rows would be missing.
            sheets[0].reset_dimensions()
            yield from sheets[0].iter_rows(values_only=True)


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _kind_of(opened: Any, path: Path) -> tuple[str, str]:
    """Its encoding and what stands between its columns; the whole file is decoded once to be sure of the former."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, size, start = "utf-8-sig", 0, b""
    try:
        with opened(path, "rb") as file:
            while piece := file.read(MEGABYTE):
                size += len(piece)
                if size > LARGEST_UNPACKED:
                    raise UnreadableFile(_too_long())
                start = start or piece
                if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                    encoding = "utf-16"
                elif encoding == "utf-8-sig":
                    encoding = _checked(decoder, piece)
        if encoding == "utf-8-sig":
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        encoding = "cp1251"
    except (OSError, EOFError) as error:
        raise UnreadableFile(_("Файл испорчен: архив обрывается или не читается.")) from error
    except BadZipFile as error:
        raise UnreadableFile(_("Файл испорчен: архив обрывается или не читается.")) from error
    return encoding, _delimiter(start.decode(encoding, errors="replace"))


def _checked(decoder: codecs.IncrementalDecoder, piece: bytes) -> str:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8-sig"


def _delimiter(text: str) -> str:
    """The sign that stands oftenest in the first line that says something, outside of quotes."""
    for line in text.splitlines():
        if line.strip():
            bare = re.sub(r'"[^"]*"', "", line)
            return max(DELIMITERS, key=bare.count)
    return DELIMITERS[0]


def _csv(opened: Any, path: Path, encoding: str, delimiter: str) -> Iterator[Sequence[str]]:
    with opened(path, "rb") as raw:
        text: IO[str] = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
        yield from csv.reader((line.replace("\0", "") for line in text), delimiter=delimiter)
