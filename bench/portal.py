"""What the second wall costs among a million tickets (bench/million.py): an organisation's pages with it and without.

In one process and by turns, so that whatever else the machine does falls on both. ``floor`` is the same page with the
wall taken away, which only this measure can do. The desk is asked as well, with row-level security and with it switched
off: its policies are always true, but the planner has to see that.
"""

import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from itertools import chain
from typing import Any
from unittest.mock import patch

import psycopg2

from dispatch_center.local.postgres import Postgres
from dispatch_center.local.stack import LocalStack

from .big import SEED, Question, questions
from .kept import kept, rows_told_by
from .stage import PUBLIC_HOST


class Portal:
    """Both rows come from one run of the process below, on the kept million."""

    rows: dict[str, dict[str, object]] | None = None

    def __init__(self, stack: LocalStack) -> None:
        """``stack``: the servers of the other measures, which this one has no use for."""

    def wall(self) -> dict[str, object]:
        return self._run()["portal_wall"]

    def desk(self) -> dict[str, object]:
        return self._run()["portal_wall_desk"]

    def _run(self) -> dict[str, dict[str, object]]:
        if self.rows is None:
            Portal.rows = rows_told_by("bench.portal")
        return self.rows or {}


ROUNDS, TABS = 30, ("new", "work", "expiring", "returned", "done")
ENTRANCES = ("tickets.views.portal.people.behind_wall", "tickets.api.base.behind_wall")
SECURED = {"Host": PUBLIC_HOST, "X-Forwarded-Proto": "https"}


@contextmanager
def without_wall() -> Iterator[None]:
    with patch(ENTRANCES[0], lambda user: nullcontext()), patch(ENTRANCES[1], lambda user: nullcontext()):
        yield


def organisation() -> tuple[Any, str, list[str]]:
    """A person of the organisation with the most tickets, his program's token, and some of its numbers."""
    from django.db.models import Count

    from accounts.models import ApiToken, Role, User
    from companies.models import Company, Membership
    from tickets.models import Ticket

    company = Company.objects.annotate(size=Count("tickets")).order_by("-size")[0]
    user, _made = User.objects.get_or_create(username="bench-portal", defaults={"role": Role.COMPANY})
    Membership.objects.get_or_create(user=user, defaults={"company": company})
    numbers = list(Ticket.objects.filter(company=company).order_by("-pk").values_list("number", flat=True)[:5_000])
    return user, ApiToken.issue(user=user, name="bench")[1], random.Random(SEED).sample(numbers, ROUNDS)


def pages(user: Any, token: str, numbers: list[str]) -> Iterator[tuple[str, Any, str]]:
    """(kind, client, address) of everything that is asked."""
    from django.test import Client

    browser = Client(headers=SECURED)
    browser.force_login(user, backend="accounts.backends.PasswordBackend")
    program = Client(headers=SECURED | {"Authorization": f"Bearer {token}"})
    for turn, number in enumerate(numbers):
        yield "list", browser, f"/portal/?tab={TABS[turn % len(TABS)]}"
        yield "card", browser, f"/portal/tickets/{number}/"
        yield "api_list", program, "/api/v1/tickets/"
        yield "api_search", program, f"/api/v1/tickets/?q={'труба' if turn % 2 else 'лифт'}"
        yield "api_card", program, f"/api/v1/tickets/{number}/"


def timed(client: Any, address: str) -> float:
    begun = time.perf_counter()
    answer = client.get(address, secure=True)
    lasted = 1000 * (time.perf_counter() - begun)
    assert answer.status_code == 200, (address, answer.status_code)
    return lasted


def portal() -> dict[str, object]:
    ours: dict[str, list[float]] = defaultdict(list)
    floor: dict[str, list[float]] = defaultdict(list)
    for kind, client, address in pages(*organisation()):
        # Each address twice before it counts: neither side reads it cold.
        timed(client, address)
        with without_wall():
            floor[kind].append(timed(client, address))
        ours[kind].append(timed(client, address))
    return compared("portal_wall", ours, floor)


def desk(owner_url: str) -> dict[str, object]:
    from django.test import Client

    from accounts.models import User

    client = Client(headers=SECURED)
    client.force_login(User.objects.get(username="operator"), backend="accounts.backends.PasswordBackend")
    asked = questions()[:200] + [Question("queue", "/desk/"), Question("board", "/desk/board/")] * 15
    lengths: dict[bool, dict[str, list[float]]] = {True: defaultdict(list), False: defaultdict(list)}
    tables = secured_tables(owner_url)
    # First all without, then all with: row-level security is switched for the whole server.
    for is_on in (False, True):
        switch(owner_url, tables, on=is_on)
        for question in asked:
            for counts in (False, True):
                begun = time.perf_counter()
                ask(client, question)
                if counts:
                    lengths[is_on][question.kind].append(1000 * (time.perf_counter() - begun))
    return compared("portal_wall_desk", lengths[True], lengths[False])


def ask(client: Any, question: Question) -> None:
    if question.text:
        answer = client.post(question.path, {"text": question.text}, secure=True, follow=True)
    else:
        answer = client.get(question.path, secure=True)
    assert answer.status_code == 200, (question, answer.status_code)


def secured_tables(owner_url: str) -> list[str]:
    with closing(psycopg2.connect(owner_url)) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tablename FROM pg_policies")
        return [name for (name,) in cursor.fetchall()]


def switch(owner_url: str, tables: list[str], *, on: bool) -> None:
    with closing(psycopg2.connect(owner_url)) as owner, owner, owner.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")


def compared(name: str, ours: dict[str, list[float]], floor: dict[str, list[float]]) -> dict[str, object]:
    def at(lengths: list[float], part: float) -> float:
        return round(sorted(lengths)[min(int(len(lengths) * part), len(lengths) - 1)], 1)

    every, without = (list(chain(*lengths.values())) for lengths in (ours, floor))
    return {
        "name": name, "ours": at(every, 0.5), "floor": at(without, 0.5), "unit": "ms",
        "ratio": round(at(without, 0.5) / at(every, 0.5), 2),
        "p95_ms": at(every, 0.95), "floor_p95_ms": at(without, 0.95),
        "mix_p50_ms": {kind: [at(lengths, 0.5), at(floor[kind], 0.5)] for kind, lengths in sorted(ours.items())},
        "mix_p95_ms": {kind: [at(lengths, 0.95), at(floor[kind], 0.95)] for kind, lengths in sorted(ours.items())},
        "asked": len(every) + len(without), "machine_load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main() -> None:
    with kept() as (stack, _told):
        print(json.dumps(portal(), ensure_ascii=False), flush=True)
        print(json.dumps(desk(Postgres(stack.var).url()), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
