"""The reports over a year and over today, the journal as a file, and whether each number agrees with its list.

One signed-in head of the centre asks gunicorn with production settings, on the kept tickets (bench/kept.py), a million
or as many as SIZE says. A process of its own: ``python -m bench.reports``.
"""

import html
import json
import os
import random
import re
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlencode

import psycopg2

from dispatch_center.local.places import CannotStart
from dispatch_center.local.postgres import Postgres
from dispatch_center.local.stack import LocalStack

from .around import FIRST
from .browser import Browser, at_part, entered
from .command import measured
from .kept import kept, rows_told_by, wanted_size
from .stage import gunicorn

SEED = 20131021
YEAR_GOAL_MS, TODAY_GOAL_MS, EXPORT_GOAL_SECONDS, EXPORT_GOAL_MB = 2_000, 300, 120, 300
# A year: each report so many times without a filter, and as often with each filter, its value drawn anew.
YEAR_ROUNDS, TODAY_ASKED = 2, 60
CELLS, EXPORTED = 200, 1_000_000
FLOOR_TIMES = 5
# What the product is asked for, by its own names.
REBUILD, REFRESH = ("rebuild_tallies",), ("refresh_tallies",)
# Rows are renewed with the triggers asleep that would leave word of the days that they changed.
STALE = """
    INSERT INTO reports_staleday (subject, day)
    SELECT subject, day FROM reports_rolledday WHERE NOT is_month AND day >= %s
"""
EXPORT = ("export_report", "journal", "--format", "xlsx")
OVERVIEW, LIST = "/reports/", "/reports/tickets/"
FILTERS = ("company", "category", "district", "operator", "channel", "emergency")
# A number with its list: <a class="figure" href="/reports/tickets/?cell=kept&amp;from=…">1 234</a>
CELL = re.compile(rf'<a\s[^>]*?href="({re.escape(LIST)}\?[^"]*\bcell=[^"]*)"[^>]*>\s*(\d[\d\s]*)<')
HEADING = re.compile(r'<h1[^>]*>[^<]*<span class="numbers">([\d\s]+)</span>')


class Reports:
    """All rows come from one run of the process below."""

    rows: dict[str, dict[str, object]] | None = None

    def __init__(self, stack: LocalStack) -> None:
        """``stack``: the servers of the other measures, which this one has no use for."""
        wanted_size()

    def year(self) -> dict[str, object]:
        return self._run()["report_year"]

    def today(self) -> dict[str, object]:
        return self._run()["report_today"]

    def export(self) -> dict[str, object]:
        return self._run()["export_million"]

    def cells(self) -> dict[str, object]:
        return self._run()["report_cells_disagree"]

    def _run(self) -> dict[str, dict[str, object]]:
        if self.rows is None:
            Reports.rows = rows_told_by("bench.reports")
        return self.rows or {}


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Asked:
    """A page of one report; ``filter`` names what narrows it, if anything does."""

    report: str
    first: date
    last: date
    filter: str = ""
    value: str = ""

    @property
    def path(self) -> str:
        query = {"from": self.first.isoformat(), "to": self.last.isoformat()}
        if self.filter:
            query[self.filter] = self.value
        return f"{OVERVIEW}{f'{self.report}/' if self.report else ''}?{urlencode(query)}"


def report_names() -> list[str]:
    """Every report there is; the overview's name is empty."""
    from reports.catalogue import REPORTS

    return ["", *REPORTS]


class Drawn:
    """Values of the filters, each as often as the tickets of the last year have it."""

    def __init__(self, *, since: datetime) -> None:
        from tickets.models import Ticket

        self.chance = random.Random(SEED)
        last = Ticket.objects.order_by("-pk").values_list("pk", flat=True)[0]
        first = Ticket.objects.filter(registered_at__gte=since, pk__gte=FIRST).order_by("registered_at")[0].pk
        # Behind the last few there might be none that has what is looked for.
        self.ids = range(first, last - 100)

    def value(self, name: str) -> str:
        from tickets.models import Ticket

        if name == "emergency":
            return self.chance.choice(("yes", "no"))
        field = {
            "company": "company", "category": "category", "district": "building__district", "operator": "registered_by",
            "channel": "contact__channel",
        }[name]  # fmt: skip
        known = Ticket.objects.exclude(**{field: None}).order_by("pk")
        return str(known.filter(pk__gte=self.chance.choice(self.ids)).values_list(field, flat=True)[0])


def pages_of_year(names: list[str], first: date, last: date, drawn: Drawn) -> Iterator[Asked]:
    for _round in range(YEAR_ROUNDS):
        for name in names:
            yield Asked(name, first, last)
            for asked in FILTERS:
                yield Asked(name, first, last, asked, drawn.value(asked))


# ── Measuring pages ──────────────────────────────────────────────────────────────────────────────────────────────
Lengths = dict[Asked, list[float]]


