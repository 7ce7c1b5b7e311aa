"""Making a promise and ending it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, Clock, Contact, Deadline
from companies.models import Company

from .rules import Rules, moment_of, rules_in_force

Reason = CallbackObligation.Reason
State = CallbackObligation.State

# How long the centre has to ring back: one length for whoever reached us, whatever way.
TEN_MINUTES = frozenset({Reason.FIRST_ANSWER, Reason.MISSED_CALL, Reason.DROPPED_CALL, Reason.MESSAGE, Reason.REOPENED})


class AlreadySettled(Refused):
    message: Promise | str = _("Это обязательство уже исполнено или снято.")
    code = "already_settled"


class BeingDialled(Refused):
    message: Promise | str = _("По этому обязательству сейчас звонят: дождитесь конца разговора.")
    code = "being_dialled"


def new_deadline(
    *, clock: str, started_at: datetime, due_at: datetime, rules: Rules, source: str = "", mark: str = "",
    company: Company | None = None, operator: User | None = None, title: str = "", goes_on: Deadline | None = None,
) -> Deadline:  # fmt: skip
    """An unsaved deadline with its first rung; ``rules`` as ``rules_in_force()`` read them.

    ``source`` and ``mark`` are the norm's; left out, the rule's own. ``goes_on``: a clock that moved here goes on by
    its version of the rule, where its ladder stood.
    """
    first = rules[clock]
    deadline = Deadline(
        clock=clock, title=title[:250], started_at=started_at, due_at=due_at, company=company, operator=operator,
        source=source or first.rule.source, mark=mark or first.rule.mark,
    )  # fmt: skip
    if goes_on is not None:
        deadline.rule_id = goes_on.rule_id
        deadline.next_rung, deadline.next_rung_at = goes_on.next_rung, goes_on.next_rung_at
        # Past its last rung nothing rings any more.
        deadline.first_rung = goes_on.next_rung or goes_on.first_rung
    else:
        deadline.rule = first.rule
        deadline.next_rung = first.number
        deadline.next_rung_at = moment_of(first, started_at=started_at, due_at=due_at)
    return deadline


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
    rules: Rules | None = None,
    goes_on: CallbackObligation | None = None,
    operator: User | None = None,
    title: str = "",
    along: Iterable[Deadline] = (),
) -> CallbackObligation:
    """Promise to ring ``contact`` back; ``due_at`` defaults to the centre's ten minutes from ``promised_at``.

    Without a number the promise is born «not callable»: recorded and counted, with no clock. ``along`` are unsaved
    clocks of the same occasion: they are written in the same statement as the promise's own. ``goes_on``: the promise
    that this one takes over, with its tries and its ladder as they stood.
    """
    if not contact.phone:
        Deadline.objects.bulk_create(along)
        return CallbackObligation.objects.create(
            contact=contact, reason=reason, state=State.NOT_CALLABLE, promised_at=promised_at, is_danger=is_danger
        )
    if due_at is None:
        # Every other promise says its moment itself.
        assert reason in TEN_MINUTES, reason
        due_at = promised_at + settings.CALLBACK_PROMISE
    deadline = new_deadline(
        clock=Clock(reason.value), started_at=promised_at, due_at=due_at, operator=operator, title=title,
        rules=rules_in_force() if rules is None else rules, goes_on=goes_on.deadline if goes_on else None,
    )  # fmt: skip
    Deadline.objects.bulk_create([deadline, *along])
    obligation = CallbackObligation.objects.create(
        contact=contact, reason=reason, state=State.OPEN, promised_at=promised_at, promised_length=due_at - promised_at,
        due_at=due_at, deadline=deadline, is_danger=is_danger, number=contact.phone, extension=contact.extension,
        next_attempt_at=not_before or promised_at, **_tries_of(goes_on),
    )  # fmt: skip
    if deadline.next_rung_at:
        alarms.ring_at(deadline.next_rung_at, now=at)
    alarms.tell_screens("queue")
    return obligation


def _tries_of(promise: CallbackObligation | None) -> dict[str, Any]:
    kept = (
        "counted_attempts", "first_attempt_at", "rounds", "round_attempts", "round_started_at", "occurrences",
    )  # fmt: skip
    return {name: getattr(promise, name) for name in kept} if promise is not None else {}


def stop_clock(deadline: int, *, at: datetime, withdrawn: bool = False) -> None:
    """Stop the clock of this id as met or missed by the moment; ``withdrawn`` when what it timed is no longer
    wanted."""
    in_time = Deadline.Outcome.STOPPED if withdrawn else Deadline.Outcome.MET
    outcome = Case(When(due_at__gte=at, then=Value(in_time)), default=Value(Deadline.Outcome.MISSED))
    Deadline.objects.filter(pk=deadline, stopped_at=None).update(stopped_at=at, outcome=outcome)


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
    if held.deadline_id is not None:
        stop_clock(held.deadline_id, at=at, withdrawn=True)
    alarms.tell_screens("queue")
    return held
