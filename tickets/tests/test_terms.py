"""When a repair or an answer is due: windows, seasons, the damage, working days."""

from datetime import date, datetime, time, timedelta

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
