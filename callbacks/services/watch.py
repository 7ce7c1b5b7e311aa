"""Whether the centre can keep its promises now, as facts: who watches the clocks, who sends, what is away.

Ages of heartbeats, because «the process is up» says nothing about its work.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from callbacks import alarms
from callbacks.models import Heartbeat

from .channel_states import LATE_AFTER, outbox_age

log = structlog.get_logger(__name__)

# The sweep turns every two seconds: seven missed turns are no longer a hiccup.
FRESH = timedelta(seconds=15)
# Pages answer before the others have made their first turn: until then silence is a start, not a fault.
GRACE = timedelta(seconds=60)
# Which heartbeat is whose: Celery's task alone writes the first, the loop beside PostgreSQL the second.
WORKER, KEEPER = "sweep", "keeper"


class Reason(StrEnum):
    """What is wrong, in words that programs may rely on."""

    DATABASE_AWAY = "database_away"
    SWEEP_STOPPED = "sweep_stopped"
    WORKER_AWAY = "worker_away"
    KEEPER_AWAY = "keeper_away"
    BROKER_AWAY = "broker_away"
    OUTBOX_STUCK = "outbox_stuck"


@dataclass(frozen=True, slots=True)
class Pulse:
    """How long ago Celery's sweep and the promise keeper finished a turn; None: never.

    ``uptime``: how long this process runs. Who has not beaten since it began is starting, not silent, for GRACE.
    """

    worker_age: timedelta | None
    keeper_age: timedelta | None
    uptime: timedelta

    @property
    def sweep_age(self) -> timedelta | None:
        """The younger of the two: any one of them raises every rung."""
        return min((age for age in (self.worker_age, self.keeper_age) if age is not None), default=None)

    @property
    def is_worker_well(self) -> bool:
        return _is_fresh(self.worker_age)

    @property
    def is_keeper_well(self) -> bool:
        return _is_fresh(self.keeper_age)

    @property
    def is_watched(self) -> bool:
        return _is_fresh(self.sweep_age)

    @property
    def is_starting(self) -> bool:
        ages = (self.worker_age, self.keeper_age)
        return any(not _is_fresh(age) and self._excuses(age) for age in ages)

    def reasons(self) -> tuple[Reason, ...]:
        # A loop that is only just coming up is no reason yet, nor is it a watch.
        worker, keeper = (_is_fresh(age) or self._excuses(age) for age in (self.worker_age, self.keeper_age))
        found = {
            Reason.SWEEP_STOPPED: not (worker or keeper),
            Reason.WORKER_AWAY: not worker,
            Reason.KEEPER_AWAY: not keeper,
        }
        return tuple(reason for reason, is_so in found.items() if is_so)

    def _excuses(self, age: timedelta | None) -> bool:
        return self.uptime < GRACE and (age is None or age > self.uptime)


@dataclass(frozen=True, slots=True)
class Health:
    """The facts of one moment. ``pulse`` is None when the database did not answer: then nothing else is known."""

    reasons: tuple[Reason, ...]
    pulse: Pulse | None = None
    outbox_age: timedelta = timedelta()
    is_broker_well: bool = False

    @property
    def status(self) -> str:
        """ok, starting or unwell."""
        if self.reasons:
            return "unwell"
        return "starting" if self.pulse is not None and self.pulse.is_starting else "ok"


# What is known when not even the database answers.
WITHOUT_DATABASE = Health(reasons=(Reason.DATABASE_AWAY,))


def read_pulse(at: datetime) -> Pulse:
    """One short query; raises what the database raises when it is away."""
    beats = dict(Heartbeat.objects.filter(name__in=[WORKER, KEEPER]).values_list("name", "beat_at"))
    return Pulse(
        worker_age=at - beats[WORKER] if WORKER in beats else None,
        keeper_age=at - beats[KEEPER] if KEEPER in beats else None,
        uptime=uptime(),
    )


def read_health(at: datetime) -> Health:
    """Everything that pages, probes and collectors ask; raises what the database raises when it is away."""
    pulse = read_pulse(at)
    age = outbox_age(at)
    is_broker_well = broker.answers()
    found = {
        Reason.BROKER_AWAY: not is_broker_well,
        # A digest waits up to a minute by design.
        Reason.OUTBOX_STUCK: age > LATE_AFTER,
    }
    reasons = (*pulse.reasons(), *(reason for reason, is_so in found.items() if is_so))
    return Health(reasons=reasons, pulse=pulse, outbox_age=age, is_broker_well=is_broker_well)


def _is_fresh(age: timedelta | None) -> bool:
    return age is not None and age <= FRESH


_started = time.monotonic()


def uptime() -> timedelta:
    """How long this process has been answering."""
    return timedelta(seconds=time.monotonic() - _started)


class Broker:
    """Asks Redis for a word, by the patience of the bells, and after a silence not again for a while."""

    def __init__(self) -> None:
        self._resting_until = 0.0
        self._redis: redis.Redis | None = None

    def answers(self) -> bool:
        if time.monotonic() < self._resting_until:
            return False
        if self._redis is None:
            self._redis = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=alarms.PATIENCE_SECONDS,
                socket_connect_timeout=alarms.PATIENCE_SECONDS,
                # The client would otherwise try again for seconds.
                retry=Retry(NoBackoff(), 0),
            )
        try:
            self._redis.ping()
        except redis.RedisError as error:
            self._resting_until = time.monotonic() + alarms.REST_SECONDS
            log.warning("broker_silent", error=type(error).__name__)
            return False
        return True


broker = Broker()
