"""The whole ladder as a screen shows it: what rang, what came back, who is asked next."""

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from callbacks.models import CallbackObligation, Clock, Deadline, Escalation
from callbacks.services import (
    Ladder,
    acknowledge,
    acknowledge_all,
    escalate_overdue_batch,
    finish_attempt,
    ladder_of,
    repeat_unacknowledged,
    start_attempt,
    waive,
)
from callbacks.services.ladder_view import StepState
from callbacks.services.promises import new_deadline
from callbacks.services.rules import rules_in_force
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_promise,
    member_of,
    on_duty,
)

pytestmark = pytest.mark.django_db
DUE = NOON + 10 * MINUTE


def ladder(promise: CallbackObligation, at: datetime) -> Ladder:
    clock = Deadline.objects.get(obligation=promise)
    return ladder_of([clock], at=at)[clock.pk]


def states(promise: CallbackObligation, at: datetime) -> list[tuple[str, str]]:
    return [(step.audience, step.state.value) for step in ladder(promise, at).steps]


def test_before_anything_rings_the_whole_ladder_is_ahead() -> None:
    shown = ladder(make_promise(), NOON)

    assert [(step.audience, step.at - DUE, step.is_warning) for step in shown.steps] == [
        ("pool", -3 * MINUTE, True), ("supervisor", 0 * MINUTE, False), ("head", 10 * MINUTE, False),
        ("ministry", 30 * MINUTE, False),
    ]  # fmt: skip
    assert {step.state for step in shown.steps} == {StepState.AHEAD}
    assert not shown.is_pressing


def test_a_warning_is_shown_and_asks_for_nothing() -> None:
    promise = make_promise()
    escalate_overdue_batch(at=DUE - 3 * MINUTE)

    shown = ladder(promise, DUE - 2 * MINUTE)

    assert shown.steps[0].state == StepState.SHOWN
    assert shown.steps[0].rings[0].asked_everybody
    assert shown.waiting == []
    assert shown.next is not None
    assert shown.next.audience == "supervisor"


def test_whom_it_asked_and_what_he_said() -> None:
    anna = on_duty(first_name="Анна", last_name="Кузнецова")
    promise = make_promise()
    break_promise(DUE)
    silent = ladder(promise, DUE + MINUTE)
    rung = Escalation.objects.unacknowledged().get()
    acknowledge(escalation=rung, by=anna, at=DUE + 2 * MINUTE, note="звоню сама")

    answered = ladder(promise, DUE + 3 * MINUTE)

    assert silent.is_pressing
    assert [one.person for one in silent.steps[1].rings[0].asked] == [anna]
    assert not answered.is_pressing
    assert answered.steps[1].state == StepState.ANSWERED
    assert answered.steps[1].answered_by_asked


def test_a_repeat_is_a_ringing_of_its_own() -> None:
    on_duty()
    promise = make_promise()
    break_promise(DUE)
    for turn in (1, 2):
        repeat_unacknowledged(at=DUE + turn * 5 * MINUTE)

    step = ladder(promise, DUE + 11 * MINUTE).steps[1]

    assert [(ring.turn, ring.at - DUE) for ring in step.rings] == [(0, 0 * MINUTE), (1, 5 * MINUTE), (2, 10 * MINUTE)]
    assert step.escalation is not None
    assert step.escalation.repeat_at == DUE + 15 * MINUTE


def test_a_rung_is_held_back_while_somebody_tries() -> None:
    on_duty()
    promise = make_promise()
    operator = UserFactory.create()
    for moment in (DUE - MINUTE, DUE + 8 * MINUTE):
        attempt = start_attempt(obligation=promise, operator=operator, at=moment)
        promise = finish_attempt(attempt=attempt, outcome="no_answer", at=moment)
    break_promise(DUE + 10 * MINUTE)

    shown = ladder(promise, DUE + 11 * MINUTE)

    assert [(step.audience, step.state.value) for step in shown.steps][2:] == [("head", "held"), ("ministry", "ahead")]
    assert promise.next_attempt_at is not None
    assert shown.steps[2].until == promise.next_attempt_at + 2 * MINUTE


def test_after_the_last_rung_there_is_nobody_left() -> None:
    promise = make_promise()
    break_promise(DUE + 30 * MINUTE)

    shown = ladder(promise, DUE + 31 * MINUTE)

    assert shown.is_exhausted
    assert shown.next is None


def test_a_stopped_clock_shows_only_what_rang() -> None:
    supervisor = on_duty()
    promise = make_promise()
    break_promise(DUE)
    waive(obligation=promise, waiver="other", by=supervisor, at=DUE + MINUTE, note="Позвонил сам")  # type: ignore[arg-type]

    assert states(promise, DUE + 2 * MINUTE) == [("pool", "shown"), ("supervisor", "lapsed")]
    assert not ladder(promise, DUE + 2 * MINUTE).is_exhausted


def test_a_clock_without_a_ladder_has_no_steps() -> None:
    clock = Deadline.objects.create(
        clock=Clock.FIX, started_at=NOON, due_at=DUE, source="ПП 416", mark="V", rule=None
    )  # fmt: skip

    shown = ladder_of([clock], at=NOON)[clock.pk]

    assert shown.steps == ()
    assert not shown.is_exhausted


def test_many_ladders_take_three_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    company = CompanyFactory.create()
    member_of(company)
    for number in range(4):
        make_promise(phone=f"+7910111000{number}")
        new_deadline(
            clock=Clock.ACCEPTANCE, started_at=NOON, due_at=DUE, rules=rules_in_force(), company=company
        ).save()
    break_promise(DUE + 15 * MINUTE)
    repeat_unacknowledged(at=DUE + 20 * MINUTE)
    clocks = list(Deadline.objects.all())

    with django_assert_num_queries(3):
        ladders = ladder_of(clocks, at=DUE + 20 * MINUTE)
        names = [
            str(asked.person)
            for one in ladders.values()
            for step in one.steps
            for ring in step.rings
            for asked in ring.asked
        ]
    assert names
    assert len(ladders) == 8


def test_many_are_answered_at_once_and_nobody_is_overruled() -> None:
    first, second = on_duty(), UserFactory.create()
    for number in range(3):
        make_promise(phone=f"+7910111000{number}")
    break_promise(DUE)
    rungs = list(Escalation.objects.unacknowledged().order_by("pk"))
    acknowledge(escalation=rungs[0], by=first, at=DUE + MINUTE, note="Моё")

    taken = acknowledge_all(escalations=rungs, by=second, at=DUE + 2 * MINUTE, note=" Разбираюсь ")

    assert taken == 2
    assert list(Escalation.objects.filter(is_warning=False).order_by("pk").values_list(
        "acknowledged_by", "acknowledged_note", "repeat_at"
    )) == [(first.pk, "Моё", None), (second.pk, "Разбираюсь", None), (second.pk, "Разбираюсь", None)]  # fmt: skip
