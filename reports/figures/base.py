"""What a figure is: a condition on the rows of its subject, which say by what they are told apart and narrowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    When,
)
from django.db.models.functions import Cast, Coalesce, Extract, ExtractHour, ExtractIsoWeekDay, ExtractMinute, Floor
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.functional import Promise

from callbacks.calendar import REGION
from companies.models import Building
from reports.period import Period
from tickets.models import Ticket

Rows = QuerySet[Any]
# What a reader may narrow a report by, each by the name that stands in the address.
FILTERS = ("company", "district", "category", "operator", "channel", "emergency")
# The value of what is not there: a ticket without an organisation, a call that nobody has taken.
NONE = "none"
MINUTE, HOUR = 60, 3600
# People's waiting is told to the second within so many, and to the minute beyond.
FINE = 20 * MINUTE


# ── Ways to tell rows apart ──────────────────────────────────────────────────────────────────────────────────────
def district_of(path: str = "") -> Coalesce:
    """A city's own district outweighs that of the locality."""
    return Coalesce(f"{path}building__district", f"{path}building__locality__district")


def length(earlier: str, later: str) -> Any:
    return ExpressionWrapper(F(later) - F(earlier), output_field=DurationField())


def seconds(earlier: str, later: str, *, step: int = 1) -> Any:
    """From one moment to the other in seconds, cut to whole steps of so many."""
    whole = Cast(Floor(Extract(length(earlier, later), "epoch") / step), IntegerField())
    return whole if step == 1 else ExpressionWrapper(whole * step, output_field=IntegerField())


def waited(earlier: str, later: str) -> Any:
    """The same, to the second within twenty minutes and to the minute beyond: nobody asks for the seconds of hours."""
    return Case(
        When(GreaterThanOrEqual(length(earlier, later), _interval(FINE)), then=seconds(earlier, later, step=MINUTE)),
        default=seconds(earlier, later),
    )


def _interval(whole: int) -> Func:
    return Func(whole, function="make_interval", template="%(function)s(secs => %(expressions)s)",
                output_field=DurationField())  # fmt: skip


def hour_of(moment: str) -> Any:
    return ExtractHour(moment, tzinfo=REGION)


def weekday_of(moment: str) -> Any:
    """1 is Monday."""
    return ExtractIsoWeekDay(moment, tzinfo=REGION)


def half_hour_of(moment: str) -> Any:
    """0 to 47: the half-hours of a day."""
    half = Cast(Floor(ExtractMinute(moment, tzinfo=REGION) / 30), IntegerField())
    return ExpressionWrapper(ExtractHour(moment, tzinfo=REGION) * 2 + half, output_field=IntegerField())


# ── Narrowing ────────────────────────────────────────────────────────────────────────────────────────────────────
# A period of more days is narrowed from the side of the tickets, a shorter one from its own.
LONG = 31
TICKET_FIELDS = {"company": "company", "category": "category", "emergency": "is_emergency"}


def _tickets_with(name: str, value: Any) -> Q:
    if name == "district":
        return Q(building__in=Building.objects.in_district(value))
    return Q(**{TICKET_FIELDS[name]: value})


