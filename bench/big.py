"""The queue and the search among a million tickets (bench/million.py), as one operator asks, and as four do.

The data are kept (bench/kept.py): made once in minutes, opened in seconds. They are not the servers of the other
measures, so this runs as a process of its own: ``python -m bench.big``. It asks of a million, whatever SIZE says.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode

from dispatch_center.local.plan import CHECKOUT
from dispatch_center.local.stack import LocalStack

from .kept import kept
from .million import TICKETS
from .stage import PUBLIC_HOST, gunicorn

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
            done = subprocess.run(
                [sys.executable, "-m", "bench.big"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError("bench.big did not come to its end; its reason stands above.")
            Big.rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
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


class Browser:
    """One signed-in person on one connection, which follows a redirect as a browser does."""

    def __init__(self, port: int, session: str, csrf: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.csrf = csrf
        self.headers = {
            "Host": PUBLIC_HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Accept": "text/html",
            "Cookie": f"sessionid={session}; csrftoken={csrf}", "Referer": f"https://{PUBLIC_HOST}/desk/tickets/",
        }  # fmt: skip

    def ask(self, question: Question) -> None:
        """Raises RuntimeError for anything but a page."""
        status, location = self._send("POST" if question.text else "GET", question.path, question.text)
        # A number leads to its card, which is no list any more; everything else to what was found.
        if status == http.HTTPStatus.FOUND:
            status, location = self._send("GET", location)
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{question} was answered with {status} {location}")

    def _send(self, method: str, path: str, text: str = "") -> tuple[int, str]:
        body, kind = None, {}
        if method == "POST":
            body = urlencode({"text": text, "csrfmiddlewaretoken": self.csrf})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body, {**self.headers, **kind})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location") or ""


def people(count: int) -> list[tuple[str, str]]:
    from django.middleware.csrf import _get_new_csrf_string
    from django.test import Client

    from accounts.models import User

    entered = []
    for user in User.objects.filter(username__in=["operator", *(f"bench-{number}" for number in range(1, count))]):
        client = Client()
        client.force_login(user, backend="accounts.backends.PasswordBackend")
        entered.append((client.cookies["sessionid"].value, _get_new_csrf_string()))
    return entered


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
                browser.ask(question)
            for question in asked[place :: len(signed_in)]:
                begun = time.perf_counter()
                browser.ask(question)
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
    def at(lengths: list[float], part: float) -> float:
        return round(sorted(lengths)[min(int(len(lengths) * part), len(lengths) - 1)], 1)

    every, others = (list(chain(*lengths.values())) for lengths in (alone, together))
    return {
        "name": name, "p50_ms": at(every, 0.5), "p95_ms": at(every, 0.95), "max_ms": at(every, 1),
        f"p50_ms_{CLIENTS}": at(others, 0.5), f"p95_ms_{CLIENTS}": at(others, 0.95), "unit": "ms", "tickets": TICKETS,
        "mix_p95_ms": {kind: at(lengths, 0.95) for kind, lengths in sorted(alone.items())},
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
