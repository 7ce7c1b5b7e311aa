"""Server-sent events: open screens get the board of the queue itself, and hints of what else to read again.

A hint is a topic, sometimes with the number of the ticket that changed; losing one costs at most one turn. The centre's
people hear of everything. An organisation's hear, without a number, that something of theirs has changed: what is told
of others, or how often, is none of their business.

One subscription to Redis and one drawing of the board per process serve every screen of it. While Redis is away the
board is looked at all the same, every few seconds.
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

from accounts import presence
from callbacks import alarms
from tickets.views.desk.board import Kind, kind_of

from .boards import Press

log = structlog.get_logger(__name__)

TOPICS = ("queue", "tickets", "alarms", "outages", "line", "notes")
# A storm of changes reaches a screen as one hint per topic and half a second, and is drawn as often.
PAUSE = 0.5
# A lease that lapses, or a clock that becomes overdue, tells nobody: so often the board is drawn unasked.
UNASKED = 3.0
# Proxies drop what is silent for a minute; and a screen that has not heard even this twice in a row (a cable, a sleep:
# nothing says that such a connection is dead) begins anew (static/js/live-worker.js).
KEEP_ALIVE = 10.0
# Nobody goes on listening long after his session ended.
SESSION_CHECK = 30.0
# A browser whose stream broke comes back after so many milliseconds.
RETRY_MS = 2000
# So often a subscription that hears nothing looks whether it is still wanted.
SILENCE = 1.0
BACK_OFF = (0.5, 1.0, 2.0, 5.0)
# More tickets than this at once are told as «some».
KEYS = 50


class Screen:
    """One open stream: whose it is, what changed and was not told yet, and which edition of the board it has."""

    def __init__(self, *, person: int = 0, kind: Kind | None = None) -> None:
        # Without a kind: a screen of an organisation, to which there is no queue.
        self.person, self.kind = person, kind
        self.has = 0
        self.mark: str | None = None
        self._changed: dict[str, set[str]] = {}
        self._told_at: dict[str, float] = {}
        self._wake = asyncio.Event()

    def hint(self, topic: str, key: str = "") -> None:
        self._changed.setdefault(topic, set()).add(key)
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    async def next_hints(self, patience: float, press: Press | None = None) -> list[bytes]:
        """What to tell now; empty when nothing came within ``patience`` seconds."""
        until = time.monotonic() + patience
        while (now := time.monotonic()) < until:
            told = self._board(press) + self._hints(now)
            if told:
                return told
            self._wake.clear()
            rest = min([until - now, *(self._waits(topic, now) for topic in self._changed)])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), rest)
        return []

    def _board(self, press: Press | None) -> list[bytes]:
        edition = press.editions.get(self.kind) if press and self.kind else None
        if edition is None or edition.number == self.has:
            return []
        message = edition.difference if edition.number == self.has + 1 else edition.whole
        self.has = edition.number
        return [message]

    def _hints(self, now: float) -> list[bytes]:
        ready = sorted(topic for topic in self._changed if self._waits(topic, now) <= 0)
        self._told_at.update(dict.fromkeys(ready, now))
        told = []
        for topic in ready:
            keys = self._changed.pop(topic)
            # Without a key it is about anything.
            data = "" if "" in keys or len(keys) > KEYS else " ".join(sorted(keys))
            told.append(f"event: {topic}\ndata: {data}\n\n".encode())
        return told

    def _waits(self, topic: str, now: float) -> float:
        return self._told_at.get(topic, -PAUSE) + PAUSE - now


class Hub:
    """The process's one subscription, its one press, and the screens that are served by them."""

    def __init__(self) -> None:
        self.press = Press()
        self._screens: set[Screen] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._stale = asyncio.Event()

    @contextlib.asynccontextmanager
    async def screen(self, *, person: int = 0, kind: Kind | None = None) -> AsyncIterator[Screen]:
        screen = Screen(person=person, kind=kind)
        self._screens.add(screen)
        # Whatever changed while nobody looked is drawn for the first one who does.
        self._stale.set()
        if any(task.done() for task in self._tasks) or not self._tasks:
            self._end()
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._draw())]
        try:
            yield screen
        finally:
            self._screens.discard(screen)
            if not self._screens:
                self._end()

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self.press.rest()

    async def _draw(self) -> None:
        """A drawing for every change, at most one in half a second; unasked now and then."""
        while self._is_wanted():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), UNASKED)
            self._stale.clear()
            begun = time.monotonic()
            try:
                kinds = {screen.kind for screen in self._screens if screen.kind}
                await self.press.turn(kinds, {screen.person for screen in self._screens if screen.kind is None})
            except (DatabaseError, InterfaceError) as error:
                log.warning("board_not_drawn", error=type(error).__name__)
                await asyncio.sleep(BACK_OFF[1])
                continue
            for screen in list(self._screens):
                mark = self.press.mark_of(screen.person, is_of_centre=screen.kind is not None)
                if screen.mark not in (None, mark):
                    screen.hint("alarms")
                screen.mark = mark
                if screen.kind is None and screen.person in self.press.concerned:
                    screen.hint("tickets")
                screen.wake()
            await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - begun)))

    async def _listen(self) -> None:
        """Hear Redis while there are screens; while it is away they are drawn for unasked, and told to look once it is
        back.

        A cancellation alone does not end it for certain: the client swallows one that comes while it connects. So it
        also looks, in every silence, whether it is still wanted.
        """
        failures = 0
        while self._is_wanted():
            try:
                async for word in _heard():
                    if not self._is_wanted():
                        return
                    if word is None:
                        continue
                    # The first word is the subscription itself: whatever came before it may have been missed.
                    for told in (word,) if word else TOPICS if failures else ():
                        self._tell(told)
                    failures = 0
            except (redis.RedisError, OSError) as error:
                log.warning("hints_away", error=type(error).__name__)
                await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
                failures += 1

    def _is_wanted(self) -> bool:
        task = asyncio.current_task()
        return bool(self._screens) and not (task and task.cancelling())

    def _tell(self, word: str) -> None:
        topic, _space, key = word.partition(" ")
        self._stale.set()
        if topic == "alarms":
            # Told to those alone whose strip it changes, once that is known.
            return
        for screen in self._screens:
            if screen.kind is not None:
                screen.hint(topic, key)


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
            elif message["data"].partition(" ")[0] in TOPICS:
                yield message["data"]


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def _hub() -> Hub:
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


