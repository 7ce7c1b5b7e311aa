"""The journal of tickets: what the norms ask of such a log stands in it, at no question per row."""

from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Role
from callbacks.services import finish_attempt, start_attempt
from reports.journal import JOURNAL, ON_PAGE
from reports.labels import address_of
from reports.period import Period
from reports.services import making
from reports.services.contents import Wanted
from tickets.models import Ticket
from tickets.services import finish_ring_back, move_ticket
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of

from .lively import DAY, EVENING, of_day, talk
from .test_reports import client_of

pytestmark = pytest.mark.django_db
ADDRESS = "/reports/journal/"


def asked(**more: str) -> dict[str, str]:
    return {"from": f"{DAY}", "to": f"{DAY}", "at": f"{EVENING:%Y-%m-%dT%H:%M:%SZ}"} | more


def lines_of(period: Period, query: str = "") -> list[dict[str, Any]]:
    """The file, by its headings."""
    content = making.make_at_once(contents=Wanted("journal", period, query).open(), kind="xlsx")
    with content:
        sheet = load_workbook(BytesIO(content.read())).worksheets[0]
    table: list[list[Any]] = [[cell.value for cell in row] for row in sheet.iter_rows()]
    headings, *rows = table
    return [dict(zip(headings, row, strict=True)) for row in rows]


