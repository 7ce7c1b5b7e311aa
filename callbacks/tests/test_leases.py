"""Whoever has a call keeps it while his page is open: through a long talk as well, and no longer than that."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.services import claim, claim_next, expire_abandoned_attempts, finish_attempt, renew, start_attempt, sweep
from callbacks.services.attempts import AttemptOver
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise

pytestmark = pytest.mark.django_db

State = CallbackObligation.State
SECOND = timedelta(seconds=1)
# As templates/desk/_lease.html asks.
EVERY = 20 * SECOND


@pytest.fixture
def olga() -> User:
    return UserFactory.create()


def keep_open(promise: CallbackObligation, *, by: User, until: datetime, at: datetime = NOON) -> None:
    """The open page renews as it does in the browser, and the sweep passes in between."""
    while at <= until:
        assert renew(obligation=promise, operator=by, at=at), at - NOON
        assert expire_abandoned_attempts(at=at + EVERY - SECOND) == 0
        at += EVERY


def test_a_talk_of_twenty_minutes_is_no_fault_of_the_line(olga: User) -> None:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=olga, at=NOON)
    keep_open(promise, by=olga, until=NOON + 20 * MINUTE)

    finish_attempt(attempt=attempt, outcome="reached", note="Говорили долго", at=NOON + 20 * MINUTE)

    attempt.refresh_from_db()
    promise.refresh_from_db()
    assert (attempt.outcome, attempt.ended_at) == ("reached", NOON + 20 * MINUTE)
    assert (promise.state, promise.settled_by) == (State.KEPT, attempt)


def test_a_page_that_closed_in_the_midst_of_a_long_talk_gives_the_call_back(olga: User) -> None:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=olga, at=NOON)
    keep_open(promise, by=olga, until=NOON + 17 * MINUTE)

    # Three minutes after the last renewal.
    assert expire_abandoned_attempts(at=NOON + 20 * MINUTE - SECOND) == 0
    assert expire_abandoned_attempts(at=NOON + 20 * MINUTE) == 1

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.ended_at) == ("line_fault", NOON + 20 * MINUTE)
    assert not renew(obligation=promise, operator=olga, at=NOON + 20 * MINUTE)
    with pytest.raises(AttemptOver):
        finish_attempt(attempt=attempt, outcome="reached", note="Поздно", at=NOON + 21 * MINUTE)


def test_an_abandoned_call_is_a_fault_of_the_line_after_fifteen_minutes_and_counts_for_nothing(olga: User) -> None:
    promise = make_promise()
    start_attempt(obligation=promise, operator=olga, at=NOON)

    assert expire_abandoned_attempts(at=NOON + 15 * MINUTE - SECOND) == 0
    sweep(at=NOON + 15 * MINUTE)

    promise.refresh_from_db()
    assert CallAttempt.objects.get().outcome == "line_fault"
    assert (promise.state, promise.counted_attempts, promise.round_attempts) == (State.OPEN, 0, 0)
    assert claim_next(operator=UserFactory.create(), at=NOON + 15 * MINUTE) == promise


def test_renewing_in_a_call_never_shortens_the_lease(olga: User) -> None:
    promise = make_promise()
    start_attempt(obligation=promise, operator=olga, at=NOON)
    assert renew(obligation=promise, operator=olga, at=NOON + MINUTE)
    promise.refresh_from_db()
    assert promise.claimed_until == NOON + 15 * MINUTE


def test_only_he_who_has_the_call_renews_it(olga: User) -> None:
    promise = make_promise()
    start_attempt(obligation=promise, operator=olga, at=NOON)
    assert not renew(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)


# ── Who is offered a call again that somebody let lapse ──────────────────────────────────────────────────────────


def lapsed(olga: User) -> tuple[CallbackObligation, CallbackObligation]:
    """Olga let ``hers`` lapse; another took it up and gave it back. ``other`` is less urgent."""
    hers, other = make_promise(), make_promise(phone="+79100000002", at=NOON + SECOND)
    claim(obligation=hers, operator=olga, at=NOON)
    second = UserFactory.create()
    claim(obligation=hers, operator=second, at=NOON + MINUTE)
    CallbackObligation.objects.filter(pk=hers.pk).update(state=State.OPEN, claimed_by=None, claimed_until=None)
    return hers, other


@pytest.mark.parametrize(
    ("after", "gets_hers"),
    [(MINUTE, False), (6 * MINUTE - SECOND, False), (6 * MINUTE, True)],
    ids=["at once", "within five minutes", "after five minutes"],
)
def test_who_let_it_lapse_is_offered_something_else_for_five_minutes(
    olga: User, after: timedelta, gets_hers: bool
) -> None:
    hers, other = lapsed(olga)
    assert claim_next(operator=olga, at=NOON + after) == (hers if gets_hers else other)


def test_others_are_offered_it_at_once(olga: User) -> None:
    hers, _other = lapsed(olga)
    assert claim_next(operator=UserFactory.create(), at=NOON + MINUTE) == hers


def test_a_call_is_not_left_lying_because_of_who_let_it_lapse(olga: User) -> None:
    hers, other = lapsed(olga)
    claim(obligation=other, operator=UserFactory.create(), at=NOON + MINUTE)
    assert claim_next(operator=olga, at=NOON + MINUTE) == hers


def test_his_own_lapsed_call_is_offered_him_last(olga: User) -> None:
    hers, other = make_promise(), make_promise(phone="+79100000002", at=NOON + SECOND)
    assert claim_next(operator=olga, at=NOON) == hers
    assert claim_next(operator=olga, at=NOON + MINUTE) == other
