"""How many calls are expected, how wrong that was, and what is measured: by hand, against small histories."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from callbacks.calendar import REGION
from callbacks.models import CalendarDay, CallAttempt, Contact
from callbacks.services import finish_attempt, start_attempt
from reports.forecast import (
    DEFAULT_TALK,
    ENOUGH_TALKS,
    HALVES,
    LIKE,
    WEEK,
    Backtest,
    History,
    arrivals,
    backtest,
    expect,
    kind_of,
    measure_talks,
    owed_per_call,
    region_days,
)
from reports.services.days import DAY
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_contact, make_promise

# A Thursday without a holiday for weeks around it; NOON is a Monday of the same month.
THURSDAY = date(2026, 11, 26)
TEN = 20


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=REGION)


def weeks(*counts: int, day: date = THURSDAY, half: int = TEN) -> dict[tuple[date, int], int]:
    """Calls of one half-hour on the same weekday 1, 2… weeks before ``day``."""
    return {(day - (number + 1) * WEEK, half): count for number, count in enumerate(counts)}


# ── What is counted ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_calls_are_counted_by_the_half_hours_of_the_region(django_assert_num_queries: Any) -> None:
    day = date(2026, 2, 2)
    moments = [at(day, 0), at(day, 9, 29), at(day, 9, 30), at(day, 9, 59), at(day, 23, 59)]
    moments += [at(day - DAY, 23, 59), at(day + DAY, 0)]
    for number, moment in enumerate(moments):
        make_contact(at=moment.astimezone(UTC), phone=f"+7910123450{number}")
    make_contact(at=NOON, phone="+79101234599", channel=Contact.Channel.VISIT)

    # Which days are counted beforehand, which of them were changed, and the rest of them.
    with django_assert_num_queries(3):
        assert arrivals(day, day) == {(day, 0): 1, (day, 18): 1, (day, 19): 2, (day, 47): 1}


# ── Kinds of days ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (THURSDAY, 3),
        (date(2026, 11, 28), 5),
        (date(2026, 11, 29), 6),
        # The day of unity, a Wednesday; New Year's holidays.
        (date(2026, 11, 4), 6),
        (date(2026, 1, 5), 6),
    ],
)
def test_a_holiday_is_a_sunday(day: date, kind: int) -> None:
    assert kind_of(day, {}) == kind


@pytest.mark.django_db
def test_the_region_has_days_of_its_own() -> None:
    saturday = date(2026, 11, 28)
    CalendarDay.objects.create(day=THURSDAY, is_working=False, note="День области")
    CalendarDay.objects.create(day=saturday, is_working=True, note="За день области")
    days = region_days(THURSDAY, saturday)

    assert kind_of(THURSDAY, days) == 6
    assert kind_of(saturday, days) == 4


# ── The forecast ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_it_is_the_mean_of_the_same_half_hour_of_the_last_like_days() -> None:
    history = History.of(weeks(10, 20, 30, 40, 50, 60, 1000), {})

    expected = expect(history, THURSDAY, before=THURSDAY - DAY)

    assert expected.days == tuple(THURSDAY - number * WEEK for number in range(1, LIKE + 1))
    assert expected.calls[TEN] == 35
    assert sum(expected.calls) == 35
    assert len(expected.calls) == HALVES


def test_what_came_after_the_forecast_was_made_is_not_in_it() -> None:
    history = History.of(weeks(10, 30) | {(THURSDAY, TEN): 500}, {})

    assert expect(history, THURSDAY, before=THURSDAY - DAY).calls[TEN] == 20
    assert expect(history, THURSDAY, before=THURSDAY - WEEK).calls[TEN] == 30


def test_a_day_without_the_log_is_left_out_and_a_quiet_half_hour_is_not() -> None:
    quiet = THURSDAY - 2 * WEEK
    history = History.of({(THURSDAY - WEEK, TEN): 10, (quiet, TEN + 1): 4, (THURSDAY - 4 * WEEK, TEN): 20}, {})

    expected = expect(history, THURSDAY, before=THURSDAY)

    assert (expected.calls[TEN], len(expected.days)) == (10, 3)


def test_a_holiday_is_expected_from_sundays_and_says_nothing_of_its_weekday() -> None:
    holiday = date(2026, 11, 4)
    sundays = {(holiday - 3 * DAY, TEN): 7, (holiday - 10 * DAY, TEN): 9}
    wednesdays = {(holiday - WEEK, TEN): 90}
    history = History.of(sundays | wednesdays | {(holiday, TEN): 5}, {})

    assert expect(history, holiday, before=holiday).calls[TEN] == 8
    assert expect(history, holiday + WEEK, before=holiday + WEEK).calls[TEN] == 90


def test_without_like_days_there_is_no_forecast() -> None:
    expected = expect(History.of({}, {}), THURSDAY, before=THURSDAY)

    assert expected.days == ()
    assert sum(expected.calls) == 0


# ── How wrong it was ─────────────────────────────────────────────────────────────────────────────────────────────
def errors_of(history: dict[tuple[date, int], int]) -> Backtest:
    found = backtest(History.of(history, {}), until=THURSDAY + DAY)
    assert found is not None
    return found


def test_the_error_is_counted_by_hand() -> None:
    # Four Thursdays back from the last: 8, 12, 10, 30. Of the four weeks tested three have a week before them.
    found = errors_of({(THURSDAY, TEN): 8} | weeks(12, 10, 30))

    # Said: 17⅓, 20, 30 for 8, 12, 10; a week before: 12, 10, 30.
    assert (found.days, found.calls) == (3, 30)
    assert found.by_half.wape == pytest.approx((9 + 1 / 3 + 8 + 20) / 30)
    assert found.by_half.bias == pytest.approx((9 + 1 / 3 + 8 + 20) / 30)
    assert found.naive.wape == pytest.approx((4 + 2 + 20) / 30)
    assert found.naive.bias == pytest.approx((4 - 2 + 20) / 30)
    assert not found.is_better


def test_misses_within_a_day_cancel_out_for_the_day() -> None:
    last, before = THURSDAY, THURSDAY - WEEK
    found = errors_of({(last, 10): 5, (last, 11): 15, (before, 10): 15, (before, 11): 5})

    assert (found.by_half.wape, found.by_day.wape) == (1, 0)
    assert (found.by_half.bias, found.by_day.bias) == (0, 0)


def test_the_mean_of_weeks_errs_less_than_the_last_week_where_calls_come_at_random() -> None:
    noisy = [14, 6, 12, 8, 13, 7, 11, 9, 14, 6]
    found = errors_of({(THURSDAY, TEN): 6} | weeks(*noisy))

    assert found.is_better
    assert found.by_half.wape < 0.45 < found.naive.wape


def test_a_day_is_not_tested_on_itself_nor_on_its_eve() -> None:
    # Two days off on end: of the first nothing is known when the second is planned.
    holidays = {THURSDAY - DAY: False, THURSDAY: False}
    sunday = THURSDAY - 4 * DAY
    history = History.of({(sunday, TEN): 10, (THURSDAY - DAY, TEN): 900, (THURSDAY, TEN): 10}, holidays)

    assert expect(history, THURSDAY, before=THURSDAY - DAY).calls[TEN] == 10
    assert backtest(history, until=THURSDAY + DAY) is None
    found = backtest(History.of({**history.calls, (THURSDAY - WEEK, TEN): 70}, holidays), until=THURSDAY + DAY)
    assert found is not None
    assert (found.by_half.wape, found.naive.wape) == (0, 6)


@pytest.mark.parametrize("history", [{}, {(THURSDAY, TEN): 5}, weeks(5)])
def test_nothing_to_test_on_is_no_error_of_nought(history: dict[tuple[date, int], int]) -> None:
    assert backtest(History.of(history, {}), until=THURSDAY + DAY) is None


# ── What is measured ─────────────────────────────────────────────────────────────────────────────────────────────
def rung(count: int, length: timedelta) -> None:
    operator: User = UserFactory.create()
    for number in range(count):
        attempt = start_attempt(obligation=make_promise(phone=f"+791012345{number:02d}"), operator=operator, at=NOON)
        finish_attempt(attempt=attempt, outcome=CallAttempt.Outcome.REACHED, at=NOON + length, note="Ждите")


def answered(count: int, length: timedelta) -> None:
    for number in range(count):
        contact = make_contact(phone=f"+791012346{number:02d}")
        Contact.objects.filter(pk=contact.pk).update(answered_at=NOON, ended_at=NOON + length)


@pytest.mark.django_db
class TestMeasuring:
    def test_nothing_measured_is_the_default_and_says_so(self) -> None:
        talks = measure_talks(NOON)

        assert (talks.calls, talks.rings) == (DEFAULT_TALK, DEFAULT_TALK)
        assert (talks.calls_measured, talks.rings_measured, talks.is_borrowed) == (0, 0, False)

    def test_without_an_exchange_it_is_the_ring_backs(self, django_assert_num_queries: Any) -> None:
        rung(ENOUGH_TALKS, 3 * MINUTE)

        with django_assert_num_queries(2):
            talks = measure_talks(NOON + 60 * MINUTE)

        assert (talks.calls, talks.rings, talks.rings_measured) == (3 * MINUTE, 3 * MINUTE, ENOUGH_TALKS)
        assert talks.is_borrowed

    def test_with_an_exchange_it_is_the_calls(self) -> None:
        rung(ENOUGH_TALKS, 3 * MINUTE)
        answered(ENOUGH_TALKS, 5 * MINUTE)

        talks = measure_talks(NOON + 60 * MINUTE)

        assert (talks.calls, talks.rings, talks.calls_measured) == (5 * MINUTE, 3 * MINUTE, ENOUGH_TALKS)
        assert not talks.is_borrowed

    @pytest.mark.parametrize(
        ("count", "length"), [(ENOUGH_TALKS - 1, 3 * MINUTE), (ENOUGH_TALKS, 21 * MINUTE), (ENOUGH_TALKS, MINUTE / 4)]
    )
    def test_a_handful_and_what_was_no_talk_say_nothing(self, count: int, length: timedelta) -> None:
        answered(count, length)

        assert measure_talks(NOON + 60 * MINUTE).calls == DEFAULT_TALK

    def test_talks_of_long_ago_are_over(self) -> None:
        answered(ENOUGH_TALKS, 5 * MINUTE)

        assert measure_talks(NOON + 3 * WEEK).calls == DEFAULT_TALK

    def test_how_many_ring_backs_a_call_brings(self) -> None:
        day = NOON.astimezone(REGION).date()
        make_promise(phone="+79101234501")
        rung(1, MINUTE)
        for number in range(6):
            make_contact(phone=f"+7910123470{number}")
        # Without a number nobody is rung.
        make_promise(phone="")
        calls = arrivals(day, day)

        assert sum(calls.values()) == 9
        assert owed_per_call(calls, until=day + DAY) == pytest.approx(2 / 9)
        assert owed_per_call(calls, until=day) is None
        assert owed_per_call({}, until=day + DAY) is None
