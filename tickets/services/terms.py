"""When a repair or an answer is due by the norm, with its peculiarities (DOMAIN §2). Pure reckoning with moments.

Days and hours are the region's; Moscow time knows no summer time, so a day has 24 hours here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from callbacks.calendar import REGION, after_working_days


@dataclass(frozen=True, slots=True)
class Terms:
    """A repair's time: its length, and what is peculiar about it.

    ``summer``: first and last month-day («04-15», «10-14») in which ``summer_length`` holds instead. ``window``: the
    hours in which it runs; outside of them the time stands still. ``counts_from_damage``: it runs since it broke.
    """

    length: timedelta
    summer_length: timedelta | None = None
    summer: tuple[str, str] | None = None
    window: tuple[time, time] | None = None
    counts_from_damage: bool = False


def fix_due(terms: Terms, *, registered_at: datetime, damaged_at: datetime) -> tuple[datetime, datetime]:
    """Since when the repair's clock runs, and when it is due."""
    started_at = min(damaged_at, registered_at) if terms.counts_from_damage else registered_at
    length = terms.length
    if terms.summer and terms.summer_length and is_summer(started_at.astimezone(REGION).date(), *terms.summer):
        length = terms.summer_length
    if terms.window:
        return started_at, within_window(started_at, length, *terms.window)
    return started_at, started_at + length


def reply_due(registered_at: datetime, working_days: int, overrides: Mapping[date, bool]) -> datetime:
    """The end of the last of so many working days after the day of the registration."""
    last = after_working_days(registered_at.astimezone(REGION).date(), working_days, overrides)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=REGION)


def is_summer(day: date, summer_from: str, summer_to: str) -> bool:
    """Whether ``day`` lies between two month-days, both included; the period may lie over New Year."""
    today = f"{day:%m-%d}"
    if summer_from <= summer_to:
        return summer_from <= today <= summer_to
    return today >= summer_from or today <= summer_to


def within_window(started_at: datetime, length: timedelta, opens: time, closes: time) -> datetime:
    """The end of ``length`` when time runs only between ``opens`` and ``closes`` of each day."""
    now, left = started_at.astimezone(REGION), length
    while True:
        opening = datetime.combine(now.date(), opens, tzinfo=REGION)
        closing = datetime.combine(now.date(), closes, tzinfo=REGION)
        now = max(now, opening)
        if now + left <= closing:
            return now + left
        left -= max(closing - now, timedelta())
        now = datetime.combine(now.date() + timedelta(days=1), opens, tzinfo=REGION)
