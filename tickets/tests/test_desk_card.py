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

    # Twenty-one with the question for the moment, which this test answers by itself; three of them read every ladder,
    # three whether the cabinet is open, what is off at the address, and who else rang; then who has had the ticket,
    # the other tickets of the same call, the photos, what the organisation wrote, and the number that it asks for.
    with django_assert_max_num_queries(21):
        page(client, "desk:card", number=ticket.number)


def test_every_step_has_its_words_in_the_history() -> None:
    # What was imported has a line of its own, which is no step.
    assert set(HAPPENED) - {"import"} == set(STEPS) - {"assign"}
