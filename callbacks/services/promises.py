"""Making a promise and ending it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, Clock, Contact, Deadline, Rung
from callbacks.models.deadlines import Mark
from companies.models import Company

Reason = CallbackObligation.Reason
State = CallbackObligation.State

ORDER = "распоряжение губернатора от 21.10.2013"
MISSED = "ПП РФ 416, п. 13 (ред. от 27.03.2018 № 331)"
OWN_RULE = "правило центра"

# Why each promise is as long as it is: source and mark (DOMAIN §2).
SOURCES = {
    Reason.FIRST_ANSWER: (ORDER, Mark.VERIFIED),
    Reason.MISSED_CALL: (MISSED, Mark.VERIFIED),
    Reason.PROMISED_LATER: (OWN_RULE, Mark.DEFAULT),
    Reason.CONTROL_CALL: (OWN_RULE, Mark.DEFAULT),
    Reason.REOPENED: (ORDER, Mark.VERIFIED),
}


class AlreadySettled(Refused):
    message: Promise | str = _("Это обязательство уже исполнено или снято.")
    code = "already_settled"


class BeingDialled(Refused):
    message: Promise | str = _("По этому обязательству сейчас звонят: дождитесь конца разговора.")
    code = "being_dialled"


def new_deadline(
    *, clock: str, started_at: datetime, due_at: datetime, source: str, mark: str, rungs: dict[tuple[str, int], Rung],
    company: Company | None = None, next_rung: int | None = 1, title: str = "",
) -> Deadline:  # fmt: skip
    """An unsaved deadline whose first rung is known; ``rungs`` is the ladder as ``load_rungs()`` read it."""
    rung = rungs.get((clock, next_rung)) if next_rung else None
    return Deadline(
        clock=clock, title=title[:250], started_at=started_at, due_at=due_at, source=source, mark=mark, company=company,
        next_rung=rung.number if rung else None, next_rung_at=due_at + rung.offset if rung else None,
    )  # fmt: skip


def load_rungs(**only: int) -> dict[tuple[str, int], Rung]:
    """The ladder by clock and number, a handful of rows; ``number=1`` is all that clocks which start now need."""
    return {(rung.clock, rung.number): rung for rung in Rung.objects.filter(**only)}


@write
def promise_callback(
    *,
    contact: Contact,
    reason: Reason,
    promised_at: datetime,
    at: datetime,
    due_at: datetime | None = None,
    not_before: datetime | None = None,
    is_danger: bool = False,
    rungs: dict[tuple[str, int], Rung] | None = None,
    next_rung: int | None = 1,
    title: str = "",
    along: Iterable[Deadline] = (),
) -> CallbackObligation:
    """Promise to ring ``contact`` back; ``due_at`` defaults to the centre's ten minutes from ``promised_at``.

    Without a number the promise is born «not callable»: recorded and counted, with no clock. ``along`` are unsaved
    clocks of the same occasion: they are written in the same statement as the promise's own.
    """
    if not contact.phone:
        Deadline.objects.bulk_create(along)
        return CallbackObligation.objects.create(
            contact=contact, reason=reason, state=State.NOT_CALLABLE, promised_at=promised_at, is_danger=is_danger
        )
    due_at = due_at or promised_at + settings.CALLBACK_PROMISE
    source, mark = SOURCES[reason]
    deadline = new_deadline(
        clock=Clock(reason.value), started_at=promised_at, due_at=due_at, source=source, mark=mark,
        rungs=load_rungs() if rungs is None else rungs, next_rung=next_rung, title=title,
    )  # fmt: skip
    Deadline.objects.bulk_create([deadline, *along])
    obligation = CallbackObligation.objects.create(
        contact=contact, reason=reason, state=State.OPEN, promised_at=promised_at, promised_length=due_at - promised_at,
        due_at=due_at, deadline=deadline, is_danger=is_danger, number=contact.phone, extension=contact.extension,
        next_attempt_at=not_before or promised_at,
    )  # fmt: skip
    if deadline.next_rung_at:
        alarms.ring_at(deadline.next_rung_at, now=at)
    alarms.tell_screens("queue")
    return obligation


def stop_clock(deadline: Deadline, *, at: datetime, withdrawn: bool = False) -> None:
    """Stop a clock as met or missed by the moment; ``withdrawn`` when what it timed is no longer wanted."""
    outcome = Deadline.Outcome.MET if at <= deadline.due_at else Deadline.Outcome.MISSED
    if withdrawn and outcome == Deadline.Outcome.MET:
        outcome = Deadline.Outcome.STOPPED
    Deadline.objects.filter(pk=deadline.pk, stopped_at=None).update(stopped_at=at, outcome=outcome)


def lock(obligation: CallbackObligation) -> CallbackObligation:
    """The obligation as it is now, held until the transaction ends. Raises AlreadySettled."""
    held = CallbackObligation.objects.select_for_update(no_key=True).get(pk=obligation.pk)
    if held.is_final:
        raise AlreadySettled
    return held


@write
def waive(
    *, obligation: CallbackObligation, waiver: CallbackObligation.Waiver, by: User, at: datetime, note: str = ""
) -> CallbackObligation:
    """Release the centre from a promise, with a listed reason and a name."""
    held = lock(obligation)
    if held.state == State.DIALLING:
        # The talk in progress would be lost.
        raise BeingDialled
    held.state = State.WAIVED
    held.waiver, held.waiver_note, held.waived_by = waiver, note.strip()[:500], by
    held.settled_at = at
    held.claimed_by = held.claimed_until = None
    held.save(update_fields=[
        "state", "waiver", "waiver_note", "waived_by", "settled_at", "claimed_by", "claimed_until",
    ])  # fmt: skip
    if held.deadline is not None:
        stop_clock(held.deadline, at=at, withdrawn=True)
    alarms.tell_screens("queue")
    return held
