"""Real threads on a real PostgreSQL: one person is rung by one operator; talks about the same promises do not meet."""

from collections import Counter
from collections.abc import Callable

import pytest

from accounts import clock
from accounts.models import User
from callbacks.models import CallbackObligation
from callbacks.services import claim, claim_next
from callbacks.services.promises import promise_callback
from tests.test_races import at_once, overdue_promises
from tickets.services import record_ring_back
from tickets.tests.factories import UserFactory, make_contact, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def owed_to_one_number(count: int) -> list[CallbackObligation]:
    at = clock.now()
    return [
        promise_callback(
            contact=make_contact(at=at), reason=CallbackObligation.Reason.FIRST_ANSWER, promised_at=at, at=at
        )
        for _ in range(count)
    ]


def test_of_many_who_take_the_next_call_one_has_the_person() -> None:
    owed_to_one_number(12)
    operators = [UserFactory.create() for _ in range(12)]

    def take(operator: User) -> Callable[[], object]:
        return lambda: claim_next(operator=operator, at=clock.now())

    taken = [one for one in at_once(*[take(operator) for operator in operators]) if one is not None]
    assert len(taken) == 1


def test_of_many_who_take_his_different_calls_one_has_the_person() -> None:
    promises = owed_to_one_number(8)

    def take(promise: CallbackObligation) -> Callable[[], object]:
        operator = UserFactory.create()
        return lambda: claim(obligation=promise, operator=operator, at=clock.now())

    results = at_once(*[take(promise) for promise in promises])
    assert Counter(type(result).__name__ for result in results) == {"CallbackObligation": 1, "HeldByAnother": 7}


def test_those_who_find_him_taken_get_somebody_else() -> None:
    owed_to_one_number(6)
    others = overdue_promises(6)
    operators = [UserFactory.create() for _ in range(6)]

    def take(operator: User) -> Callable[[], object]:
        return lambda: getattr(claim_next(operator=operator, at=clock.now()), "number", None)

    numbers = at_once(*[take(operator) for operator in operators])
    assert None not in numbers
    assert len(set(numbers)) == len(operators)
    assert len(others) == 6


def test_talks_about_the_same_promises_settle_each_once_and_wait_for_nobody_for_ever() -> None:
    tickets = [make_ticket(at=clock.now()) for _ in range(4)]
    operator = UserFactory.create()

    def talk(number: int) -> Callable[[], object]:
        main, *also = [*tickets[number:], *tickets[:number]]
        return lambda: record_ring_back(
            obligation=main.callback, outcome="reached", operator=operator, at=clock.now(), note=f"Разговор {number}",
            also=[ticket.callback for ticket in also],
        ).pk  # fmt: skip

    results = at_once(*[talk(number) for number in range(4)])
    assert sorted(type(result).__name__ for result in results) == ["AlreadySettled"] * 3 + ["int"]
    assert not CallbackObligation.objects.outstanding().exists()
