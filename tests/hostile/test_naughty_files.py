"""Strange words in the files that are brought in: a register, an old log; and in the tables that are handed out.

Every word × every text column, once in all columns of a row and once in that column alone, the others as they should
be. A row is written with its words as they stood, or comes back with the reason; nothing of it is a formula.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from accounts.cells import FORMULA, NUMBER
from accounts.models import Role
from companies.imports import columns as mapping
from companies.imports.register import import_register
from companies.imports.report import Report
from companies.imports.tables import Table, text_of
from companies.imports.values import said
from companies.models import Building, Company
from tests.hostile.deeds import NOW
from tests.hostile.naughty import words
from tests.hostile.scene import browser_of, program_of
from tickets.exports import UNSPEAKABLE
from tickets.models import Ticket
from tickets.tests.factories import CompanyFactory, UserFactory, make_ticket
from tickets.views.desk.columns import COLUMNS

pytestmark = pytest.mark.django_db

# What the register and the log are told, as it should be.
HOUSE = {
    "HOUSE_ID": "1", "ADDRESS": "край. Приморский, г. Владивосток, ул. Светланская, д. 14", "LAT": "43.1",
    "LON": "131.9", "YEAR": "1967", "MGMT_COMPANY": "ООО Маяк", "SERVICEDATE_START": "01.09.2015", "LEVELS_MAX": "5",
    "DOORS": "2", "ROOM_COUNT_LIVE": "40",
}  # fmt: skip
OLD = {
    "Номер": "1001", "Открыта": "05.03.2025 10:00", "Срок": "06.03.2025 10:00", "Закрыта": "05.03.2025 18:00",
    "Статус": "", "Категория": "W03", "Адрес": "г. Калуга, ул. Кирова, д. 20, кв. 15", "Исполнитель": "ООО Свет",
    "Телефон": "8 (910) 123-45-67", "Заявитель": "Иванова", "Канал": "телефон", "Текст": "Течёт кран",
}  # fmt: skip
EVERY = [pytest.param(40, id="sample"), pytest.param(1, id="whole", marks=pytest.mark.slow)]


def rows(usual: dict[str, str], key: str, given: list[str]) -> list[list[str]]:
    """A row for each word with it in every cell, and one for each word and column with it in that cell alone."""
    found = [[word] * len(usual) for word in given]
    for name in usual:
        for word in given:
            row = usual | {key: str(len(found))} | {name: word}
            found.append(list(row.values()))
    return found


def written(folder: Path, header: Sequence[str], given: list[list[str]], *, kind: str = "csv") -> Path:
    path = folder / f"file.{kind}"
    if kind == "xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Лист")
        for row in (list(header), *given):
            cells = [WriteOnlyCell(sheet, UNSPEAKABLE.sub("", cell)) for cell in row]
            for cell in cells:
                # A text, whatever it begins with.
                cell.data_type = "s"
            sheet.append(cells)
        book.save(path)
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *given])
    return path


def no_formulas(text: str) -> None:
    cells = [cell for line in csv.reader(io.StringIO(text), delimiter=";") for cell in line]
    assert not [cell for cell in cells if FORMULA.search(cell) and not NUMBER.fullmatch(cell)]


def bare(text: str) -> str:
    """A word without what a table cannot hold, and whatever its spaces are."""
    return re.sub(r"\s+", " ", text_of(UNSPEAKABLE.sub("", text))).strip()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("every", EVERY)
def test_a_register_of_strange_words(tmp_path: Path, every: int, kind: str) -> None:
    given = words(every)
    told = rows(HOUSE, "HOUSE_ID", given)
    table = Table(written(tmp_path, list(HOUSE), told, kind=kind))
    chosen = mapping.checked(mapping.REGISTER, table.header, mapping.guess(mapping.REGISTER, table.header))

    report: Report = import_register(table, mapping.places_of(table.header, chosen), today=date(2026, 2, 2))

    no_formulas(report.bad.read().decode("utf-8-sig"))
    # A row of nothing but blanks is none.
    assert len(told) - sum(not bare(word) for word in given) <= report.counts["rows"] <= len(told)
    known = {bare(name) for name in Company.objects.values_list("original_name", flat=True)}
    assert known <= {bare(word) for word in given} | {HOUSE["MGMT_COMPANY"]}
    assert Building.objects.filter(street="ул. Светланская", house="14").count() == 1


@pytest.mark.parametrize("every", EVERY)
def test_an_old_log_of_strange_words(tmp_path: Path, every: int) -> None:
    given = words(every)
    told = rows(OLD, "Номер", given)
    path, warnings = written(tmp_path, list(OLD), told), tmp_path / "warnings.csv"

    call_command("import_tickets", path, stdout=io.StringIO(), stderr=io.StringIO(), warnings=warnings)

    no_formulas(warnings.read_text(encoding="utf-8-sig"))
    refused = [
        line for line in csv.reader(warnings.open(encoding="utf-8-sig", newline=""), delimiter=";")
        if line[1:2] == ["ошибка"]
    ]  # fmt: skip
    assert Ticket.objects.count() + len(refused) >= len(told) - len(given)
    texts = {bare(text) for text in Ticket.objects.values_list("text", flat=True)}
    assert not [word for word in given if bare(said(word)) and bare(word) not in texts]


@pytest.mark.parametrize("every", EVERY)
def test_strange_words_in_every_table_that_is_handed_out(every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    for word in words(every):
        name = word.replace("\0", "").strip()
        if name and not Company.objects.filter(name__iexact=name[:200]).exists():
            make_ticket(company=CompanyFactory.create(name=name[:200]), text=name)
    person = UserFactory.create(role=Role.SUPERVISOR)
    browser, program = browser_of(person), program_of(person)
    browser.post(reverse("desk:columns-choose"), {"columns": list(COLUMNS)})
    days = {"from": "2026-02-01", "to": "2026-02-03"}
    tables: list[tuple[Any, str, dict[str, str]]] = [
        (browser, reverse("desk:ticket-file", kwargs={"kind": "csv"}), {"status": "all"}),
        (browser, reverse("desk:ticket-file", kwargs={"kind": "xlsx"}), {"status": "all"}),
        (browser, reverse("reports:csv"), days),
        (browser, reverse("reports:tickets-csv"), days | {"cell": "registered"}),
        *((program, reverse("reports-api:report", kwargs={"name": "companies"}), days | {"format": kind})
          for kind in ("csv", "xlsx")),
    ]  # fmt: skip
    taken = [
        (browser, reverse("reports:files"), days | {"name": name, "format": kind})
        for name in ("journal", "rows:registered", "organisations")
        for kind in ("csv", "xlsx")
    ]
    for client, url, query in tables + taken:
        answer = client.post(url, query) if "name" in query else client.get(url, query)
        assert answer.status_code == 200, url
        body = b"".join(answer) if answer.streaming else answer.content
        if "csv" in answer["Content-Type"]:
            no_formulas(body.decode("utf-8-sig"))
        else:
            sheets = load_workbook(io.BytesIO(body)).worksheets
            assert not [cell.value for sheet in sheets for row in sheet for cell in row if cell.data_type == "f"]
