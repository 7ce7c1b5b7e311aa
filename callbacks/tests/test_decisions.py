"""What a supervisor decides about a person whom nobody could reach: one more round, a message, «not reached»."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import Role, User
from accounts.writes import RuleBroken
from callbacks.models import CallbackObligation, CitizenNotice
from callbacks.services import (
    claim_next,
    finish_attempt,
    order_another_round,
    send_notice,
    start_attempt,
    waive,
)
from callbacks.services.claims import NeedsSupervisor
from callbacks.services.decisions import AlreadyTold, NoGateway, NotExhausted, TextRequired
from callbacks.services.promises import AlreadySettled
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise, on_duty

from .owed import hand_over
from .servers import Gateway

pytestmark = pytest.mark.django_db

State = CallbackObligation.State
Waiver = CallbackObligation.Waiver
LATER = NOON + 60 * MINUTE
TEXT = "Мы звонили вам и не дозвонились. Позвоните нам: 56-56-02."
MORNING = NOON + timedelta(hours=20)


def ring(promise: CallbackObligation, *, at: datetime, outcome: str = "no_answer") -> CallbackObligation:
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=at)
    note = "Сказали срок" if outcome == "reached" else ""
    return finish_attempt(attempt=attempt, outcome=outcome, at=at, note=note)


def a_round(promise: CallbackObligation, *, at: datetime = NOON) -> CallbackObligation:
    """Three tries over twenty minutes that nobody answered."""
    for minute in (0, 5, 20):
        promise = ring(promise, at=at + minute * MINUTE)
    assert promise.state == State.EXHAUSTED
    return promise


@pytest.fixture
def supervisor() -> User:
    return on_duty()


@pytest.fixture
def _gateway_is_there(settings: Settings) -> None:
    settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = "https://gateway.example.org/", "s" * 32


# ── One more round ───────────────────────────────────────────────────────────────────────────────────────────────


def test_another_round_gives_the_call_back_to_the_operators(supervisor: User) -> None:
    promise, operator = a_round(make_promise()), UserFactory.create()
    assert claim_next(operator=operator, at=LATER) is None

    order_another_round(obligation=promise, by=supervisor, at=LATER)

    assert claim_next(operator=operator, at=LATER) == promise


def test_another_round_is_as_long_as_the_first(supervisor: User) -> None:
    promise = order_another_round(obligation=a_round(make_promise()), by=supervisor, at=LATER)
    assert (promise.rounds, promise.round_attempts, promise.counted_attempts) == (2, 0, 3)

    # Three tries again, and twenty minutes since this round's own first one.
    promise = ring(promise, at=LATER)
    assert (promise.state, promise.next_attempt_at) == (State.OPEN, LATER + 5 * MINUTE)
    promise = ring(promise, at=LATER + 5 * MINUTE)
    assert (promise.state, promise.next_attempt_at) == (State.OPEN, LATER + 20 * MINUTE)
    promise = ring(promise, at=LATER + 20 * MINUTE)
    assert (promise.state, promise.rounds, promise.counted_attempts) == (State.EXHAUSTED, 2, 6)


def test_a_quick_second_round_is_not_over_by_the_first_ones_span(supervisor: User) -> None:
    promise = order_another_round(obligation=a_round(make_promise()), by=supervisor, at=LATER)
    for minute in (0, 2, 4):
        promise = ring(promise, at=LATER + minute * MINUTE, outcome="busy")
    assert (promise.state, promise.next_attempt_at) == (State.OPEN, LATER + 6 * MINUTE)


def test_a_wrong_number_may_be_tried_again_after_it_was_checked(supervisor: User) -> None:
    promise = ring(make_promise(), at=NOON, outcome="wrong_number")
    assert (promise.state, promise.counted_attempts) == (State.EXHAUSTED, 0)
    assert order_another_round(obligation=promise, by=supervisor, at=LATER).state == State.OPEN


@pytest.mark.parametrize(("is_danger", "again"), [(False, MORNING), (True, NOON + timedelta(hours=11))])
def test_by_night_only_danger_is_rung_again_at_once(supervisor: User, is_danger: bool, again: datetime) -> None:
    promise = ring(make_promise(is_danger=is_danger), at=NOON, outcome="wrong_number")
    ordered = order_another_round(obligation=promise, by=supervisor, at=NOON + timedelta(hours=11))
    assert ordered.next_attempt_at == again


def test_a_further_round_moves_no_clock(supervisor: User) -> None:
    promise = a_round(make_promise())
    before = promise.due_at, promise.deadline.due_at  # type: ignore[union-attr]
    order_another_round(obligation=promise, by=supervisor, at=LATER)
    promise.refresh_from_db()
    assert (promise.due_at, promise.deadline.due_at) == before  # type: ignore[union-attr]


# ── A message ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_leaves_once_and_the_decision_stays_open(supervisor: User, gateway: Gateway) -> None:
    promise = a_round(make_promise())

    notice = send_notice(obligation=promise, by=supervisor, at=LATER, text=f"  {TEXT}\n")

    assert hand_over(at=LATER) == 1
    notice.refresh_from_db()
    promise.refresh_from_db()
    assert (notice.text, notice.sent_at, notice.by) == (TEXT, LATER, supervisor)
    assert promise.state == State.EXHAUSTED
    with pytest.raises(AlreadyTold):
        send_notice(obligation=promise, by=supervisor, at=LATER, text=TEXT)


@pytest.mark.usefixtures("_gateway_is_there")
def test_every_round_has_one_message(supervisor: User) -> None:
    promise = a_round(make_promise())
    send_notice(obligation=promise, by=supervisor, at=LATER, text=TEXT)
    promise = a_round(order_another_round(obligation=promise, by=supervisor, at=LATER), at=LATER)
    send_notice(obligation=promise, by=supervisor, at=LATER + 30 * MINUTE, text=TEXT)
    assert CitizenNotice.objects.filter(obligation=promise).count() == 2


def test_without_a_gateway_there_is_nothing_to_send_with(supervisor: User, settings: Settings) -> None:
    settings.NOTIFY_HOOK_URL = ""
    with pytest.raises(NoGateway):
        send_notice(obligation=a_round(make_promise()), by=supervisor, at=LATER, text=TEXT)


@pytest.mark.usefixtures("_gateway_is_there")
@pytest.mark.parametrize(("text", "fits"), [("", False), (" \n", False), ("д" * 300, True), ("д" * 301, False)])
def test_a_message_says_something_and_is_short(supervisor: User, text: str, fits: bool) -> None:
    promise = a_round(make_promise())
    if fits:
        assert send_notice(obligation=promise, by=supervisor, at=LATER, text=text).text == text
        return
    with pytest.raises(TextRequired):
        send_notice(obligation=promise, by=supervisor, at=LATER, text=text)


# ── «Not reached» ────────────────────────────────────────────────────────────────────────────────────────────────


def test_not_reached_is_said_after_three_counted_tries(supervisor: User) -> None:
    promise = a_round(make_promise())
    given_up = waive(obligation=promise, waiver=Waiver.NOT_REACHED, by=supervisor, at=LATER, note="Трижды не ответил")
    assert (given_up.state, given_up.waived_by) == (State.WAIVED, supervisor)


@pytest.mark.parametrize("outcomes", [(), ("no_answer",), ("no_answer", "busy"), ("line_fault",) * 4])
def test_before_three_counted_tries_the_database_itself_refuses(supervisor: User, outcomes: tuple[str, ...]) -> None:
    promise = make_promise()
    for number, outcome in enumerate(outcomes):
        promise = ring(promise, at=NOON + number * 15 * MINUTE, outcome=outcome)
    with pytest.raises(RuleBroken) as refused:
        waive(obligation=promise, waiver=Waiver.NOT_REACHED, by=supervisor, at=LATER, note="Не хочу")
    assert refused.value.rule == "obligation_not_reached_after_tries"


# ── Who decides, and when ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("_gateway_is_there")
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.HEAD, Role.ADMIN])
def test_the_supervisor_decides_and_nobody_else(role: Role) -> None:
    promise, other = a_round(make_promise()), UserFactory.create(role=role)
    with pytest.raises(NeedsSupervisor):
        order_another_round(obligation=promise, by=other, at=LATER)
    with pytest.raises(NeedsSupervisor):
        send_notice(obligation=promise, by=other, at=LATER, text=TEXT)


@pytest.mark.usefixtures("_gateway_is_there")
def test_there_is_nothing_to_decide_while_the_call_is_tried(supervisor: User) -> None:
    promise = ring(make_promise(), at=NOON)
    with pytest.raises(NotExhausted):
        order_another_round(obligation=promise, by=supervisor, at=LATER)
    with pytest.raises(NotExhausted):
        send_notice(obligation=promise, by=supervisor, at=LATER, text=TEXT)


def test_of_two_supervisors_the_second_is_told(supervisor: User) -> None:
    promise = a_round(make_promise())
    order_another_round(obligation=promise, by=supervisor, at=LATER)
    with pytest.raises(NotExhausted):
        order_another_round(obligation=promise, by=on_duty(), at=LATER)


def test_what_is_settled_is_decided_no_more(supervisor: User) -> None:
    promise = ring(make_promise(), at=NOON, outcome="reached")
    with pytest.raises(AlreadySettled):
        order_another_round(obligation=promise, by=supervisor, at=LATER)
