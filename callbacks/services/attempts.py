"""Dialling a person, and what came of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallAttempt, CallbackObligation

from .claims import NeedsSupervisor, NotCallable, held_by_another, hold_person, refuse_beside
from .promises import AlreadySettled, lock, stop_clock
from .retries import COUNTED, next_attempt_at

State = CallbackObligation.State
Outcome = CallAttempt.Outcome

# An attempt left open by a crashed browser frees its number after so long.
ATTEMPT_EXPIRES = timedelta(minutes=15)


class NoteRequired(Refused):
    message = _("Запишите, что сказали и что ответили.")
    code = "note_required"


class AttemptOver(Refused):
    message = _("Этот звонок уже закончен.")
    code = "attempt_over"


def lock_all(ids: Iterable[int]) -> dict[int, CallbackObligation]:
    """These obligations by their id, held until the transaction ends: in one order, whoever's talk settles whose."""
    held = CallbackObligation.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {obligation.pk: obligation for obligation in held}


@write
def start_attempt(*, obligation: CallbackObligation, operator: User, at: datetime) -> CallAttempt:
    """The operator dials. The open attempt holds the claim; one number is never dialled by two.

    Starting again by the same operator returns the attempt already in progress.
    """
    held = lock(obligation)
    running = _running(held, operator=operator, at=at)
    if running is not None:
        return running
    attempt = CallAttempt.objects.create(obligation=held, operator=operator, number=held.number, started_at=at)
    held.state = State.DIALLING
    held.claimed_by, held.claimed_until = operator, at + ATTEMPT_EXPIRES
    held.save(update_fields=["state", "claimed_by", "claimed_until", *_note_try(held, at=at)])
    alarms.tell_screens("queue")
    return attempt


def _running(held: CallbackObligation, *, operator: User, at: datetime, is_over: bool = False) -> CallAttempt | None:
    """The call of ``operator`` that is in progress already; refuses where this person may not be rung by him now.

    ``is_over``: it is written down afterwards, so that somebody who has only taken another call to this person does
    not matter any more.
    """
    if held.state == State.NOT_CALLABLE:
        raise NotCallable
    if held.state == State.EXHAUSTED and operator.role != Role.SUPERVISOR:
        raise NeedsSupervisor
    hold_person(held.number)
    other = held_by_another(held.number, operator=operator, at=at)
    if other is not None and (other.pk == held.pk or other.state == State.DIALLING or not is_over):
        raise refuse_beside(other)
    return held.attempts.in_progress().first()


def _note_try(held: CallbackObligation, *, at: datetime) -> tuple[str, ...]:
    """Note that it has been tried; returns the columns that say so."""
    held.first_attempt_at = held.first_attempt_at or at
    held.round_started_at = held.round_started_at or at
    # The order of the queue reads next_attempt_at from the first attempt on; until this one ends it keeps its place.
    held.next_attempt_at = held.next_attempt_at if held.counted_attempts else held.due_at
    return "first_attempt_at", "round_started_at", "next_attempt_at"


@write
def finish_attempt(
    *,
    attempt: CallAttempt,
    outcome: str,
    at: datetime,
    note: str = "",
    also: Iterable[CallbackObligation] = (),
) -> CallbackObligation:
    """Write down how a call ended and what follows from it.

    A talk keeps the promise (and those in ``also``: further promises to the same number, when the operator says so;
    one of them that is settled meanwhile stays as it is); anything else puts the call back with the time of the next
    try, or before the supervisor. Raises NoteRequired, AttemptOver.
    """
    locked = lock_all([attempt.obligation_id, *(obligation.pk for obligation in also)])
    return _end(attempt, locked, outcome=outcome, at=at, note=note)


@write
def record_attempt(
    *, obligation: CallbackObligation, locked: Mapping[int, CallbackObligation], operator: User, outcome: str,
    at: datetime, note: str = "",
) -> CallAttempt:  # fmt: skip
    """A call that is over: written down whole, or as the end of the one that this operator has begun.

    ``locked``: what ``lock_all()`` of this transaction holds, all that the talk settles and the promise itself.
    What ``start_attempt`` and ``finish_attempt`` refuse is refused here.
    """
    held = locked[obligation.pk]
    if held.is_final:
        raise AlreadySettled
    running = _running(held, operator=operator, at=at, is_over=True)
    if running is not None:
        _end(running, locked, outcome=outcome, at=at, note=note)
        return running
    _require_note(outcome, note)
    attempt = CallAttempt.objects.create(
        obligation=held, operator=operator, number=held.number, started_at=at, ended_at=at, outcome=outcome,
        note=note.strip(),
    )  # fmt: skip
    _follow(attempt, locked, at=at, changed=_note_try(held, at=at))
    return attempt


def _require_note(outcome: str, note: str) -> None:
    if outcome == Outcome.REACHED and not note.strip():
        raise NoteRequired


