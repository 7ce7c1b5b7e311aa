"""Which days of a period are counted beforehand, and which have to be read row by row."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q

from callbacks.calendar import REGION
from reports.cubes import version_of
from reports.figures import Subject
from reports.models import RolledDay, StaleDay
from reports.period import Period, today

DAY = timedelta(days=1)


@contextmanager
def one_moment() -> Iterator[None]:
    """All questions inside see the database as it was at the first of them: a report whose parts agree.

    Inside a transaction that is open already it changes nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@dataclass(frozen=True, slots=True)
class Days:
    """A period in three parts: whole months and single days that are counted, and stretches that are not."""

    months: tuple[date, ...]
    days: tuple[date, ...]
    rest: tuple[tuple[date, date], ...]

    @property
    def stretches(self) -> tuple[tuple[date, date], ...]:
        """The single days as stretches, both ends included."""
        return tuple(_stretches(self.days))

    @property
    def read(self) -> int:
        """How many days have to be read."""
        return sum((last - first).days + 1 for first, last in self.rest)

    @property
    def counted(self) -> tuple[tuple[date, date], ...]:
        """The counted days as stretches, both ends included."""
        return tuple(_stretches(sorted({*self.days, *(day for month in self.months for day in _days_of(month))})))


def split(period: Period, subjects: Iterable[Subject]) -> dict[str, Days]:
    """By the name of the subject. Today, days that were changed since they were counted, and days in which something
    happened after the moment of the report are to be read; of all others the counts are exact."""
    # Of a day that is cut nothing is counted.
    last = min(period.last, today(period.at if period.until is None else min(period.at, period.until)) - DAY)
    if last < period.first:
        return defaultdict(lambda: Days((), (), ((period.first, period.last),)))
    inside = Q(day__gte=period.first, day__lte=last)
    stale: dict[str, set[date]] = defaultdict(set)
    for name, day in StaleDay.objects.filter(inside).values_list("subject", "day").distinct():
        stale[name].add(day)
    rolled = defaultdict(list)
    versions = {subject.name: version_of(subject) for subject in subjects}
    for name, is_month, day in RolledDay.objects.filter(
        inside, quiet_since__lte=period.at, version__in=versions.values()
    ).values_list("subject", "is_month", "day"):
        rolled[name].append((is_month, day))
    return {name: _split(period, last, rolled[name], stale[name]) for name in versions}


def _split(period: Period, last: date, rolled: list[tuple[bool, date]], stale: set[date]) -> Days:
    touched = {day.replace(day=1) for day in stale}
    months = {day for is_month, day in rolled if is_month and last_of(day) <= last and day not in touched}
    fresh = {day for is_month, day in rolled if not is_month and day.replace(day=1) not in months} - stale
    rest = [
        day for day in between_days(period.first, period.last) if day not in fresh and day.replace(day=1) not in months
    ]
    return Days(tuple(sorted(months)), tuple(sorted(fresh)), tuple(_stretches(rest)))


def within(field: str, stretches: Iterable[tuple[date, date]]) -> Q:
    """That ``field`` lies in one of the stretches of days; a Q of nothing when there are none."""
    asked = Q(pk__in=[])
    for first, last in stretches:
        asked |= Q(**{f"{field}__gte": midnight(first), f"{field}__lt": midnight(last + DAY)})
    return asked


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=REGION)


def last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY


def _days_of(month: date) -> Iterator[date]:
    return between_days(month, last_of(month))


def between_days(first: date, last: date) -> Iterator[date]:
    """Both ends included."""
    for number in range((last - first).days + 1):
        yield first + number * DAY


def _stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days in their order as stretches without gaps."""
    first = last = None
    for day in days:
        if last is not None and day == last + DAY:
            last = day
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = day
    if first is not None and last is not None:
        yield first, last
