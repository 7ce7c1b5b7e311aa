"""A real call centre's month («Anonymous Bank», Technion), replayed: every figure of the line is counted twice.

Nothing here is counted by the product twice: the expected numbers come of the file by plain Python, the found ones of
contacts in the database, from rows, from counts made beforehand, and from both at once.
"""

import csv
import gzip
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from math import isfinite
from pathlib import Path
from statistics import mean, median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from callbacks.calendar import REGION
from callbacks.models import Contact
from reports.catalogue import Report, Section, build
from reports.erlang import operators_for_share, with_abandonment
from reports.forecast import History, arrivals, backtest, measure_talks, region_days
from reports.models import RolledDay, StaleDay
from reports.period import Period
from reports.services.reading import Reading, percentile
from reports.services.tallies import check_tallies, refresh_tallies
from tickets.tests.factories import UserFactory

AUGUST = Path(__file__).parents[3] / "shared/data/technion-august/august1999.csv.gz"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not AUGUST.exists(), reason="the calls of the Technion are not beside this clone"),
]

# The days of 1999 stand on those of 2021, which fall on the same weekdays and whose addresses the pages accept.
YEAR = 2021
DAY, HALF_DAY = timedelta(days=1), timedelta(hours=12)
FIRST, LAST = date(YEAR, 8, 1), date(YEAR, 8, 31)
BUSY_DAY = date(YEAR, 8, 10)
AFTER = datetime(YEAR, 9, 2, 12, tzinfo=REGION)
MONTH = Period(FIRST, LAST, AFTER)
ONE_DAY = Period(BUSY_DAY, BUSY_DAY, AFTER)
# Above this many seconds a wait is told in whole minutes.
FINE = 20 * 60


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the caller lived through it; ``answered`` None: he hung up."""

    rang: datetime
    answered: datetime | None
    ended: datetime
    server: str

    @property
    def wait(self) -> int:
        assert self.answered is not None
        return int((self.answered - self.rang).total_seconds())

    @property
    def service(self) -> int:
        assert self.answered is not None
        return int((self.ended - self.answered).total_seconds())

    @property
    def half(self) -> int:
        return self.rang.hour * 2 + self.rang.minute // 30


@cache
def calls() -> tuple[Call, ...]:
    with gzip.open(AUGUST, "rt", encoding="utf-8") as lines:
        return tuple(_call(row) for row in csv.DictReader(lines) if row["outcome"] != "PHANTOM")


def _call(row: dict[str, str]) -> Call:
    """``vru_entry`` is the arrival: the caller has dialled and hears us, and the robot's seconds are waiting to him.

    ``q_start`` would not do: four in ten never stood in the queue, and a third were picked up while the robot spoke.
    """
    rang = _moment(row, "vru_entry")
    assert rang is not None
    # Out of the queue, or out of the robot where nobody queued.
    left = _moment(row, "q_exit", rang) or _moment(row, "vru_exit", rang) or rang
    if row["outcome"] != "AGENT":
        return Call(rang, None, left, "")
    # Of 57 talks the file says who had them and not when: they began when the queue was left, and took no time.
    answered = _moment(row, "ser_start", rang) or left
    ended = _moment(row, "ser_exit", answered) or answered
    return Call(rang, answered, ended, row["server"])


def _moment(row: dict[str, str], name: str, after: datetime | None = None) -> datetime | None:
    """None where the file says 0:00:00; what seems to be hours before ``after`` is behind midnight."""
    if row[name] == "0:00:00" and name != "vru_entry":
        return None
    hour, minute, second = map(int, row[name].split(":"))
    day = row["date"]
    found = datetime(YEAR, int(day[2:4]), int(day[4:]), hour, minute, second, tzinfo=REGION)
    return found + DAY if after is not None and after - found > HALF_DAY else found


# ── In the database ──────────────────────────────────────────────────────────────────────────────────────────────
def load() -> None:
    """All calls as contacts; the people who took them by the names of the file."""
    people = {name: UserFactory.create(last_name=name) for name in sorted({c.server for c in calls() if c.server})}
    Contact.objects.bulk_create(
        (
            Contact(
                received_at=call.rang, answered_at=call.answered, ended_at=call.ended, channel=Contact.Channel.PHONE,
                phone=f"+7999{number:07d}", taken_by=people.get(call.server),
                ended_as=Contact.EndedAs.ENQUIRY if call.answered else Contact.EndedAs.MISSED,
                note="Ответили." if call.answered else "",
            )
            for number, call in enumerate(calls())
        ),
        batch_size=2000,
    )  # fmt: skip


# ── Counted by plain Python ──────────────────────────────────────────────────────────────────────────────────────
def of(period: Period) -> list[Call]:
    return [call for call in calls() if period.first <= call.rang.date() <= period.last]


def answered(of_calls: list[Call]) -> list[Call]:
    return [call for call in of_calls if call.answered]


def expected(of_calls: list[Call]) -> dict[str, int]:
    taken = answered(of_calls)
    return {
        "offered": len(of_calls),
        "answered": len(taken),
        "abandoned": len(of_calls) - len(taken),
        "answered_quickly": sum(call.wait <= 20 for call in taken),
        "answered_lawfully": sum(call.wait <= 300 for call in taken),
        "wait_seconds": sum(call.wait for call in taken),
        "service_seconds": sum(call.service for call in taken),
    }


def said(part: int, whole: int) -> Decimal:
    """A share as the reports say it: cut to a tenth."""
    return Decimal(1000 * part // whole) / 10


# ── What is compared ─────────────────────────────────────────────────────────────────────────────────────────────
def section(report: Report, code: str) -> Section:
    return next(found for found in report.sections if found.code == code)


def line_of(section: Section, key: tuple[object, ...]) -> dict[str, object]:
    lines = (*section.lines, *((section.total,) if section.total else ()))
    line = next(line for line in lines if line.key == key)
    return {column.code: cell.value for column, cell in zip(section.columns, line.cells, strict=True)}


def same(period: Period) -> None:
    """The whole of the report, the counts and the histogram of a period against the file."""
    own = of(period)
    counts = expected(own)
    assert Reading(period).counted(tuple(counts))[()] == Counter(counts)

    report = build("incoming", Reading(period))
    facts = {fact.code: fact.cell.value for fact in report.facts}
    assert facts == {
        "contacts": len(own), "missed": counts["abandoned"], "offered": len(own), "abandoned": counts["abandoned"],
    }  # fmt: skip
    line = section(report, "line")
    assert {half for (half,) in (line.key for line in line.lines)} == {call.half for call in own}
    for key, some in [(("total",), own), *(((half,), [c for c in own if c.half == half]) for half in range(48))]:
        if some:
            same_line(line_of(line, key), some)
    same_waits(report, own, period)


def same_line(found: dict[str, object], some: list[Call]) -> None:
    counts, taken = expected(some), answered(some)
    for name in ("offered", "answered", "abandoned", "answered_quickly", "answered_lawfully"):
        assert found[name] == counts[name]
    for name, part in (("answered", "answered"), ("quick", "answered_quickly"), ("lawful", "answered_lawfully")):
        assert found[f"{name}_percent"] == said(counts[part], len(some))
    assert found["wait_mean"] == (pytest.approx(mean(c.wait for c in taken)) if taken else None)
    assert found["service_mean"] == (pytest.approx(mean(c.service for c in taken)) if taken else None)


def same_waits(report: Report, own: list[Call], period: Period) -> None:
    waits = [call.wait for call in answered(own)]
    lasted = Reading(period).histogram("answered")
    assert lasted == Counter(wait if wait < FINE else wait // 60 * 60 for wait in waits)
    middle = median(waits)
    assert percentile(lasted, 0.5) == middle
    ringing = section(report, "ringing")
    assert f"за {middle:g}".replace(".", ",") in ringing.title
    bounds = [0, 10, 20, 30, 60, 120, 180, 300, 10**9]
    for line, low, high in zip(ringing.lines, bounds, bounds[1:], strict=False):
        count, part, within = (cell.value for cell in line.cells)
        assert count == sum(low <= wait < high for wait in waits)
        assert part == said(sum(low <= wait < high for wait in waits), len(waits))
        assert within == said(sum(wait < high for wait in waits), len(waits))


def tell(*words: object) -> None:
    """Seen with pytest -s."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def test_the_file_is_read_as_its_source_describes_it() -> None:
    with gzip.open(AUGUST, "rt", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["outcome"] != "PHANTOM"]
    queued = [row for row in rows if row["q_start"] != "0:00:00"]
    assert len(calls()) == len(rows) == 41_768
    assert round(100 * sum(row["outcome"] == "HANG" for row in queued) / len(queued)) == 28
    assert len({call.server for call in calls() if call.server}) == 32
    assert all(call.rang <= (call.answered or call.rang) <= call.ended for call in calls())


