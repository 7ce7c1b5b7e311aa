"""Tables written to a file row by row: a workbook with a sheet each, or one text with all of them after each other."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import TextIOWrapper
from typing import IO, Any

from accounts.cells import harmless
from tickets.exports import plain

from .spreadsheet import Percent, Workbook

XLSX, CSV = "xlsx", "csv"
KINDS = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv; charset=utf-8",
}
# After so many rows whoever waits is told how far it is.
STEP = 2_000

Row = Sequence[Any]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Sheet:
    """One table. ``rows`` is read once. Without ``headings`` it is a text before the tables and none of its rows count.

    ``caption``: what is said above the table in a text with several of them.
    """

    name: str
    headings: Sequence[str]
    widths: Sequence[int]
    rows: Iterable[Row]
    total: Row | None = None
    caption: str = ""


def write_file(out: IO[bytes], sheets: Iterable[Sheet], kind: str, progress: Progress = lambda done: None) -> int:
    """Write ``sheets`` as ``kind`` to ``out``, which stays open; the number of rows under headings.

    ``progress`` is called with the rows written so far; what it raises ends the writing.
    """
    return (_workbook if kind == XLSX else _text)(out, sheets, progress)


def _workbook(out: IO[bytes], sheets: Iterable[Sheet], progress: Progress) -> int:
    book = Workbook(out)
    try:
        done = _sheets(book, sheets, progress)
    except BaseException:
        book.abandon()
        raise
    book.close()
    progress(done)
    return done


def _sheets(book: Workbook, sheets: Iterable[Sheet], progress: Progress) -> int:
    done = 0
    for sheet in sheets:
        book.sheet(sheet.name, sheet.headings, sheet.widths)
        if not sheet.headings:
            for row in sheet.rows:
                book.append(row)
            continue
        for row in _told(sheet.rows, done, progress):
            book.append(row)
            done += 1
        if sheet.total is not None:
            book.sum(sheet.total)
    return done


def _text(out: IO[bytes], sheets: Iterable[Sheet], progress: Progress) -> int:
    # The mark by which a spreadsheet knows the letters for Russian ones.
    text, done = TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False), 0
    writer = csv.writer(text, delimiter=";")
    for number, sheet in enumerate(sheets):
        if number:
            writer.writerow([])
        if sheet.caption:
            writer.writerow([harmless(sheet.caption)])
        if not sheet.headings:
            writer.writerows(map(_words, sheet.rows))
            continue
        writer.writerow(_words(sheet.headings))
        for row in _told(sheet.rows, done, progress):
            writer.writerow(_words(row))
            done += 1
        if sheet.total is not None:
            writer.writerow(_words(sheet.total))
    text.flush()
    # The file is its owner's to close.
    text.detach()
    progress(done)
    return done


def _told(rows: Iterable[Row], done: int, progress: Progress) -> Iterator[Row]:
    for row in rows:
        yield row
        done += 1
        if not done % STEP:
            progress(done)


def _words(row: Row) -> list[str]:
    return [harmless(_word(value)) for value in row]


def _word(value: Any) -> str:
    match value:
        case str():
            return value
        case Percent():
            return f"{value}%".replace(".", ",")
        case float():
            return f"{value:.2f}".replace(".", ",")
        case date() if not isinstance(value, datetime):
            return value.strftime("%d.%m.%Y")
    return plain(value)
