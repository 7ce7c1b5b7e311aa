"""The queue and the search among a million tickets (bench/million.py), as one operator asks, and as four do.

The data are kept (bench/kept.py): made once in minutes, opened in seconds. They are not the servers of the other
measures, so this runs as a process of its own: ``python -m bench.big``. It asks of a million, whatever SIZE says.
"""

import http.client
import json
import os
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote

from dispatch_center.local.stack import LocalStack

from .browser import Browser, at_part, entered
from .kept import kept, rows_told_by
from .million import TICKETS
from .stage import gunicorn

SEED = 20150516
DRAWN, ASKED, CLIENTS = 60, 400, 4
WARM_UP = 30
WORDS = (
    "ржавая вода", "течёт труба", "плесень", "лифт между этажами", "засор на кухне", "пахнет гарью", "нет отопления",
    "скользко", "искрит", "крыша течёт",
)  # fmt: skip
QUEUE = {"page": "/desk/", "board": "/desk/board/", "strip": "/desk/strip/"}
FILTERS = (
    "", "overdue=on&order=due", "within=2&order=due", "mine=on&status=all", "nobody=on", "repeated=on",
    "kind=emergency", "status=rejected&status=returned", "about=%D0%92%D0%BE%D0%B4%D0%B0&status=all",
)  # fmt: skip


class Big:
    """Both rows come from one run of the process below."""

    rows: dict[str, dict[str, object]] | None = None

    def __init__(self, stack: LocalStack) -> None:
        """``stack``: the servers of the other measures, which this one has no use for."""

    def queue(self) -> dict[str, object]:
        return self._run()["desk_queue_1m"]

    def search(self) -> dict[str, object]:
        return self._run()["desk_search_1m"]

    def _run(self) -> dict[str, dict[str, object]]:
        if self.rows is None:
            Big.rows = rows_told_by("bench.big")
        return self.rows or {}


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Question:
    """``text``: typed into the box, and the wait lasts until what was found stands there."""

    kind: str
    path: str
    text: str = ""


def questions() -> list[Question]:
    """The mix, from tickets that are there: every kind as often as the others."""
    from tickets.models import Ticket

    chance = random.Random(SEED)
    drawn = [chance.randrange(1, TICKETS) for _turn in range(DRAWN)]
    found = Ticket.objects.select_related("contact").exclude(contact__phone="")
    tickets = [found.filter(pk__lte=100_000_000 + number).order_by("-pk")[0] for number in drawn]
    url = "/desk/tickets/"
    asked = []
    for ticket, number in zip(tickets, drawn, strict=True):
        surname = ticket.contact.caller_name.split()[0]
        local = ticket.contact.phone.removeprefix("+7")
        moment = int(ticket.registered_at.timestamp() * 1_000_000)
        asked += [
            Question("number", url, ticket.number),
            Question("number_end", url, ticket.number[-6:]),
            Question("phone", url, f"8 ({local[:3]}) {local[3:6]}-{local[6:8]}-{local[8:]}"),
            Question("phone_end", url, local[-4:]),
            Question("name", url, ticket.contact.caller_name),
            Question("surname", url, surname),
            Question("address", url, f"{ticket.street.removeprefix('ул. ')} {ticket.house}"),
            Question("flat", url, f"{ticket.street.removeprefix('ул. ').lower()} {ticket.house} кв {ticket.flat}"),
            Question("words", url, chance.choice(WORDS)),
            Question("words_narrowed", f"{url}?company={ticket.company_id or 1}", chance.choice(WORDS)),
            Question("filter", f"{url}?{chance.choice(FILTERS)}"),
            Question("house_filter", f"{url}?status=all&address={quote(f'{ticket.street} {ticket.house}')}"),
            Question("deep_page", f"{url}?status=all&after={moment}-{ticket.pk}&page={number // 50}"),
            Question("deep_page_of_words", f"{url}?after={moment}-{ticket.pk}", chance.choice(WORDS)),
        ]
    chance.shuffle(asked)
    return asked


def people(count: int) -> list[tuple[str, str]]:
    """Sessions of so many operators."""
    from accounts.models import User

    return entered(User.objects.filter(username__in=["operator", *(f"bench-{number}" for number in range(1, count))]))


# ── Measuring ────────────────────────────────────────────────────────────────────────────────────────────────────
Lengths = dict[str, list[float]]


def measure(port: int, signed_in: list[tuple[str, str]], asked: list[Question]) -> Lengths:
    """Each person asks his share, one after the other; milliseconds by kind, without the first few."""
    lengths: Lengths = defaultdict(list)
    errors: list[BaseException] = []

    def work(place: int) -> None:
        browser = Browser(port, *signed_in[place])
        try:
            for question in asked[:WARM_UP]:
                browser.page(question.path, question.text)
            for question in asked[place :: len(signed_in)]:
                begun = time.perf_counter()
                browser.page(question.path, question.text)
                lengths[question.kind].append(1000 * (time.perf_counter() - begun))
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(signed_in))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return lengths


def row_of(name: str, alone: Lengths, together: Lengths, told: dict[str, Any], busy: float) -> dict[str, object]:
    every, others = (list(chain(*lengths.values())) for lengths in (alone, together))
    return {
        "name": name, "p50_ms": at_part(every, 0.5), "p95_ms": at_part(every, 0.95), "max_ms": at_part(every, 1),
        f"p50_ms_{CLIENTS}": at_part(others, 0.5), f"p95_ms_{CLIENTS}": at_part(others, 0.95), "unit": "ms",
        "tickets": TICKETS,
        "mix_p95_ms": {kind: at_part(lengths, 0.95) for kind, lengths in sorted(alone.items())},
        "asked": len(every) + len(others), "load_seconds": told["load_seconds"], "megabytes": told["megabytes"],
        "machine_load": round(busy, 1),
    }  # fmt: skip


def main() -> None:
    with kept() as (stack, told):
        signed_in, search = people(CLIENTS), questions()
        chance = random.Random(SEED)
        queue = [Question(kind, QUEUE[kind]) for kind in chance.choices(tuple(QUEUE), k=ASKED)]
        with gunicorn(os.environ, settings="dispatch_center.settings", log=stack.var / "gunicorn.log") as port:
            for name, asked in (("desk_queue_1m", queue), ("desk_search_1m", search)):
                busy = os.getloadavg()[0]
                alone, together = (measure(port, signed_in[:count], asked) for count in (1, CLIENTS))
                print(json.dumps(row_of(name, alone, together, told, busy), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
