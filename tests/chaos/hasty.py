"""Writers in a hurry: what a repair script or a careless colleague would write.

Each does the whole of what it means to do, and would be right if nobody else were there: it writes back the row that it
has read, by its key, without a lock, a service, or a second look. Only the database stands between it and the others.
"""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from accounts import clock
from accounts.models import User
from callbacks.models import CallAttempt, CallbackObligation, Deadline, Escalation, Outbox, Rung
from callbacks.services.rules import moment_of
from tickets.models import Ticket, TicketEvent
from tickets.workflow import Status


@transaction.atomic
def keep(promise: CallbackObligation, *, by: User) -> CallbackObligation:
    at = clock.now()
    talk = CallAttempt.objects.create(
        obligation=promise, operator=by, number=promise.number, started_at=at, ended_at=at, outcome="reached",
        note="Записано задним числом",
    )  # fmt: skip
    promise.state, promise.settled_by, promise.settled_at = CallbackObligation.State.KEPT, talk, at
    _write_back(promise, at=at)
    return promise


@transaction.atomic
def waive(promise: CallbackObligation, *, by: User) -> CallbackObligation:
    at = clock.now()
    promise.state, promise.settled_at = CallbackObligation.State.WAIVED, at
    promise.waiver, promise.waiver_note, promise.waived_by = CallbackObligation.Waiver.OTHER, "Чистка очереди", by
    _write_back(promise, at=at)
    return promise


def _write_back(promise: CallbackObligation, *, at: datetime) -> None:
    promise.claimed_by = promise.claimed_until = None
    promise.save()
    clock_of = promise.deadline
    assert clock_of is not None
    clock_of.stopped_at = at
    clock_of.outcome = Deadline.Outcome.MET if at <= clock_of.due_at else Deadline.Outcome.MISSED
    clock_of.save()


@transaction.atomic
def escalate(deadline: Deadline) -> None:
    assert deadline.next_rung is not None
    assert deadline.next_rung_at is not None
    rung = Rung.objects.get(rule=deadline.rule, number=deadline.next_rung)
    at = clock.now()
    raised = Escalation.objects.create(
        deadline=deadline, rung=rung.number, rung_due_at=deadline.next_rung_at, raised_at=at, audience=rung.audience,
        is_warning=deadline.next_rung_at < deadline.due_at,
    )  # fmt: skip
    Outbox.objects.create(escalation=raised, channel="screen", key=uuid4(), subject="Срок", body="Срок", sent_at=at)
    following = Rung.objects.filter(rule=deadline.rule, number=rung.number + 1).first()
    deadline.next_rung = following.number if following else None
    deadline.next_rung_at = (
        moment_of(following, started_at=deadline.started_at, due_at=deadline.due_at) if following else None
    )
    deadline.save()


@transaction.atomic
def acknowledge(escalation: Escalation, *, by: User) -> Escalation:
    escalation.acknowledged_by, escalation.acknowledged_at = by, clock.now()
    escalation.repeat_at = None
    escalation.save()
    return escalation


def close(ticket: Ticket, control: CallbackObligation, *, by: User) -> None:
    """Close a reported ticket, its control call entered just before."""
    if control.state in CallbackObligation.OUTSTANDING:
        keep(control, by=by)
    at, before = clock.now(), ticket.status
    with transaction.atomic():
        ticket.status, ticket.closed_at = Status.CLOSED, at
        ticket.save()
        TicketEvent.objects.create(
            ticket=ticket, step="close", actor=by, from_status=before, to_status=Status.CLOSED, company=ticket.company,
            happened_at=at, note="Закрыто задним числом",
        )  # fmt: skip