@dataclass(frozen=True)
class Subject:
    """What the rows of a list are.

    ``moment``: the field by whose day a row belongs to a period. ``fields``: a name of the address → the field that is
    asked, or the expression by which rows are told apart. ``narrow``: names that are asked in another way. ``through``:
    rows of the given tickets, where a long period is found quicker that way. ``open``: rows whose counts may change
    while time passes and nobody touches them. ``changed``: the moment of the last change that a condition looks at.
    ``listing``: by which columns the list shows them.
    """

    name: str
    rows: Callable[[Period], Rows]
    moment: str
    order: tuple[str, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    narrow: Mapping[str, Callable[[Rows, Any], Rows]] = field(default_factory=dict)
    through: Callable[[Rows, QuerySet[Ticket]], Rows] | None = None
    open: Q | None = None
    changed: str = ""
    listing: str = ""

    def may_be_narrowed_by(self, name: str) -> bool:
        return name in self.fields or name in self.narrow

    def narrowed(self, rows: Rows, asked: Mapping[str, Any], *, days: int = 1) -> Rows:
        """``rows`` of so many days of which all that is asked for is true. KeyError: of these nobody can say that."""
        tickets = Ticket.objects.all()
        for name, value in asked.items():
            if self.through and days > LONG and value != NONE and name in {*TICKET_FIELDS, "district"}:
                tickets = tickets.filter(_tickets_with(name, value))
            elif name in self.narrow:
                rows = self.narrow[name](rows, value)
            else:
                rows = _where(rows, self.fields[name], value)
        return self.through(rows, tickets) if self.through and tickets.query.where else rows

    def key(self, name: str) -> Any:
        """By what the rows are told apart under this name."""
        found = self.fields[name]
        return F(found) if isinstance(found, str) else found


def _where(rows: Rows, asked: Any, value: Any) -> Rows:
    if not isinstance(asked, str):
        rows, asked = rows.alias(asked_for=asked), "asked_for"
    return rows.filter(**({f"{asked}__isnull": True} if value == NONE else {asked: value}))


def between(name: str) -> Callable[[Rows, Any], Rows]:
    """Narrow by a length in whole seconds: from the first to below the second, or open above."""

    def narrow(rows: Rows, bounds: tuple[int, int | None]) -> Rows:
        earlier, later = name.split("→")
        rows = rows.alias(lasted=length(earlier, later)).filter(lasted__gte=_interval(bounds[0]))
        return rows if bounds[1] is None else rows.filter(lasted__lt=_interval(bounds[1]))

    return narrow


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Figure:
    """One number: ``condition`` picks its rows among those of the subject.

    ``measure``: what is added up over these rows instead of counting them, in whole units (seconds, marks).
    """

    title: Promise | str
    subject: Subject
    condition: Callable[[Period], Q] = lambda period: Q()
    # Without a reason asked for, a figure about promises is about those of ten minutes.
    ten_minutes: bool = False
    measure: Any = None

    def rows(self, period: Period, narrowed: Mapping[str, object] | None = None) -> Rows:
        """The rows themselves, for the list; counting filters the same base by the same condition."""
        return self.base(period, narrowed).filter(self.condition(period))

    def base(self, period: Period, narrowed: Mapping[str, object] | None = None) -> Rows:
        narrowed = narrowed or {}
        rows = self.subject.rows(period)
        if self.ten_minutes and "reason" not in narrowed:
            rows = rows.filter(reason__in=TEN_MINUTES)
        return self.subject.narrowed(rows, narrowed, days=period.days)

    def aggregate(self, period: Period) -> Any:
        """How it is counted in a query over the base."""
        condition = self.condition(period)
        if self.measure is None:
            return Count("pk", filter=condition)
        return Coalesce(Sum(self.measure, filter=condition), 0)


# The promises of ten minutes: what «Сдержали ли обещание?» is about. The others are agreed by the caller or are ours.
TEN_MINUTES = ("first_answer", "missed_call", "dropped_call", "message", "reopened")


@dataclass(frozen=True, slots=True)
class Number:
    """A counted figure and the address of exactly the rows it counted."""

    count: int
    query: str


# How a moment stands in an address.
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def query_of(name: str, period: Period, narrowed: Mapping[str, object]) -> str:
    further = {key: written(value) for key, value in narrowed.items() if value is not None}
    return f"cell={name}&{_days_of(period)}" + (f"&{urlencode(further)}" if further else "")


@lru_cache(maxsize=64)
def _days_of(period: Period) -> str:
    """The same for a thousand cells of a page."""
    asked = {"from": period.first, "to": period.last, "at": f"{period.at:{MOMENT}}"}
    return urlencode(asked if period.until is None else asked | {"until": f"{period.until:{MOMENT}}"})


def written(value: object) -> object:
    """A value as the address says it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case (low, high):
            return f"{low}-{'' if high is None else high}"
    return value
