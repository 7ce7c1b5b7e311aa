"""How much one program may ask: counted in Redis for all processes together, in each process while Redis is away."""

import math
import time
from threading import Lock
from typing import Any

import redis
import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from .models import ApiToken

log = structlog.get_logger(__name__)

MINUTE = 60
# A request waits no longer than this for Redis, and after a failure none waits for a while.
PATIENCE_SECONDS = 0.1
REST_SECONDS = 5
# Counters of a process's own; the ones that are over are thrown away when there are so many.
MOST_KEPT = 10_000


class TooOften(exceptions.Throttled):
    """More than one token, or one person, may ask in a minute."""

    def __init__(self, *, wait: float, limit: int) -> None:
        # The parent's own words are glued together from English pieces.
        exceptions.APIException.__init__(
            self,
            _("Не больше %(limit)s запросов в минуту. Повторите через %(wait)s с.")
            % {"limit": limit, "wait": math.ceil(wait)},
        )
        self.wait = max(1, math.ceil(wait))


class _Counters:
    """How many requests of each ``who`` fell into his minute, which begins with the first of them."""

    def __init__(self) -> None:
        self._redis: redis.Redis | None = None
        self._resting_until = 0.0
        self._lock = Lock()
        self._own: dict[str, tuple[int, float]] = {}

    def count(self, who: str) -> tuple[int, float]:
        """This request included, how many there were in the minute; and for how many seconds that minute lasts."""
        if time.monotonic() < self._resting_until:
            return self._count_here(who)
        try:
            return self._count_in_redis(who)
        except redis.RedisError as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning("throttle_without_redis", error=type(error).__name__)
            return self._count_here(who)

    def _count_in_redis(self, who: str) -> tuple[int, float]:
        if self._redis is None:
            self._redis = redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )  # fmt: skip
        key = f"asked:{who}"
        # Together or not at all: a counter without an end would shut somebody out for ever.
        with self._redis.pipeline(transaction=True) as together:
            together.set(key, 0, ex=MINUTE, nx=True)
            together.incr(key)
            together.pttl(key)
            _set, asked, left = together.execute()
        return int(asked), max(int(left), 0) / 1000

    def _count_here(self, who: str) -> tuple[int, float]:
        now = time.monotonic()
        with self._lock:
            if len(self._own) >= MOST_KEPT:
                self._own = {key: kept for key, kept in self._own.items() if kept[1] > now}
            asked, until = self._own.get(who, (0, 0.0))
            if until <= now:
                asked, until = 0, now + MINUTE
            self._own[who] = asked + 1, until
        return asked + 1, until - now


counters = _Counters()


class PerMinute(BaseThrottle):
    """Each token has its own minute; without one, each person."""

    def allow_request(self, request: Request, view: Any) -> bool:
        who = _who(request)
        if not who:
            return True
        limit = settings.API_REQUESTS_PER_MINUTE
        asked, left = counters.count(who)
        if asked > limit:
            raise TooOften(wait=left, limit=limit)
        return True


def _who(request: Request) -> str:
    """Whoever is not known has been refused, or reads what everybody may read."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}"
    return f"user:{request.user.pk}" if request.user.is_authenticated else ""
