"""The numbers of the supervisors' page, as frozen answers: a template that holds them cannot query."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F

from accounts.models import User
from callbacks.models import CallbackObligation, Clock
from companies.models import Company

from .figures import FATES, FIGURES, TEN_MINUTES, Number, number
from .period import Period


class Percentile(Aggregate):
    """``percentile_cont`` of PostgreSQL: the value below which the given part of the rows lies."""

    function = "percentile_cont"
    template = "%(function)s(%(part)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    allow_distinct = False

    def __init__(self, expression: Any, *, part: float, **extra: Any) -> None:
        super().__init__(expression, part=float(part), output_field=DurationField(), **extra)


def _length(earlier: str, later: str) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(F(later) - F(earlier), output_field=DurationField())


UNTIL_TALK = _length("promised_at", "settled_at")
UNTIL_ACCEPTED = _length("deadline__started_at", "deadline__stopped_at")


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what was promised was kept in time. ``percent`` is None when nothing has come due: no data."""

    kept: Number
    broken: Number

    @property
    def decided(self) -> int:
        return self.kept.count + self.broken.count

    @property
    def percent(self) -> Decimal | None:
        """Cut, not rounded: 100 means that not one promise was broken."""
        if not self.decided:
            return None
        share = Decimal(100 * self.kept.count) / self.decided
        return share.quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


