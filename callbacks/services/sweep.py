"""The one idempotent turn that Celery's tasks, beat and the promise keeper all make."""

from contextlib import suppress
from datetime import datetime

from accounts.writes import Refused

from .attempts import expire_abandoned_attempts
from .heartbeats import beat
from .ladder import BATCH, escalate_overdue_batch


def sweep(*, at: datetime, keeper: str = "sweep") -> int:
    """Raise every rung due by ``at``, free abandoned calls, and write the heartbeat; returns how many rungs."""
    raised = 0
    while batch := escalate_overdue_batch(at=at):
        raised += batch
        if batch < BATCH:
            break
    # Somebody holds a row for long: the next turn will find it, and this one has still done its work.
    with suppress(Refused):
        expire_abandoned_attempts(at=at)
    beat(name=keeper, at=at)
    return raised
