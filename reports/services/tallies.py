"""Making the counts of past days: once a day is over, again when a row of it was changed, all of it when asked.

A day is counted by the very querysets of its figures (reports/figures), inside PostgreSQL, and written in the same
transaction that forgets its stale mark. Doing it twice, late or from two places at once gives the same rows.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.functions import TruncDate

from callbacks.calendar import REGION
from callbacks.models import Contact
from reports.cubes import CUBES, SUBJECTS, figures_of, keys_of, measures_of, version_of
from reports.figures import FIGURES, Subject
from reports.models import CountedRow, RolledDay, StaleDay, Tally
from reports.period import Period, today
from tickets.models import Ticket

from .days import DAY, last_of, midnight
from .reading import Counted, Reading

log = structlog.get_logger(__name__)

COUNTED, TALLY = CountedRow._meta.db_table, Tally._meta.db_table  # noqa: SLF001
# One maker at a time; whoever comes second has nothing to do.
MAKING = 4_842_565_602
# A turn of the loop must not keep a worker from ringing.
TURN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Counts of a day that are not those of its rows: what a bug or a hand in the database leaves behind."""

    subject: str
    day: date
    counted: int
    found: int


def refresh_tallies(*, at: datetime, whole: bool = False) -> int:
    """Count the days that are over and not counted, and those that were changed since; the number of days counted.

    Days are of one subject each. Unless ``whole``, it stops after a while, goes on the next time, and leaves months to
    ``add_up_months``.
    """
    done, until = 0, None if whole else datetime.now(REGION) + TURN
    with _alone() as is_alone:
        if not is_alone:
            return 0
        for subject, first, last in _to_count(at):
            _count_days(subject, first, last, at=at)
            done += (last - first).days + 1
            if until and datetime.now(REGION) > until:
                break
        _forget_marks_before_the_first_day()
        if whole:
            _count_months()
    return done


def add_up_months() -> None:
    """Add up the days of each month that is over and of which every day is counted and unchanged."""
    with _alone() as is_alone:
        if is_alone:
            _count_months()


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else is counting: a month must not be added up while its days are counted anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MAKING])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MAKING])


def rebuild_tallies(*, at: datetime) -> int:
    """Forget all counts and make them anew."""
    with transaction.atomic():
        RolledDay.objects.all().delete()
        Tally.objects.all().delete()
        CountedRow.objects.all().delete()
    return refresh_tallies(at=at, whole=True)


def check_tallies(*, at: datetime, days: int | None = None) -> list[Disagreement]:
    """Compare the counts with the rows they stand for: of the last ``days`` days, or of all."""
    wrong: list[Disagreement] = []
    for subject in SUBJECTS.values():
        counted = RolledDay.objects.filter(subject=subject.name, is_month=False, version=version_of(subject))
        if days is not None:
            counted = counted.filter(day__gte=today(at) - days * DAY)
        for day in counted.order_by("day").values_list("day", flat=True):
            wrong += _wrong_of(subject, day, at)
    return wrong


def _wrong_of(subject: Subject, day: date, at: datetime) -> Iterator[Disagreement]:
    reading, keys = Reading(Period(day, day, at)), keys_of(subject)
    for figures in _of_one_base(subject):
        made, rows = reading.counted(figures, keys), reading.read_rows(figures, keys)
        if rows != made:
            yield Disagreement(subject.name, day, _total(made), _total(rows))


def _of_one_base(subject: Subject) -> Iterator[tuple[str, ...]]:
    """The figures of a subject, those about promises of ten minutes apart from the others."""
    names = figures_of(subject)
    for ten_minutes in (True, False):
        if found := tuple(name for name in names if FIGURES[name].ten_minutes == ten_minutes):
            yield found


def _total(counted: Counted) -> int:
    return sum(counts.total() for counts in counted.values())


# ── What is to be counted ────────────────────────────────────────────────────────────────────────────────────────
def _to_count(at: datetime) -> Iterator[tuple[Subject, date, date]]:
    """Stretches of days, none beyond its month, the latest first: these are looked at."""
    begun = _first_day()
    if begun is None:
        return
    yesterday = today(at) - DAY
    if _somebody_still_writes_yesterday(at):
        yesterday -= DAY
    for subject in SUBJECTS.values():
        rolled = RolledDay.objects.filter(subject=subject.name, is_month=False, version=version_of(subject))
        known = set(rolled.values_list("day", flat=True))
        known -= set(StaleDay.objects.filter(subject=subject.name).values_list("day", flat=True))
        day = yesterday
        while day >= begun:
            if day in known:
                day -= DAY
                continue
            last = day
            while day.day > 1 and day > begun and day - DAY not in known:
                day -= DAY
            yield subject, day, last
            day -= DAY


def _first_day() -> date | None:
    """Nothing is counted before the first contact and the first ticket: all else comes of these."""
    contact = Contact.objects.aggregate(first=Min("received_at"))["first"]
    ticket = Ticket.objects.aggregate(first=Min("registered_at"))["first"]
    known = [moment for moment in (contact, ticket) if moment is not None]
    return today(min(known)) if known else None


