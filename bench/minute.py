"""One minute of the desk: a hundred screens on streams, one real browser, calls coming in and being rung back.

The clients keep their connections and do what the page does: they take the board as it comes, and read their strip of
alarms and the health of the centre again when the page would.
"""

import asyncio
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from itertools import count, cycle
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from .stage import PUBLIC_HOST

SCREENS = 100
OPERATORS = 60
TICKETS_PER_SECOND = ATTEMPTS_PER_SECOND = 20
WARM_UP, SECONDS = 5.0, 60.0
# How long a talk is at least: what is shorter than half a second may come and go between two drawings of the board.
TALK = 2.0
# As static/js/live.js and base.html do it.
JITTER, HEALTH_EVERY = 0.2, 10.0
# What never came within this time is an error, not a slow push.
LOST_AFTER = 10.0
HEADERS = f"Host: {PUBLIC_HOST}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\nAccept: */*\r\n"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@dataclass
class Seen:
    """What was measured: seconds by kind of request, seconds from an answer to a screen, and what went wrong."""

    requests: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    pushes: list[float] = field(default_factory=list)
    since_asked: list[float] = field(default_factory=list)
    in_browser: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Person:
    session: str
    csrf: str

    @property
    def cookies(self) -> str:
        return f"Cookie: sessionid={self.session}; csrftoken={self.csrf}\r\n"