@require_GET
@never_cache
async def events(request: HttpRequest) -> HttpResponseBase:
    """``event: board`` with what changed in the queue; ``event: tickets`` (alarms, outages, …) when that part of the
    screen should be read again, its data being the numbers of the tickets concerned, or nothing for any."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    if not isinstance(request, ASGIRequest):
        # A thread of the pages' server would be held for hours: streams have a service of their own.
        return HttpResponse(status=421)
    key = request.session.session_key
    # Else each screen would hold a connection to PostgreSQL all day.
    await sync_to_async(connections.close_all)()
    stream = _stream(str(key), person=user.pk, kind=kind_of(user))
    answer = StreamingHttpResponse(stream, content_type="text/event-stream")
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _stream(session_key: str, *, person: int, kind: Kind | None) -> AsyncIterator[bytes]:
    check_at = time.monotonic() + SESSION_CHECK
    hub = _hub()
    async with hub.screen(person=person, kind=kind) as screen:
        yield f"retry: {RETRY_MS}\n: open\n\n".encode()
        while True:
            patience = min(KEEP_ALIVE, max(check_at - time.monotonic(), 0.01))
            told = await screen.next_hints(patience, hub.press)
            if time.monotonic() >= check_at:
                if not await sync_to_async(_is_signed_in, thread_sensitive=False)(session_key):
                    return
                check_at = time.monotonic() + SESSION_CHECK
            yield b"".join(told) or b"event: here\ndata:\n\n"


def _is_signed_in(session_key: str) -> bool:
    """Whether the session still opens the door: not ended, its person active, his password the same."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        user = get_user(request)
        if user.pk is not None:
            # An open live screen is not idle.
            presence.keep_seen(user.pk)
    except (DatabaseError, InterfaceError):
        # The database being away is no reason to blind the screens; the next check will tell.
        return True
    else:
        return user.is_authenticated
    finally:
        connections.close_all()
