"""When a repair or an answer is due: windows, seasons, the damage, working days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.calendar import REGION
from tickets.services.terms import Terms, fix_due, is_summer, reply_due, within_window

HOUR = timedelta(hours=1)
OPENS, CLOSES = time(8), time(23)


def local(day: int, hour: int, minute: int = 0, *, month: int = 2) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=REGION)


@pytest.mark.parametrize(
    ("started_at", "due_at"),
    [
        (local(2, 12), local(2, 14)),
        (local(2, 21), local(2, 23)),  # to the last minute
        (local(2, 22, 30), local(3, 9, 30)),
        (local(2, 23), local(3, 10)),
        (local(2, 23, 59), local(3, 10)),
        (local(3, 2), local(3, 10)),
        (local(3, 8), local(3, 10)),
    ],
)
def test_a_rubbish_chute_is_cleared_between_eight_and_eleven(started_at: datetime, due_at: datetime) -> None:
    """ПП 416 п.13: two hours, but not before 08:00 and not after 23:00."""
    assert within_window(started_at, 2 * HOUR, OPENS, CLOSES) == due_at


@given(
    started_at=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=REGION)),  # noqa: DTZ001
    minutes=st.integers(1, 3000),
)
def test_time_runs_only_while_the_window_is_open(started_at: datetime, minutes: int) -> None:
    due_at = within_window(started_at, timedelta(minutes=minutes), OPENS, CLOSES)
    assert OPENS <= due_at.time() <= CLOSES
    worked, day = timedelta(), started_at.date()
    while day <= due_at.date():
        opening, closing = (datetime.combine(day, hour, tzinfo=REGION) for hour in (OPENS, CLOSES))
        worked += max(min(closing, due_at) - max(opening, started_at), timedelta())
        day += timedelta(days=1)
    assert worked == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("day", "summer"),
    [
        (date(2026, 4, 14), False),
        (date(2026, 4, 15), True),
        (date(2026, 10, 14), True),
        (date(2026, 10, 15), False),
        (date(2028, 2, 29), False),
    ],
)
def test_summer_has_edges(day: date, summer: bool) -> None:
    assert is_summer(day, "04-15", "10-14") is summer
    # The same period from its other side: over New Year.
    assert is_summer(day, "10-15", "04-14") is not summer


@pytest.mark.parametrize(("month", "days"), [(2, 1), (7, 3)])
def test_broken_glass_waits_longer_in_summer(month: int, days: int) -> None:
    terms = Terms(timedelta(days=1), summer_length=timedelta(days=3), summer=("04-15", "10-14"))
    at = local(2, 12, month=month)
    assert fix_due(terms, registered_at=at, damaged_at=at) == (at, at + timedelta(days=days))


@pytest.mark.parametrize(
    ("counts_from_damage", "damaged", "started"),
    [(True, local(1, 9), local(1, 9)), (True, local(3, 9), local(2, 12)), (False, local(1, 9), local(2, 12))],
)
def test_three_days_count_from_the_damage(counts_from_damage: bool, damaged: datetime, started: datetime) -> None:
    terms = Terms(timedelta(days=3), counts_from_damage=counts_from_damage)
    found = fix_due(terms, registered_at=local(2, 12), damaged_at=damaged)
    assert found == (started, started + timedelta(days=3))


def test_an_answer_in_ten_working_days_lasts_to_the_end_of_the_tenth() -> None:
    assert reply_due(local(2, 23, 59), 10, {}) == local(17, 0)
    assert reply_due(local(2, 12), 10, {date(2026, 2, 16): False}) == local(18, 0)


@pytest.mark.parametrize(
    ("started_at", "due_at"),
    [
        # Written as UTC: 22:30 and 02:00 in the region.
        (datetime(2026, 2, 2, 19, 30, tzinfo=UTC), local(3, 9, 30)),
        (datetime(2026, 2, 1, 23, 0, tzinfo=UTC), local(2, 10)),
        # The nights in which Europe turns its clocks: Moscow knows no summer time.
        (local(28, 22, 30, month=3), local(29, 9, 30, month=3)),
        (local(24, 22, 30, month=10), local(25, 9, 30, month=10)),
        # Over the leap day.
        (datetime(2028, 2, 28, 22, 30, tzinfo=REGION), datetime(2028, 2, 29, 9, 30, tzinfo=REGION)),
    ],
)
def test_the_window_is_the_region_s(started_at: datetime, due_at: datetime) -> None:
    assert within_window(started_at, 2 * HOUR, OPENS, CLOSES) == due_at


@pytest.mark.parametrize(
    ("registered_at", "days"),
    [
        (local(14, 23, 59, month=4), 1),
        (local(15, 0, month=4), 3),
        (datetime(2026, 4, 14, 21, 0, tzinfo=UTC), 3),  # the 15th in the region
        (local(14, 23, 59, month=10), 3),
        (local(15, 0, month=10), 1),
    ],
)
def test_the_season_is_that_of_the_region_s_day(registered_at: datetime, days: int) -> None:
    terms = Terms(timedelta(days=1), summer_length=timedelta(days=3), summer=("04-15", "10-14"))
    _, due_at = fix_due(terms, registered_at=registered_at, damaged_at=registered_at)
    assert due_at == registered_at + timedelta(days=days)


def test_terms_may_be_peculiar_in_every_way_at_once() -> None:
    terms = Terms(2 * HOUR, 20 * HOUR, ("04-15", "10-14"), (OPENS, CLOSES), counts_from_damage=True)
    broken, called = local(14, 12, month=10), local(15, 12, month=10)  # in summer, and after it
    assert fix_due(terms, registered_at=called, damaged_at=broken) == (broken, local(15, 17, month=10))


@pytest.mark.parametrize(
    ("registered_at", "due_at"),
    [
        (datetime(2026, 2, 2, 20, 59, tzinfo=UTC), local(4, 0)),  # 23:59 of the 2nd
        (datetime(2026, 2, 2, 21, 0, tzinfo=UTC), local(5, 0)),  # 00:00 of the 3rd
        (local(6, 12, month=3), local(11, 0, month=3)),  # over 8 March
        (datetime(2028, 2, 28, 12, tzinfo=REGION), datetime(2028, 3, 1, tzinfo=REGION)),
    ],
)
def test_an_answer_counts_the_region_s_days(registered_at: datetime, due_at: datetime) -> None:
    assert reply_due(registered_at, 1, {}) == due_at
