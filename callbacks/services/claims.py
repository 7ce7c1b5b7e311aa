"""Who rings whom: taking the most urgent call, holding it, giving it back. One person is rung by one operator."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LineSpell, Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation
from callbacks.models.obligations import CallbackObligationQuerySet

from .promises import lock

State = CallbackObligation.State

# A claim is held while the card is open (it is renewed); a vanished operator's claim frees itself.
LEASE = timedelta(seconds=60)
# He who let a lease lapse is not offered the same call again for so long.
LAPSE_BAR = timedelta(minutes=5)
# Advisory locks of this kind are taken by a person's number.
PERSON = 26


class HeldByAnother(Refused):
    """Somebody else has this call in hand, or another one to the same person."""

    message: Promise | str = _("Этот звонок уже взял другой диспетчер.")
    code = "held_by_another"


def in_hand(at: datetime) -> Q:
    """Those that somebody holds at ``at``: a call in progress is held however long it takes."""
    return Q(state=State.DIALLING) | Q(state=State.CLAIMED, claimed_until__gt=at)


def _beside(number: str, *, operator: User, at: datetime) -> CallbackObligationQuerySet:
    """What somebody else than ``operator`` has in hand of this number, whatever it is about."""
    return CallbackObligation.objects.filter(in_hand(at), number=number).exclude(claimed_by=operator)


def held_by_another(number: str, *, operator: User, at: datetime) -> CallbackObligation | None:
    """The call to this number that somebody else than ``operator`` has in hand, with his name."""
    found = _beside(number, operator=operator, at=at)
    # Nearly always there is none, and to say so takes no columns.
    return found.select_related("claimed_by").most_urgent_first().first() if found.exists() else None


def refuse_beside(held: CallbackObligation) -> HeldByAnother:
    """The refusal that names whoever has the person in hand, and since when he talks."""
    talk = held.attempts.in_progress().first()
    if talk is None:
        return HeldByAnother(gettext("Этому человеку сейчас звонит %(name)s.") % {"name": held.claimed_by})
    since = timezone.localtime(talk.started_at).strftime("%H:%M")
    return HeldByAnother(
        gettext("С этим человеком говорит %(name)s, с %(time)s.") % {"name": held.claimed_by, "time": since}
    )


def hold_person(number: str) -> None:
    """Of those who would ring this number, one at a time goes on, until his transaction ends.

    After the rows of the promises, never before them: whoever is let in waits for nobody's row any more.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [PERSON, number])


@write
def claim_next(*, operator: User, at: datetime) -> CallbackObligation | None:
    """Hand ``operator`` the most urgent call that nobody holds, or None. Two operators never get the same person."""
    passed: list[str] = []
    while (obligation := _most_urgent(operator, at=at, passed=passed)) is not None:
        hold_person(obligation.number)
        # Asked of the one call that would be taken: few people are owed two, and joining it to the queue costs more.
        if not _beside(obligation.number, operator=operator, at=at).exists():
            return _take(obligation, operator=operator, at=at)
        passed.append(obligation.number)
    return None


def _most_urgent(operator: User, *, at: datetime, passed: Collection[str]) -> CallbackObligation | None:
    free = CallbackObligation.objects.callable_at(at).most_urgent_first()
    free = free.select_for_update(skip_locked=True, no_key=True)
    if passed:
        free = free.exclude(number__in=passed)
    first = free.first()
    if first is None or not _was_let_lapse(first, operator, at=at):
        return first
    barred = Q(lapsed_by=operator, lapsed_at__gt=at - LAPSE_BAR)
    barred |= Q(claimed_by=operator, claimed_until__gt=at - LAPSE_BAR)
    other = free.exclude(barred).first()
    match _somebody_is_free(operator, at=at):
        # Left for whoever is free; while everybody talks, it waits for nobody.
        case True:
            return other
        case False:
            return first
    # Nobody says who is on the line: a call is never left lying because of the bar.
    return other or first


def _was_let_lapse(obligation: CallbackObligation, operator: User, *, at: datetime) -> bool:
    """Whether ``operator`` had this very call a moment ago and let it go without a word."""
    lapsed = {obligation.lapsed_by_id: obligation.lapsed_at, obligation.claimed_by_id: obligation.claimed_until}
    lapsed_at = lapsed.get(operator.pk)
    return lapsed_at is not None and lapsed_at > at - LAPSE_BAR


def _somebody_is_free(operator: User, *, at: datetime) -> bool | None:
    """Whether another operator is on the line with nothing in hand; None when nobody is on the line at all."""
    holds = CallbackObligation.objects.filter(in_hand(at), claimed_by=OuterRef("user"))
    on_line = dict(LineSpell.objects.on_line().values_list("user", Exists(holds)))
    if not on_line:
        return None
    return any(not is_busy for user, is_busy in on_line.items() if user != operator.pk)


@write
def claim(*, obligation: CallbackObligation, operator: User, at: datetime) -> CallbackObligation:
    """Take this very call. Raises HeldByAnother, NotCallable, NeedsSupervisor or AlreadySettled.

    After enough tries that reached nobody, one more round is the supervisor's decision.
    """
    held = lock(obligation)
    if held.state == State.NOT_CALLABLE:
        raise NotCallable
    if held.state == State.EXHAUSTED and operator.role != Role.SUPERVISOR:
        raise NeedsSupervisor
    hold_person(held.number)
    if other := held_by_another(held.number, operator=operator, at=at):
        raise refuse_beside(other)
    return _take(held, operator=operator, at=at)


class NeedsSupervisor(Refused):
    message = _("Не дозвонились: звонить ли ещё, решает старший смены.")
    code = "needs_supervisor"


class NotCallable(Refused):
    message = _("Номера нет: перезвонить нельзя.")
    code = "not_callable"


def _take(obligation: CallbackObligation, *, operator: User, at: datetime) -> CallbackObligation:
    changed = ["state", "claimed_by", "claimed_until"]
    if obligation.state == State.CLAIMED and obligation.claimed_by_id != operator.pk:
        obligation.lapsed_by_id, obligation.lapsed_at = obligation.claimed_by_id, obligation.claimed_until
        changed += ["lapsed_by", "lapsed_at"]
    if obligation.state != State.DIALLING:
        obligation.state = State.CLAIMED
    obligation.claimed_by, obligation.claimed_until = operator, at + LEASE
    obligation.save(update_fields=changed)
    alarms.tell_screens("queue")
    return obligation


@write
def renew(*, obligation: CallbackObligation, operator: User, at: datetime) -> bool:
    """Hold the claim for another minute; False when it is no longer this operator's."""
    # A browser slows down the timers of a page that lies behind others: a talk is not lost for that.
    talking = When(state=State.DIALLING, then=Value(at + 3 * LEASE))
    until = Case(talking, default=Value(at + LEASE), output_field=DateTimeField())
    return bool(
        CallbackObligation.objects.filter(
            pk=obligation.pk, claimed_by=operator, state__in=[State.CLAIMED, State.DIALLING], claimed_until__gt=at
        ).update(claimed_until=Greatest("claimed_until", until))
    )


@write
def release(*, obligation: CallbackObligation, operator: User, at: datetime) -> bool:
    """Give the call back to the same place in the queue; False when it was not held (or is being dialled)."""
    given = CallbackObligation.objects.filter(pk=obligation.pk, claimed_by=operator, state=State.CLAIMED).update(
        state=State.OPEN, claimed_by=None, claimed_until=None
    )
    alarms.tell_screens("queue")
    return bool(given)
