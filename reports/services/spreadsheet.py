"""A workbook for spreadsheets, written as its rows come: nothing of it but the row at hand is kept in memory.

openpyxl and XlsxWriter make an object of every cell; a million rows of twelve took them four minutes and a minute and a
half (docs/decisions/0022-files.md). Strings stand in their cells, not in a table of the whole book.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from accounts.cells import FORMULA
from callbacks.calendar import REGION
from tickets.exports import LONGEST, UNSPEAKABLE, plain

# Excel's own limit. A sheet also ends before its XML would need an extension of the zip that Excel mends with a remark.
MOST_ROWS = 1_048_576
MOST_BYTES = 1_900_000_000
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  (a spreadsheet's moments know no zone)
DAY_LENGTH = timedelta(days=1)
# Rows that are put together before they are compressed.
BATCH = 500
# What a text is looked over for: markup, what XML cannot hold or would fold, formulas, Excel's own escapes.
PECULIAR = re.compile(r"[&<>\r\n\t\x00-\x1f\ud800-\udfff\ufffe\uffff]|^\s*[=+\-@＝＋－＠]|^\s|\s$|_x[0-9A-Fa-f]{4}_")
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# Places in ``cellXfs`` below.
TEXT, HEADING, MOMENT, DAY, LENGTH, PERCENT, FRACTION, QUOTED, TITLE, WHOLE, SUM, SUM_WHOLE = range(1, 13)

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="5"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="dd\\.mm\\.yyyy"/><numFmt numFmtId="166" formatCode="[h]:mm:ss"/>'
    '<numFmt numFmtId="167" formatCode="0.0%"/><numFmt numFmtId="168" formatCode="0.0#"/></numFmts>'
    '<fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="14"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EDF2"/><bgColor indexed="64"/></patternFill></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="13">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"'
    ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for number in (164, 165, 166, 167, 168)
    )
    + '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="1" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Percent(Decimal):
    """A share in percent: 97.5 is shown as 97,5 % and is 0.975 for a formula."""


class Title(str):
    """A text that stands above others."""

    __slots__ = ()


Cell = Any


@cache
def letters(place: int) -> str:
    """A, B … Z, AA: the name of a column by its place from nought."""
    first, last = divmod(place, 26)
    return (letters(first - 1) if first else "") + chr(ord("A") + last)


def safe(text: str) -> tuple[str, str]:
    """``text`` for XML, and how its element begins. A longer one than a cell holds is cut."""
    text = UNSPEAKABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    text = ESCAPED.sub("_x005F_", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text, '<t xml:space="preserve">' if text != text.strip() else "<t>"


COLUMNS = tuple(letters(place) for place in range(256))


class Workbook:
    """Sheets one after the other into ``file``, which need not be read back; ``close`` makes it whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1)
        self._names: list[str] = []
        # By sheet: the part that is filtered.
        self._filtered: dict[int, str] = {}
        self._out: IO[bytes] | None = None
        self._parts: list[str] = []
        self._headings: Sequence[str] = ()
        self._widths: Sequence[int] = ()
        self._caption, self._turn, self._row, self._bytes = "", 0, 0, 0

    def sheet(self, name: str, headings: Sequence[str], widths: Sequence[int]) -> None:
        """Begin a sheet. Its first row are the headings, which stay in sight and filter; without any it is a text."""
        self._finish_sheet()
        self._caption, self._turn = name, 1
        self._headings, self._widths = headings, widths
        self._begin()

    def append(self, row: Iterable[Cell]) -> None:
        if self._row >= MOST_ROWS or self._bytes >= MOST_BYTES:
            self._finish_sheet()
            self._turn += 1
            self._begin()
        self._row += 1
        number, parts = self._row, self._parts
        parts.append(f'<row r="{number}">')
        for column, value in zip(COLUMNS, row, strict=False):
            if value is None or value == "":
                continue
            kind = type(value)
            # What most cells hold is written here; the rest, and what needs care, is looked at more closely.
            if kind is str and not PECULIAR.search(value) and len(value) <= LONGEST:
                parts.append(f'<c r="{column}{number}" s="{TEXT}" t="inlineStr"><is><t>{value}</t></is></c>')
            elif kind is datetime:
                parts.append(f'<c r="{column}{number}" s="{MOMENT}"><v>{_serial(value)}</v></c>')
            else:
                parts.append(_cell(f"{column}{number}", value))
        parts.append("</row>")
        if not number % BATCH:
            self._write()

    def sum(self, row: Sequence[Cell]) -> None:
        """A last row of totals, which the filter leaves alone."""
        self._remember_filter()
        self._row += 1
        cells = "".join(
            _cell(f"{letters(place)}{self._row}", value, is_sum=True)
            for place, value in enumerate(row)
            if value is not None and value != ""
        )
        self._parts.append(f'<row r="{self._row}">{cells}</row>')

    def close(self) -> None:
        self._finish_sheet()
        for path, content in self._package():
            self._zip.writestr(path, content)
        self._zip.close()

    def abandon(self) -> None:
        """Let go of the file in the middle of it; what was written is of no use."""
        with suppress(OSError, ValueError):
            if self._out is not None:
                self._out.close()
            self._zip.close()

    # ── Sheets ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _begin(self) -> None:
        self._names.append(self._unused(self._caption if self._turn == 1 else f"{self._caption[:26]} {self._turn}"))
        number = len(self._names)
        self._out = self._zip.open(f"xl/worksheets/sheet{number}.xml", "w")
        self._row = self._bytes = 0
        pane = (
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'
        )
        columns = "".join(
            f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
            for place, width in enumerate(self._widths, start=1)
        )
        selected = ' tabSelected="1"' if number == 1 else ""
        self._parts.append(
            f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView{selected}'
            f' workbookViewId="0">{pane if self._headings else ""}</sheetView></sheetViews>'
            f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
        )
        if self._headings:
            self._row = 1
            cells = "".join(_text(f"{letters(place)}1", str(one), HEADING) for place, one in enumerate(self._headings))
            self._parts.append(f'<row r="1">{cells}</row>')

    def _finish_sheet(self) -> None:
        if self._out is None:
            return
        self._remember_filter()
        number = len(self._names)
        told = "</sheetData>"
        if number in self._filtered:
            told += f'<autoFilter ref="{self._filtered[number]}"/>'
        last = letters(max(len(self._widths), 1) - 1)
        # A telephone is a text on purpose: no green corner needs to say so.
        all_cells = f"A1:{last}{max(self._row, 1)}"
        told += f'<ignoredErrors><ignoredError sqref="{all_cells}" numberStoredAsText="1"/></ignoredErrors>'
        self._parts.append(f"{told}</worksheet>")
        self._write()
        self._out.close()
        self._out = None

    def _remember_filter(self) -> None:
        if self._headings:
            ref = f"A1:{letters(len(self._headings) - 1)}{self._row}"
            self._filtered.setdefault(len(self._names), ref)

    def _write(self) -> None:
        assert self._out is not None
        content = "".join(self._parts).encode()
        self._bytes += len(content)
        self._out.write(content)
        self._parts.clear()

    def _unused(self, name: str) -> str:
        """A name that Excel takes: without its own signs, not longer than 31, not twice."""
        name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '")[:31].strip(" '") or "1"
        taken = {one.casefold() for one in self._names}
        number, found = 1, name
        while found.casefold() in taken:
            number += 1
            found = f"{name[:27]} {number}"
        return found

    # ── The rest of the package ──────────────────────────────────────────────────────────────────────────────────
    def _package(self) -> Iterable[tuple[str, str]]:
        kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        relations = f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
        sheets = filters = links = parts = ""
        for number, name in enumerate(self._names, start=1):
            sheets += f'<sheet name="{_attribute(name)}" sheetId="{number}" r:id="rId{number}"/>'
            links += _relation(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml")
            parts += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kinds}.worksheet+xml"/>'
            if number in self._filtered:
                filters += f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number - 1}" hidden="1">'
                filters += f"{_attribute(_absolute(name, self._filtered[number]))}</definedName>"
        links += _relation(f"rId{len(self._names) + 1}", "styles", "styles.xml")
        filters = f"<definedNames>{filters}</definedNames>" if filters else ""
        book = f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><bookViews><workbookView/></bookViews>'
        yield "xl/workbook.xml", f"{book}<sheets>{sheets}</sheets>{filters}</workbook>"
        yield "xl/_rels/workbook.xml.rels", f"{relations}{links}</Relationships>"
        yield "xl/styles.xml", STYLES
        yield "_rels/.rels", f"{relations}{_relation('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>"
        parts += f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        parts += f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>'
        defaults = '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels"'
        defaults += ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        yield "[Content_Types].xml", f'{XML}<Types xmlns="{PACKAGE}/content-types">{defaults}{parts}</Types>'


