"""Server-sent events: open screens are told that something changed, and re-read it themselves.

A hint is a topic and nothing else, so it needs no rights of its own and losing one costs at most one turn of the
screen's polling. One subscription to Redis per process serves every screen of it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from importlib import import_module
from weakref import WeakKeyDictionary

import redis.asyncio
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, InterfaceError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from callbacks import alarms

log = structlog.get_logger(__name__)

TOPICS = ("queue", "tickets", "alarms")
# A storm of changes reaches a screen as one hint per topic and half a second.
PAUSE = 0.5
# Proxies drop what is silent for a minute.
KEEP_ALIVE = 15.0
# Nobody goes on listening long after his session ended.
SESSION_CHECK = 30.0
# A browser whose stream broke comes back after so many milliseconds.
RETRY_MS = 2000
# So often a subscription that hears nothing looks whether it is still wanted.
SILENCE = 1.0
BACK_OFF = (0.5, 1.0, 2.0, 5.0)


class Screen:
    """One open stream: the topics that changed and were not told yet."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._told_at: dict[str, float] = {}
        self._wake = asyncio.Event()

    def hint(self, topic: str) -> None:
        self._changed.add(topic)
        self._wake.set()

    async def next_topics(self, patience: float) -> list[str]:
        """The topics to tell now; empty when nothing came within ``patience`` seconds."""
        until = time.monotonic() + patience
        while (now := time.monotonic()) < until:
            if ready := sorted(topic for topic in self._changed if self._waits(topic, now) <= 0):
                self._changed.difference_update(ready)
                self._told_at.update(dict.fromkeys(ready, now))
                return ready
            self._wake.clear()
            rest = min([until - now, *(self._waits(topic, now) for topic in self._changed)])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), rest)
        return []

    def _waits(self, topic: str, now: float) -> float:
        return self._told_at.get(topic, -PAUSE) + PAUSE - now


class Hub:
    """The process's one subscription, and the screens that hear from it."""

    def __init__(self) -> None:
        self._screens: set[Screen] = set()
        self._listening: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def screen(self) -> AsyncIterator[Screen]:
        screen = Screen()
        self._screens.add(screen)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            yield screen
        finally:
            self._screens.discard(screen)
            if not self._screens:
                self._listening.cancel()
                self._listening = None

    async def _listen(self) -> None:
        """Hear Redis while there are screens; while it is away they poll, and are told to look once it is back.

        A cancellation alone does not end it for certain: the client swallows one that comes while it connects. So it
        also looks, in every silence, whether it is still wanted.
        """
        failures = 0
        while self._is_wanted():
            try:
                async for topic in _heard():
                    if not self._is_wanted():
                        return
                    if topic is None:
                        continue
                    # The first word is the subscription itself: whatever came before it may have been missed.
                    for told in (topic,) if topic else TOPICS if failures else ():
                        self._tell(told)
                    failures = 0
            except (redis.RedisError, OSError) as error:
                log.warning("hints_away", error=type(error).__name__)
                await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
                failures += 1

    def _is_wanted(self) -> bool:
        task = asyncio.current_task()
        return bool(self._screens) and not (task and task.cancelling())

    def _tell(self, topic: str) -> None:
        for screen in self._screens:
            screen.hint(topic)


async def _heard() -> AsyncIterator[str | None]:
    """Topics as Redis tells them; an empty word once it listens, None when it has been silent for a while."""
    client = redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5, health_check_interval=5, decode_responses=True
    )
    async with client, client.pubsub() as subscription:
        await subscription.subscribe(alarms.SCREENS)
        while True:
            message = await subscription.get_message(timeout=SILENCE)
            if message is None:
                yield None
            elif message["type"] == "subscribe":
                yield ""
            elif message["data"] in TOPICS:
                yield message["data"]


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def _hub() -> Hub:
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


@require_GET
@never_cache
async def events(request: HttpRequest) -> HttpResponseBase:
    """``event: queue`` (tickets, alarms) whenever that part of the screen should be read again."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    if not isinstance(request, ASGIRequest):
        # A thread of the pages' server would be held for hours: streams have a service of their own.
        return HttpResponse(status=421)
    key = request.session.session_key
    # Else each screen would hold a connection to PostgreSQL all day.
    await sync_to_async(connections.close_all)()
    answer = StreamingHttpResponse(_stream(str(key)), content_type="text/event-stream")
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _stream(session_key: str) -> AsyncIterator[bytes]:
    check_at = time.monotonic() + SESSION_CHECK
    async with _hub().screen() as screen:
        yield f"retry: {RETRY_MS}\n: open\n\n".encode()
        while True:
            topics = await screen.next_topics(min(KEEP_ALIVE, max(check_at - time.monotonic(), 0.01)))
            if time.monotonic() >= check_at:
                if not await sync_to_async(_is_signed_in, thread_sensitive=False)(session_key):
                    return
                check_at = time.monotonic() + SESSION_CHECK
            yield b"".join(f"event: {topic}\ndata:\n\n".encode() for topic in topics) or b": here\n\n"


def _is_signed_in(session_key: str) -> bool:
    """Whether the session still opens the door: not ended, its person active, his password the same."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        return get_user(request).is_authenticated
    except (DatabaseError, InterfaceError):
        # The database being away is no reason to blind the screens; the next check will tell.
        return True
    finally:
        connections.close_all()
