"""Tables as files that a spreadsheet opens without running anything."""

import codecs
import csv
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from accounts.cells import harmless
from accounts.phones import Phone
from callbacks.calendar import REGION


def plain(value: Any) -> str:
    """A value as a cell: moments of the region, lengths in minutes, a comma in fractions."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(REGION).strftime("%d.%m.%Y %H:%M:%S")
        case timedelta():
            return f"{value.total_seconds() / 60:.2f}".replace(".", ",")
        case Decimal():
            return str(value).replace(".", ",")
        case Phone():
            return f"{value.number} доб. {value.extension}" if value.extension else value.number
    return str(value)


class _Echo:
    """A file that hands back what is written, one row at a time."""

    def write(self, text: str) -> bytes:
        return text.encode("utf-8")


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """``rows``, the headings first, as a download called ``name``.csv."""
    return StreamingHttpResponse(
        _lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Echo(), delimiter=";")
    # The mark by which a spreadsheet knows the letters for Russian ones.
    yield codecs.BOM_UTF8
    for row in rows:
        yield writer.writerow([harmless(plain(value)) for value in row])


# ── The same as a spreadsheet ────────────────────────────────────────────────────────────────────────────────────
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOMENT = "DD.MM.YYYY HH:MM"
# What XML 1.0 cannot hold. openpyxl's own list lets the last two kinds through, and the file is damaged.
UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A longer text than a cell holds makes Excel call the file damaged.
LONGEST = 32_000


def xlsx_response(name: str, title: str, rows: Iterable[Iterable[Any]], widths: Iterable[int]) -> FileResponse:
    """``rows``, the headings first, as a download called ``name``.xlsx with one sheet; written row by row."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + place)].width = width
    for number, row in enumerate(rows):
        sheet.append([_cell(sheet, value, is_heading=not number) for value in row])
    # Closed, and so removed, by the response when it has been sent.
    written = tempfile.TemporaryFile()  # noqa: SIM115
    book.save(written)
    written.seek(0)
    return FileResponse(written, as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL)


def _cell(sheet: Any, value: Any, *, is_heading: bool) -> Any:
    match value:
        case datetime():
            cell = WriteOnlyCell(sheet, value.astimezone(REGION).replace(tzinfo=None))
            cell.number_format = MOMENT
            return cell
        case int() | None:
            return value
    # A text stays a text whatever it begins with: it is no formula in this kind of file.
    cell = WriteOnlyCell(sheet, UNSPEAKABLE.sub("", plain(value))[:LONGEST])
    cell.data_type = "s"
    if is_heading:
        cell.font = Font(bold=True)
    return cell