def part_of(whole: Number, part: Number) -> Decimal | None:
    """In percent, cut and not rounded; None of nothing."""
    if not whole.count:
        return None
    return (Decimal(100 * part.count) / whole.count).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Length:
    """How long it took: the middle one and the slowest but one in twenty; None without data."""

    median: timedelta | None
    p95: timedelta | None
    of: Number


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One kind of promise: all made in the period, by what became of them."""

    reason: str
    title: str
    promised: Number
    fates: dict[str, Number]
    share: Share


@dataclass(frozen=True, slots=True)
class HourLine:
    hour: int
    share: Share


@dataclass(frozen=True, slots=True)
class OperatorLine:
    name: str
    registered: Number
    calls: Number
    talks: Number
    kept_in_time: Number


@dataclass(frozen=True, slots=True)
class CompanyLine:
    pk: int
    name: str
    handed_over: Number
    accepted_in_time: Number
    done: Number
    returned: Number
    acceptance: Length

    @property
    def percent(self) -> Decimal | None:
        return part_of(self.handed_over, self.accepted_in_time)


@dataclass(frozen=True, slots=True)
class LadderLine:
    """Escalations of one clock; ``rungs`` are in the order of the page's rungs."""

    title: str
    rungs: tuple[Number, ...]
    total: Number


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the page and its CSV print."""

    period: Period
    share: Share
    week_ago: Share
    fates: dict[str, Number]
    promised: Number
    first_try_in_time: Number
    not_reached: Number
    until_talk: Length
    reasons: tuple[PromiseLine, ...]
    hours: tuple[HourLine, ...]
    now: dict[str, Number]
    registered: Number
    emergencies: Number
    enquiries: Number
    missed: Number
    rungs: tuple[int, ...]
    ladder: tuple[LadderLine, ...]
    escalations: Number
    operators: tuple[OperatorLine, ...]
    companies: tuple[CompanyLine, ...]


def overview(period: Period) -> Overview:
    reasons = _reasons(period)
    totals: Counter[str] = Counter()
    for line in reasons:
        if line.reason in TEN_MINUTES:
            totals += Counter({name: found.count for name, found in line.fates.items()})
            totals["promised"] += line.promised.count
            totals["broken"] += line.share.broken.count
    rest = _count(period, "first_try_in_time", "not_reached", "kept", "kept_in_time")
    plain = _count(period, "registered", "emergencies") | _count(period, "enquiries", "missed")
    rungs, ladder, escalations = _ladder(period)
    return Overview(
        period=period,
        share=Share(number("kept_in_time", totals["kept_in_time"], period), number("broken", totals["broken"], period)),
        week_ago=_share(period.week_ago()),
        fates={name: number(name, totals[name], period) for name in FATES},
        promised=number("promised", totals["promised"], period),
        first_try_in_time=rest["first_try_in_time"],
        not_reached=rest["not_reached"],
        until_talk=_until_talk(period, rest["kept"]),
        reasons=reasons,
        hours=_hours(period),
        now=_count(period, "now_owed", "now_overdue") | _count(period, "now_unacknowledged"),
        **plain,
        rungs=rungs,
        ladder=ladder,
        escalations=escalations,
        operators=_operators(period),
        companies=_companies(period),
    )


# ── Counting: one query per subject, each figure by its own condition ────────────────────────────────────────────
def counts_of(period: Period, names: Iterable[str]) -> dict[str, Count]:
    return {name: Count("pk", filter=FIGURES[name].condition(period)) for name in names}


def _count(period: Period, *names: str) -> dict[str, Number]:
    """Figures of one subject, in one query."""
    found = FIGURES[names[0]].base(period).aggregate(**counts_of(period, names))
    return {name: number(name, found[name], period) for name in names}


def _count_by(period: Period, parameter: str, *names: str) -> dict[Any, dict[str, int]]:
    """The same for each operator, organisation or hour: by the field that the address would narrow by."""
    figure = FIGURES[names[0]]
    field = figure.subject.narrowed_by[parameter]
    rows = figure.base(period)
    conditions = [FIGURES[name].condition(period) for name in names]
    # An empty condition means all rows, and nothing may be left out for it.
    if all(conditions):
        rows = rows.filter(reduce(or_, conditions))
    found = rows.exclude(**{field: None}).order_by().values(key=F(field)).annotate(**counts_of(period, names))
    return {row["key"]: {name: row[name] for name in names} for row in found}


def _share(period: Period) -> Share:
    found = _count(period, "kept_in_time", "broken")
    return Share(found["kept_in_time"], found["broken"])


def _until_talk(period: Period, kept: Number) -> Length:
    found = (
        FIGURES["kept"]
        .rows(period)
        .aggregate(median=Percentile(UNTIL_TALK, part=0.5), p95=Percentile(UNTIL_TALK, part=0.95))
    )
    return Length(found["median"], found["p95"], kept)


def _reasons(period: Period) -> tuple[PromiseLine, ...]:
    names = ("promised", "broken", *FATES)
    rows = FIGURES["promised"].subject.rows(period).order_by().values("reason").annotate(**counts_of(period, names))
    found = {row["reason"]: row for row in rows}
    lines = []
    for reason in CallbackObligation.Reason:
        row = found.get(reason.value, {})
        numbers = {name: number(name, row.get(name, 0), period, reason=reason.value) for name in names}
        lines.append(
            PromiseLine(
                reason=reason.value,
                title=str(reason.label),
                promised=numbers["promised"],
                fates={name: numbers[name] for name in FATES},
                share=Share(numbers["kept_in_time"], numbers["broken"]),
            )
        )
    return tuple(lines)


def _hours(period: Period) -> tuple[HourLine, ...]:
    """From the first to the last hour of the day in which something came due; none when nothing did."""
    found = _count_by(period, "hour", "kept_in_time", "broken")
    busy = [hour for hour, row in found.items() if any(row.values())]
    if not busy:
        return ()
    lines = []
    for hour in range(min(busy), max(busy) + 1):
        row = found.get(hour, {})
        kept = number("kept_in_time", row.get("kept_in_time", 0), period, hour=hour)
        lines.append(HourLine(hour, Share(kept, number("broken", row.get("broken", 0), period, hour=hour))))
    return tuple(lines)


def _ladder(period: Period) -> tuple[tuple[int, ...], tuple[LadderLine, ...], Number]:
    figure = FIGURES["escalations"]
    rows = figure.rows(period).order_by().values("deadline__clock", "rung").annotate(count=Count("pk"))
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        found[row["deadline__clock"]][row["rung"]] = row["count"]
    rungs = tuple(sorted({rung for counted in found.values() for rung in counted}))
    lines = tuple(
        LadderLine(
            title=str(clock.label),
            rungs=tuple(
                number("escalations", found[clock][rung], period, clock=clock.value, rung=rung) for rung in rungs
            ),
            total=number("escalations", found[clock].total(), period, clock=clock.value),
        )
        for clock in Clock
        if clock in found
    )
    return rungs, lines, number("escalations", sum(line.total.count for line in lines), period)


def _operators(period: Period) -> tuple[OperatorLine, ...]:
    names = ("registered", "calls", "talks", "kept_in_time")
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for counted in (
        _count_by(period, "operator", "registered"),
        _count_by(period, "operator", "calls", "talks"),
        _count_by(period, "operator", "kept_in_time"),
    ):
        for pk, row in counted.items():
            found[pk].update(row)
    people = User.objects.in_bulk(list(found))
    lines = [
        OperatorLine(str(people[pk]), **{name: number(name, row[name], period, operator=pk) for name in names})
        for pk, row in found.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.calls.count, -line.registered.count, line.name)))


def _companies(period: Period) -> tuple[CompanyLine, ...]:
    """Those that are slowest to accept stand first: that is where it hurts."""
    handed = FIGURES["handed_over"]
    field = handed.subject.narrowed_by["company"]
    accepted = FIGURES["accepted"].condition(period)
    rows = (
        handed.rows(period)
        .exclude(**{field: None})
        .order_by()
        .values(key=F(field))
        .annotate(
            **counts_of(period, ("handed_over", "accepted", "accepted_in_time")),
            median=Percentile(UNTIL_ACCEPTED, part=0.5, filter=accepted),
            p95=Percentile(UNTIL_ACCEPTED, part=0.95, filter=accepted),
        )
    )
    handovers = {row["key"]: row for row in rows}
    events = _count_by(period, "company", "done", "returned")
    names = Company.objects.in_bulk(list(handovers.keys() | events.keys()))
    lines = []
    for pk, company in names.items():
        row, happened = handovers.get(pk, {}), events.get(pk, {})
        if not row and not any(happened.values()):
            continue
        of_company = {
            name: number(name, (row or {}).get(name, happened.get(name, 0)), period, company=pk)
            for name in ("handed_over", "accepted_in_time", "done", "returned", "accepted")
        }
        acceptance = Length(row.get("median"), row.get("p95"), of_company.pop("accepted"))
        lines.append(CompanyLine(pk=pk, name=company.name, acceptance=acceptance, **of_company))
    return tuple(sorted(lines, key=lambda line: (line.percent is None, line.percent, line.name)))
