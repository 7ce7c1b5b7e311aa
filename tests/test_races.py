"""Real threads on a real PostgreSQL: of two at once, one wins and the other is told."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from accounts import clock
from accounts.models import Role, User
from accounts.writes import Refused
from callbacks.models import CallbackObligation, Contact, Deadline, Escalation, Outbox
from callbacks.services import claim_next, escalate_overdue_batch, finish_attempt, record_missed_call, start_attempt
from callbacks.services.promises import promise_callback
from tickets.models import Ticket
from tickets.services import Address, move_ticket, register_ticket
from tickets.tests.factories import CompanyFactory, UserFactory, category, make_contact, member_of

pytestmark = pytest.mark.django_db(transaction=True)

TEN_MINUTES = timedelta(minutes=10)


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run the actions in threads that start together; a refusal is a result like any other."""
    gate = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        try:
            gate.wait(timeout=10)
            return action()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def overdue_promises(count: int) -> list[CallbackObligation]:
    promised = clock.now() - TEN_MINUTES - timedelta(seconds=5)
    return [
        promise_callback(
            contact=make_contact(at=promised, phone=f"+7910{number:07}"),
            reason=CallbackObligation.Reason.FIRST_ANSWER, promised_at=promised, at=promised,
        )
        for number in range(count)
    ]  # fmt: skip


def test_four_sweeps_at_once_raise_every_rung_once() -> None:
    UserFactory.create(role=Role.SUPERVISOR)
    overdue_promises(120)

    def sweep() -> int:
        raised = 0
        while batch := escalate_overdue_batch(at=clock.now(), limit=10):
            raised += batch
        return raised

    results = at_once(sweep, sweep, sweep, sweep)
    # The warning and the supervisor's rung of each.
    assert sum(int(str(result)) for result in results) == 240
    assert Escalation.objects.count() == 240
    assert Outbox.objects.count() == 120 + 240
    assert Deadline.objects.filter(next_rung=3).count() == 120


def test_thirty_operators_never_get_the_same_call() -> None:
    overdue_promises(20)
    operators = [UserFactory.create() for _ in range(30)]

    def take(operator: User) -> Callable[[], object]:
        return lambda: getattr(claim_next(operator=operator, at=clock.now()), "pk", None)

    taken = [pk for pk in at_once(*[take(operator) for operator in operators]) if pk is not None]
    assert len(taken) == len(set(taken)) == 20


def test_one_form_sent_many_times_at_once_is_one_ticket() -> None:
    operator, key, at = UserFactory.create(), uuid4(), clock.now()

    def send() -> object:
        contact = Contact(received_at=at, phone="+79101234567")
        return register_ticket(
            contact=contact, category=category(), address=Address(street="ул. Мира", house="1"), text="Темно",
            operator=operator, intake_key=key, at=at,
        ).pk  # fmt: skip

    results = at_once(*[send] * 12)
    assert Ticket.objects.count() == 1
    assert {result for result in results if isinstance(result, int)} == {Ticket.objects.get().pk}
    assert all(isinstance(result, int) for result in results), results
    assert Contact.objects.count() == 1


def test_calls_missed_at_once_are_one_promise() -> None:
    at = clock.now()
    at_once(*[lambda: record_missed_call(phone="+79100000001", received_at=at, at=at)] * 8)
    promise = CallbackObligation.objects.get()
    assert promise.occurrences == 8


def test_keeping_and_escalating_at_once_leaves_no_contradiction() -> None:
    """Whoever comes first: a rung is only there if it rang while the clock ran, and the talk keeps the promise."""
    operator = UserFactory.create()
    UserFactory.create(role=Role.SUPERVISOR)
    promises = overdue_promises(15)
    attempts = [start_attempt(obligation=one, operator=operator, at=clock.now()) for one in promises]

    def keep_all() -> object:
        for attempt in attempts:
            finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=clock.now())
        return None

    def escalate_all() -> object:
        return sum(escalate_overdue_batch(at=clock.now(), limit=1) for _ in range(20))

    at_once(keep_all, escalate_all, escalate_all)
    assert CallbackObligation.objects.filter(state="kept").count() == 15
    assert not Deadline.objects.running().exists()
    per_clock = Counter(Escalation.objects.values_list("deadline", "rung"))
    assert not [pair for pair, count in per_clock.items() if count > 1]


def test_two_buttons_at_once_move_the_ticket_once() -> None:
    company = CompanyFactory.create()
    first, second = member_of(company), member_of(company)
    at = clock.now()
    ticket = register_ticket(
        contact=Contact(received_at=at, phone="+79101234567"), category=category(), operator=UserFactory.create(),
        address=Address(street="ул. Мира", house="1"), text="Темно", intake_key=uuid4(), at=at, company=company,
    )  # fmt: skip
    results = at_once(
        lambda: move_ticket(ticket=ticket, step="accept", actor=first, at=clock.now()),
        lambda: move_ticket(ticket=ticket, step="reject", actor=second, at=clock.now(), reason="not_ours"),
    )
    assert sorted(type(result).__name__ for result in results) == ["StepRefused", "Ticket"]
    assert ticket.events.count() == 3
