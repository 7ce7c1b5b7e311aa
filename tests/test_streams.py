"""The stream of hints: who may listen, how soon it speaks, how it ends, and Redis being away."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings as project
from django.db import connections
from django.test import AsyncClient, Client, override_settings

from accounts import clock
from accounts.models import DutyPost, DutyShift, Role, User
from callbacks import alarms
from callbacks.services import claim
from dispatch_center import streams
from tickets.services import give_to_foreman
from tickets.tests.factories import CompanyFactory, UserFactory, break_promise, make_promise, make_ticket, member_of

BACKEND = project.AUTHENTICATION_BACKENDS[-1]

pytestmark = pytest.mark.django_db(transaction=True)


def as_loop(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on an event loop of its own."""

    def run(olga: User) -> None:
        async_to_sync(function)(olga)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


@pytest.fixture(autouse=True)
def _the_press_stands_still(transactional_db: None) -> Iterator[None]:
    """A drawing begun for a screen that has gone still reads the tables; they are emptied after it."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("board"):
            thread.join(10)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The turns of a drawing follow each other sooner, so that a silence of several is soon over."""
    monkeypatch.setattr(streams, "PAUSE", 0.1)
    monkeypatch.setattr(streams, "UNASKED", 0.3)
    # On a busy machine the line would be kept alive in the middle of the silence.
    monkeypatch.setattr(streams, "KEEP_ALIVE", 60.0)
    monkeypatch.setattr(streams, "BACK_OFF", (0.1,) * len(streams.BACK_OFF))


# As long as several turns of a hurried drawing.
SILENCE = 0.8


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


