"""The stream of hints: who may listen, how soon it speaks, how it ends, and Redis being away."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import redis
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings as project
from django.db import connections
from django.test import AsyncClient, Client

from accounts.models import Role, User
from callbacks import alarms
from dispatch_center import streams
from tickets.tests.factories import UserFactory

BACKEND = project.AUTHENTICATION_BACKENDS[-1]

pytestmark = pytest.mark.django_db(transaction=True)


def as_loop(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on an event loop of its own."""

    def run(olga: User) -> None:
        async_to_sync(function)(olga)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


@pytest.fixture
def olga() -> User:
    return UserFactory.create(username="olga", role=Role.OPERATOR)


async def open_stream(user: User) -> AsyncIterator[bytes]:
    client = AsyncClient()
    await client.aforce_login(user, backend=BACKEND)
    answer: Any = await client.get("/events/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/event-stream"
    return aiter(answer.streaming_content)


async def told(stream: AsyncIterator[bytes], within: float = 2.0) -> list[str]:
    """The topics of the next chunk."""
    chunk = await asyncio.wait_for(anext(stream), within)
    return [line.removeprefix("event: ") for line in chunk.decode().splitlines() if line.startswith("event: ")]


def change(*topics: str) -> None:
    with redis.Redis.from_url(project.REDIS_URL) as client:
        for topic in topics:
            client.publish(alarms.SCREENS, topic)


async def listens() -> None:
    """Wait until the hub's subscription stands."""
    with redis.Redis.from_url(project.REDIS_URL) as client:
        for _turn in range(100):
            if dict(client.pubsub_numsub(alarms.SCREENS)).get(alarms.SCREENS.encode()):
                return
            await asyncio.sleep(0.02)
    raise AssertionError("nobody listens")


def test_a_stranger_hears_nothing(client: Client) -> None:
    assert client.get("/events/").status_code == 401


def test_the_server_of_pages_does_not_hold_a_thread_for_a_stream(client: Client, olga: User) -> None:
    client.force_login(olga, backend=BACKEND)
    assert client.get("/events/").status_code == 421
    assert client.post("/events/").status_code == 405


@as_loop
async def test_a_change_is_told_at_once(olga: User) -> None:
    stream = await open_stream(olga)
    assert await told(stream) == []
    await listens()
    started = time.monotonic()
    change("queue")
    assert await told(stream) == ["queue"]
    assert time.monotonic() - started < 0.3


@as_loop
async def test_a_storm_is_one_hint_per_topic_and_half_a_second(olga: User) -> None:
    stream = await open_stream(olga)
    await told(stream)
    await listens()
    change("queue")
    assert await told(stream) == ["queue"]
    started = time.monotonic()
    change(*["queue"] * 50, "nonsense")
    assert await told(stream) == ["queue"]
    assert streams.PAUSE - 0.1 < time.monotonic() - started < streams.PAUSE + 0.3
    change("queue", "alarms")
    assert await told(stream) == ["alarms"]
    assert await told(stream) == ["queue"]


@as_loop
async def test_two_screens_share_one_subscription(olga: User) -> None:
    first, second = await open_stream(olga), await open_stream(olga)
    await told(first)
    await told(second)
    await listens()
    with redis.Redis.from_url(project.REDIS_URL) as client:
        assert client.pubsub_numsub(alarms.SCREENS) == [(alarms.SCREENS.encode(), 1)]
    change("tickets")
    assert await told(first) == await told(second) == ["tickets"]


@as_loop
async def test_silence_is_filled_so_that_proxies_keep_the_line(olga: User) -> None:
    stream = await open_stream(olga)
    await told(stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "KEEP_ALIVE", 0.1)
        assert (await asyncio.wait_for(anext(stream), 1)).startswith(b":")


@pytest.mark.parametrize("end", ["logout", "disabled", "password"])
def test_a_stream_ends_with_its_session(olga: User, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SESSION_CHECK", 0.2)

    def leave() -> None:
        if end == "logout":
            olga_sessions().delete()
        elif end == "disabled":
            User.objects.filter(pk=olga.pk).update(is_active=False)
        else:
            olga.set_password("другой-пароль-17")
            olga.save()

    async def listen() -> None:
        stream = await open_stream(olga)
        await told(stream)
        await asyncio.wait_for(anext(stream), 1)  # the check let it live
        await sync_to_async(leave)()
        async with asyncio.timeout(3):
            assert all([b"event" not in chunk async for chunk in stream])

    async_to_sync(listen)()


def olga_sessions() -> Any:
    from django.contrib.sessions.models import Session

    return Session.objects.all()


@as_loop
async def test_an_open_stream_holds_no_connection_to_the_database(olga: User) -> None:
    stream = await open_stream(olga)
    await told(stream)
    assert await sync_to_async(lambda: connections["default"].connection)() is None


def test_redis_away_ends_no_stream_and_its_return_refreshes_all(olga: User, settings: Any) -> None:
    real = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    async def listen() -> None:
        stream = await open_stream(olga)
        assert await told(stream) == []
        await asyncio.sleep(0.7)
        settings.REDIS_URL = real
        assert await told(stream, within=4) == ["alarms", "queue", "tickets"]

    async_to_sync(listen)()
