"""Answering many alarms with one word: after an outage of our own there are many."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from accounts.writes import write
from callbacks import alarms
from callbacks.models import Escalation


@write
def acknowledge_all(*, escalations: Iterable[Escalation], by: User, at: datetime, note: str = "") -> int:
    """Take on those of ``escalations`` that nobody has answered yet, under one name; returns how many they were."""
    # In one order everywhere, or two people answering the same storm would wait for each other.
    unanswered = (
        Escalation.objects.unacknowledged()
        .filter(pk__in=[escalation.pk for escalation in escalations])
        .select_for_update(no_key=True)
        .order_by("pk")
    )
    mine = [escalation.pk for escalation in unanswered]
    Escalation.objects.filter(pk__in=mine).update(
        acknowledged_by=by, acknowledged_at=at, acknowledged_note=note.strip()[:500], repeat_at=None
    )
    alarms.tell_screens("alarms")
    return len(mine)
