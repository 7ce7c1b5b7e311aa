"""The list of tickets, the search, the card with its steps."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_ticket,
    member_of,
    page,
    signed_in,
)
from tickets.views.desk.card import HAPPENED
from tickets.workflow import STEPS, steps_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(at: Any) -> Client:
    return signed_in()


def take(client: Client, ticket: Ticket, step: str, **given: Any) -> Any:
    return client.post(reverse("desk:step", kwargs={"number": ticket.number, "step": step}), given, follow=True)


# ── The card ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_card_shows_who_rang_what_was_told_and_what_is_owed(client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create(name="УК «Порядок»"), code="W01", text="Течёт с потолка")

    shown = page(client, "desk:card", number=ticket.number)

    for words in ("Иванова М. П.", "8 (910) 123-45-67", "Течёт с потолка", "УК «Порядок»", "ул. Кирова"):
        assert words in shown
    assert "Первый ответ" in shown
    assert "ПП РФ 416" in shown or "правило центра" in shown


def test_the_history_is_told_in_sentences(client: Client) -> None:
    company = CompanyFactory.create(name="УК «Порядок»")
    ticket = make_ticket(company=company, operator=UserFactory.create(first_name="Ольга", last_name="Смирнова"))
    dispatcher = member_of(company, first_name="Пётр", last_name="Мастеров")
    move_ticket(ticket=ticket, step="reject", actor=dispatcher, at=NOON + MINUTE, reason="not_ours")

    shown = " ".join(page(client, "desk:card", number=ticket.number).split())

    assert "<b>Ольга Смирнова</b>: заявка зарегистрирована" in shown
    assert "передано: УК «Порядок»" in shown
    assert "<b>Пётр Мастеров</b>: возвращена в центр: не наша ответственность" in shown


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.HEAD, Role.ADMIN])
def test_only_the_steps_of_this_person_are_buttons(at: Any, role: Role) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    given: dict[str, Any] = {"is_staff": True, "is_superuser": True} if role == Role.ADMIN else {}

    shown = page(signed_in(role=role, **given), "desk:card", number=ticket.number)

    buttons = set(steps_for(status="assigned", role=role))
    base = reverse("desk:card", kwargs={"number": ticket.number})
    assert {code for code in buttons if f"{base}steps/{code}/" in shown} == buttons
    assert shown.count(f"{base}steps/") == len(buttons)


def test_a_step_is_taken_and_told(client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create())

    shown = take(client, ticket, "accept_by_phone", said_by="Сидорова, 55-12-30", planned_at="2026-02-02T18:00")

    ticket.refresh_from_db()
    assert ticket.status == "accepted"
    assert "Принято по телефону" in shown.content.decode()


def test_a_step_without_its_need_comes_back_open_with_what_was_typed(client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create())

    shown = take(client, ticket, "accept_by_phone", note="Приедут к вечеру").content.decode()

    assert "Приедут к вечеру" in shown
    assert '<details class="step" open>' in shown
    ticket.refresh_from_db()
    assert ticket.status == "assigned"


def test_a_refusal_of_the_database_is_a_sentence(client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    shown = take(client, ticket, "cancel", reason="withdrawn", note="Передумал").content.decode()
    assert "Сначала перезвоните заявителю" in shown
    assert "Передумал" in shown


def test_a_step_that_is_over_keeps_what_was_typed(client: Client) -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    move_ticket(ticket=ticket, step="accept", actor=member_of(company), at=NOON + MINUTE)

    shown = take(client, ticket, "accept_by_phone", said_by="Сидорова").content.decode()

    assert "уже в другом состоянии" in shown
    assert "Сидорова" in shown


@pytest.mark.parametrize(("step", "given"), [
    ("mark_duplicate", {"duplicate_of": "26-999999"}),
    ("mark_duplicate", {"duplicate_of": "\x00"}),
    ("assign", {"company": "99999999999999999999"}),
    ("accept_by_phone", {"said_by": "x" * 201}),
    ("accept_by_phone", {"said_by": "Сидорова", "planned_at": "2020-01-01T10:00"}),
    ("comment", {"note": "x" * 8001}),
])  # fmt: skip
def test_nonsense_is_a_sentence_and_never_a_crash(client: Client, step: str, given: dict[str, str]) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert take(client, ticket, step, **given).status_code == 200
    ticket.refresh_from_db()
    assert ticket.status == "assigned"


def test_a_step_of_another_role_is_not_there(client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert take(client, ticket, "accept").status_code == 404
    assert take(client, ticket, "no_such_step").status_code == 404


def test_the_card_asks_little(at: Any, django_assert_max_num_queries: Any) -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company, code="W01")
    for number in range(5):
        move_ticket(ticket=ticket, step="comment", actor=member_of(company), at=NOON + MINUTE, note=f"Запись {number}")
    break_promise(NOON + 60 * MINUTE)
    at(NOON + 60 * MINUTE)
    client = signed_in(role=Role.SUPERVISOR)

    # Fourteen with the question for the moment, which this test answers by itself; three of them read every ladder.
    with django_assert_max_num_queries(13):
        page(client, "desk:card", number=ticket.number)


def test_every_step_has_its_words_in_the_history() -> None:
    assert set(HAPPENED) == set(STEPS) - {"assign"}


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────
def listed(client: Client, **chosen: Any) -> str:
    return str(client.get(reverse("desk:tickets"), chosen).content.decode())


def test_the_list_shows_what_is_open_and_all_when_asked(client: Client) -> None:
    ticket = make_ticket(phone="")
    move_ticket(
        ticket=ticket, step="cancel", actor=UserFactory.create(), at=NOON + MINUTE, reason="mistake", note="Не туда"
    )

    assert ticket.number not in listed(client)
    assert ticket.number in listed(client, state="all")
    assert ticket.number in listed(client, state="cancelled")


def test_the_list_is_narrowed(client: Client) -> None:
    company = CompanyFactory.create()
    ours, other = make_ticket(company=company, code="W01"), make_ticket(code="L02")

    for chosen in ({"company": company.pk}, {"group": "Вода"}):
        shown = listed(client, **chosen)
        assert ours.number in shown
        assert other.number not in shown


def test_the_list_of_a_day(client: Client) -> None:
    ticket = make_ticket()
    assert ticket.number in listed(client, since="2026-02-02", until="2026-02-02")
    assert ticket.number not in listed(client, since="2026-02-03")
    assert ticket.number not in listed(client, until="2026-02-01")


def test_the_list_of_broken_terms(at: Any, client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert ticket.number not in listed(client, overdue="on")
    at(NOON + 9 * MINUTE)
    assert ticket.number in listed(client, overdue="on")


@pytest.mark.parametrize("chosen", [
    {"page": "0"}, {"page": "-5"}, {"page": "x"}, {"page": "99999"}, {"company": "x"}, {"state": "?"},
    {"since": "вчера"},
])  # fmt: skip
def test_a_wrong_choice_is_never_a_crash(client: Client, chosen: dict[str, str]) -> None:
    assert client.get(reverse("desk:tickets"), chosen).status_code == 200


def test_a_page_holds_fifty_and_leads_on_without_counting(client: Client, django_assert_max_num_queries: Any) -> None:
    building = BuildingFactory.create()
    from tickets.services import Address

    for _turn in range(52):
        make_ticket(address=Address(building=building))

    with django_assert_max_num_queries(6) as queries:
        shown = listed(client)

    assert shown.count("ticket-row") == 50
    assert "page=2" in shown
    assert not any("COUNT(*)" in query["sql"] for query in queries.captured_queries)
    assert listed(client, page="2").count("ticket-row") == 2


# ── The search ───────────────────────────────────────────────────────────────────────────────────────────────────
def found(client: Client, text: str) -> Any:
    return client.post(reverse("desk:search"), {"text": text})


def test_a_number_leads_straight_to_its_card(client: Client) -> None:
    ticket = make_ticket()
    assert found(client, ticket.number)["Location"] == reverse("desk:card", kwargs={"number": ticket.number})


@pytest.mark.parametrize("text", ["8 910 123-45-67", "+79101234567", "45-67", "1234567", "подъезд", "кирова"])
def test_a_ticket_is_found_by_phone_its_end_and_words(client: Client, text: str) -> None:
    ours, other = make_ticket(), make_ticket(phone="+79109999999", code="L02", text="Лифт", address=_elsewhere())

    shown = found(client, text).content.decode()

    assert ours.number in shown
    assert other.number not in shown


def _elsewhere() -> Any:
    from tickets.services import Address

    return Address(locality="г. Обнинск", street="пр. Маркса", house="1")


@pytest.mark.parametrize("text", ["", "12", "%%", "\x00", "'; --", "+7", "(", "99-999999"])
def test_a_wrong_question_is_a_sentence_and_never_a_crash(client: Client, text: str) -> None:
    assert found(client, text).status_code == 200


def test_the_search_stands_in_no_address(client: Client) -> None:
    shown = page(client, "desk:search")
    assert 'method="post"' in shown
