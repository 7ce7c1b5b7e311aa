"""One person is rung by one operator, however many calls are owed to him; and who is offered what he let lapse."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import LineSpell, User
from callbacks.models import CallbackObligation
from callbacks.services import claim, claim_next, record_attempt, release, start_attempt
from callbacks.services.attempts import lock_all
from callbacks.services.claims import HeldByAnother
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise

pytestmark = pytest.mark.django_db
State = CallbackObligation.State
SECOND = timedelta(seconds=1)


@pytest.fixture
def olga() -> User:
    return UserFactory.create(first_name="Ольга")


@pytest.fixture
def pyotr() -> User:
    return UserFactory.create(first_name="Пётр")


def two_of_one() -> tuple[CallbackObligation, CallbackObligation]:
    """Two promises to one number, the first one more urgent."""
    return make_promise(), make_promise(at=NOON + SECOND)


# ── Taken by one, left alone by the others ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("talks", [False, True], ids=["held", "talked to"])
def test_the_next_call_is_never_to_somebody_in_hand(olga: User, pyotr: User, talks: bool) -> None:
    first, _second = two_of_one()
    other = make_promise(phone="+79100000002", at=NOON + 2 * SECOND)
    claim(obligation=first, operator=olga, at=NOON)
    if talks:
        start_attempt(obligation=first, operator=olga, at=NOON)

    assert claim_next(operator=pyotr, at=NOON + 3 * SECOND) == other
    assert claim_next(operator=UserFactory.create(), at=NOON + 3 * SECOND) is None


def test_whoever_has_the_person_is_offered_his_other_call_as_well(olga: User) -> None:
    first, second = two_of_one()
    claim(obligation=first, operator=olga, at=NOON)
    assert claim_next(operator=olga, at=NOON + 2 * SECOND) == second


@pytest.mark.parametrize(
    ("talks", "same", "sentence"),
    [
        (False, True, "Этому человеку сейчас звонит Ольга."),
        (False, False, "Этому человеку сейчас звонит Ольга."),
        (True, True, "С этим человеком говорит Ольга, с 12:00."),
        (True, False, "С этим человеком говорит Ольга, с 12:00."),
    ],
)
def test_who_takes_a_person_in_hand_is_told_by_whom(
    olga: User, pyotr: User, talks: bool, same: bool, sentence: str
) -> None:
    first, second = two_of_one()
    claim(obligation=first, operator=olga, at=NOON)
    if talks:
        start_attempt(obligation=first, operator=olga, at=NOON)
    wanted = first if same else second

    for refused in (claim, start_attempt):
        with pytest.raises(HeldByAnother, match=sentence):
            refused(obligation=wanted, operator=pyotr, at=NOON + 30 * SECOND)


def test_a_person_given_back_or_let_lapse_is_free(olga: User, pyotr: User) -> None:
    first, second = two_of_one()
    claim(obligation=first, operator=olga, at=NOON)
    release(obligation=first, operator=olga, at=NOON)
    assert claim(obligation=second, operator=pyotr, at=NOON).claimed_by == pyotr
    assert claim(obligation=first, operator=olga, at=NOON + MINUTE).claimed_by == olga


def test_a_call_that_is_over_is_written_down_beside_somebody_who_took_another(olga: User, pyotr: User) -> None:
    first, second = two_of_one()
    claim(obligation=first, operator=olga, at=NOON)
    claim(obligation=second, operator=pyotr, at=NOON + MINUTE)
    with pytest.raises(HeldByAnother):
        start_attempt(obligation=first, operator=olga, at=NOON + MINUTE)
    with transaction.atomic():
        talk = record_attempt(
            obligation=first, locked=lock_all([first.pk]), operator=olga, outcome="busy", at=NOON + MINUTE
        )
    assert (talk.operator, talk.outcome, talk.ended_at) == (olga, "busy", NOON + MINUTE)


def test_taking_a_call_asks_little(olga: User, django_assert_num_queries: Any) -> None:
    make_promise()
    # Reading it, the person's turn, his other calls, taking it; the savepoint and the deferred rules.
    with django_assert_num_queries(7):
        assert claim_next(operator=olga, at=NOON)


# ── The bar of whoever let a call lapse ──────────────────────────────────────────────────────────────────────────
def on_line(*people: User) -> None:
    for person in people:
        LineSpell.objects.create(user=person, started_at=NOON - 60 * MINUTE)


def lapsed(olga: User) -> tuple[CallbackObligation, CallbackObligation]:
    """Olga let ``hers`` lapse at one minute past noon; ``other`` is less urgent."""
    hers, other = make_promise(), make_promise(phone="+79100000002", at=NOON + SECOND)
    claim(obligation=hers, operator=olga, at=NOON)
    return hers, other


def test_with_nobody_else_on_the_line_the_bar_does_not_hold(olga: User) -> None:
    hers, _other = lapsed(olga)
    on_line(olga)
    assert claim_next(operator=olga, at=NOON + MINUTE) == hers


def test_while_another_is_free_her_lapsed_call_is_left_to_him(olga: User, pyotr: User) -> None:
    hers, other = lapsed(olga)
    on_line(olga, pyotr)
    assert claim_next(operator=olga, at=NOON + MINUTE) == other
    assert claim_next(operator=olga, at=NOON + MINUTE + SECOND) is None
    assert claim_next(operator=pyotr, at=NOON + MINUTE + SECOND) == hers


def test_while_all_the_others_have_calls_the_bar_does_not_hold(olga: User, pyotr: User) -> None:
    hers, other = lapsed(olga)
    on_line(olga, pyotr)
    claim(obligation=other, operator=pyotr, at=NOON + MINUTE)
    assert claim_next(operator=olga, at=NOON + MINUTE) == hers


def test_after_five_minutes_there_is_no_bar(olga: User, pyotr: User) -> None:
    hers, _other = lapsed(olga)
    on_line(olga, pyotr)
    assert claim_next(operator=olga, at=NOON + 6 * MINUTE) == hers


def test_whoever_has_left_the_line_is_not_free(olga: User, pyotr: User) -> None:
    hers, _other = lapsed(olga)
    on_line(olga, pyotr)
    LineSpell.objects.filter(user=pyotr).update(ended_at=NOON)
    assert claim_next(operator=olga, at=NOON + MINUTE) == hers
