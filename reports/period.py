"""Of which days a report tells, and as of which moment."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db.models import Q

from callbacks.calendar import REGION

WEEK = timedelta(days=7)
# Beyond a year a page would rather be a night's work than an answer.
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the region, both ends included, as they stood at ``at``.

    Everything later than ``at`` is left out, so that a list opened a minute after its page still holds exactly what
    was counted, and a week ago means the same hour of that day.
    """

    first: date
    last: date
    at: datetime
    # Of the last day only what began by then: beside half a day stands half a day.
    until: datetime | None = None

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time.min, tzinfo=REGION)

    @property
    def ends_at(self) -> datetime:
        """The midnight after the last day."""
        return datetime.combine(self.last + timedelta(days=1), time.min, tzinfo=REGION)

    def holds(self, field: str) -> Q:
        """That ``field`` lies within the days, and not after the moment of the report."""
        latest = self.at if self.until is None else min(self.at, self.until)
        return Q(**{f"{field}__gte": self.starts_at, f"{field}__lt": self.ends_at, f"{field}__lte": latest})

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def previous(self) -> Self:
        """As many days just before, cut at the same minute where this period is not over; as known now.

        So it is what its own report says. Less than a week is compared with the same weekdays.
        """
        shift = max(WEEK, timedelta(days=self.days))
        until = self.at - shift if self.at < self.ends_at else None
        return replace(self, first=self.first - shift, last=self.last - shift, until=until)


def today(at: datetime) -> date:
    return at.astimezone(REGION).date()


def presets(at: datetime) -> dict[str, tuple[date, date]]:
    """The ready-made periods by name: first and last day."""
    day = today(at)
    return {
        "today": (day, day),
        "yesterday": (day - timedelta(days=1), day - timedelta(days=1)),
        "week": (day - timedelta(days=6), day),
        "month": (day.replace(day=1), day),
        "last_month": ((day.replace(day=1) - timedelta(days=1)).replace(day=1), day.replace(day=1) - timedelta(days=1)),
        "year": (day - timedelta(days=364), day),
    }
