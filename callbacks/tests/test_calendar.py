"""The region's working days: official transfers, and what the region decides for itself."""

from datetime import date

import pytest

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
        (date(2026, 2, 2), 0, date(2026, 2, 2)),
    ],
)
def test_the_day_itself_is_not_counted(day: date, count: int, last: date) -> None:
    assert after_working_days(day, count, {}) == last
