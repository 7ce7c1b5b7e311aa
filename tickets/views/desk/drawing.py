"""The board: what every screen of the centre shows of the queue, the same for all of one kind of person.

It is drawn once for each change and sent to all open screens (dispatch_center/streams.py); what belongs to one person
alone (his alarms, which call is his own) is left to his page. Nothing in it moves with the time by itself: clocks are
counted by the page, so that an unchanged row stays the same text and is not even drawn again.
"""

import re
from collections import OrderedDict
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from tickets.services.forecast import read_forecast

from .board import Kind, Queue, Row, read_queue

# By the data-part of the page that shows it; each is a template of its own in desk/board/. Whoever plans the shift is
# told as well what it will break.
PARTS: tuple[str, ...] = ("counters", "keeper", "line", "more")
# Some rows more than all lists of all kinds have at once.
KEPT = 1000


@dataclass(frozen=True, slots=True)
class Board:
    """One drawing: pieces of the page by their name, rows by theirs, and in which order each list has them."""

    parts: dict[str, str]
    rows: dict[str, str]
    lists: dict[str, list[str]]
    counts: dict[str, str]


def draw_boards(kinds: Collection[Kind], *, at: datetime) -> dict[Kind, Board]:
    """The boards of these kinds from one reading of the database."""
    queue = read_queue(at=at, decides=Kind.SUPERVISOR in kinds)
    return {kind: _draw(queue, kind) for kind in kinds}


def _draw(queue: Queue, kind: Kind) -> Board:
    return Board(
        parts=draw_parts(queue, kind),
        rows={row.name: draw_row(row, kind, at=queue.at) for row in (*queue.rows, *queue.exhausted)},
        lists={"queue": [row.name for row in queue.rows], "exhausted": [row.name for row in queue.exhausted]},
        counts={key: str(count or "") for key, count in queue.menu_counts.items()},
    )


def draw_parts(queue: Queue, kind: Kind) -> dict[str, str]:
    told: dict[str, Any] = {"queue": queue, "at": queue.at}
    names = PARTS
    if kind != Kind.OPERATOR:
        names, told["forecast"] = (*PARTS, "forecast"), read_forecast(queue.at)
    return {name: _tight(render_to_string(f"desk/board/_{name}.html", told)) for name in names}


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_drawn: OrderedDict[Hashable, str] = OrderedDict()
_lock = Lock()


def draw_row(row: Row, kind: Kind, *, at: datetime) -> str:
    """One row for everybody of this kind; the same facts on the same day are drawn once in this process."""
    key = (kind, timezone.localdate(at), _facts(row))
    with _lock:
        known = _drawn.get(key)
        if known is not None:
            _drawn.move_to_end(key)
            return known
    told: dict[str, Any] = {
        "row": row, "at": at, "takes_calls": kind.takes_calls, "decides": kind.decides,
    }  # fmt: skip
    drawn = _tight(render_to_string("desk/_queue_row.html", told))
    with _lock:
        _drawn[key] = drawn
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
    return drawn


def personal(drawn: str, *, user: User, csrf_token: str) -> SafeString:
    """A drawn row on one person's page, as static/js/live.js does it with those that come later."""
    mine = f'data-holder="{user.pk}"'
    key = 'name="csrfmiddlewaretoken" value="'
    return mark_safe(drawn.replace(mine, f"{mine} data-mine", 1).replace(f'{key}"', f'{key}{csrf_token}"'))  # noqa: S308


def _facts(row: Row) -> Hashable:
    """Everything that a row is drawn from."""
    promise, ticket = row.promise, row.ticket
    related = (promise.contact, promise.claimed_by, *((ticket, ticket.category, ticket.company) if ticket else ()))
    return (
        *(_fields(one) for one in (promise, *related, row.notice, *row.messages)),
        row.is_held,
        row.waits_until,
        row.decision is not None,
        row.decision is not None and (row.decision.notice_form is not None, row.decision.was_tried),
    )


def _fields(one: Model | None) -> Hashable:
    if one is None:
        return None
    # The lease is renewed all the time; what a row says of it is whether it is held.
    return tuple((name, value) for name, value in vars(one).items() if name[0] != "_" and name != "claimed_until")


def _tight(html: str) -> str:
    """Indentation is for those who read templates."""
    return re.sub(r"\s*\n\s*", "\n", html.strip())
