"""Counting figures: what was counted beforehand is added up, the rest is read from the rows, and nobody sees which."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.db.models import BigIntegerField, F, Func, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from callbacks.calendar import REGION
from reports.cubes import SUBJECTS, cube_for, figures_of, keys_of, measures_of
from reports.figures import FIGURES, NONE, TEN_MINUTES, Number, Subject, query_of
from reports.figures.base import Rows
from reports.models import CountedRow, Tally
from reports.period import Period

from .days import Days, between_days, last_of, split, within

Key = tuple[Any, ...]
Counted = dict[Key, Counter[str]]


@dataclass(frozen=True)
class Reading:
    """A period as it is read, narrowed by what the reader chose: counts, and numbers that know their rows."""

    period: Period
    narrowed: Mapping[str, Any] = field(default_factory=dict)
    # By what some figure could not be narrowed: it is left out, and the reader is told.
    unknown: set[str] = field(default_factory=set)
    _days: list[dict[str, Days]] = field(default_factory=list)

    def before(self) -> "Reading":
        """The same of the previous period."""
        return Reading(self.period.previous(), self.narrowed)

    def knows(self, name: str) -> bool:
        """Whether the rows of this figure can be narrowed by all that was chosen; what cannot is noted."""
        unknown = {key for key in self.narrowed if not FIGURES[name].subject.may_be_narrowed_by(key)}
        self.unknown.update(unknown)
        return not unknown

    def number(self, name: str, count: int, **narrowed: Any) -> Number:
        return Number(count, query_of(name, self.period, {**self.narrowed, **narrowed}))

    def numbers(self, *names: str, **narrowed: Any) -> dict[str, Number]:
        """Figures of one subject, each with its rows."""
        found = self.counted(names, narrowed=narrowed).get((), Counter())
        return {name: self.number(name, found[name], **narrowed) for name in names}

    def counted(
        self, names: Iterable[str], by: tuple[str, ...] = (), narrowed: Mapping[str, Any] | None = None
    ) -> Counted:
        """Figures of one subject by keys: (value of each key) → name → count; what counts nothing is left out."""
        names = tuple(names)
        asked = {**self.narrowed, **(narrowed or {})}
        subject = FIGURES[names[0]].subject
        if not self.knows(names[0]):
            return {}
        days = self._split(subject, {*by, *asked})
        found: Counted = {}
        if days.months:
            self._add_months(found, subject, names, by, asked, days.months)
        if days.days:
            _add(found, self._counted_days(subject, names, by, asked, days.stretches))
        if days.counted and subject.open is not None:
            _add(found, self._read(names, by, asked, within(subject.moment, days.counted) & subject.open, days=1))
        if days.rest:
            whole = days.rest == ((self.period.first, self.period.last),)
            which = Q() if whole else within(subject.moment, days.rest)
            _add(found, self._read(names, by, asked, which, days=days.read))
        return {key: counts for key, counts in found.items() if any(counts.values())}

    def read_rows(self, names: Iterable[str], by: tuple[str, ...]) -> Counted:
        """The same from the rows alone, whatever was counted beforehand."""
        found = self._read(tuple(names), by, self.narrowed, Q(), days=self.period.days)
        return {key: counts for key, counts in found.items() if any(counts.values())}

    def daily(self, name: str, by: tuple[str, ...]) -> dict[Key, int]:
        """One figure of each day by further keys: (day, value of each key) → rows."""
        figure = FIGURES[name]
        days = self._split(figure.subject, {*by, *self.narrowed})
        found: dict[Key, int] = {}
        if days.counted:
            made = self._counted_days(figure.subject, (name,), ("day", *by), self.narrowed, days.counted)
            found = {key: counts[name] for key, counts in made.items() if counts[name]}
        subject, which = figure.subject, within(figure.subject.moment, days.rest)
        if subject.open is not None:
            which |= within(subject.moment, days.counted) & subject.open
        if days.rest or subject.open is not None:
            told = {"of_day": TruncDate(subject.moment, tzinfo=REGION)} | {f"by_{key}": subject.key(key) for key in by}
            read: Rows = figure.base(self.period, self.narrowed).filter(which).order_by()
            for row in read.values(**told).annotate(n=figure.aggregate(self.period)):
                key = (row["of_day"], *(row[f"by_{key}"] for key in by))
                found[key] = found.get(key, 0) + row["n"]
        return found

    def histogram(self, name: str, narrowed: Mapping[str, Any] | None = None) -> Counter[int]:
        """How many rows of the figure lasted how long: seconds → rows."""
        found = self.counted((name,), ("wait",), narrowed)
        return Counter({key[0]: counts[name] for key, counts in found.items() if key[0] is not None})

    # ── Beforehand ───────────────────────────────────────────────────────────────────────────────────────────────
    def _split(self, subject: Subject, keys: set[str]) -> Days:
        """The days of the period; what no counted row knows has to be read."""
        if subject.name not in SUBJECTS or not keys <= set(keys_of(subject)):
            return Days((), (), ((self.period.first, self.period.last),))
        # Asked once for all subjects: a report is of several.
        if not self._days:
            self._days.append(split(self.period, SUBJECTS.values()))
        return self._days[0][subject.name]

    def _add_months(
        self, found: Counted, subject: Subject, names: tuple[str, ...], by: tuple[str, ...], asked: Mapping[str, Any],
        months: tuple[date, ...],
    ) -> None:  # fmt: skip
        """From the months added up, where a cube knows all that is asked; else from the counted rows of their days."""
        ten_minutes = FIGURES[names[0]].ten_minutes and "reason" not in by
        cube = cube_for(subject, names, {*by, *asked} | ({"reason"} if ten_minutes else set()))
        if cube is None:
            _add(found, self._counted_days(subject, names, by, asked, [(month, last_of(month)) for month in months]))
            return
        rows = _of_keys(Tally.objects.filter(cube=cube.name, month__in=months), asked, ten_minutes=ten_minutes)
        sums = {f"sum_{name}": Sum(f"counts__{cube.figures.index(name)}") for name in names}
        _add(found, _by_keys(rows.values(*by).annotate(**sums) if by else [rows.aggregate(**sums)], by, names))

    def _counted_days(
        self, subject: Subject, names: tuple[str, ...], by: tuple[str, ...], asked: Mapping[str, Any],
        stretches: Iterable[tuple[date, date]],
    ) -> Counted:  # fmt: skip
        """From the counted rows of these days."""
        # A list of days is looked up day by day in the index, which stretches joined by OR would not be.
        days = [day for first, last in stretches for day in between_days(first, last)]
        ten_minutes = FIGURES[names[0]].ten_minutes and "reason" not in by
        rows = _of_keys(CountedRow.objects.filter(subject=subject.name, day__in=days), asked, ten_minutes=ten_minutes)
        sums = {f"sum_{name}": _sum_of(subject, name) for name in names}
        return _by_keys(rows.values(*by).annotate(**sums) if by else [rows.aggregate(**sums)], by, names)

    # ── From the rows ────────────────────────────────────────────────────────────────────────────────────────────
    def _read(
        self, names: tuple[str, ...], by: tuple[str, ...], asked: Mapping[str, Any], which: Q, *, days: int
    ) -> Counted:
        """From the rows themselves, of so many days."""
        figure = FIGURES[names[0]]
        # Told apart by reason, a figure about promises is about all of them.
        base = figure.subject.rows(self.period)
        if figure.ten_minutes and "reason" not in {*by, *asked}:
            base = base.filter(reason__in=TEN_MINUTES)
        rows = figure.subject.narrowed(base, asked, days=days).filter(which)
        sums = {f"sum_{name}": FIGURES[name].aggregate(self.period) for name in names}
        if not by:
            return _by_keys([rows.aggregate(**sums)], by, names)
        told = {f"by_{key}": figure.subject.key(key) for key in by}
        return _by_keys(rows.order_by().values(**told).annotate(**sums), tuple(told), names)


def _of_keys(rows: QuerySet[Any], asked: Mapping[str, Any], *, ten_minutes: bool) -> QuerySet[Any]:
    if ten_minutes and "reason" not in asked:
        rows = rows.filter(reason__in=TEN_MINUTES)
    for name, value in asked.items():
        rows = rows.filter(**({f"{name}__isnull": True} if value == NONE else {name: value}))
    return rows.order_by()


def _sum_of(subject: Subject, name: str) -> Sum:
    """A figure over counted rows: the sum of its bits, or of what it measures."""
    if FIGURES[name].measure is not None:
        return Sum(f"measures__{measures_of(subject).index(name)}")
    return Sum(bit_of("figures", figures_of(subject).index(name)))


def bit_of(field: str, place: int) -> Func:
    return Func(F(field), template=f"((%(expressions)s >> {place}) & 1)", output_field=BigIntegerField())


def _by_keys(rows: Iterable[Mapping[str, Any]], by: tuple[str, ...], names: tuple[str, ...]) -> Counted:
    return {
        tuple(row[key] for key in by): Counter({name: int(row[f"sum_{name}"] or 0) for name in names}) for row in rows
    }


def _add(found: Counted, more: Counted) -> None:
    for key, counts in more.items():
        found.setdefault(key, Counter()).update(counts)


def percent(part: int, whole: int) -> Decimal | None:
    """Cut to 0.1 and not rounded: 100 means all of them. None of nothing: no data."""
    if not whole:
        return None
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


def percentile(lengths: Counter[int], part: float) -> float | None:
    """``percentile_cont`` of whole seconds: below it this part of the rows lies, between two neighbours in proportion.

    None of nothing. From counts it is the same whether they were made beforehand or now.
    """
    total = lengths.total()
    if not total:
        return None
    place = part * (total - 1)
    below, share = int(place), place - int(place)
    lower = upper = 0
    passed = 0
    for length, count in sorted(lengths.items()):
        if passed <= below < passed + count:
            lower = upper = length
        if passed <= below + 1 < passed + count:
            upper = length
        passed += count
    return lower + (upper - lower) * share
