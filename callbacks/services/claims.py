"""Who rings whom: taking the most urgent call, holding it, giving it back."""

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Q, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation

from .promises import lock

State = CallbackObligation.State

# A claim is held while the card is open (it is renewed); a vanished operator's claim frees itself.
LEASE = timedelta(seconds=60)
# He who let a lease lapse is not offered the same call again for so long.
LAPSE_BAR = timedelta(minutes=5)


class HeldByAnother(Refused):
    message = _("Этот звонок уже взял другой диспетчер.")
    code = "held_by_another"


@write
def claim_next(*, operator: User, at: datetime) -> CallbackObligation | None:
    """Hand ``operator`` the most urgent call that nobody holds, or None. Two operators never get the same."""
    barred = Q(lapsed_by=operator, lapsed_at__gt=at - LAPSE_BAR) | Q(claimed_by=operator)
    free = CallbackObligation.objects.callable_at(at).most_urgent_first()
    free = free.select_for_update(skip_locked=True, no_key=True)
    # The bar holds only while something else can be offered: a call is never left lying because of it.
    obligation = free.exclude(barred).first() or free.first()
    if obligation is None:
        return None
    return _take(obligation, operator=operator, at=at)


@write
def claim(*, obligation: CallbackObligation, operator: User, at: datetime) -> CallbackObligation:
    """Take this very call. Raises HeldByAnother, NotCallable, NeedsSupervisor or AlreadySettled.

    After enough tries that reached nobody, one more round is the supervisor's decision.
    """
    held = lock(obligation)
    if held.state == State.EXHAUSTED and operator.role != Role.SUPERVISOR:
        raise NeedsSupervisor
    if held.state == State.DIALLING and held.claimed_by_id != operator.pk:
        raise HeldByAnother
    if held.state == State.CLAIMED and held.claimed_by_id != operator.pk and (held.claimed_until or at) > at:
        raise HeldByAnother
    if held.state == State.NOT_CALLABLE:
        raise NotCallable
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
