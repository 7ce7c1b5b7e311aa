"""Answering alarms: by name, one or many with one word (after an outage of our own there are many)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import Clock, Deadline, Escalation

from .promises import stop_clock


class AlreadyAcknowledged(Refused):
    message = _("Эту эскалацию уже принял другой человек.")
    code = "already_acknowledged"


@write
def acknowledge(*, escalation: Escalation, by: User, at: datetime, note: str = "") -> None:
    """A named person takes the escalation on; the second one is told, not obeyed."""
    if not _take([escalation.pk], by=by, at=at, note=note):
        raise AlreadyAcknowledged


@write
def acknowledge_all(*, escalations: Iterable[Escalation], by: User, at: datetime, note: str = "") -> int:
    """Take on those of ``escalations`` that nobody has answered yet, under one name; returns how many they were."""
    return _take([escalation.pk for escalation in escalations], by=by, at=at, note=note)


def _take(keys: Collection[int], *, by: User, at: datetime, note: str) -> int:
    # The clock before its rungs, as the sweep holds them, all in one order: two people must not wait for each other.
    clocks = Deadline.objects.running().filter(clock=Clock.REPEATS, escalations__in=keys).order_by("pk")
    heard = list(Deadline.objects.filter(pk__in=clocks.values("pk")).order_by("pk").select_for_update(no_key=True))
    unanswered = Escalation.objects.unacknowledged().filter(pk__in=keys).select_for_update(no_key=True).order_by("pk")
    mine = [escalation.pk for escalation in unanswered]
    Escalation.objects.filter(pk__in=mine).update(
        acknowledged_by=by, acknowledged_at=at, acknowledged_note=note.strip()[:500], repeat_at=None
    )
    # That somebody had to ring again wants nothing but somebody senior who has seen it.
    for deadline in heard:
        stop_clock(deadline.pk, at=at)
    alarms.tell_screens("alarms")
    return len(mine)
