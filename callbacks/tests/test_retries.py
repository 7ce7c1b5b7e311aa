"""When to ring again (DOMAIN §6), by table."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.services.retries import after_the_night, next_attempt_at

# 12:00 and 23:00 in Kaluga.
DAY = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 2, 2, 20, 0, tzinfo=UTC)
MORNING = datetime(2026, 2, 3, 5, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "counted", "minutes_since_first", "expected"),
    [
        ("no_answer", 1, 0, 5 * MIN),
        ("no_answer", 2, 5, 15 * MIN),
        ("no_answer", 3, 20, None),
        ("no_answer", 3, 19, 15 * MIN),  # three tries, but not over twenty minutes
        ("busy", 1, 0, 2 * MIN),
        ("busy", 3, 20, None),
        ("busy", 4, 6, 2 * MIN),
        ("line_fault", 0, 0, 0 * MIN),
        ("line_fault", 3, 30, 0 * MIN),
        ("wrong_number", 0, 0, None),
    ],
)
def test_by_day(outcome: str, counted: int, minutes_since_first: int, expected: timedelta | None) -> None:
    at = DAY + minutes_since_first * MIN
    found = next_attempt_at(outcome=outcome, counted=counted, first_attempt_at=DAY, at=at, is_emergency=False)
    assert found == (at + expected if expected is not None else None)


@pytest.mark.parametrize(
    ("counted", "minutes_since_first", "is_emergency", "expected"),
    [
        (1, 0, False, NIGHT + 5 * MIN),  # one more try within half an hour
        (2, 5, False, MORNING),  # then the citizen sleeps
        (2, 5, True, NIGHT + 20 * MIN),  # an emergency does not wait
    ],
)
def test_by_night(counted: int, minutes_since_first: int, is_emergency: bool, expected: datetime) -> None:
    at = NIGHT + minutes_since_first * MIN
    found = next_attempt_at(
        outcome="no_answer", counted=counted, first_attempt_at=NIGHT, at=at, is_emergency=is_emergency
    )
    assert found == expected


def test_an_emergency_is_tried_five_times() -> None:
    later = DAY + 30 * MIN
    assert next_attempt_at(outcome="no_answer", counted=4, first_attempt_at=DAY, at=later, is_emergency=True)
    assert not next_attempt_at(outcome="no_answer", counted=5, first_attempt_at=DAY, at=later, is_emergency=True)


@pytest.mark.parametrize(
    ("hour_utc", "minute", "expected"),
    [
        (18, 59, datetime(2026, 2, 2, 18, 59, tzinfo=UTC)),  # 21:59
        (19, 0, MORNING),  # 22:00
        (23, 0, MORNING),  # 02:00 of the next day
        (4, 59, datetime(2026, 2, 2, 5, 0, tzinfo=UTC)),  # 07:59
        (5, 0, datetime(2026, 2, 2, 5, 0, tzinfo=UTC)),  # 08:00
    ],
)
def test_the_night_of_the_region(hour_utc: int, minute: int, expected: datetime) -> None:
    assert after_the_night(datetime(2026, 2, 2, hour_utc, minute, tzinfo=UTC)) == expected
