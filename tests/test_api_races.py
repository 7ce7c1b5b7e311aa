"""Programs that ask at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from callbacks.models import CallbackObligation
from tickets.models import Ticket, TicketEvent
from tickets.tests.factories import (
    CompanyFactory,
    UserFactory,
    client_of,
    make_promise,
    make_ticket,
    member_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(times: int, ask: Any) -> list[Any]:
    """The answers of ``ask(turn)`` called by so many threads in the same moment."""
    start = Barrier(times)

    def run(turn: int) -> Any:
        try:
            start.wait(5)
            return ask(turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))


def call() -> dict[str, Any]:
    address = {"street": "ул. Кирова", "house": "20"}
    return {"phone": "+79101234567", "category": "P03", "text": "Темно", "address": address}


def test_the_same_key_at_once_is_one_ticket_and_one_answer() -> None:
    clients = [client_of(user) for user in [UserFactory.create()] * 8]
    answers = at_once(8, lambda turn: clients[turn].post(
        "/api/v1/tickets/", call(), format="json", HTTP_IDEMPOTENCY_KEY="storm"
    ))  # fmt: skip
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert Ticket.objects.count() == 1
    assert CallbackObligation.objects.count() == 1


def test_of_two_that_take_a_step_one_is_told() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    people: list[User] = [member_of(company) for _turn in range(4)]
    clients = [client_of(user) for user in people]
    answers = at_once(4, lambda turn: clients[turn].post(f"/api/v1/tickets/{ticket.number}/steps/accept/"))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"step_refused"}
    assert TicketEvent.objects.filter(step="accept").count() == 1


def test_the_next_call_is_given_to_one_only() -> None:
    made = [make_promise(phone=f"+7910123000{index}") for index in range(3)]
    clients = [client_of() for _turn in range(6)]
    answers = at_once(6, lambda turn: clients[turn].post("/api/v1/callbacks/next/"))
    taken = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    assert sorted(taken) == [promise.pk for promise in made]
    assert [answer.status_code for answer in answers].count(204) == 3