async def heard(stream: AsyncIterator[bytes], within: float = 2.0) -> list[tuple[str, str]]:
    """The events of the next chunk, each with its data."""
    chunk = (await asyncio.wait_for(anext(stream), within)).decode()
    parts = [part.splitlines() for part in chunk.split("\n\n") if part.startswith("event: ")]
    return [(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data in parts]


async def told(stream: AsyncIterator[bytes], within: float = 2.0) -> list[str]:
    """The hints of the next chunk that has any, or nothing at all; the board is left aside."""
    async with asyncio.timeout(within):
        while True:
            events = await heard(stream, within)
            hints = [topic for topic, _data in events if topic != "board"]
            if hints or not events:
                return hints


async def board(stream: AsyncIterator[bytes], within: float = 5.0) -> dict[str, Any]:
    """The next board."""
    async with asyncio.timeout(within):
        while True:
            for topic, data in await heard(stream, within):
                if topic == "board":
                    told: dict[str, Any] = json.loads(data)
                    return told


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


async def looks() -> None:
    """Wait until the press has looked at the database once more; what is written from here on is news."""
    press = streams._hub().press
    before = press.asked
    async with asyncio.timeout(5):
        while press.asked is before:
            await asyncio.sleep(0.02)


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
    change("queue", "tickets")
    assert await told(stream) == ["tickets"]
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
    await board(stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "KEEP_ALIVE", 0.1)
        # An event and not a comment: the page itself notices when it fails to come.
        assert await asyncio.wait_for(anext(stream), 1) == b"event: here\ndata:\n\n"


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
            assert all([b"event: queue" not in chunk async for chunk in stream])

    async_to_sync(listen)()


def olga_sessions() -> Any:
    from django.contrib.sessions.models import Session

    return Session.objects.all()


@as_loop
async def test_an_open_stream_holds_no_connection_to_the_database(olga: User) -> None:
    stream = await open_stream(olga)
    await told(stream)
    assert await sync_to_async(lambda: connections["default"].connection)() is None


@pytest.mark.usefixtures("hurried")
def test_redis_away_ends_no_stream_and_its_return_refreshes_all(olga: User, settings: Any) -> None:
    real = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    async def listen() -> None:
        stream = await open_stream(olga)
        assert await told(stream) == []
        await asyncio.sleep(0.3)
        settings.REDIS_URL = real
        assert await told(stream, within=4) == ["line", "notes", "outages", "queue", "tickets"]

    async_to_sync(listen)()


# ── The board ────────────────────────────────────────────────────────────────────────────────────────────────────
@as_loop
async def test_a_screen_gets_the_whole_board_first_and_then_what_differs(olga: User) -> None:
    first = await sync_to_async(make_promise)()
    stream = await open_stream(olga)

    whole = await board(stream)

    assert whole["base"] is None
    assert whole["lists"]["queue"] == [f"promise-{first.pk}"]
    assert whole["counts"]["queue"] == "1"

    second = await sync_to_async(make_promise)(phone="+79101110002")
    change("queue")
    differs = await board(stream)

    assert differs["base"] == whole["number"]
    assert list(differs["rows"]) == [f"promise-{second.pk}"]
    assert differs["lists"]["queue"] == [f"promise-{first.pk}", f"promise-{second.pk}"]


@as_loop
async def test_who_holds_a_call_is_on_every_screen_and_only_that_row_is_sent(olga: User) -> None:
    held, _other = await sync_to_async(make_promise)(), await sync_to_async(make_promise)(phone="+79101110002")
    stream = await open_stream(olga)
    await board(stream)

    await sync_to_async(lambda: claim(obligation=held, operator=olga, at=clock.now()))()
    differs = await board(stream)

    assert list(differs["rows"]) == [f"promise-{held.pk}"]
    assert f'data-holder="{olga.pk}"' in differs["rows"][f"promise-{held.pk}"]


@pytest.mark.usefixtures("hurried")
@as_loop
async def test_without_redis_the_board_is_drawn_all_the_same(olga: User) -> None:
    with override_settings(REDIS_URL="unix:///nowhere/redis.sock"):
        stream = await open_stream(olga)
        await board(stream)
        promise = await sync_to_async(make_promise)()
        assert f"promise-{promise.pk}" in (await board(stream, within=5))["rows"]


@pytest.mark.usefixtures("hurried")
@as_loop
async def test_an_organisation_is_sent_no_board_and_not_told_that_there_is_one(olga: User) -> None:
    stranger = await sync_to_async(UserFactory.create)(role=Role.COMPANY)
    stream = await open_stream(stranger)
    await told(stream)
    await listens()
    await sync_to_async(make_promise)()
    change("queue")
    with pytest.raises(TimeoutError):
        await heard(stream, SILENCE)


@pytest.mark.usefixtures("hurried")
@as_loop
async def test_only_those_who_are_asked_are_told_of_an_alarm(olga: User) -> None:
    at = await sync_to_async(clock.now)()
    senior = await sync_to_async(UserFactory.create)(role=Role.SUPERVISOR)
    hour = timedelta(hours=1)
    await DutyShift.objects.acreate(user=senior, post=DutyPost.SUPERVISOR, starts_at=at - hour, ends_at=at + hour)
    await sync_to_async(make_promise)(at=at - timedelta(minutes=11))
    hers, his = await open_stream(olga), await open_stream(senior)
    await board(hers)
    await board(his)
    await listens()

    await sync_to_async(break_promise)(at)

    assert "alarms" in await told(his, within=5)
    with pytest.raises(TimeoutError):
        await told(hers, within=SILENCE)


@pytest.mark.usefixtures("hurried")
@as_loop
async def test_an_organisation_hears_of_its_own_tickets_alone_and_without_a_number(olga: User) -> None:
    own, foreign = await sync_to_async(CompanyFactory.create)(), await sync_to_async(CompanyFactory.create)()
    dispatcher, foreman = await sync_to_async(member_of)(own), await sync_to_async(member_of)(own, role=Role.FOREMAN)
    streams_of = {user: await open_stream(user) for user in (dispatcher, foreman)}
    for stream in streams_of.values():
        assert await told(stream) == []
    await listens()
    # The first look knows what is old.
    await looks()

    await sync_to_async(make_ticket)(company=foreign)
    change("tickets 26-000001", "queue", "outages", "line", "alarms")
    for stream in streams_of.values():
        with pytest.raises(TimeoutError):
            await heard(stream, SILENCE)

    streams_of = {user: await open_stream(user) for user in streams_of}
    for stream in streams_of.values():
        assert await told(stream) == []
    await looks()
    ticket = await sync_to_async(make_ticket)(company=own)
    change("tickets")
    assert await heard(streams_of[dispatcher]) == [("tickets", "")]
    with pytest.raises(TimeoutError):
        await heard(streams_of[foreman], SILENCE)

    stream = await open_stream(foreman)
    assert await told(stream) == []
    await looks()
    await sync_to_async(give_to_foreman)(
        ticket=ticket, foreman=foreman, actor=dispatcher, at=await sync_to_async(clock.now)()
    )
    assert await heard(stream) == [("tickets", "")]
