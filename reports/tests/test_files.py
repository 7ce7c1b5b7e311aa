"""Taking away: every list and every report as a workbook and as a text, and files that are made meanwhile."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import load_workbook

from accounts.phones import Phone
from reports.catalogue import REPORTS, build
from reports.figures import FIGURES
from reports.services import making, spreadsheet
from reports.services.contents import ReportContents, Wanted
from reports.services.files import CSV, XLSX, Sheet, write_file
from reports.services.reading import Reading
from reports.services.spreadsheet import Percent, Workbook
from tickets.tests.factories import NOON, make_ticket

from .lively import BOTH_DAYS, DAY, EVENING, lively_days, of_day
from .test_reports import client_of

pytestmark = pytest.mark.django_db


def written(kind: str, *sheets: Sheet) -> BytesIO:
    file = BytesIO()
    write_file(file, sheets, kind)
    file.seek(0)
    return file


def book_of(content: bytes) -> dict[str, list[list[Any]]]:
    book = load_workbook(BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def wanted(name: str, query: str = "") -> Wanted:
    return Wanted(name, BOTH_DAYS, query)


def file_of(name: str, kind: str, query: str = "") -> bytes:
    content = making.make_at_once(contents=wanted(name, query).open(), kind=kind)
    with content:
        return content.read()


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────────────────────
VALUES: list[tuple[Any, Any, str]] = [
    ("ул. Кирова & «20» <b>", "ул. Кирова & «20» <b>", "ул. Кирова & «20» <b>"),
    (Phone("+79101234567"), "+79101234567", "+79101234567"),
    (Phone("+74842565602", "12"), "+74842565602 доб. 12", "+74842565602 доб. 12"),
    (NOON, datetime(2026, 2, 2, 12, 0), "02.02.2026 12:00:00"),  # noqa: DTZ001  (a spreadsheet's moments)
    (date(2026, 2, 2), datetime(2026, 2, 2), "02.02.2026"),  # noqa: DTZ001
    (timedelta(hours=30, minutes=5), timedelta(hours=30, minutes=5), "1805,00"),
    (Percent("97.5"), 0.975, "97,5%"),
    (Decimal("4.25"), 4.25, "4,25"),
    (0, 0, "0"),
    (None, None, ""),
    (" отступ", " отступ", " отступ"),
    ("две\r\nстроки\x0b", "две\nстроки", "две\r\nстроки\x0b"),
]


@pytest.mark.parametrize(("value", "in_book", "in_text"), VALUES)
def test_a_value_is_what_a_spreadsheet_takes_it_for(value: Any, in_book: Any, in_text: str) -> None:
    sheet = Sheet("Лист", ("Графа", "Другая"), (10, 10), [[value, "x"]])
    assert book_of(written(XLSX, sheet).read())["Лист"][1][0] == in_book
    assert lines_of(written(CSV, Sheet("Лист", ("Графа", "Другая"), (10, 10), [[value, "x"]])).read())[1][0] == in_text


@pytest.mark.parametrize("typed", ["=1+1", "+7=cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1", "\n@x"])
def test_what_somebody_typed_is_never_a_formula(typed: str) -> None:
    content = written(XLSX, Sheet("Лист", ("Графа",), (10,), [[typed]])).read()
    cell = load_workbook(BytesIO(content)).worksheets[0]["A2"]
    assert cell.data_type in {"s", "inlineStr"}
    assert cell.quotePrefix

    text = written(CSV, Sheet("Лист", ("Графа",), (10,), [[typed]])).read()
    assert lines_of(text)[1][0].startswith("'")


def test_headings_stay_in_sight_and_filter_without_the_total() -> None:
    content = written(XLSX, Sheet("Лист: 1/2", ("Кто", "Сколько"), (34, 12), [["а", 1], ["б", 2]], ["Всего", 3]))
    sheet = load_workbook(content).worksheets[0]

    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("Лист  1 2", "A2", "A1:B3")
    assert sheet.column_dimensions["A"].width == 34
    assert [cell.value for cell in sheet[4]] == ["Всего", 3]
    assert sheet["A4"].font.b
    assert sheet["B2"].number_format == "0"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 4)
    sheets = book_of(written(XLSX, Sheet("Журнал", ("№",), (9,), ([number] for number in range(8)))).read())

    assert list(sheets) == ["Журнал", "Журнал 2", "Журнал 3"]
    assert [row[0] for rows in sheets.values() for row in rows[1:]] == list(range(8))
    assert all(rows[0] == ["№"] for rows in sheets.values())


def test_a_sheet_ends_before_its_text_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_BYTES", 1000)
    monkeypatch.setattr(spreadsheet, "BATCH", 1)
    sheets = book_of(written(XLSX, Sheet("Журнал", ("№",), (9,), ([str(number)] for number in range(40)))).read())

    assert len(sheets) > 2
    assert [row[0] for rows in sheets.values() for row in rows[1:]] == [str(number) for number in range(40)]


def test_sheets_of_one_name_are_told_apart() -> None:
    file = BytesIO()
    book = Workbook(file)
    for _turn in range(2):
        book.sheet("А" * 40, (), ())
        book.append(["x"])
    book.close()

    assert list(book_of(file.getvalue())) == ["А" * 31, "А" * 27 + " 2"]


def test_what_is_told_of_the_progress_grows() -> None:
    told: list[int] = []
    rows = write_file(BytesIO(), [Sheet("Л", ("№",), (9,), ([n] for n in range(4100)))], CSV, told.append)
    assert (rows, told) == (4100, [2000, 4000, 4100])


@pytest.mark.parametrize("kind", [XLSX, CSV])
def test_whoever_waits_may_end_it_in_the_middle(kind: str, tmp_path: Path) -> None:
    def stops(done: int) -> None:
        raise InterruptedError

    with (tmp_path / "file").open("wb") as file, pytest.raises(InterruptedError):
        write_file(file, [Sheet("Л", ("№",), (9,), ([n] for n in range(5000)))], kind, stops)


# ── Every list, every report ─────────────────────────────────────────────────────────────────────────────────────
class TestLivelyDays:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _lived_through(cls, rows_of_class: None) -> None:
        lively_days()

    @pytest.mark.parametrize("cell", ["registered", "promised", "calls", "contacts", "outages", "escalations_raised"])
    def test_a_list_as_a_file_is_the_list(self, cell: str) -> None:
        if cell not in FIGURES:
            cell = next(name for name, figure in FIGURES.items() if figure.subject.listing == "escalations")
        self.same_list(cell)

    @pytest.mark.thorough
    def test_every_list_as_a_file_is_the_list(self) -> None:
        for cell in FIGURES:
            self.same_list(cell)

    def same_list(self, cell: str) -> None:
        client = client_of()
        asked = {"cell": cell, "from": f"{BOTH_DAYS.first}", "to": f"{BOTH_DAYS.last}",
                 "at": f"{EVENING:%Y-%m-%dT%H:%M:%SZ}"}  # fmt: skip
        page = client.get(reverse("reports:tickets"), asked)
        headings = [str(column.title) for column in page.context["columns"]]
        (sheet,) = book_of(file_of(f"rows:{cell}", XLSX)).values()
        text = lines_of(file_of(f"rows:{cell}", CSV))

        assert sheet[0] == text[0] == headings
        assert len(sheet) - 1 == len(text) - 1 == page.context["page"].paginator.count
        for place, line in enumerate(page.context["lines"], start=1):
            for cell_of_page, in_book, in_text in zip(line, sheet[place], text[place], strict=True):
                match cell_of_page.kind:
                    case "ticket" | "text" | "wide" | "badge":
                        assert str(in_book or "") == in_text == str(cell_of_page.value).replace("None", "")
                    case "moment" if cell_of_page.value:
                        assert abs(in_book - as_region(cell_of_page.value)) < timedelta(seconds=1)
                    case "phone":
                        assert (in_book or "") == in_text
                        assert in_text.startswith(cell_of_page.value.number)

    @pytest.mark.parametrize("name", REPORTS)
    def test_a_report_as_a_file_is_the_report(self, name: str) -> None:
        report = build(name, Reading(BOTH_DAYS), ())
        sheets = list(book_of(file_of(name, XLSX)).values())
        text = lines_of(file_of(name, CSV))

        assert sheets[0][0][0] == str(REPORTS[name].title)
        assert {str(fact.label) for fact in report.facts} <= {row[0] for row in sheets[0]}
        assert len(sheets) == 1 + len(report.sections)
        for section, rows in zip(report.sections, sheets[1:], strict=True):
            lines = [*section.lines, *([section.total] if section.total else [])]
            assert [row[0] for row in rows[1:]] == [line.label for line in lines]
            step = 2 if len(rows[0]) > len(section.columns) + 1 else 1
            assert rows[0][1::step] == [str(column.title) for column in section.columns]
            for line, row in zip(lines, rows[1:], strict=True):
                for cell, value in zip(line.cells, row[1::step], strict=True):
                    if cell.unit == "count":
                        assert value == cell.value
                    elif cell.unit == "percent":
                        assert value == (None if cell.value is None else pytest.approx(float(str(cell.value)) / 100))
            assert [section.title] in text

    def test_the_queries_do_not_grow_with_the_rows(self, django_assert_max_num_queries: Any) -> None:
        for cell in ("promised", "calls", "handed_over", "done"):
            # The rows, and the registers that they name.
            with django_assert_max_num_queries(4):
                file_of(f"rows:{cell}", CSV)

    def test_filters_narrow_the_file_as_they_narrow_the_page(self) -> None:
        whole, some = (len(lines_of(file_of("rows:registered", CSV, query))) for query in ("", "emergency=yes"))
        assert 1 < some < whole


def as_region(moment: datetime) -> datetime:
    # Kaluga's clocks are three hours ahead all the year.
    return moment.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=3)


def test_a_report_says_what_it_is_narrowed_by() -> None:
    contents = Wanted("promise", of_day(), "emergency=yes").open()
    assert isinstance(contents, ReportContents)
    first = list(next(contents.sheets()).rows)
    assert ["Отбор", "аварийные"] in [list(row) for row in first]


# ── The command ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("name", "kind", "rows"), [("journal", "csv", 2), ("rows:registered", "xlsx", 2)])
def test_the_command_says_how_many_rows_it_wrote(
    name: str, kind: str, rows: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_ticket()
    make_ticket(phone="+79100000001")
    file = tmp_path / f"file.{kind}"

    call_command("export_report", name, "--from", f"{DAY}", "--to", f"{DAY}", "--format", kind, "--output", file)

    assert f"{rows} rows in {file}" in capsys.readouterr().out
    assert file.stat().st_size


def test_the_command_writes_a_report(tmp_path: Path) -> None:
    make_ticket()
    call_command("export_report", "promise", "--from", f"{DAY}", "--to", f"{DAY}", "--output", tmp_path / "p.xlsx")
    assert "Обещание" in book_of((tmp_path / "p.xlsx").read_bytes())


@pytest.mark.parametrize("asked", [["nothing"], ["rows:nothing"], ["journal", "--company", "999999"]])
def test_the_command_knows_what_there_is(asked: list[str], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such report"):
        call_command("export_report", *asked, "--output", tmp_path / "x")


def test_the_command_refuses_days_in_the_wrong_order(tmp_path: Path) -> None:
    days = ("--from", "2026-02-02", "--to", "2026-02-01")
    with pytest.raises(CommandError, match="Период должен"):
        call_command("export_report", "journal", *days, "--output", tmp_path / "x")
