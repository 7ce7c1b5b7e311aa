"""The numbers of the supervisors' page, as frozen answers: a template that holds them cannot query."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from callbacks.models import CallbackObligation, Clock
from companies.models import Company

from .catalogue.names import names_of
from .figures import FATES, TEN_MINUTES, Number
from .period import Period
from .services.days import one_moment
from .services.reading import Reading, percent, percentile

# Sections of the promises that no fate tells.
OTHERS = ("first_try_in_time", "not_reached", "kept")
# How many of the worst the first page names.
WORST = 5


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
        return percent(self.kept.count, self.decided)


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
    others: Counter[str]


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
        return percent(self.accepted_in_time.count, self.handed_over.count)


@dataclass(frozen=True, slots=True)
class LadderLine:
    """Escalations of one clock; ``rungs`` are in the order of the page's rungs."""

    title: str
    rungs: tuple[Number, ...]
    total: Number


@dataclass(frozen=True, slots=True)
class Pain:
    """«Где болит?»: the five worst organisations, problems and hours; nobody who has broken nothing."""

    companies: tuple[CompanyLine, ...]
    categories: tuple[tuple[str, Number], ...]
    hours: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the page and its CSV print."""

    period: Period
    share: Share
    before: Share
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
    pain: Pain


def overview(period: Period, narrowed: dict[str, Any] | None = None) -> Overview:
    """All of it as of one moment; ``narrowed``: what the reader chose (one organisation, emergencies only…)."""
    with one_moment():
        return _overview(Reading(period, narrowed or {}))


def _overview(read: Reading) -> Overview:
    reasons = _reasons(read)
    totals: Counter[str] = Counter()
    for line in reasons:
        if line.reason in TEN_MINUTES:
            totals += Counter({name: found.count for name, found in line.fates.items()})
            totals["promised"] += line.promised.count
            totals["broken"] += line.share.broken.count
            totals += line.others
    rest = {name: read.number(name, totals[name]) for name in OTHERS}
    rungs, ladder, escalations = _ladder(read)
    hours, companies = _hours(read), _companies(read)
    return Overview(
        period=read.period,
        share=Share(read.number("kept_in_time", totals["kept_in_time"]), read.number("broken", totals["broken"])),
        before=share_of(read.before()),
        fates={name: read.number(name, totals[name]) for name in FATES},
        promised=read.number("promised", totals["promised"]),
        first_try_in_time=rest["first_try_in_time"],
        not_reached=rest["not_reached"],
        until_talk=length_of(read, "kept", rest["kept"]),
        reasons=reasons,
        hours=hours,
        now=read.numbers("now_owed", "now_overdue") | read.numbers("now_unacknowledged"),
        **read.numbers("registered", "emergencies"),
        **read.numbers("enquiries", "missed"),
        rungs=rungs,
        ladder=ladder,
        escalations=escalations,
        operators=_operators(read),
        companies=companies,
        pain=_pain(read, hours, companies),
    )


def _pain(read: Reading, hours: tuple[HourLine, ...], companies: tuple[CompanyLine, ...]) -> Pain:
    broken = {pk: counts["broken"] for (pk,), counts in read.counted(("broken",), ("category",)).items() if pk}
    worst = sorted(broken, key=lambda pk: (-broken[pk], pk))[:WORST]
    titles = names_of("category", worst)
    silent = [line for line in companies if line.accepted_in_time.count < line.handed_over.count]
    broke = [line for line in hours if line.share.broken.count]
    return Pain(
        companies=tuple(silent[:WORST]),
        categories=tuple((titles[pk], read.number("broken", broken[pk], category=pk)) for pk in worst),
        hours=tuple(sorted(broke, key=lambda line: -line.share.broken.count)[:WORST]),
    )


def share_of(read: Reading, **narrowed: Any) -> Share:
    found = read.numbers("kept_in_time", "broken", **narrowed)
    return Share(found["kept_in_time"], found["broken"])


def length_of(read: Reading, name: str, of: Number, **narrowed: Any) -> Length:
    lasted = read.histogram(name, narrowed)
    middle, slow = percentile(lasted, 0.5), percentile(lasted, 0.95)
    return Length(_seconds(middle), _seconds(slow), of)


def _seconds(length: float | None) -> timedelta | None:
    return None if length is None else timedelta(seconds=length)


def _reasons(read: Reading) -> tuple[PromiseLine, ...]:
    names = ("promised", "broken", *FATES, *OTHERS)
    found = read.counted(names, ("reason",))
    lines = []
    for reason in CallbackObligation.Reason:
        counts = found.get((reason.value,), Counter())
        numbers = {name: read.number(name, counts[name], reason=reason.value) for name in names}
        lines.append(
            PromiseLine(
                reason=reason.value,
                title=str(reason.label),
                promised=numbers["promised"],
                fates={name: numbers[name] for name in FATES},
                share=Share(numbers["kept_in_time"], numbers["broken"]),
                others=Counter({name: counts[name] for name in OTHERS}),
            )
        )
    return tuple(lines)


def _hours(read: Reading) -> tuple[HourLine, ...]:
    """From the first to the last hour of the day in which something came due; none when nothing did."""
    found = read.counted(("kept_in_time", "broken"), ("hour",))
    if not found:
        return ()
    busy = [hour for (hour,) in found]
    lines = []
    for hour in range(min(busy), max(busy) + 1):
        counts = found.get((hour,), Counter())
        kept = read.number("kept_in_time", counts["kept_in_time"], hour=hour)
        lines.append(HourLine(hour, Share(kept, read.number("broken", counts["broken"], hour=hour))))
    return tuple(lines)


def _ladder(read: Reading) -> tuple[tuple[int, ...], tuple[LadderLine, ...], Number]:
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for (clock, rung), counts in read.counted(("escalations",), ("clock", "rung")).items():
        found[clock][rung] = counts["escalations"]
    rungs = tuple(sorted({rung for counted in found.values() for rung in counted}))
    lines = tuple(
        LadderLine(
            title=str(clock.label),
            rungs=tuple(read.number("escalations", found[clock][rung], clock=clock.value, rung=rung) for rung in rungs),
            total=read.number("escalations", found[clock].total(), clock=clock.value),
        )
        for clock in Clock
        if clock in found
    )
    return rungs, lines, read.number("escalations", sum(line.total.count for line in lines))


def _operators(read: Reading) -> tuple[OperatorLine, ...]:
    names = ("registered", "calls", "talks", "kept_in_time")
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for asked in (("registered",), ("calls", "talks"), ("kept_in_time",)):
        for (pk,), counts in read.counted(asked, ("operator",)).items():
            if pk is not None:
                found[pk].update(counts)
    people = User.objects.in_bulk(list(found))
    lines = [
        OperatorLine(str(people[pk]), **{name: read.number(name, row[name], operator=pk) for name in names})
        for pk, row in found.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.calls.count, -line.registered.count, line.name)))


def _companies(read: Reading) -> tuple[CompanyLine, ...]:
    """Those that are slowest to accept stand first: that is where it hurts."""
    names = ("handed_over", "accepted", "accepted_in_time", "done", "returned")
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for asked in (names[:3], names[3:]):
        for (pk,), counts in read.counted(asked, ("company",)).items():
            if pk is not None:
                found[pk].update(counts)
    lasted: dict[int, Counter[int]] = defaultdict(Counter)
    for (pk, wait), counts in read.counted(("accepted",), ("company", "wait")).items():
        lasted[pk][wait] = counts["accepted"]
    companies = Company.objects.in_bulk(list(found))
    lines = []
    for pk, counts in found.items():
        numbers = {name: read.number(name, counts[name], company=pk) for name in names}
        acceptance = Length(
            _seconds(percentile(lasted[pk], 0.5)), _seconds(percentile(lasted[pk], 0.95)), numbers.pop("accepted")
        )
        lines.append(CompanyLine(pk=pk, name=companies[pk].name, acceptance=acceptance, **numbers))
    return tuple(sorted(lines, key=lambda line: (line.percent is None, line.percent, line.name)))
