"""The region's working days: official transfers, and what the region decides for itself."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from callbacks import calendar
from callbacks.calendar import after_working_days, is_working_day


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2026, 2, 2), True),  # a Monday
        (date(2026, 2, 1), False),  # a Sunday
        (date(2026, 1, 8), False),  # New Year's holidays
        (date(2026, 1, 9), False),  # transferred from 3 January
        (date(2026, 1, 12), True),
        (date(2026, 3, 9), False),  # 8 March was a Sunday
        (date(2026, 5, 11), False),  # 9 May was a Saturday
        (date(2025, 11, 1), True),  # a Saturday worked for 3 November
        (date(2025, 11, 3), False),
        (date(2024, 2, 29), True),
    ],
)
def test_the_country_calendar_with_its_transfers(day: date, is_working: bool) -> None:
    assert is_working_day(day, {}) is is_working


def test_the_region_may_know_better() -> None:
    overrides = {date(2026, 2, 2): False, date(2026, 2, 7): True}
    assert not is_working_day(date(2026, 2, 2), overrides)
    assert is_working_day(date(2026, 2, 7), overrides)


@pytest.mark.parametrize(
    ("day", "count", "last"),
    [
        (date(2026, 2, 2), 1, date(2026, 2, 3)),
        (date(2026, 2, 6), 1, date(2026, 2, 9)),  # Friday to Monday
        (date(2025, 12, 29), 10, date(2026, 1, 22)),  # 30.12, then from 12.01: the 31st is a day off as well
        (date(2026, 2, 20), 1, date(2026, 2, 24)),  # over 23 February
        (date(2026, 3, 6), 1, date(2026, 3, 10)),  # over 8 March
        (date(2025, 4, 30), 4, date(2025, 5, 12)),  # over both holidays of May
        (date(2024, 4, 26), 2, date(2024, 5, 2)),  # the worked Saturday counts
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 1, date(2028, 3, 1)),
        (date(2026, 2, 2), 0, date(2026, 2, 2)),
    ],
)
def test_the_day_itself_is_not_counted(day: date, count: int, last: date) -> None:
    assert after_working_days(day, count, {}) == last


@pytest.mark.parametrize(("year", "worked"), [(2024, 248), (2025, 247), (2026, 247), (2027, 247)])
def test_a_year_has_the_official_number_of_working_days(year: int, worked: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]

    assert sum(is_working_day(day, {}) for day in days) == worked


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({date(2026, 4, 21): False}, date(2026, 4, 27)),  # one day off more
        ({date(2026, 4, 18): True}, date(2026, 4, 23)),  # one day of work more
        ({date(2026, 4, 25): True}, date(2026, 4, 24)),  # after the last of them: changes nothing
    ],
)
def test_the_region_s_own_days_are_counted(overrides: dict[date, bool], expected: date) -> None:
    assert after_working_days(date(2026, 4, 17), 5, overrides) == expected


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_meet_a_year_for_the_first_time_agree() -> None:
    moved_here = date(2026, 1, 9)
    at_once = Barrier(4)

    def ask(_: int) -> bool:
        at_once.wait(timeout=10)
        return is_working_day(moved_here, {})

    with ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            calendar._russia.cache_clear()
            is_working_day(date(2025, 6, 2), {})  # another year is known already
            assert not any(threads.map(ask, range(4)))
