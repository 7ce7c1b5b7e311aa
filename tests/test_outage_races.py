"""Outages under real threads: of two who end one, one does; a call taken meanwhile is in it or refused, never lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Role, User
from callbacks.models import CallbackObligation, Clock, Deadline
from tests.test_races import at_once
from tickets.models import Outage, Ticket
from tickets.services.invariants import broken_invariants
from tickets.services.outage_calls import read_call_list, waive_the_rest
from tickets.services.outage_ties import OutageOver
from tickets.services.outage_work import Moved, end_outage, join_outage, report_tickets
from tickets.tests.factories import UserFactory, make_ticket
from tickets.tests.test_outages import SAID, announced, called

pytestmark = pytest.mark.django_db(transaction=True)


def begun() -> Outage:
    """An outage of a minute ago, as the real clock tells."""
    at = clock.now()
    return announced(at=at, starts_at=at - timedelta(minutes=1), ends_at=at + timedelta(hours=3))


def ending(outage: Outage, by: User) -> Callable[[], object]:
    return lambda: end_outage(outage=outage, by=by, at=clock.now(), **SAID)


def test_of_two_operators_who_end_an_outage_the_second_is_told() -> None:
    outage = begun()
    for number in range(6):
        called(outage, number, at=clock.now())
    results = at_once(*[ending(outage, UserFactory.create()) for _ in range(4)])

    assert sorted(type(result).__name__ for result in results) == ["Moved", "OutageOver", "OutageOver", "OutageOver"]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"done"}
    assert CallbackObligation.objects.filter(reason="control_call").count() == 6
    assert Deadline.objects.filter(clock=Clock.OUTAGE_NEWS).count() == 1
    assert broken_invariants() == []


def test_a_call_registered_while_the_outage_ends_is_in_it_or_is_told_that_it_is_over() -> None:
    outage = begun()
    operators = [UserFactory.create() for _ in range(8)]

    def register(number: int) -> Callable[[], object]:
        return lambda: called(outage, number, at=clock.now(), operator=operators[number])

    results = at_once(*[register(number) for number in range(8)], ending(outage, operators[0]))
    tickets = [result for result in results if isinstance(result, Ticket)]
    refused = [result for result in results if isinstance(result, OutageOver)]
    assert len(tickets) + len(refused) == 8, results
    assert sum(isinstance(result, Moved) for result in results) == 1
    # Every call that was let in has its control call: nobody is left in an outage that is over.
    assert not Ticket.objects.filter(outage=outage).exclude(status="done").exists()
    assert len(read_call_list(outage).lines) == len(tickets) == Ticket.objects.count()
    assert broken_invariants() == []


def test_joining_leaving_and_ending_at_once_block_nobody() -> None:
    outage = begun()
    tickets = [make_ticket(code="W05", at=clock.now(), phone=f"+7910{number:07}") for number in range(6)]
    by = UserFactory.create()

    def join(ticket: Ticket) -> Callable[[], object]:
        return lambda: join_outage(ticket=ticket, outage=outage, by=by, at=clock.now())

    results = at_once(*[join(ticket) for ticket in tickets], ending(outage, by), ending(outage, by))
    assert not [result for result in results if not isinstance(result, Ticket | OutageOver | Moved)], results
    assert not Ticket.objects.filter(outage=outage).exclude(status="done").exists()


def test_two_waivers_at_once_close_each_ticket_once() -> None:
    outage = begun()
    for number in range(8):
        called(outage, number, at=clock.now())
    ending(outage, outage.announced_by)()
    outage.refresh_from_db()
    supervisors = [UserFactory.create(role=Role.SUPERVISOR) for _ in range(2)]

    def waive(by: User) -> Callable[[], object]:
        return lambda: waive_the_rest(outage=outage, by=by, at=clock.now(), reason="other", note="Вода есть").count

    counts = at_once(*[waive(by) for by in supervisors], lambda: report_tickets(
        outage=outage, by=supervisors[0], at=clock.now(), **SAID).count)  # fmt: skip
    assert sum(int(str(count)) for count in counts) == 6
    assert Ticket.objects.filter(status="closed_unconfirmed").count() == 6
    assert broken_invariants() == []