def worked() -> Ticket:
    """A ticket that went all its way: handed over, accepted by telephone, done, and asked about."""
    operator = UserFactory.create(first_name="Ольга", last_name="Петрова")
    company = CompanyFactory.create(name="УК «Свет»")
    ticket = make_ticket(operator=operator, company=company, text="Темно на лестнице")
    talk(ticket.callback, at=NOON + 3 * MINUTE)
    move_ticket(
        ticket=ticket, step="accept_by_phone", actor=operator, at=NOON + 4 * MINUTE, said_by="Сидоров, мастер",
        planned_at=NOON + 120 * MINUTE,
    )  # fmt: skip
    ticket = move_ticket(
        ticket=ticket, step="report_done", actor=member_of(company), at=NOON + 60 * MINUTE, works="Заменили лампу",
        act_number="А-17",
    )  # fmt: skip
    control = ticket.control_callback
    assert control is not None
    attempt = start_attempt(obligation=control, operator=operator, at=NOON + 61 * MINUTE)
    finish_ring_back(
        attempt=attempt, outcome="reached", operator=operator, at=NOON + 62 * MINUTE, note="Свет есть.", confirmed=True,
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(mark=5)
    return Ticket.objects.get(pk=ticket.pk)


def test_a_line_holds_what_the_norms_ask_of_a_log() -> None:
    ticket = worked()

    (line,) = lines_of(of_day())

    assert line["Номер"] == ticket.number
    assert f"{line['Зарегистрирована']:%H:%M}" == "12:00"
    assert line["Канал"] == "телефон"
    assert line["Кто принял"] == "Ольга Петрова"
    assert line["Телефон"] == "+79101234567"
    assert line["Описание"] == "Темно на лестнице"
    assert line["Кому передана"] == "УК «Свет»"
    assert line["Кто там принял"] == "Сидоров, мастер, записал(а) Ольга Петрова"
    assert f"{line['Принята']:%H:%M}" == "12:04"
    assert f"{line['Срок, названный заявителю']:%H:%M}" == "14:00"
    assert (line["Что сделано"], line["Номер акта"]) == ("Заменили лампу", "А-17")
    assert f"{line['Контрольный звонок']:%H:%M}" == "13:02"
    assert line["Кто звонил"] == "Ольга Петрова"
    assert line["Итог звонка"].endswith(": Свет есть.")
    assert (line["Повторных обращений"], line["Возвратов"], line["Оценка"]) == (0, 0, 5)
    assert line["Закрыта"] is not None


@pytest.mark.parametrize("given", [{}, {"entrance": "2"}, {"floor": "3", "flat": "15"}, {"locality_name": ""}])
def test_an_address_is_the_one_of_the_card(given: dict[str, str]) -> None:
    ticket = Ticket(**{"locality_name": "г. Калуга", "street": "ул. Кирова", "house": "20"} | given)
    assert address_of(ticket) == ticket.address


def test_who_accepted_on_the_portal_is_named() -> None:
    company = CompanyFactory.create()
    member = member_of(company, first_name="Пётр", last_name="Сидоров")
    move_ticket(ticket=make_ticket(company=company), step="accept", actor=member, at=NOON + 2 * MINUTE)

    (line,) = lines_of(of_day())
    assert line["Кто там принял"] == "Пётр Сидоров"


def test_what_came_after_its_moment_is_not_in_it() -> None:
    worked()
    (line,) = lines_of(Period(DAY, DAY, NOON + 2 * MINUTE))
    assert (line["Принята"], line["Выполнена"], line["Контрольный звонок"], line["Закрыта"]) == (None,) * 4


def test_the_page_shows_the_main_columns_and_the_file_all(django_assert_max_num_queries: Any) -> None:
    for number in range(4):
        make_ticket(phone=f"+7910000000{number}", company=CompanyFactory.create())
    client = client_of(Role.SUPERVISOR)

    with django_assert_max_num_queries(12):
        page = client.get(ADDRESS, asked())

    assert [str(column.title) for column in page.context["columns"]] == [str(title) for title in ON_PAGE]
    assert page.context["page"].paginator.count == len(page.context["lines"]) == len(lines_of(of_day())) == 4
    assert len(JOURNAL.columns) == len(lines_of(of_day())[0])


def test_the_file_asks_for_its_rows_and_three_registers_however_many_rows(django_assert_num_queries: Any) -> None:
    worked()
    for number in range(4):
        make_ticket(phone=f"+7910000000{number}", company=CompanyFactory.create())
    contents = Wanted("journal", of_day()).open()
    with django_assert_num_queries(4):
        making.make_at_once(contents=contents, kind="csv").close()


def test_it_is_narrowed_by_the_same_words_as_a_report() -> None:
    company = CompanyFactory.create()
    make_ticket(company=company)
    make_ticket(phone="+79100000001", code="E01")
    client = client_of()

    def found(**narrowed: str) -> int:
        count: int = client.get(ADDRESS, asked(**narrowed)).context["page"].paginator.count
        return count

    assert (found(), found(company=str(company.pk)), found(emergency="yes"), found(channel="visit")) == (2, 1, 1, 0)
    assert len(lines_of(of_day(), f"company={company.pk}")) == 1
    assert client.get(ADDRESS, asked(company="999999")).status_code == 404


def test_wrong_days_are_told_and_nothing_is_listed() -> None:
    page = client_of().get(ADDRESS, {"from": "2026-02-02", "to": "2026-02-01"})
    assert page.status_code == 400
    assert "Период должен" in page.content.decode()


def test_operators_have_no_such_page() -> None:
    assert client_of(Role.OPERATOR).get(reverse("reports:journal")).status_code == 404


def test_a_promise_not_kept_yet_says_so() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    attempt = start_attempt(obligation=ticket.callback, operator=UserFactory.create(), at=NOON + MINUTE)
    finish_attempt(attempt=attempt, outcome="reached", at=NOON + 2 * MINUTE, note="Скоро.")
    member = member_of(company)
    move_ticket(ticket=ticket, step="accept", actor=member, at=NOON + 3 * MINUTE)
    move_ticket(ticket=ticket, step="report_done", actor=member, at=NOON + 30 * MINUTE, works="Сделали")

    (line,) = lines_of(Period(DAY, DAY, NOON + 31 * MINUTE))
    assert line["Итог звонка"] == "ждёт звонка"
    assert line["Контрольный звонок"] is None
