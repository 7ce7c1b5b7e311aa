"""The one idempotent turn that Celery's tasks, beat and the promise keeper all make."""

from contextlib import suppress
from datetime import datetime

from accounts.services import close_idle_spells
from accounts.writes import Refused
from callbacks import alarms

from .attempts import expire_abandoned_attempts
from .heartbeats import beat
from .ladder import escalate_overdue_batch, repeat_unacknowledged


def sweep(*, at: datetime, keeper: str = "sweep") -> int:
    """Raise every rung due by ``at``, ring unanswered ones again, free abandoned calls, and write the heartbeat.

    Returns how many clocks and rungs were looked after.
    """
    done = 0
    # Until nothing is left: a clock may have several rungs behind it.
    for turn in (escalate_overdue_batch, repeat_unacknowledged):
        while batch := turn(at=at):
            done += batch
    # Somebody holds a row for long: the next turn will find it, and this one has still done its work.
    with suppress(Refused):
        expire_abandoned_attempts(at=at)
    if close_idle_spells(at=at):
        alarms.tell_screens("line")
    beat(name=keeper, at=at)
    return done
