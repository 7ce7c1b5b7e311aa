"""Taking calls and leaving: who is on the line, what each one holds, and what is handed over at the end."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import services as people
from accounts.models import LineSpell, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.services import release
from callbacks.services.watch import Pulse, read_pulse
from tickets.models import Handover, Ticket

Reason = CallbackObligation.Reason
State = CallbackObligation.State

# Where somebody gave his own word for a time; a first answer is owed by the whole centre.
OWN_WORD = (Reason.PROMISED_LATER, Reason.CONTROL_CALL, Reason.DELAY)
# What the promise is tied to; a person is on the screen only, never in what is stored.
OWNERS = ("ticket", "controlled_ticket", "ticket_promise__ticket")


class NotOnLine(Refused):
    message = gettext_lazy("Вы и так не на линии.")
    code = "not_on_line"


class StillTalking(Refused):
    message = gettext_lazy("Сначала запишите, чем кончился этот звонок.")
    code = "still_talking"


class AlreadyRead(Refused):
    message = gettext_lazy("Эту передачу уже принял другой человек.")
    code = "already_read"


@write
def go_on_line(*, user: User, at: datetime) -> LineSpell:
    spell = people.go_on_line(user=user, at=at)
    alarms.tell_screens("line")
    return spell


@write
def leave_line(*, user: User, at: datetime, note: str = "") -> Handover | None:
    """Take no more calls: what he held goes back to its place, what he promised is left to the next by name.

    Returns the handing over, None when there was nothing to hand over. Raises NotOnLine, StillTalking.
    """
    if talk_of(user) is not None:
        raise StillTalking
    return _end(user=user, at=at, note=note)


@write
def take_off_line(*, user: User, by: User, at: datetime) -> Handover:
    """A supervisor ends somebody's time on the line; his name stays in what is handed over. Raises NotOnLine.

    A call in progress stays with whoever talks.
    """
    note = _("Снят с линии: %(name)s.") % {"name": by}
    handover = _end(user=user, at=at, note=note)
    assert handover is not None
    return handover


def _end(*, user: User, at: datetime, note: str) -> Handover | None:
    spell = people.leave_line(user=user, at=at)
    if spell is None:
        raise NotOnLine
    for held in claims_of(user):
        release(obligation=held, operator=user, at=at)
    left = [_line(promise) for promise in own_promises(user)]
    alarms.tell_screens("line")
    if not (left or note.strip()):
        return None
    return Handover.objects.create(spell=spell, at=at, owed=left, note=note.strip())


def _line(promise: CallbackObligation) -> dict[str, Any]:
    """As ``Handover.owed`` keeps it: neither a name nor a number."""
    ticket = ticket_owed(promise)
    return {
        "promise": promise.pk,
        "ticket": ticket.number if ticket else "",
        "what": promise.deadline.title if promise.deadline else "",
        "due": promise.due_at.isoformat() if promise.due_at else None,
    }


def ticket_owed(promise: CallbackObligation) -> Ticket | None:
    """The ticket of a promise that was read with OWNERS."""
    own: Ticket | None = getattr(promise, "ticket", None) or getattr(promise, "controlled_ticket", None)
    further = getattr(promise, "ticket_promise", None)
    return own or (further.ticket if further else None)


def talk_of(user: User) -> CallAttempt | None:
    """The call that this person has begun and not finished."""
    return CallAttempt.objects.in_progress().filter(operator=user).first()


def claims_of(user: User) -> list[CallbackObligation]:
    """What he holds without talking yet; on leaving it returns to the queue."""
    held = CallbackObligation.objects.filter(claimed_by=user, state=State.CLAIMED)
    return list(held.select_related("contact", "deadline").order_by("pk"))


def own_promises(user: User) -> list[CallbackObligation]:
    """The open promises for which he gave his word, the nearest first."""
    owed = CallbackObligation.objects.outstanding().filter(reason__in=OWN_WORD, deadline__operator=user)
    return list(owed.select_related("contact", "deadline", *OWNERS).order_by("due_at", "pk"))


@write
def read_handover(*, handover: Handover, by: User, at: datetime) -> None:
    """Somebody has taken note: from now on it is his to see to. Of two the second is told. Raises AlreadyRead."""
    if not Handover.objects.filter(pk=handover.pk, read_by=None).update(read_by=by, read_at=at):
        raise AlreadyRead
    alarms.tell_screens("line")


# ── Who is there now ─────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class OnLine:
    """One person on the line: since when, what he holds, and since when he talks (None: he does not)."""

    spell: LineSpell
    held: list[CallbackObligation]
    talks_since: datetime | None


def people_on_line() -> list[OnLine]:
    """Everybody who takes calls now, the longest there first, with what is in his hands; three queries."""
    spells = list(LineSpell.objects.on_line().select_related("user").order_by("started_at", "pk"))
    users = [spell.user_id for spell in spells]
    held: dict[int, list[CallbackObligation]] = defaultdict(list)
    in_hand = CallbackObligation.objects.filter(claimed_by__in=users, state__in=[State.CLAIMED, State.DIALLING])
    for promise in in_hand.select_related("deadline", *OWNERS).order_by("due_at", "pk"):
        held[promise.claimed_by_id or 0].append(promise)
    talks = dict(CallAttempt.objects.in_progress().filter(operator__in=users).values_list("operator", "started_at"))
    return [OnLine(spell, held[spell.user_id], talks.get(spell.user_id)) for spell in spells]


@dataclass(frozen=True, slots=True)
class Shift:
    """The line of figures that stands on every page of the desk."""

    on_line: int
    waiting: int
    overdue: int
    unread: int
    pulse: Pulse


def read_shift(at: datetime) -> Shift:
    counted = CallbackObligation.objects.outstanding().aggregate(
        waiting=Count("pk", filter=~Q(state=State.EXHAUSTED)), overdue=Count("pk", filter=Q(due_at__lte=at))
    )
    on_line = LineSpell.objects.on_line().count()
    return Shift(on_line=on_line, unread=unread_handovers(at).count(), pulse=read_pulse(at), **counted)


# Older ones were settled by the promises themselves.
UNREAD_FOR = timedelta(days=2)


def unread_handovers(at: datetime) -> QuerySet[Handover]:
    return Handover.objects.filter(read_by=None, at__gt=at - UNREAD_FOR)
