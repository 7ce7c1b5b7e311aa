"""What a talk settles: nothing that was said is lost, and nobody is asked for ever or never."""

from typing import Any

import pytest

from accounts.models import DutyPost, DutyShift, Role
from accounts.writes import Refused
from callbacks.models import CallbackObligation, Deadline, Escalation, Outbox
from callbacks.services import deliver_outbox_batch, escalate_overdue_batch, start_attempt, waive
from callbacks.services.promises import BeingDialled
from tickets.models import Ticket
from tickets.services import move_ticket, record_ring_back, settle_by_inbound
from tickets.services.calls import VerdictRequired
from tickets.services.intake import Address
from tickets.services.steps import StepRefused, TalkFirst
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, break_promise, make_ticket, member_of

pytestmark = pytest.mark.django_db


def done_ticket(*, first_call: bool = True) -> Ticket:
    """Reported done; ``first_call`` says whether the ten-minute promise was kept before that."""
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    if first_call:
        record_ring_back(
            obligation=ticket.callback, outcome="reached", operator=ticket.registered_by, at=NOON + MINUTE,
            note="УК молчит", call_again_at=NOON + 40 * MINUTE,
        )  # fmt: skip
    move_ticket(ticket=ticket, step="start", actor=member_of(company), at=NOON + 2 * MINUTE)
    return move_ticket(
        ticket=ticket, step="done_by_phone", actor=ticket.registered_by, at=NOON + 3 * MINUTE, works="Сделано",
        said_by="Петров",
    )  # fmt: skip


def control_of(ticket: Ticket) -> CallbackObligation:
    ticket.refresh_from_db()
    assert ticket.control_callback is not None
    return ticket.control_callback


@pytest.mark.parametrize("first_call", [True, False])
def test_a_verdict_settles_what_else_was_promised_about_the_ticket(first_call: bool) -> None:
    ticket = done_ticket(first_call=first_call)
    record_ring_back(
        obligation=control_of(ticket), outcome="reached", operator=ticket.registered_by, at=NOON + 5 * MINUTE,
        note="Горит", confirmed=True,
    )  # fmt: skip
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert not CallbackObligation.objects.outstanding().exists()


def test_work_is_not_returned_behind_an_open_control_call() -> None:
    ticket = done_ticket()
    with pytest.raises(TalkFirst):
        move_ticket(
            ticket=ticket, step="return_to_work", actor=ticket.registered_by, at=NOON + 4 * MINUTE, note="Темно"
        )


def test_the_caller_who_rings_after_the_work_is_asked_for_his_verdict() -> None:
    ticket = done_ticket()
    given: dict[str, Any] = {"operator": ticket.registered_by, "started_at": NOON + 4 * MINUTE, "at": NOON + 5 * MINUTE}
    with pytest.raises(VerdictRequired):
        settle_by_inbound(obligations=[control_of(ticket)], note="Звонит сам", **given)
    settle_by_inbound(obligations=[control_of(ticket)], note="Темно по-прежнему", confirmed=False, **given)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.returns) == ("returned", 1)


def test_nobody_waives_a_call_in_progress() -> None:
    ticket = make_ticket()
    start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=NOON)
    with pytest.raises(BeingDialled):
        waive(
            obligation=ticket.callback, waiver=CallbackObligation.Waiver.WRONG_NUMBER, by=ticket.registered_by, at=NOON
        )


def test_whoever_lost_the_ticket_moves_it_no_more() -> None:
    former, present = CompanyFactory.create(), CompanyFactory.create()
    ticket, dispatcher = make_ticket(company=former), member_of(former)
    move_ticket(ticket=ticket, step="assign", actor=ticket.registered_by, at=NOON + MINUTE, company=present)
    with pytest.raises(StepRefused):
        move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + 2 * MINUTE)
    owners = Deadline.objects.running().filter(ticket_deadline__ticket=ticket).values_list("clock", "company")
    assert dict(owners) == {"acceptance": present.pk, "fix": present.pk, "planned_term": None}


def test_somebody_entered_twice_in_the_roster_is_asked_once() -> None:
    duty = UserFactory.create(role=Role.SUPERVISOR)
    for _line in range(2):
        DutyShift.objects.create(
            user=duty, post=DutyPost.SUPERVISOR, starts_at=NOON - 60 * MINUTE, ends_at=NOON + 60 * MINUTE
        )
    make_ticket()
    assert escalate_overdue_batch(at=NOON + 10 * MINUTE) >= 1
    assert Escalation.objects.exists()


def test_a_line_break_in_an_address_stops_no_letter() -> None:
    UserFactory.create(role=Role.SUPERVISOR)
    make_ticket(address=Address(street="ул. Кирова\nBcc: x@example.org", house="1"))
    break_promise()
    letters = Outbox.objects.filter(channel="email")
    assert not [letter for letter in letters if "\n" in letter.subject]
    assert deliver_outbox_batch(at=NOON + 10 * MINUTE, channel="email") == 1
    assert not letters.filter(sent_at=None).exists()


def test_an_exhausted_call_is_dialled_only_by_the_supervisors_decision() -> None:
    ticket = make_ticket()
    CallbackObligation.objects.filter(pk=ticket.callback_id).update(state="exhausted")
    with pytest.raises(Refused):
        start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=NOON + MINUTE)
    supervisor = UserFactory.create(role=Role.SUPERVISOR)
    attempt = start_attempt(obligation=ticket.callback, operator=supervisor, at=NOON + MINUTE)
    assert attempt.operator == supervisor