def _somebody_still_writes_yesterday(at: datetime) -> bool:
    """A transaction that began before midnight may still bring a row of yesterday that leaves no mark."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() AND xact_start < %s)",
            [midnight(today(at))],
        )
        return bool(cursor.fetchone()[0])


def _forget_marks_before_the_first_day() -> None:
    """Of days that nobody counts: they would be looked at for ever."""
    if (begun := _first_day()) is not None:
        StaleDay.objects.filter(day__lt=begun).delete()


# ── Counting ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _count_days(subject: Subject, first: date, last: date, *, at: datetime) -> None:
    """All cubes of the subject for these days, in one snapshot."""
    period = Period(first, last, at)
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                # A month of a large centre takes longer than any page may.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0")
        marks = StaleDay.objects.filter(subject=subject.name, day__gte=first, day__lte=last)
        seen = list(marks.values_list("pk", flat=True))
        days = [first + number * DAY for number in range((last - first).days + 1)]
        months = {day.replace(day=1) for day in days}
        RolledDay.objects.filter(subject=subject.name, is_month=True, day__in=months).delete()
        RolledDay.objects.filter(subject=subject.name, is_month=False, day__in=days).delete()
        Tally.objects.filter(cube__startswith=f"{subject.name}:", month__in=months).delete()
        CountedRow.objects.filter(subject=subject.name, day__gte=first, day__lte=last).delete()
        _write(subject, period)
        RolledDay.objects.bulk_create(
            RolledDay(subject=subject.name, is_month=False, day=day, version=version_of(subject),
                      quiet_since=max(since, midnight(day + DAY)))
            for day, since in _last_changes(subject, period, days).items()
        )  # fmt: skip
        StaleDay.objects.filter(pk__in=seen).delete()


def _last_changes(subject: Subject, period: Period, days: list[date]) -> dict[date, datetime]:
    found = dict.fromkeys(days, midnight(days[0]))
    if subject.changed:
        told = subject.rows(period).values(of_day=TruncDate(subject.moment, tzinfo=REGION)).order_by()
        for row in told.annotate(since=Max(subject.changed)).exclude(since=None):
            found[row["of_day"]] = row["since"]
    return found


def _write(subject: Subject, period: Period) -> None:
    rows = subject.rows(period)
    if subject.open is not None:
        # Of these the counts change while time passes; they are few, and always read.
        rows = rows.exclude(subject.open)
    keys = keys_of(subject)
    told = {"of_day": TruncDate(subject.moment, tzinfo=REGION)} | {f"by_{key}": subject.key(key) for key in keys}
    figures, measures = figures_of(subject), measures_of(subject)
    # Counted row by row, a figure is one or nought: its bit.
    counts = {f"n_{place}": FIGURES[name].aggregate(period) for place, name in enumerate(figures)}
    sql, params = rows.order_by().values("pk", **told).annotate(**counts).query.sql_with_params()
    bits = " | ".join(f"(least(n_{place}, 1)::bigint << {place})" for place in range(len(figures)))
    added = ", ".join(f"n_{figures.index(name)}" for name in measures)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {COUNTED} (subject, day, {', '.join(keys)}, figures, measures)"  # noqa: S608
            f" SELECT %s, of_day, {', '.join(f'by_{key}' for key in keys)}, {bits},"
            f" {f'ARRAY[{added}]::integer[]' if measures else 'NULL'} FROM ({sql}) AS counted",
            [subject.name, *params],
        )


def _count_months() -> None:
    for subject in SUBJECTS.values():
        version = version_of(subject)
        rolled = RolledDay.objects.filter(subject=subject.name, version=version)
        stale = set(StaleDay.objects.filter(subject=subject.name).values_list("day", flat=True))
        have = set(rolled.filter(is_month=True).values_list("day", flat=True))
        days: dict[date, list[datetime]] = defaultdict(list)
        for day, since in rolled.filter(is_month=False).exclude(day__in=stale).values_list("day", "quiet_since"):
            days[day.replace(day=1)].append(since)
        for month, changes in days.items():
            if month not in have and len(changes) == last_of(month).day:
                _add_up(subject, month, max(changes), version)


def _add_up(subject: Subject, month: date, since: datetime, version: str) -> None:
    figures, measures = figures_of(subject), measures_of(subject)
    with transaction.atomic():
        for cube in (cube for cube in CUBES if cube.subject is subject):
            keys = ", ".join(cube.keys)
            sums = ", ".join(
                f"sum(measures[{measures.index(name) + 1}])" if name in measures
                else f"sum((figures >> {figures.index(name)}) & 1)"
                for name in cube.figures
            )  # fmt: skip
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute(
                    f"INSERT INTO {TALLY} (cube, month, {keys}, counts)"  # noqa: S608
                    f" SELECT %s, %s, {keys}, ARRAY[{sums}]::bigint[] FROM {COUNTED}"
                    f" WHERE subject = %s AND day BETWEEN %s AND %s GROUP BY {keys}",
                    [cube.name, month, subject.name, month, last_of(month)],
                )
        RolledDay.objects.create(subject=subject.name, is_month=True, day=month, quiet_since=since, version=version)