def timed(browser: Browser, pages: list[Asked]) -> Lengths:
    """Milliseconds until the whole page was here."""
    lengths: Lengths = defaultdict(list)
    for asked in pages:
        begun = time.perf_counter()
        browser.page(asked.path)
        lengths[asked].append(1000 * (time.perf_counter() - begun))
    return lengths


def p95_by(lengths: Lengths, key: str) -> dict[str, float]:
    grouped: dict[str, list[float]] = defaultdict(list)
    for asked, found in lengths.items():
        grouped[getattr(asked, key)] += found
    return {name or ("overview" if key == "report" else "none"): at_part(all_, 0.95) for name, all_ in grouped.items()}


def row_of(name: str, lengths: Lengths, floor: float, goal: int) -> dict[str, object]:
    every = list(chain(*lengths.values()))
    median = at_part(every, 0.5)
    return {
        "name": name, "ours": median, "unit": "ms", "floor": floor, "ratio": round(floor / median, 3), "p50_ms": median,
        "p95_ms": at_part(every, 0.95), "max_ms": at_part(every, 1), "goal_p95_ms": goal, "asked": len(every),
        "report_p95_ms": p95_by(lengths, "report"),
    }  # fmt: skip


def apart(lengths: Lengths) -> dict[str, object]:
    """The same without a filter, with one, and with each."""
    told: dict[str, object] = {}
    for kind, is_filtered in (("unfiltered", False), ("filtered", True)):
        some = list(chain(*(found for asked, found in lengths.items() if bool(asked.filter) == is_filtered)))
        told |= {f"{kind}_p50_ms": at_part(some, 0.5), f"{kind}_p95_ms": at_part(some, 0.95)}
    return told | {"filter_p95_ms": p95_by(lengths, "filter")}


def counted(owner_url: str, since: datetime, until: datetime) -> tuple[int, float]:
    """How many tickets of that time there are, and the milliseconds of that plain count, the median of a few."""
    lengths = []
    with closing(psycopg2.connect(owner_url)) as owner, owner.cursor() as cursor:
        for _turn in range(FLOOR_TIMES):
            begun = time.perf_counter()
            cursor.execute(
                "SELECT count(*) FROM tickets_ticket WHERE registered_at >= %s AND registered_at < %s", [since, until]
            )
            (count,) = cursor.fetchone()
            lengths.append(1000 * (time.perf_counter() - begun))
    return count, at_part(lengths, 0.5)


# ── Numbers and their lists ──────────────────────────────────────────────────────────────────────────────────────
def digits(text: str) -> int:
    """Thousands may be set apart by whatever space the page likes."""
    return int("".join(text.split()))


def sampled(browser: Browser, pages: list[Asked]) -> list[tuple[str, int]]:
    """(address of the list, number on the page) of at least CELLS cells, about as many of each page.

    Of a page's noughts only one is taken: that nothing is nothing is soon believed.
    """
    chance = random.Random(SEED)
    lots: list[list[tuple[str, int]]] = []
    for asked in pages:
        found = [(html.unescape(path), digits(text)) for path, text in CELL.findall(browser.page(asked.path))]
        chance.shuffle(found)
        lots.append([cell for cell in found if cell[1]] + [cell for cell in found if not cell[1]][:1])
    turns = chain.from_iterable(zip(*(_endless(lot) for lot in lots), strict=True))
    most = sum(map(len, lots))
    if most < CELLS:
        raise RuntimeError(f"The reports have only {most} numbers with a list, {CELLS} were to be looked at.")
    return list(islice((cell for cell in turns if cell), min(most, CELLS + len(pages))))


def _endless(lot: list[tuple[str, int]]) -> Iterator[tuple[str, int] | None]:
    yield from lot
    while True:
        yield None


def disagreeing(browser: Browser, cells: list[tuple[str, int]]) -> list[str]:
    """Those cells whose list has another count in its heading, in words."""
    wrong = []
    for path, number in cells:
        heading = HEADING.search(browser.page(path))
        if heading is None or digits(heading[1]) != number:
            wrong.append(f"{number} on the page, {heading and digits(heading[1])} at {path}")
    return wrong


