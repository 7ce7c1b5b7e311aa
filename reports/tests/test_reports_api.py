"""Reports for programs: the numbers of the page, as JSON and as files."""

from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts import clock
from accounts.models import Role
from reports.period import Period
from reports.queries import overview
from reports.tables import TABLES
from tickets.tests.factories import NOON, CompanyFactory, break_promise, client_of, make_ticket

pytestmark = pytest.mark.django_db

DAY = f"{timezone.localtime(NOON).date()}"


def ask(name: str, *, role: Role = Role.SUPERVISOR, **asked: Any) -> Any:
    return client_of(role=role).get(f"/api/v1/reports/{name}/", {"from": DAY, "to": DAY} | asked)


@pytest.fixture
def company() -> str:
    company = CompanyFactory.create(name="=УК «Свет»")
    make_ticket(company=company)
    make_ticket()
    break_promise()
    return company.name


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("name", TABLES)
def test_each_row_has_a_value_for_each_column(name: str) -> None:
    told = ask(name).json()
    assert (told["name"], told["from"], told["to"]) == (name, DAY, DAY)
    columns = {column["code"] for column in told["columns"]}
    assert told["rows"]
    assert all(set(row) == columns for row in told["rows"])


@pytest.mark.usefixtures("company")
def test_the_numbers_are_those_of_the_page() -> None:
    page = overview(Period(NOON.date(), NOON.date(), clock.now()))
    (row,) = ask("overview").json()["rows"]
    assert row["promised"] == page.promised.count == 2
    assert row["broken"] == page.share.broken.count
    assert row["registered"] == page.registered.count == 2
    assert row["median_minutes"] is None


def test_without_data_a_share_is_null_and_not_nought() -> None:
    (row,) = ask("overview").json()["rows"]
    assert (row["promised"], row["percent"]) == (0, None)
    assert ask("companies").json()["rows"] == []


def test_as_files(company: str) -> None:
    text = b"".join(ask("companies", format="csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Организация;Передано организации")
    assert text.splitlines()[1].startswith(f"'{company};1;0")

    answer = ask("companies", format="xlsx")
    assert answer["Content-Disposition"] == f'attachment; filename="companies-{DAY}-{DAY}.xlsx"'
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:3] == [company, 1, 0]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"format": "pdf"}, "format"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2020-01-01"}, "non_field_errors"),
        ({"to": "2020-01-01"}, "non_field_errors"),
        ({"to": "9999-01-01"}, "to"),
    ],
)
def test_nonsense_is_told_beside_its_field_in_json(asked: dict[str, str], field: str) -> None:
    given: Any = {"format": "csv"} | asked
    answer = ask("overview", **given)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.COMPANY, Role.FOREMAN])
def test_not_for_everybody(role: Role) -> None:
    assert ask("overview", role=role).status_code == 403