class Connection:
    """One kept connection; a request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The answer's status and its Location."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        await self.reader.readexactly(int(fields.get(b"content-length", b"0")))
        if fields.get(b"connection") == b"close":
            self.writer.close()
            self.reader = self.writer = None
        return int(head[9:12]), fields.get(b"location", b"")


class Promise:
    """Something that every screen must come to show: a call that leaves the queue, or one that comes in on top."""

    def __init__(self, name: str, *, comes: bool, asked: float, answered: float) -> None:
        self.name, self.comes, self.asked, self.answered = name, comes, asked, answered
        self.missing = set(range(SCREENS))

    def is_shown_by(self, listed: set[str]) -> bool:
        return (self.name in listed) is self.comes


class Minute:
    """One run: the screens, the browser, and those who register and ring back."""

    def __init__(self, people: list[Person], *, house: int, pages: int, streams: int) -> None:
        self.people, self.house, self.pages, self.streams = people, house, pages, streams
        self.chance = random.Random(19)
        self.seen = Seen()
        self.lists: list[set[str]] = [set() for _screen in range(SCREENS)]
        self.awaited: list[Promise] = []
        self.names: dict[str, str] = {}
        self.idle: asyncio.Queue[Connection] = asyncio.Queue()
        self.begins = self.ends = 0.0

    @property
    def measures(self) -> bool:
        return self.begins <= time.time() < self.ends

    async def run(self) -> Seen:
        for _connection in range(16):
            self.idle.put_nowait(Connection(self.pages))
        self.begins = time.time() + WARM_UP
        self.ends = self.begins + SECONDS
        browser = await Browser.open(self)
        streams = [asyncio.create_task(self._screen(number)) for number in range(SCREENS)]
        await asyncio.gather(self._come_in(), self._ring_back())
        await asyncio.sleep(2)
        for promise in self.awaited:
            if promise.missing and time.time() - promise.answered > LOST_AFTER:
                self.seen.errors.append(f"push: {len(promise.missing)} screens never showed a change")
        await browser.close()
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
        return self.seen

    # ── Screens ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def _screen(self, number: int) -> None:
        person = self.people[number]
        own = Connection(self.pages)
        health = asyncio.create_task(self._health(person, number))
        reader, writer = await asyncio.open_connection("127.0.0.1", self.streams, limit=2**22)
        try:
            writer.write(f"GET /events/ HTTP/1.1\r\n{HEADERS}{person.cookies}\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            async for event, data in _events(reader):
                if event == b"board":
                    self._take_board(number, _parsed(data))
                elif event == b"alarms":
                    await asyncio.sleep(self.chance.random() * JITTER)
                    await self._ask("strip", _get("/desk/strip/", person), own, wanted=200)
            self.seen.errors.append("a stream ended")
        finally:
            health.cancel()
            writer.close()

    def _take_board(self, number: int, told: dict[str, Any]) -> None:
        now = time.time()
        for name, html in told["rows"].items():
            _before, _link, after = html.partition("/desk/tickets/")
            if after:
                self.names[after.partition("/")[0]] = name
        listed = self.lists[number] = {name for names in told["lists"].values() for name in names}
        for promise in self.awaited:
            if number in promise.missing and promise.is_shown_by(listed):
                self._shown(number, promise, now)
        self.awaited = [promise for promise in self.awaited if promise.missing]

    def _shown(self, number: int, promise: Promise, at: float) -> None:
        promise.missing.discard(number)
        self.seen.pushes.append(max(0.0, at - promise.answered))
        self.seen.since_asked.append(at - promise.asked)

    async def _health(self, person: Person, number: int) -> None:
        # Of its own: on one connection the answers of two that ask at once would be mixed up.
        own = Connection(self.pages)
        await asyncio.sleep(HEALTH_EVERY * number / SCREENS)
        while True:
            await self._ask("health", _get("/healthz/banner", person), own, wanted=204)
            await asyncio.sleep(HEALTH_EVERY)

    # ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────
    async def _come_in(self) -> None:
        people = cycle(self.people[:OPERATORS])
        await self._paced(TICKETS_PER_SECOND, lambda number: self._register(next(people), number))

    async def _ring_back(self) -> None:
        people = cycle(self.people[:OPERATORS])
        await self._paced(ATTEMPTS_PER_SECOND, lambda _number: self._attempt(next(people)))

    async def _paced(self, per_second: int, deed: Any) -> None:
        """Start one every so often, whether or not the one before has ended: callers do not wait for each other."""
        begun, tasks = time.time(), []
        for number in count():
            due = begun + number / per_second
            if due >= self.ends:
                break
            await asyncio.sleep(max(0.0, due - time.time()))
            tasks.append(asyncio.create_task(deed(number)))
        await asyncio.gather(*tasks)

    async def _register(self, person: Person, number: int) -> None:
        # Every twentieth smells gas: it comes in at the top, where every screen shows it.
        is_danger = number % 20 == 0
        told = {
            "intake_key": str(uuid4()), "phone": f"8 920 {self.chance.randrange(10**7):07}",
            "caller_name": "Вера Павловна", "building": str(self.house), "flat": "31",
            "category": "G01" if is_danger else "E03", "text": "Не горит свет на лестнице.",
        }  # fmt: skip
        asked = time.time()
        status, location = await self._post("register", "/desk/new/", told, person, wanted=302)
        if status == 302 and is_danger and self.measures:
            ticket = location.decode().split("/")[3]
            self._await_name(ticket, asked=asked, answered=time.time())

    def _await_name(self, ticket: str, *, asked: float, answered: float) -> None:
        """The promise's name is learnt from the first board that shows the ticket."""

        async def learn() -> None:
            while ticket not in self.names and time.time() - answered < LOST_AFTER:
                await asyncio.sleep(0.005)
            if ticket not in self.names:
                self.seen.errors.append("push: a dangerous call never came")
                return
            self._expect(Promise(self.names[ticket], comes=True, asked=asked, answered=answered))

        self.learning = asyncio.create_task(learn())

    async def _attempt(self, person: Person) -> None:
        status, location = await self._post("claim", "/desk/callbacks/next/", {}, person, wanted=302)
        if status != 302 or not location.startswith(b"/desk/callbacks/"):
            return
        pk = location.decode().split("/")[3]
        await asyncio.sleep(TALK)
        asked = time.time()
        told = {"result": "talked", "note": "Рассказали, что передано."}
        status, _location = await self._post("finish", f"/desk/callbacks/{pk}/finish/", told, person, wanted=302)
        if status == 302 and self.measures:
            self._expect(Promise(f"promise-{pk}", comes=False, asked=asked, answered=time.time()))

    def _expect(self, promise: Promise) -> None:
        now = time.time()
        for number, listed in enumerate(self.lists):
            if promise.is_shown_by(listed):
                self._shown(number, promise, now)
        if promise.missing:
            self.awaited.append(promise)
        Browser.expected.append(promise)

    # ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _post(
        self, kind: str, path: str, told: dict[str, str], person: Person, *, wanted: int
    ) -> tuple[int, bytes]:
        body = urlencode({**told, "csrfmiddlewaretoken": person.csrf}).encode()
        head = (
            f"POST {path} HTTP/1.1\r\n{HEADERS}{person.cookies}Referer: https://{PUBLIC_HOST}/desk/\r\n"
            f"Origin: https://{PUBLIC_HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection = await self.idle.get()
        try:
            return await self._ask(kind, head.encode() + body, connection, wanted=wanted)
        finally:
            self.idle.put_nowait(connection)

    async def _ask(
        self, kind: str, request: bytes, connection: Connection, *, wanted: int, is_again: bool = False
    ) -> tuple[int, bytes]:
        begun = time.time()
        try:
            status, location = await connection.ask(request)
        except (OSError, asyncio.IncompleteReadError) as error:
            connection.reader = connection.writer = None
            if request.startswith(b"GET ") and not is_again:
                # A connection that was idle for long is closed by the server; browsers ask anew as well.
                return await self._ask(kind, request, connection, wanted=wanted, is_again=True)
            self.seen.errors.append(f"{kind}: {type(error).__name__}")
            return 0, b""
        if status not in (wanted, HTTPStatus.OK):
            self.seen.errors.append(f"{kind}: {status}")
        elif self.begins <= begun < self.ends:
            self.seen.requests[kind].append(time.time() - begun)
        return status, location


class Browser:
    """One real Chromium on the queue: it notes when its own lists change."""

    expected: list[Promise] = []

    NOTES = """() => {
        window.noted = [];
        const note = (nodes, comes) => nodes.forEach((node) => node.id?.startsWith("promise-")
            && window.noted.push([node.id, comes, Date.now()]));
        new MutationObserver((changes) => changes.forEach((change) => {
            note(change.addedNodes, true);
            note(change.removedNodes, false);
        })).observe(document.querySelector("#queue"), { childList: true, subtree: true });
    }"""

    def __init__(self, minute: Minute, playwright: Any, page: Any) -> None:
        self.minute, self.playwright, self.page = minute, playwright, page

    @classmethod
    async def open(cls, minute: Minute) -> "Browser":
        from playwright.async_api import async_playwright

        cls.expected = []
        playwright = await async_playwright().start()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        url = f"http://127.0.0.1:{minute.streams}"
        person = minute.people[0]
        names = {"sessionid": person.session, "csrftoken": person.csrf}
        await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in names.items()])
        page = await context.new_page()
        await page.goto(f"{url}/desk/")
        await page.wait_for_selector("body[data-stream=open]")
        await page.evaluate(cls.NOTES)
        return cls(minute, playwright, page)

    async def close(self) -> None:
        noted: list[tuple[str, bool, float]] = await self.page.evaluate("window.noted")
        last = {(name, comes): at / 1000 for name, comes, at in noted}
        for promise in self.expected:
            at = last.get((promise.name, promise.comes))
            if at is not None:
                self.minute.seen.in_browser.append(max(0.0, at - promise.answered))
        await self.page.context.browser.close()
        await self.playwright.stop()


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> dict[str, Any]:
    """A board: a hundred screens get the same bytes, and a machine of its own reads them for each of them."""
    told: dict[str, Any] = json.loads(data)
    return told


async def _events(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bytes]]:
    """The events of a chunked answer, as (name, data)."""
    rest = b""
    while size := int(await reader.readline(), 16):
        rest += (await reader.readexactly(size + 2))[:-2]
        *whole, rest = rest.split(b"\n\n")
        for message in whole:
            if message.startswith(b"event: "):
                name, _line, data = message[7:].partition(b"\ndata:")
                yield name, data.strip()


def _get(path: str, person: Person) -> bytes:
    return f"GET {path} HTTP/1.1\r\n{HEADERS}HX-Request: true\r\n{person.cookies}\r\n".encode()
