"""The board on its way to the screens: drawn once for each change, sent as what differs from the last one.

A drawing is common to all screens of one kind. A screen that has the one before gets the difference, any other the
whole; the bytes of both are made once.
"""

import asyncio
import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import close_old_connections, connections

from accounts import clock
from accounts.models import Role
from companies.models import Membership
from tickets.models import TicketEvent
from tickets.views.asked import asked_on_screens
from tickets.views.desk.board import Kind
from tickets.views.desk.drawing import Board, draw_boards


@dataclass(frozen=True)
class Edition:
    """One drawing of one kind. ``number`` grows by one with each that differs; ``before`` is what it differs from."""

    number: int
    board: Board
    before: Board | None = field(repr=False)

    @cached_property
    def whole(self) -> bytes:
        return self._message({"base": None, "parts": self.board.parts, "rows": self.board.rows})

    @cached_property
    def difference(self) -> bytes:
        if self.before is None:
            return self.whole
        parts = {name: html for name, html in self.board.parts.items() if self.before.parts.get(name) != html}
        rows = {name: html for name, html in self.board.rows.items() if self.before.rows.get(name) != html}
        return self._message({"base": self.number - 1, "parts": parts, "rows": rows})

    def _message(self, differs: dict[str, object]) -> bytes:
        told = {"number": self.number, "lists": self.board.lists, "counts": self.board.counts, **differs}
        return f"event: board\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


# So many lines of the histories are looked at for news of the organisations' tickets: more than half a second brings.
LATEST = 200


@dataclass(frozen=True)
class Turn:
    """What one look at the database brought: the boards drawn, and what each person is asked about, as a mark.

    ``lines``: the newest lines of histories, each with whose ticket it is about: organisation and foreman.
    ``works_for``: the organisation of each of its people who listen, and whether he is told of his own tickets only.
    """

    boards: dict[Kind, Board]
    asked: dict[int | None, str]
    lines: dict[int, tuple[int | None, int | None]]
    works_for: dict[int, tuple[int, bool]]


def _look(kinds: Collection[Kind], outsiders: Collection[int]) -> Turn:
    close_old_connections()
    at = clock.now()
    lines: dict[int, tuple[int | None, int | None]] = {}
    works_for: dict[int, tuple[int, bool]] = {}
    if outsiders:
        # Not «those after the last one»: a line may be written before another and committed after it.
        latest = TicketEvent.objects.order_by("-pk").values_list("pk", "company_id", "ticket__foreman_id")[:LATEST]
        lines = {line: (company, foreman) for line, company, foreman in latest}
        people = Membership.objects.filter(user__in=outsiders).values_list("user_id", "company_id", "user__role")
        works_for = {user: (company, role == Role.FOREMAN) for user, company, role in people}
    return Turn(draw_boards(kinds, at=at) if kinds else {}, _asked(at), lines, works_for)


def _asked(at: datetime) -> dict[int | None, str]:
    """By recipient, what his strip of alarms depends on; ``None`` is what everybody of the centre is asked."""
    rows = asked_on_screens(at).values_list("recipient_id", "escalation_id", "escalation__repeats")
    found: dict[int | None, set[tuple[int, int]]] = {}
    for recipient, escalation, repeats in rows:
        found.setdefault(recipient, set()).add((escalation, repeats))
    return {recipient: str(hash(frozenset(asked))) for recipient, asked in found.items()}


class Press:
    """Draws on a thread of its own, which keeps its connection to the database; the event loop only waits for it."""

    def __init__(self) -> None:
        self.editions: dict[Kind, Edition] = {}
        self.asked: dict[int | None, str] = {}
        # The organisations' people whose tickets have changed since the turn before.
        self.concerned: set[int] = set()
        self._lines: dict[int, tuple[int | None, int | None]] | None = None
        self._thread: ThreadPoolExecutor | None = None

    async def turn(self, kinds: Collection[Kind], outsiders: Collection[int] = ()) -> None:
        """Look at the database, and number what has changed; ``outsiders`` are the organisations' people."""
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="board")
        turn = await asyncio.get_running_loop().run_in_executor(self._thread, _look, kinds, outsiders)
        for kind, board in turn.boards.items():
            last = self.editions.get(kind)
            if last is None or last.board != board:
                number = last.number + 1 if last else 1
                self.editions[kind] = Edition(number, board, last.board if last else None)
        self.asked = turn.asked
        fresh = [turn.lines[line] for line in turn.lines.keys() - (turn.lines if self._lines is None else self._lines)]
        self.concerned = {
            person
            for person, (company, of_foreman) in turn.works_for.items()
            if any(whose == company and (not of_foreman or foreman == person) for whose, foreman in fresh)
        }
        self._lines = turn.lines if outsiders else None

    def mark_of(self, person: int, *, is_of_centre: bool) -> str:
        """What this person is asked about now; another mark means that his strip is stale."""
        everybody = self.asked.get(None, "") if is_of_centre else ""
        return f"{self.asked.get(person, '')} {everybody}"

    def rest(self) -> None:
        """Nobody looks any more: neither a thread nor a connection is kept for them."""
        if self._thread is not None:
            self._thread.submit(connections.close_all)
            self._thread.shutdown(wait=False)
            self._thread = None