class TestAugust:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _loaded(cls, rows_of_class: None) -> None:
        load()

    @pytest.mark.parametrize("period", [MONTH, ONE_DAY], ids=["month", "day"])
    def test_from_the_rows(self, period: Period) -> None:
        assert not RolledDay.objects.exists()
        same(period)

    @pytest.mark.parametrize("period", [MONTH, ONE_DAY], ids=["month", "day"])
    def test_from_counts_made_beforehand(self, period: Period) -> None:
        refresh_tallies(at=AFTER, whole=True)
        assert RolledDay.objects.filter(subject="contacts", is_month=True, day=FIRST).exists()
        same(period)
        with CaptureQueriesContext(connection) as asked:
            assert Reading(period).counted(("offered",), ("half",))
            assert Reading(period).histogram("answered")
        assert not [query for query in asked.captured_queries if "callbacks_contact" in query["sql"]]

    def test_from_both(self) -> None:
        """Ten days are counted, one of them is changed since, and the rest of the month is read."""
        refresh_tallies(at=datetime(YEAR, 8, 11, 12, tzinfo=REGION), whole=True)
        StaleDay.objects.create(subject="contacts", day=date(YEAR, 8, 5))
        assert RolledDay.objects.filter(subject="contacts").count() == 10
        same(MONTH)

    def test_counts_agree_with_their_rows_day_by_day(self) -> None:
        refresh_tallies(at=AFTER, whole=True)
        assert not check_tallies(at=AFTER)

    def test_everybody_is_credited_with_his_calls(self) -> None:
        names = {user.pk: user.last_name for user in User.objects.exclude(last_name="")}
        found = Reading(MONTH).counted(("answered",), ("operator",))
        by_name = Counter(
            {names[pk]: counts["answered"] for (pk,), counts in found.items() if pk and counts["answered"]}
        )
        assert by_name == Counter(call.server for call in calls() if call.server)

    def test_what_the_month_was(self) -> None:
        for name, period in (("август", MONTH), (f"{BUSY_DAY}", ONE_DAY)):
            total = line_of(section(build("incoming", Reading(period)), "line"), ("total",))
            tell(f"\n{name}:", *(f"{code} {value:g}" for code, value in total.items()),
                 f"median {percentile(Reading(period).histogram('answered'), 0.5):g}")  # fmt: skip

    def test_the_forecast_is_measured_on_it(self) -> None:
        found = backtest(History.of(arrivals(FIRST, LAST), region_days(FIRST, LAST)), until=LAST + DAY)
        assert found is not None
        for error in (found.by_half, found.by_day, found.naive):
            assert isfinite(error.wape)
            assert isfinite(error.bias)
        # In this month it is no better than the week before: from the first week to the last the calls fell by a third,
        # and a mean of weeks follows late.
        tell(f"\nforecast: {found.days} days, {found.calls} calls")
        for name in ("by_half", "by_day", "naive"):
            error = getattr(found, name)
            tell(f"{name}: WAPE {error.wape_percent:.1f} %, bias {error.bias_percent:+.1f} %")

    def test_erlang_plans_for_what_came(self) -> None:
        """Where fewer people took calls than Erlang C asks for, fewer than it plans for were answered soon."""
        talk = measure_talks(AFTER).calls.total_seconds()
        short = 0
        for half in range(14, 48):
            some = [call for call in of(ONE_DAY) if call.half == half]
            load = len(some) / 1800 * talk
            there = len({call.server for call in some if call.server})
            asked = operators_for_share(load, talk=talk, share=0.8, seconds=20)
            fate = with_abandonment(load, there, talk=talk, patience=300)
            assert load < asked <= len(some) + 1
            assert 0 <= fate.abandons <= fate.waits <= 1
            quick = expected(some)["answered_quickly"] / len(some)
            if there < asked:
                short += 1
                assert quick < 0.8
            tell(f"{half // 2:02d}:{half % 2 * 30:02d} calls {len(some):3} load {load:4.1f} there {there:2}"
                 f" asked {asked:2} within 20 s {quick:5.1%} hung up {expected(some)['abandoned'] / len(some):5.1%}"
                 f" Erlang A with patience of 5 min: {fate.abandons:5.1%}")  # fmt: skip
        assert short > 30
