"""Files that a spreadsheet opens without running anything."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from accounts.cells import harmless
from accounts.phones import Phone
from tickets.exports import csv_response, plain, xlsx_response


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\0=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("＝1+1", "'＝1+1"),
        ("+79101234567=1", "'+79101234567=1"),
        ("-", "'-"),
        ("Течёт кран", "Течёт кран"),
        ("а=б", "а=б"),
        ("+79101234567", "+79101234567"),
        ("+74842565602 доб. 12", "+74842565602 доб. 12"),
        ("-12,5", "-12,5"),
        ("", ""),
    ],
)
def test_only_what_looks_like_a_formula_is_neutralised(typed: str, written: str) -> None:
    assert harmless(typed) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (0, "0"),
        (datetime(2026, 2, 2, 9, 0, 5, tzinfo=UTC), "02.02.2026 12:00:05"),
        (timedelta(minutes=4, seconds=38), "4,63"),
        (Decimal("96.4"), "96,4"),
        (Phone("+74842565602", "12"), "+74842565602 доб. 12"),
        (Phone("+74842565602"), "+74842565602"),
    ],
)
def test_values_are_written_as_the_region_writes_them(value: object, written: str) -> None:
    assert plain(value) == written


def test_the_file_is_streamed_for_a_russian_spreadsheet() -> None:
    response = csv_response("otchet", iter([["Заявка", "Текст"], ["26-000001", 'кран; "течёт"']]))

    assert response.streaming
    text = b"".join(response).decode("utf-8")
    assert text == '\ufeffЗаявка;Текст\r\n26-000001;"кран; ""течёт"""\r\n'
    assert response["Content-Disposition"] == 'attachment; filename="otchet.csv"'


def test_a_book_opens_whatever_signs_are_in_it() -> None:
    signs = "Кран\ufffe\uffff\x0b течёт"

    book = xlsx_response("list", "Список", [["Что"], [signs]], [20])

    sheet = load_workbook(io.BytesIO(b"".join(book))).worksheets[0]
    assert sheet["A2"].value == "Кран течёт"
