"""Bells: ask Celery to look at a moment, and tell open screens that something changed.

Both are hints. The rows are the truth, so a dead Redis costs at most a fraction of a second here and one turn of the
sweep there, never a promise.
"""

import time
from datetime import UTC, datetime, timedelta
from math import ceil

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Connection, pools
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

# A request waits no longer than this for the broker.
PATIENCE_SECONDS = 0.3
# After a failure the broker is left alone for a while, so that a hundred requests do not each wait for it.
REST_SECONDS = 5
# Tasks further away would outlive the broker's visibility time-out and run twice; the sweep is enough for them.
FURTHEST = timedelta(minutes=14)
SCREENS = "screens"
# One task wakes for all that comes due within so many seconds: each finds whatever is due.
GRAIN = 0.25
# More moments than this one need not be remembered as rung for.
REMEMBERED = 5000


class _Broker:
    """The publishing side of Celery's broker, with short time-outs and a rest after each failure."""

    def __init__(self) -> None:
        self.resting_until = 0.0
        self._redis: redis.Redis | None = None
        self._connection: Connection | None = None
        self._rung: set[tuple[str, int]] = set()

    def ring(self, task: str, moment: datetime) -> None:
        """Ask for ``task`` at the end of the quarter second that ``moment``, or the present one, lies in."""
        slot = ceil(max(moment.timestamp(), time.time()) / GRAIN)
        if (task, slot) in self._rung:
            return
        self._send(task, datetime.fromtimestamp(slot * GRAIN, UTC))
        if len(self._rung) >= REMEMBERED:
            self._rung.clear()
        self._rung.add((task, slot))

    def _send(self, task: str, eta: datetime) -> None:
        if self._connection is None:
            quick = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS, "max_retries": 0}
            options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | quick
            self._connection = Connection(settings.CELERY_BROKER_URL, transport_options=options)
        with pools.producers[self._connection].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            current_app.send_task(task, eta=eta, producer=producer, retry=False, ignore_result=True)

    def hint(self, topic: str) -> None:
        if self._redis is None:
            self._redis = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                # The client would otherwise try again for seconds.
                retry=Retry(NoBackoff(), 0),
            )
        self._redis.publish(SCREENS, topic)

    def fails(self, error: Exception) -> None:
        self.resting_until = time.monotonic() + REST_SECONDS
        log.error("broker_silent", error=type(error).__name__)

    @property
    def rests(self) -> bool:
        return time.monotonic() < self.resting_until


_broker = _Broker()


def ring_at(moment: datetime, *, now: datetime, task: str = "callbacks.escalate_overdue") -> None:
    """After the commit, ask Celery to run ``task`` at ``moment``."""
    if moment - now <= FURTHEST:
        transaction.on_commit(lambda: _ring(task, moment), robust=True)


def tell_screens(topic: str, key: str = "") -> None:
    """After the commit, tell the open screens that ``topic`` (queue, tickets, alarms, outages, line, notes) changed.

    ``key``, a ticket's number, spares those who look at another one.
    """
    transaction.on_commit(lambda: _hint(f"{topic} {key}".strip()), robust=True)


def _ring(task: str, moment: datetime) -> None:
    if _broker.rests:
        return
    try:
        _broker.ring(task, moment)
    except Exception as error:  # whatever the broker's client raises, the promise is on record
        _broker.fails(error)


def _hint(topic: str) -> None:
    if _broker.rests:
        return
    try:
        _broker.hint(topic)
    except redis.RedisError as error:
        _broker.fails(error)
