"""A term that was told and moves later is told anew: one call at a time, tied to its ticket."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from callbacks.models import CallbackObligation, Clock
from tickets.models import Ticket
from tickets.services import move_ticket, promise_delay, record_ring_back
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of

pytestmark = pytest.mark.django_db
Reason = CallbackObligation.Reason
HOUR = timedelta(hours=1)
TERM = NOON + 6 * HOUR


def planned(*, told: bool = True, phone: str = "+79101234567", **given: Any) -> tuple[Ticket, User]:
    """Accepted with a term; ``told``: the caller knows it."""
    company = CompanyFactory.create()
    dispatcher = member_of(company)
    ticket = make_ticket(company=company, phone=phone, **given)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE, planned_at=TERM)
    if told:
        record_ring_back(
            obligation=ticket.callback, outcome="reached", operator=ticket.registered_by, at=NOON + 2 * MINUTE,
            note="Срок сказала",
        )  # fmt: skip
    ticket.refresh_from_db()
    return ticket, dispatcher


def delays() -> list[CallbackObligation]:
    return list(CallbackObligation.objects.filter(reason=Reason.DELAY).order_by("pk"))


def postpone(ticket: Ticket, by: User, *, until: datetime, at: datetime = NOON + 10 * MINUTE) -> None:
    move_ticket(ticket=ticket, step="postpone", actor=by, at=at, reason="no_material", until=until)


def test_putting_off_a_term_that_was_told_owes_a_call() -> None:
    ticket, dispatcher = planned()
    postpone(ticket, dispatcher, until=TERM + 24 * HOUR)

    (promise,) = delays()
    assert promise.deadline is not None
    assert (promise.deadline.clock, promise.deadline.operator) == (Clock.DELAY, ticket.registered_by)
    assert promise.due_at == NOON + 40 * MINUTE
    assert promise.ticket_promise.ticket == ticket


@pytest.mark.parametrize(
    ("term", "owed"), [(TERM + HOUR, 1), (TERM, 0), (TERM - HOUR, 0)], ids=["later", "the same", "earlier"]
)
def test_only_a_later_term_is_a_delay(term: datetime, owed: int) -> None:
    ticket, dispatcher = planned()
    move_ticket(ticket=ticket, step="plan", actor=dispatcher, at=NOON + 10 * MINUTE, planned_at=term)
    assert len(delays()) == owed


def test_a_term_nobody_knows_moves_silently() -> None:
    ticket, dispatcher = planned(told=False)
    postpone(ticket, dispatcher, until=TERM + 24 * HOUR)
    assert not delays()


def test_whoever_left_no_number_is_not_rung() -> None:
    ticket, dispatcher = planned(told=False, phone="")
    Ticket.objects.filter(pk=ticket.pk).update(term_told_at=NOON)
    postpone(ticket, dispatcher, until=TERM + 24 * HOUR)
    assert not delays()


def test_the_term_of_another_organisation_is_news() -> None:
    ticket, _dispatcher = planned()
    other = CompanyFactory.create()
    move_ticket(ticket=ticket, step="assign", actor=ticket.registered_by, at=NOON + 10 * MINUTE, company=other)
    assert not delays()
    move_ticket(ticket=ticket, step="accept", actor=member_of(other), at=NOON + 11 * MINUTE, planned_at=TERM)
    assert len(delays()) == 1


def test_one_call_tells_the_last_of_several_terms_and_the_next_delay_is_a_new_one() -> None:
    ticket, dispatcher = planned()
    for hours in (1, 2, 3):
        move_ticket(ticket=ticket, step="plan", actor=dispatcher, at=NOON + 10 * MINUTE, planned_at=TERM + hours * HOUR)
    (first,) = delays()

    record_ring_back(
        obligation=first, outcome="reached", operator=ticket.registered_by, at=NOON + 20 * MINUTE, note="Сказала"
    )
    move_ticket(ticket=ticket, step="plan", actor=dispatcher, at=NOON + 30 * MINUTE, planned_at=TERM + 9 * HOUR)

    assert [promise.state for promise in delays()] == ["kept", "open"]


@pytest.mark.parametrize(
    ("is_emergency", "waits"), [(False, 9 * HOUR), (True, 0 * HOUR)], ids=["ordinary", "emergency"]
)
def test_by_night_only_an_emergency_is_rung(is_emergency: bool, waits: timedelta) -> None:
    ticket, dispatcher = planned(is_emergency=is_emergency)
    eleven_at_night = NOON + 11 * HOUR
    postpone(ticket, dispatcher, until=TERM + 48 * HOUR, at=eleven_at_night)

    (promise,) = delays()
    assert promise.next_attempt_at == eleven_at_night + waits
    assert promise.due_at == eleven_at_night + waits + 30 * MINUTE


def test_nothing_is_owed_once_the_work_is_reported() -> None:
    ticket, dispatcher = planned()
    move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 10 * MINUTE, works="Сделано")
    assert promise_delay(ticket=ticket, at=NOON + 11 * MINUTE) is None


def test_a_control_call_tells_no_term() -> None:
    ticket, dispatcher = planned(told=False)
    record_ring_back(
        obligation=ticket.callback, outcome="no_answer", operator=ticket.registered_by, at=NOON + 3 * MINUTE
    )
    move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 10 * MINUTE, works="Сделано")
    ticket.refresh_from_db()
    assert ticket.control_callback is not None
    record_ring_back(
        obligation=ticket.control_callback, outcome="reached", operator=UserFactory.create(), at=NOON + 20 * MINUTE,
        note="Всё горит", confirmed=True,
    )  # fmt: skip
    ticket.refresh_from_db()
    assert (ticket.status, ticket.term_told_at) == ("closed", None)
