"""The rising ladder of people: who is asked when a promise or a norm is about to break, or broken."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import Audience, CallAttempt, CallbackObligation, Clock, Deadline, Escalation, Outbox, Rung

from .recipients import Recipient, Recipients
from .retries import COUNTED
from .rules import moment_of

log = structlog.get_logger(__name__)

# Of 50, 200 and 500 this was the quickest; a batch holds its rows for about a tenth of a second.
BATCH = 200
State = CallbackObligation.State
# Between two statements of a batch; a busy machine pauses for a tenth of it at most.
FROZEN_AFTER = "3s"

# A promise that was tried in time wakes nobody above the shift (DOMAIN §7), unless its next try is so late.
CAPPED = frozenset({Audience.HEAD, Audience.MINISTRY})
RETRY_GRACE = timedelta(minutes=2)
# While the supervisor decides about somebody whom nobody reached, the higher rungs look again so often.
DECISION_LOOK = timedelta(minutes=10)

# A row of values per clock: put together by the ORM as CASE … WHEN this statement took a third of the whole turn.
CLIMB = """
UPDATE callbacks_deadline AS clock SET next_rung = step.number, next_rung_at = step.moment
  FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS step (id, number, moment)
 WHERE clock.id = step.id
"""
# The same for messages: two or three a rung. Their keys are made where they are stored.
TELL = """
INSERT INTO callbacks_outbox (escalation_id, turn, channel, recipient_id, stands_in_for_id, subject, body, sent_at, key)
SELECT message.*, gen_random_uuid() FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::bigint[], %s::bigint[],
                                                %s::text[], %s::text[], %s::timestamptz[]) AS message
"""
Message = tuple[int, int, str, int | None, int | None, str, str, datetime | None]
# Who else hears of rungs that rang, in their transaction: an application above this one adds itself when it starts.
Listener = Callable[[list[Escalation], datetime], None]
LISTENERS: list[Listener] = []


# ── The two turns of the sweep ────────────────────────────────────────────────────────────────────────────────────
def escalate_overdue_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Raise every rung that is due by ``at``, for up to ``limit`` clocks; returns how many clocks were looked after.

    Any number of processes may run it at once, twice or late: rows are taken with SKIP LOCKED, the escalation and its
    messages are written inside the claiming transaction, and a rung is unique per clock. One bad row must not stop
    the others: when a batch fails it is tried again row by row.
    """
    return _batch(_escalate, waiting=Deadline.objects.to_ring(at), at=at, limit=limit)


def repeat_unacknowledged(*, at: datetime, limit: int = BATCH) -> int:
    """Ring again what nobody has answered by ``at``, by the rule of its rung; returns how many were looked after."""
    return _batch(_repeat, waiting=Escalation.objects.to_repeat(at), at=at, limit=limit)


def _batch(turn: Callable[..., int], *, waiting: QuerySet[Any], at: datetime, limit: int) -> int:
    # Most turns find nothing, and need no transaction for it. Not exists(): without the order PostgreSQL reads the
    # whole table for one row in the midst of a storm.
    if waiting.values_list("pk", flat=True).first() is None:
        return 0
    try:
        return turn(at=at, limit=limit)
    except Refused as refusal:  # somebody was quicker with one of the rows
        log.info("ladder_batch_refused", turn=turn.__name__, code=refusal.code)
    except Exception:  # whatever is wrong with one row, the others ring
        log.exception("ladder_batch_failed", turn=turn.__name__)
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)[:limit]):
        try:
            done += turn(at=at, limit=1, only=pk)
        except Refused as refusal:
            log.info("ladder_row_refused", turn=turn.__name__, row=pk, code=refusal.code)
        except Exception:  # the next row
            log.exception("ladder_row_failed", turn=turn.__name__, row=pk)
    return done