# ── The file ─────────────────────────────────────────────────────────────────────────────────────────────────────
def export_of(stack: LocalStack, first: date, last: date) -> dict[str, object]:
    """The journal of these days as XLSX, by the product's own command; raises RuntimeError when rows are missing."""
    path = stack.var / "journal.xlsx"
    days = ("--from", first.isoformat(), "--to", last.isoformat())
    # By its name alone, in its own folder: the last number that the command prints is then that of the rows.
    taken = measured(*EXPORT, *days, "--output", path.name, env=os.environ, log=stack.var / "export.log")
    told = int(re.findall(r"\d+", re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", taken.printed))[-1])
    sheets, rows = rows_of(path)
    # A heading of some lines stands on each sheet.
    if not told <= rows <= told + 10 * sheets:
        raise RuntimeError(f"{path.name} holds {rows} rows, the command told of {told}: {taken.printed[-300:]}")
    megabytes = path.stat().st_size >> 20
    path.unlink()
    return {
        "name": "export_million", "ours": taken.seconds, "unit": "s", "seconds": taken.seconds,
        "cpu_seconds": taken.cpu_seconds, "peak_mb": taken.peak_mb, "goal_seconds": EXPORT_GOAL_SECONDS,
        "goal_mb": EXPORT_GOAL_MB, "rows": told, "sheets": sheets, "file_mb": megabytes,
    }  # fmt: skip


def rows_of(path: Path) -> tuple[int, int]:
    """How many sheets a workbook has and how many rows stand on them, counted in the stream: reading cells is slow."""
    sheets = rows = 0
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            sheets += 1
            rest = b""
            with book.open(name) as stream:
                while part := stream.read(1 << 20):
                    part = rest + part
                    rows += part.count(b"<row ")
                    # One byte short of the mark: what is cut in two is found next time, what was found is not.
                    rest = part[-4:]
    return sheets, rows


def since_when(owner_url: str, tickets: int) -> datetime:
    """From when on so many of the latest tickets were registered."""
    with closing(psycopg2.connect(owner_url)) as owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT min(registered_at) FROM tickets_ticket WHERE id >= %s", [FIRST + max(0, tickets - EXPORTED)]
        )
        found: datetime = cursor.fetchone()[0]
    return found


# ── The whole ────────────────────────────────────────────────────────────────────────────────────────────────────
def tally(stack: LocalStack, renewed_at: float) -> None:
    """What the reports keep added up, built anew for rows that were made, and brought up to date for renewed ones."""
    mark = stack.var / "tallied.json"
    known = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else None
    if known == renewed_at:
        return
    if known is not None:
        # What was made before «now» the last time is gone, two weeks of it and the calls just before them.
        first = datetime.fromtimestamp(known, tz=UTC).date() - timedelta(days=15)
        with closing(psycopg2.connect(Postgres(stack.var).url())) as owner, owner, owner.cursor() as cursor:
            cursor.execute(STALE, [first])
    stack.manage(*(REBUILD if known is None else REFRESH))
    mark.write_text(json.dumps(renewed_at), encoding="utf-8")


def main() -> None:
    tickets = wanted_size()
    with kept(tickets) as (stack, told):
        from accounts import clock
        from accounts.models import Role, User
        from callbacks.calendar import REGION

        begun = time.monotonic()
        tally(stack, told["renewed_at"])
        tallied = round(time.monotonic() - begun, 1)
        owner_url = Postgres(stack.var).url()
        now = clock.now().astimezone(REGION)
        day, midnight = now.date(), now.replace(hour=0, minute=0, second=0, microsecond=0)
        year = day - timedelta(days=364)
        names, drawn = report_names(), Drawn(since=midnight - timedelta(days=364))
        known = {
            "tickets": tickets, "load_seconds": told["load_seconds"], "tally_seconds": tallied,
            "megabytes": told["megabytes"], "machine_load": round(os.getloadavg()[0], 1),
        }  # fmt: skip

        def tell(row: dict[str, object]) -> None:
            print(json.dumps(row | known, ensure_ascii=False), flush=True)

        head = entered(User.objects.filter(role=Role.HEAD, is_active=True).order_by("pk")[:1])[0]
        with gunicorn(os.environ, settings="dispatch_center.settings", log=stack.var / "gunicorn.log") as port:
            # Far more than any goal: what is slow is to be told as slow, not as broken.
            browser = Browser(port, *head, patience=120)
            today = [Asked(name, day, day) for name in names]
            # Both processes of gunicorn have loaded their code before anything counts.
            timed(browser, today * 2)
            pages = list(pages_of_year(names, year, day, drawn))
            in_year, floor = counted(owner_url, midnight - timedelta(days=364), now)
            lengths = timed(browser, pages)
            tell(row_of("report_year", lengths, floor, YEAR_GOAL_MS) | apart(lengths) | {"tickets_in_it": in_year})
            in_day, floor = counted(owner_url, midnight, now)
            lengths = timed(browser, today * -(-TODAY_ASKED // len(today)))
            tell(row_of("report_today", lengths, floor, TODAY_GOAL_MS) | {"tickets_in_it": in_day})
            narrowed = [page for page in pages if page.filter][:: len(FILTERS) - 1]
            cells = sampled(browser, [*today, *(Asked(name, year, day) for name in names), *narrowed])
            wrong = disagreeing(browser, cells)
            tell({
                "name": "report_cells_disagree", "ours": len(wrong), "unit": "cells", "goal": 0, "cells": len(cells),
                "disagree": len(wrong), "wrong": wrong[:5],
            })  # fmt: skip
        since = since_when(owner_url, tickets)
        _count, floor = counted(owner_url, since, now)
        tell(export_of(stack, since.astimezone(REGION).date(), day) | {"floor_ms": floor})


if __name__ == "__main__":
    try:
        main()
    except (CannotStart, RuntimeError) as refusal:
        print(f"bench: {refusal}", file=sys.stderr)
        sys.exit(1)
