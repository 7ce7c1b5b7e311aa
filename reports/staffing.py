"""How many people and lines a day needs, half-hour by half-hour: the forecast put through Erlang's formulas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from accounts.models import DutyPost, LineSpell
from accounts.roster import Line, read_roster
from callbacks.calendar import REGION

from . import forecast
from .erlang import Work, lines_for, operators_for_promise, operators_for_share, with_abandonment
from .forecast import AHEAD, HALF_HOUR, HALVES, LOOKED_BACK, WEEK, Backtest, Expected, History, Talks
from .services.days import DAY, midnight

# How much of the work may wait longer than the promise, and how many calls may hear «busy».
LATE, BUSY = 0.01, 0.001
# A dispatch centre answers round the clock (ПП РФ № 416, п. 9), so one is there even when nobody is expected to ring.
FEWEST = 1
# No spell on the line is longer: a sign-in lasts fourteen hours.
LONGEST_SPELL = DAY


@dataclass(frozen=True, slots=True)
class Target:
    """What is aimed at: ``share`` of the calls (0…1) answered within ``seconds``; callers wait ``patience`` seconds.

    ``talk``: what the supervisor says a call takes, in seconds; None: what was measured.
    """

    share: float
    seconds: int
    patience: int
    talk: int | None = None

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.0f}"


@dataclass(frozen=True, slots=True)
class Half:
    """One half-hour. ``came``, ``on_line`` are None where it has not been or nothing is known.

    ``for_share`` answers the calls in time (Erlang C), ``for_promise`` keeps the ten minutes with ring-backs counted as
    work, ``needed`` is the greater; ``lines`` carry the calls of ``for_share`` people. ``abandons``: the share that
    will hang up all the same.
    """

    starts_at: datetime
    calls: float
    came: int | None
    load: float
    for_share: int
    for_promise: int
    needed: int
    lines: int
    abandons: float
    on_line: int | None
    seniors: tuple[str, ...]

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + HALF_HOUR

    @property
    def abandoned_percent(self) -> float:
        return 100 * self.abandons

    @property
    def missing(self) -> int:
        """How many fewer there were than are needed; 0 where it is not known too."""
        return 0 if self.on_line is None else max(self.needed - self.on_line, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A day. ``seen_on``: the day whose people on the line are told.

    ``talk``: what a call was reckoned with; ``owed``: how many ring-backs it brings, None where nothing is known.
    """

    day: date
    target: Target
    halves: tuple[Half, ...]
    expected: Expected
    backtest: Backtest | None
    talks: Talks
    talk: timedelta
    owed: float | None
    seen_on: date

    @property
    def has_data(self) -> bool:
        return bool(self.expected.days)

    @property
    def calls(self) -> float:
        return sum(half.calls for half in self.halves)

    @property
    def came(self) -> int | None:
        """All calls of a day that is over."""
        came = [half.came for half in self.halves if half.came is not None]
        return sum(came) if len(came) == HALVES else None

    @property
    def hours(self) -> float:
        """Hours of work on the line in all."""
        return sum(half.needed for half in self.halves) / 2

    @property
    def most_lines(self) -> int:
        return max(half.lines for half in self.halves)

    @property
    def peak(self) -> Half:
        """The first of the half-hours that need the most."""
        return max(self.halves, key=lambda half: half.needed)


def plan(day: date, target: Target, *, at: datetime) -> Plan:
    """What ``day`` needs, as far as the days before it (or before today) tell; seven queries."""
    today = at.astimezone(REGION).date()
    known_until = min(today, day)
    calls = forecast.arrivals(known_until - LOOKED_BACK, known_until)
    history = History.of(calls, forecast.region_days(known_until - LOOKED_BACK, max(day, today)))
    expected = forecast.expect(history, day, before=min(today, day - AHEAD * DAY))
    talks = forecast.measure_talks(min(at, midnight(day + DAY)))
    owed = forecast.owed_per_call(calls, until=known_until)
    talk = timedelta(seconds=target.talk) if target.talk else talks.calls
    seen_on = _seen_on(day, today)
    people, seniors = _people(seen_on, at), _seniors(day)
    came = history.of_day(day)
    halves = []
    for number, count in enumerate(expected.calls):
        starts_at = midnight(day) + number * HALF_HOUR
        work = Work(2 * count, talk.total_seconds(), owed or 0.0, talks.rings.total_seconds())
        halves.append(_half(starts_at, work, target, (
            came[number] if starts_at + HALF_HOUR <= at else None, people[number], seniors[number],
        )))  # fmt: skip
    return Plan(
        day, target, tuple(halves), expected, forecast.backtest(history, until=known_until), talks, talk, owed, seen_on
    )


def _half(
    starts_at: datetime, work: Work, target: Target, known: tuple[int | None, int | None, tuple[str, ...]]
) -> Half:
    for_share = operators_for_share(work.load, talk=work.talk, share=target.share, seconds=target.seconds)
    promise = settings.CALLBACK_PROMISE.total_seconds()
    for_promise = operators_for_promise(work, late=LATE, promise=promise)
    lines = lines_for(work.load, for_share, talk=work.talk, patience=target.patience, share=BUSY)
    fate = with_abandonment(work.load, for_share, talk=work.talk, patience=target.patience, lines=lines)
    came, on_line, seniors = known
    return Half(
        starts_at=starts_at,
        calls=work.calls / 2,
        came=came,
        load=work.load,
        for_share=for_share,
        for_promise=for_promise,
        needed=max(for_share, for_promise, FEWEST),
        lines=lines,
        abandons=fate.abandons,
        on_line=on_line,
        seniors=seniors,
    )


# ── Who is there ─────────────────────────────────────────────────────────────────────────────────────────────────
def _seen_on(day: date, today: date) -> date:
    """The day itself, or the same weekday of the last week of which everything is known."""
    while day > today:
        day -= WEEK
    return day


def _people(day: date, at: datetime) -> list[int | None]:
    """How many were on the line in the middle of each half-hour; None for what is still to come; one query."""
    begins_at, ends_at = midnight(day), midnight(day + DAY)
    spells = LineSpell.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=begins_at), started_at__gt=begins_at - LONGEST_SPELL, started_at__lt=ends_at
    )
    times = list(spells.values_list("started_at", "ended_at"))
    middles = [begins_at + number * HALF_HOUR + HALF_HOUR / 2 for number in range(HALVES)]
    return [
        sum(since <= middle and (until is None or middle < until) for since, until in times) if middle <= at else None
        for middle in middles
    ]


def _seniors(day: date) -> list[tuple[str, ...]]:
    """Who holds the post of the shift's supervisor in the middle of each half-hour; one query."""
    begins_at = midnight(day)
    lines = read_roster(since=begins_at, until=midnight(day + DAY))[DutyPost.SUPERVISOR]
    return [_holders(lines, begins_at + number * HALF_HOUR + HALF_HOUR / 2) for number in range(HALVES)]


def _holders(lines: Sequence[Line], middle: datetime) -> tuple[str, ...]:
    return tuple(str(line.shift.user) for line in lines if line.counts and line.shift and line.is_now(middle))