def _let_go_when_frozen() -> None:
    """A process that stops in the midst of a batch gives its rows back: the others skip them only so long."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = %s", [FROZEN_AFTER])


@write
def _escalate(*, at: datetime, limit: int, only: int | None = None) -> int:
    _let_go_when_frozen()
    due = Deadline.objects.to_ring(at).select_for_update(skip_locked=True, no_key=True, of=("self",))
    if only is not None:
        due = due.filter(pk=only)
    taken = list(due.select_related("operator")[:limit])
    if not taken:
        return 0
    ladders = _ladders(taken)
    held = _held_back([clock for clock in taken if _rung(clock, ladders).audience in CAPPED], at=at)
    ringing = [clock for clock in taken if clock.pk not in held]
    escalations = [_escalation(clock, _rung(clock, ladders), at=at) for clock in ringing]
    Escalation.objects.bulk_create(escalations)
    _tell(escalations, at=at)
    for listener in LISTENERS:
        listener(escalations, at)
    _climb(taken, held, ladders)
    return len(taken)


@write
def _repeat(*, at: datetime, limit: int, only: int | None = None) -> int:
    _let_go_when_frozen()
    unanswered = Escalation.objects.to_repeat(at).select_for_update(skip_locked=True, no_key=True, of=("self",))
    if only is not None:
        unanswered = unanswered.filter(pk=only)
    taken = list(unanswered.select_related("deadline__operator")[:limit])
    if not taken:
        return 0
    ladders = _ladders([escalation.deadline for escalation in taken])
    over = [escalation.pk for escalation in taken if escalation.deadline.stopped_at is not None]
    Escalation.objects.filter(pk__in=over).update(repeat_at=None)
    ringing = [escalation for escalation in taken if escalation.deadline.stopped_at is None]
    for escalation in ringing:
        rung = ladders.get((escalation.deadline.rule_id, escalation.rung))
        escalation.repeats += 1
        goes_on = rung is not None and rung.repeat_every and escalation.repeats < rung.repeat_times
        escalation.repeat_at = at + rung.repeat_every if rung and goes_on and rung.repeat_every else None
    Escalation.objects.bulk_update(ringing, ["repeats", "repeat_at"])
    _tell(ringing, at=at)
    return len(taken)


# ── Climbing ──────────────────────────────────────────────────────────────────────────────────────────────────────
Ladders = dict[tuple[int | None, int], Rung]


def _ladders(clocks: Iterable[Deadline]) -> Ladders:
    """The rungs of every version by which these clocks run."""
    rungs = Rung.objects.filter(rule__in={clock.rule_id for clock in clocks if clock.rule_id})
    return {(rung.rule_id, rung.number): rung for rung in rungs}


def _rung(clock: Deadline, ladders: Ladders) -> Rung:
    assert clock.next_rung is not None
    return ladders[clock.rule_id, clock.next_rung]


def _escalation(clock: Deadline, rung: Rung, *, at: datetime) -> Escalation:
    assert clock.next_rung_at is not None
    is_warning = clock.next_rung_at < clock.due_at
    repeats = rung.repeat_every if not is_warning else None
    return Escalation(
        deadline=clock, rung=rung.number, rung_due_at=clock.next_rung_at, raised_at=at, audience=rung.audience,
        is_warning=is_warning, repeat_at=at + repeats if repeats else None,
    )  # fmt: skip


def _held_back(clocks: list[Deadline], *, at: datetime) -> dict[int, datetime]:
    """Clocks whose higher rung does not ring now, and until when: somebody tried in time and the next try is not late.

    An unreachable citizen must not wake the ministry.
    """
    if not clocks:
        return {}
    tried = CallAttempt.objects.filter(
        obligation=OuterRef("pk"), outcome__in=COUNTED, started_at__lte=OuterRef("due_at")
    )
    promises = CallbackObligation.objects.filter(Exists(tried), deadline__in=[clock.pk for clock in clocks])
    held = {}
    for promise in promises:
        until = _next_look(promise, at)
        if until > at and promise.deadline_id:
            held[promise.deadline_id] = until
    return held


def _next_look(promise: CallbackObligation, at: datetime) -> datetime:
    if promise.state == State.EXHAUSTED:
        return at + DECISION_LOOK
    if promise.claimed_until and promise.claimed_until > at:
        return promise.claimed_until + RETRY_GRACE
    return (promise.next_attempt_at or at) + RETRY_GRACE


def _climb(taken: list[Deadline], held: dict[int, datetime], ladders: Ladders) -> None:
    """Write each clock's next rung, in one statement; the held ones keep theirs for a later moment."""
    numbers: list[int | None] = []
    moments: list[datetime | None] = []
    for clock in taken:
        assert clock.next_rung is not None
        assert clock.next_rung_at is not None
        following = ladders.get((clock.rule_id, clock.next_rung + 1))
        if clock.pk in held:
            number, moment = clock.next_rung, held[clock.pk]
        elif following is None:
            number, moment = None, None
        else:
            number = following.number
            # The ladder only goes up, even where a lower rung was held back beyond the moment of a higher one.
            moment = max(moment_of(following, started_at=clock.started_at, due_at=clock.due_at), clock.next_rung_at)
        numbers.append(number)
        moments.append(moment)
    with connection.cursor() as cursor:
        cursor.execute(CLIMB, [[clock.pk for clock in taken], numbers, moments])


