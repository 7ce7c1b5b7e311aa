"""How many calls a day will bring by half-hours, from the same days of the last weeks; and how wrong that was.

The forecast is the mean of the same half-hour of the last ``LIKE`` days of the same kind, times how much the last week
was above or below what is usual for its days. A kind is a weekday of the region; a holiday that falls on a weekday
counts as a Sunday, a weekend that is worked counts as a Friday. A day without a single call is a day without a log, not
a day on which nobody rang: it is left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet

from callbacks.calendar import is_working_day
from callbacks.models import CalendarDay, CallAttempt, CallbackObligation, Contact

from .period import Period
from .services.days import DAY, midnight
from .services.reading import Reading

HALVES = 48
HALF_HOUR = timedelta(minutes=30)
WEEK = timedelta(days=7)
# How far back calls are counted, over how many like days a mean is taken, and how many last days are forecast again.
LOOKED_BACK, LIKE, TESTED = 12 * WEEK, 6, 28
# What is planned is planned a day ahead: of the day before the planned one nothing is known yet.
AHEAD = 1
SUNDAY, FRIDAY, WEEKEND = 6, 4, 5
# So many days of a week tell how it went.
ENOUGH_OF_WEEK = 5

Counts = Mapping[tuple[date, int], int]


def arrivals(first: date, last: date) -> dict[tuple[date, int], int]:
    """How many calls came in each half-hour (0…47, of the region) of the days ``first`` to ``last``.

    Answered and missed alike, each call as often as it rang; half-hours without a call are not there. Days that are
    counted beforehand are not read again.
    """
    read = Reading(Period(first, last, midnight(last + DAY)), {"channel": Contact.Channel.PHONE})
    return read.daily("contacts", ("half",))


# ── Kinds of days ────────────────────────────────────────────────────────────────────────────────────────────────
def region_days(first: date, last: date) -> dict[date, bool]:
    """The days that the region works or rests otherwise than the country; one query."""
    return dict(CalendarDay.objects.filter(day__range=(first, last)).values_list("day", "is_working"))


def kind_of(day: date, overrides: Mapping[date, bool]) -> int:
    """The weekday (Monday is 0) whose calls ``day`` is likely to have."""
    works = is_working_day(day, overrides)
    if works == (day.weekday() < WEEKEND):
        return day.weekday()
    return FRIDAY if works else SUNDAY


# ── The forecast ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class History:
    """Calls by half-hour, and the days that have a log with the kind of each, the latest first."""

    calls: Counts
    days: tuple[tuple[date, int], ...]
    overrides: Mapping[date, bool]
    totals: Mapping[date, int]

    @classmethod
    def of(cls, calls: Counts, overrides: Mapping[date, bool]) -> "History":
        totals: Counter[date] = Counter()
        for (day, _half), count in calls.items():
            totals[day] += count
        days = sorted(totals, reverse=True)
        return cls(calls, tuple((day, kind_of(day, overrides)) for day in days), overrides, totals)

    def like(self, day: date, *, before: date) -> list[date]:
        """The last days of the kind of ``day`` earlier than ``before``, at most ``LIKE`` of them."""
        kind = kind_of(day, self.overrides)
        return [one for one, its_kind in self.days if one < before and its_kind == kind][:LIKE]

    def total(self, day: date) -> int:
        return self.totals.get(day, 0)

    def of_day(self, day: date) -> list[int]:
        return [self.calls.get((day, half), 0) for half in range(HALVES)]


@dataclass(frozen=True, slots=True)
class Expected:
    """``calls``: for each half-hour; ``days``: the days whose mean it is, the latest first. None of them: no data."""

    calls: tuple[float, ...]
    days: tuple[date, ...]


def expect(history: History, day: date, *, before: date) -> Expected:
    """The calls of ``day`` as one would have expected them when the days before ``before`` were known."""
    days = history.like(day, before=before)
    if not days:
        return Expected((0.0,) * HALVES, ())
    by_day, level = [history.of_day(one) for one in days], level_of(history, before=before)
    return Expected(tuple(level * sum(half) / len(days) for half in zip(*by_day, strict=True)), tuple(days))


def level_of(history: History, *, before: date) -> float:
    """How many calls the last week brought of each that the mean of like days had said: a mean lags behind a trend.

    1 without a week of its own, and never beyond a half or a double: one storm is no trend.
    """
    week = [day for day, _kind in history.days if before - WEEK <= day < before]
    usual = {day: days for day in week if (days := history.like(day, before=day - AHEAD * DAY))}
    if len(usual) < ENOUGH_OF_WEEK:
        return 1.0
    came = sum(history.total(day) for day in usual)
    said = sum(sum(map(history.total, days)) / len(days) for days in usual.values())
    return min(max(came / said, 0.5), 2.0)


# ── How wrong it was ─────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Error:
    """``wape``: the sum of the misses ÷ the sum of the calls; ``bias``: too many (+) or too few (−) ÷ the calls."""

    wape: float
    bias: float

    @property
    def wape_percent(self) -> float:
        return 100 * self.wape

    @property
    def bias_percent(self) -> float:
        return 100 * self.bias


@dataclass(frozen=True, slots=True)
class Backtest:
    """``days`` were forecast again from what was known a day before each, and compared with what came.

    ``by_half``, ``by_day``: the errors of half-hours and of whole days; ``naive``: those of half-hours had one said
    «as a week before».
    """

    days: int
    calls: int
    by_half: Error
    by_day: Error
    naive: Error

    @property
    def is_better(self) -> bool:
        return self.by_half.wape < self.naive.wape


def backtest(history: History, *, until: date) -> Backtest | None:
    """Of the last ``TESTED`` days before ``until``, those that have a log, days like them and a log a week before."""
    logged = {day for day, _kind in history.days}
    came: list[list[int]] = []
    said: list[tuple[float, ...]] = []
    week_before: list[list[int]] = []
    for number in range(1, TESTED + 1):
        day = until - number * DAY
        expected = expect(history, day, before=day - AHEAD * DAY)
        if day not in logged or day - WEEK not in logged or not expected.days:
            continue
        came.append(history.of_day(day))
        said.append(expected.calls)
        week_before.append(history.of_day(day - WEEK))
    if not came:
        return None
    return Backtest(
        days=len(came),
        calls=sum(map(sum, came)),
        by_half=_error(_flat(said), _flat(came)),
        by_day=_error([sum(day) for day in said], [sum(day) for day in came]),
        naive=_error(_flat(week_before), _flat(came)),
    )


def _flat(days: Iterable[Sequence[float]]) -> list[float]:
    return [half for day in days for half in day]


def _error(said: Sequence[float], came: Sequence[float]) -> Error:
    misses = [one - other for one, other in zip(said, came, strict=True)]
    return Error(sum(map(abs, misses)) / sum(came), sum(misses) / sum(came))


# ── How long a call takes, and how many of them owe a ring-back ──────────────────────────────────────────────────
# Where nothing has been measured: what 100 lines are planned for, and what a ring-back is taken for on the desk.
DEFAULT_TALK = timedelta(minutes=4)
# Shorter ones were no talk, longer ones were left open; a handful says nothing of the others.
SHORTEST, LONGEST = timedelta(seconds=20), timedelta(minutes=20)
ENOUGH_TALKS = 20
MEASURED = 2 * WEEK


@dataclass(frozen=True, slots=True)
class Talks:
    """``calls`` and ``rings``: the mean length of a call and of a ring-back; how many they are the means of.

    0: nothing was measured, and it is the mean of the other kind (``is_borrowed``) or the default.
    """

    calls: timedelta
    calls_measured: int
    rings: timedelta
    rings_measured: int

    @property
    def is_borrowed(self) -> bool:
        return not self.calls_measured and self.rings_measured > 0


def measure_talks(at: datetime) -> Talks:
    """Of the last two weeks: calls by the exchange, ring-backs by the operators' own marks; two queries."""
    answered = Contact.objects.filter(
        channel=Contact.Channel.PHONE, received_at__gt=at - MEASURED, answered_at__isnull=False, ended_at__isnull=False
    )
    rung = CallAttempt.objects.filter(
        started_at__gt=at - MEASURED, direction=CallAttempt.Direction.OUT, outcome=CallAttempt.Outcome.REACHED
    )
    calls, calls_measured = _mean(answered, "answered_at")
    rings, rings_measured = _mean(rung, "started_at")
    return Talks(calls or rings or DEFAULT_TALK, calls_measured, rings or calls or DEFAULT_TALK, rings_measured)


def _mean(rows: "QuerySet[Any]", since: str) -> tuple[timedelta | None, int]:
    found = (
        rows.annotate(length=ExpressionWrapper(F("ended_at") - F(since), output_field=DurationField()))
        .filter(length__gte=SHORTEST, length__lte=LONGEST)
        .aggregate(mean=Avg("length"), count=Count("pk"))
    )
    return (found["mean"], found["count"]) if found["count"] >= ENOUGH_TALKS else (None, 0)


def owed_per_call(calls: Counts, *, until: date) -> float | None:
    """How many ring-backs a call brought in the two weeks before ``until``, of every kind; one query.

    Counted are promises that were rung or are still to be rung: what was settled without ringing is no work. None
    without a call in these days.
    """
    first = until - MEASURED
    came = sum(count for (day, _half), count in calls.items() if first <= day < until)
    if not came:
        return None
    was_rung = Q(first_attempt_at__isnull=False) | Q(state__in=CallbackObligation.OUTSTANDING)
    promises = CallbackObligation.objects.filter(
        was_rung, promised_at__gte=midnight(first), promised_at__lt=midnight(until)
    )
    return promises.filter(contact__channel=Contact.Channel.PHONE).count() / came