def _end(
    attempt: CallAttempt, locked: Mapping[int, CallbackObligation], *, outcome: str, at: datetime, note: str
) -> CallbackObligation:
    _require_note(outcome, note)
    if locked[attempt.obligation_id].is_final:
        raise AlreadySettled
    # Whoever waited for the row may have read his moment before the call began.
    at = max(at, attempt.started_at)
    told = {"ended_at": at, "outcome": outcome, "note": note.strip()}
    if not CallAttempt.objects.filter(pk=attempt.pk, ended_at=None).update(**told):
        raise AttemptOver
    for name, value in told.items():
        setattr(attempt, name, value)
    return _follow(attempt, locked, at=at)


def _follow(
    attempt: CallAttempt, locked: Mapping[int, CallbackObligation], *, at: datetime, changed: Iterable[str] = ()
) -> CallbackObligation:
    """What follows from a call that has ended. ``changed``: columns of its promise that are to be written as well."""
    held = locked[attempt.obligation_id]
    alarms.tell_screens("queue")
    if attempt.outcome == Outcome.REACHED:
        _settle(held, attempt, state=State.KEPT, at=at, changed=changed)
        for other in locked.values():
            if not other.is_final:
                _settle(other, attempt, state=State.KEPT, at=at)
        return held
    counted = attempt.outcome in COUNTED
    held.counted_attempts += counted
    held.round_attempts += counted
    following = next_attempt_at(
        outcome=str(attempt.outcome), counted=held.round_attempts, first_attempt_at=held.round_started_at or at, at=at,
        is_emergency=held.is_danger,
    )  # fmt: skip
    held.state = State.EXHAUSTED if following is None else State.OPEN
    held.next_attempt_at = following or at
    held.claimed_by = held.claimed_until = None
    held.save(update_fields={
        "counted_attempts", "round_attempts", "state", "next_attempt_at", "claimed_by", "claimed_until", *changed,
    })  # fmt: skip
    return held


def _settle(
    obligation: CallbackObligation, talk: CallAttempt, *, state: str, at: datetime, changed: Iterable[str] = ()
) -> None:
    # Somebody may be dialling him at this very moment: nothing is owed any more, and the number is free again.
    others = obligation.attempts.in_progress().exclude(pk=talk.pk)
    others.update(ended_at=Greatest("started_at", Value(at)), outcome=Outcome.LINE_FAULT)
    obligation.state = state
    obligation.settled_by, obligation.settled_at = talk, at
    obligation.claimed_by = obligation.claimed_until = None
    if obligation.pk == talk.obligation_id and talk.direction == CallAttempt.Direction.OUT:
        obligation.counted_attempts += 1
    obligation.save(update_fields={
        "state", "settled_by", "settled_at", "claimed_by", "claimed_until", "counted_attempts", *changed,
    })  # fmt: skip
    assert obligation.deadline_id is not None
    stop_clock(obligation.deadline_id, at=at)


@write
def record_inbound_talk(
    *, obligations: Iterable[CallbackObligation], operator: User, started_at: datetime, at: datetime, note: str
) -> CallAttempt:
    """The citizen rang himself while we owed him a call: the talk satisfies his ``obligations`` (one number)."""
    held = [lock(obligation) for obligation in sorted(obligations, key=lambda obligation: obligation.pk)]
    if not held:
        raise AlreadySettled
    if not note.strip():
        raise NoteRequired
    first = held[0]
    talk = CallAttempt.objects.create(
        obligation=first, operator=operator, direction=CallAttempt.Direction.IN, number=first.number,
        started_at=started_at, ended_at=at, outcome=Outcome.REACHED, note=note.strip(),
    )  # fmt: skip
    alarms.tell_screens("queue")
    for obligation in held:
        _settle(obligation, talk, state=State.SATISFIED, at=at)
    return talk


def expire_abandoned_attempts(*, at: datetime, limit: int = 50) -> int:
    """End attempts that nobody ended (a crashed browser), and give their calls back to the queue. Not counted.

    A talk that takes longer stays: its open card renews the lease.
    """
    # Nearly every turn of the sweep finds none, and needs no transaction for it.
    if not CallAttempt.objects.in_progress().filter(started_at__lte=at - ATTEMPT_EXPIRES).exists():
        return 0
    return _expire(at=at, limit=limit)


@write
def _expire(*, at: datetime, limit: int) -> int:
    abandoned = CallAttempt.objects.in_progress().filter(started_at__lte=at - ATTEMPT_EXPIRES)
    # The promise before the call, as everywhere: two ways round would meet in the middle.
    waiting = CallbackObligation.objects.filter(
        state=State.DIALLING, claimed_until__lte=at, pk__in=abandoned.values("obligation")
    )
    held = list(waiting.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:limit])
    ids = [obligation.pk for obligation in held]
    if not ids:
        return 0
    abandoned.filter(obligation__in=ids).update(ended_at=at, outcome=Outcome.LINE_FAULT)
    CallbackObligation.objects.filter(pk__in=ids).update(
        state=State.OPEN, claimed_by=None, claimed_until=None, next_attempt_at=at
    )
    alarms.tell_screens("queue")
    return len(ids)