# ── Telling people ────────────────────────────────────────────────────────────────────────────────────────────────
def _tell(escalations: list[Escalation], *, at: datetime) -> None:
    """Write the messages of these rungs, of their first ringing or of the repeat they stand at."""
    if not escalations:
        return
    people = Recipients(at=at, deadlines=[escalation.deadline for escalation in escalations])
    messages = [
        message
        for escalation in escalations
        for message in _messages(
            escalation,
            people.asked(escalation.audience, escalation.deadline, is_repeat=escalation.repeats > 0),
            at=at,
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(TELL, [list(column) for column in zip(*messages, strict=True)])
    alarms.tell_screens("alarms")


def _messages(escalation: Escalation, recipients: list[Recipient], *, at: datetime) -> Iterator[Message]:
    subject, body = _words(escalation)
    told = set()
    for recipient in recipients:
        # One person may hold two posts.
        if recipient.person in told:
            continue
        told.add(recipient.person)
        if recipient.stands_in_for is not None:
            log.warning("recipient_without_address", person=recipient.stands_in_for.pk)
        # A screen shows the row itself; a warning is for those who sit before one.
        channels = recipient.channels if not escalation.is_warning else ()
        for channel in (Outbox.Channel.SCREEN, *channels):
            shown_at = at if channel == Outbox.Channel.SCREEN else None
            yield (
                escalation.pk, escalation.repeats, str(channel), _pk(recipient.person), _pk(recipient.stands_in_for),
                subject, _instead(body, recipient), shown_at,
            )  # fmt: skip


def _pk(person: User | None) -> int | None:
    return person.pk if person else None


def _words(escalation: Escalation) -> tuple[str, str]:
    """What the message says, in the centre's language: problem and address, never a phone or a name."""
    clock = escalation.deadline
    with override("ru"):
        due = timezone.localtime(clock.due_at)
        facts = {
            "clock": Clock(clock.clock).label.capitalize(), "time": f"{due:%H:%M}", "title": clock.title,
            "due": f"{due:%d.%m.%Y %H:%M}", "rung": escalation.rung, "source": clock.source,
            "repeat": escalation.repeats,
        }  # fmt: skip
        subject = _("%(clock)s: срок %(time)s. %(title)s") % facts
        if escalation.repeats:
            subject = _("Повтор %(repeat)s, никто не ответил. ") % facts + subject
        body = _("%(title)s\nСрок: %(due)s. Ступень %(rung)s. Основание: %(source)s.") % facts
    # A line break that somebody typed into an address must not become a header of a letter.
    return " ".join(subject.split())[:200], body


def _instead(body: str, recipient: Recipient) -> str:
    if recipient.stands_in_for is None:
        return body
    with override("ru"):
        note = _("Вам вместо: %(person)s — у этого человека нет адреса для тревог.") % {
            "person": recipient.stands_in_for
        }
    return f"{body}\n{note}"