def _relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{RELS}/{kind}" Target="{target}"/>'


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _cell(ref: str, value: Cell, *, is_sum: bool = False) -> str:
    match value:
        case bool():
            pass
        case Percent():
            return _number(ref, f"{value / 100:.6f}", PERCENT)
        case int():
            return _number(ref, str(value), SUM_WHOLE if is_sum else WHOLE)
        case Decimal() | float():
            return _number(ref, f"{value:.6f}", FRACTION)
        case datetime():
            return _number(ref, repr(_serial(value)), MOMENT)
        case date():
            return _number(ref, str((value - EPOCH.date()).days), DAY)
        case timedelta():
            return _number(ref, repr(value / DAY_LENGTH), LENGTH)
        case Title():
            return _text(ref, value, TITLE)
    text = plain(value)
    if not text:
        return ""
    # What a spreadsheet would run if somebody wrote it anew stays a text then too.
    return _text(ref, text, SUM if is_sum else QUOTED if FORMULA.search(text) else TEXT)


def _serial(moment: datetime) -> float:
    """Days since the spreadsheet's own beginning, by the region's clocks."""
    return (moment.astimezone(REGION).replace(tzinfo=None) - EPOCH) / DAY_LENGTH


def _number(ref: str, value: str, style: int) -> str:
    return f'<c r="{ref}" s="{style}"><v>{value}</v></c>'


def _text(ref: str, value: str, style: int) -> str:
    text, begins = safe(value)
    return f'<c r="{ref}" s="{style}" t="inlineStr"><is>{begins}{text}</t></is></c>'


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _absolute(sheet: str, ref: str) -> str:
    first, last = (re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", one) for one in ref.split(":"))
    return f"'{sheet.replace(chr(39), chr(39) * 2)}'!{first}:{last}"
