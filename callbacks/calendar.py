"""The region's working days: the country's calendar with its official transfers, and what the region does otherwise."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

# The citizens' days and nights are the region's, wherever the server stands.
REGION = ZoneInfo("Europe/Moscow")


@cache
def _russia(year: int) -> "HolidayBase":
    # The library knows two hundred countries: whoever asks no calendar does not wait for it.
    import holidays

    # Whole before it is asked: one that grows by years answers wrongly to a second thread while it grows.
    return holidays.country_holidays("RU", years=year, expand=False)


def is_working_day(day: date, overrides: Mapping[date, bool]) -> bool:
    """Whether ``day`` is worked; ``overrides`` are the region's own days (see ``CalendarDay``)."""
    return overrides[day] if day in overrides else _russia(day.year).is_working_day(day)


def after_working_days(day: date, count: int, overrides: Mapping[date, bool]) -> date:
    """The ``count``-th working day after ``day``, which is not counted itself."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, overrides)
    return day
