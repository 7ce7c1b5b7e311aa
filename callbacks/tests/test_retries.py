"""When to ring again (DOMAIN §6), by table."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.models import CallbackObligation
from callbacks.services import finish_attempt, start_attempt
from callbacks.services.retries import after_the_night, next_attempt_at
from tickets.tests.factories import UserFactory, make_promise

State = CallbackObligation.State

# 12:00 and 23:00 in Kaluga.
DAY = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 2, 2, 20, 0, tzinfo=UTC)
MORNING = datetime(2026, 2, 3, 5, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "counted", "minutes_since_first", "expected"),
    [
        # Nobody answers: after five minutes, then after fifteen.
        ("no_answer", 1, 0, 5 * MIN),
        ("no_answer", 2, 5, 15 * MIN),
        ("no_answer", 3, 19, 15 * MIN),  # three tries, but not over twenty minutes
        ("no_answer", 3, 20, None),
        ("no_answer", 2, 60, 15 * MIN),  # an hour, but only two tries
        # Engaged: after two.
        ("busy", 1, 0, 2 * MIN),
        ("busy", 2, 2, 2 * MIN),
        ("busy", 4, 6, 2 * MIN),
        ("busy", 3, 20, None),
        # A fault of the line says nothing about him: at once, and never to the supervisor.
        ("line_fault", 0, 0, 0 * MIN),
        ("line_fault", 3, 30, 0 * MIN),
        # Who is asked for does not live there: the supervisor decides, however few the tries.
        ("wrong_number", 0, 0, None),
        ("wrong_number", 2, 10, None),
    ],
)
def test_by_day(outcome: str, counted: int, minutes_since_first: int, expected: timedelta | None) -> None:
    at = DAY + minutes_since_first * MIN
    found = next_attempt_at(outcome=outcome, counted=counted, first_attempt_at=DAY, at=at, is_emergency=False)
    assert found == (at + expected if expected is not None else None)


@pytest.mark.parametrize(
    ("outcome", "counted", "minutes_since_first", "is_emergency", "expected"),
    [
        ("no_answer", 1, 0, False, NIGHT + 5 * MIN),  # one more try within half an hour
        ("no_answer", 1, 25, False, NIGHT + 30 * MIN),  # … on its very edge
        ("no_answer", 1, 26, False, MORNING),  # … and past it
        ("busy", 1, 0, False, NIGHT + 2 * MIN),
        ("no_answer", 2, 5, False, MORNING),  # then the citizen sleeps
        ("busy", 2, 2, False, MORNING),
        ("line_fault", 1, 5, False, NIGHT + 5 * MIN),  # his telephone has not rung yet
        ("no_answer", 2, 5, True, NIGHT + 20 * MIN),  # an emergency does not wait
        ("no_answer", 4, 40, True, NIGHT + 55 * MIN),
    ],
)
def test_by_night(outcome: str, counted: int, minutes_since_first: int, is_emergency: bool, expected: datetime) -> None:
    at = NIGHT + minutes_since_first * MIN
    found = next_attempt_at(outcome=outcome, counted=counted, first_attempt_at=NIGHT, at=at, is_emergency=is_emergency)
    assert found == expected


def test_the_third_try_of_an_evening_waits_for_the_morning() -> None:
    evening = NIGHT - 80 * MIN  # 21:40
    at = evening + 7 * MIN
    assert (
        next_attempt_at(outcome="no_answer", counted=2, first_attempt_at=evening, at=at, is_emergency=False) == MORNING
    )


@pytest.mark.parametrize(
    ("counted", "minutes_since_first", "is_over"),
    [(3, 30, False), (4, 30, False), (5, 19, False), (5, 20, True)],
)
def test_an_emergency_is_tried_five_times(counted: int, minutes_since_first: int, is_over: bool) -> None:
    at = DAY + minutes_since_first * MIN
    found = next_attempt_at(outcome="no_answer", counted=counted, first_attempt_at=DAY, at=at, is_emergency=True)
    assert (found is None) == is_over


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


# ── The same as the queue lives it ───────────────────────────────────────────────────────────────────────────────


def ring(promise: CallbackObligation, *, at: datetime, outcome: str) -> CallbackObligation:
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=at)
    return finish_attempt(attempt=attempt, outcome=outcome, at=at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_danger", "tries", "state"),
    [
        (False, [(0, "no_answer"), (5, "no_answer"), (20, "no_answer")], State.EXHAUSTED),
        (False, [(0, "busy"), (2, "busy"), (4, "busy")], State.OPEN),
        (False, [(0, "busy"), (2, "busy"), (4, "busy"), (20, "busy")], State.EXHAUSTED),
        # A fault in between is no try: there were two.
        (False, [(0, "no_answer"), (5, "line_fault"), (20, "no_answer")], State.OPEN),
        (False, [(0, "wrong_number")], State.EXHAUSTED),
        (True, [(0, "no_answer"), (5, "no_answer"), (20, "no_answer")], State.OPEN),
        (True, [(minute, "no_answer") for minute in (0, 5, 20, 35, 50)], State.EXHAUSTED),
    ],
)
def test_when_the_supervisor_is_asked(is_danger: bool, tries: list[tuple[int, str]], state: str) -> None:
    promise = make_promise(at=DAY, is_danger=is_danger)
    for minute, outcome in tries:
        promise = ring(promise, at=DAY + minute * MIN, outcome=outcome)
    counted = sum(outcome in ("no_answer", "busy") for _minute, outcome in tries)
    assert (promise.state, promise.counted_attempts) == (state, counted)


@pytest.mark.django_db
def test_the_queue_is_by_the_due_time_until_the_first_try_and_then_by_the_next_one() -> None:
    tried, untried = make_promise(at=DAY), make_promise(at=DAY + MIN, phone="+79100000002")
    queue = CallbackObligation.objects.most_urgent_first()
    assert list(queue.all()) == [tried, untried]

    ring(tried, at=DAY + 2 * MIN, outcome="no_answer")  # again at 12:07, the other is due at 12:11
    assert list(queue.all()) == [tried, untried]
    ring(tried, at=DAY + 7 * MIN, outcome="no_answer")  # again at 12:22
    assert list(queue.all()) == [untried, tried]
    assert list(queue.values_list("queue_at", flat=True)) == [DAY + 11 * MIN, DAY + 22 * MIN]


@pytest.mark.django_db
def test_while_it_is_being_dialled_a_call_keeps_its_place() -> None:
    dialled, other = make_promise(at=DAY), make_promise(at=DAY + MIN, phone="+79100000002")
    start_attempt(obligation=dialled, operator=UserFactory.create(), at=DAY + 2 * MIN)
    assert list(CallbackObligation.objects.most_urgent_first()) == [dialled, other]
