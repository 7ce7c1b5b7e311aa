"""The promise: making it, taking it, keeping it, and who is asked when it breaks."""

from datetime import timedelta

import pytest

from callbacks.models import CallbackObligation, Contact, Deadline
from callbacks.services import (
    claim,
    claim_next,
    expire_abandoned_attempts,
    finish_attempt,
    record_enquiry,
    record_inbound_talk,
    record_missed_call,
    release,
    renew,
    start_attempt,
    waive,
)
from callbacks.services.attempts import AttemptOver, NoteRequired
from callbacks.services.claims import HeldByAnother, NotCallable
from callbacks.services.promises import AlreadySettled
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise, on_duty

pytestmark = pytest.mark.django_db

State = CallbackObligation.State
SECOND = timedelta(seconds=1)


# ── Making it ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hidden_number_is_recorded_and_has_no_clock() -> None:
    promise = make_promise(phone="")
    assert (promise.state, promise.due_at, promise.deadline) == (State.NOT_CALLABLE, None, None)


def test_a_missed_call_owes_ten_minutes_from_its_arrival() -> None:
    promise = record_missed_call(phone="+79100000001", received_at=NOON, at=NOON + 3 * MINUTE)
    assert promise.due_at == NOON + 10 * MINUTE


@pytest.mark.parametrize("reason", CallbackObligation.UNHEARD)
def test_whoever_was_not_heard_is_owed_the_same_ten_minutes(reason: CallbackObligation.Reason) -> None:
    promise = record_missed_call(phone="+79100000001", received_at=NOON, at=NOON, reason=reason, note="Течёт труба")
    assert (promise.reason, promise.due_at) == (reason, NOON + 10 * MINUTE)
    assert (promise.contact.channel, promise.contact.note) == (
        "message" if reason == "message" else "phone",
        "Течёт труба",
    )
    again = record_missed_call(phone="+79100000001", received_at=NOON + MINUTE, at=NOON + MINUTE)
    assert (again.pk, again.occurrences, again.due_at) == (promise.pk, 2, promise.due_at)


def test_calling_again_joins_the_first_call_and_moves_nothing() -> None:
    record_missed_call(phone="+79100000001", received_at=NOON, at=NOON)
    again = record_missed_call(phone="+79100000001", received_at=NOON + 4 * MINUTE, at=NOON + 4 * MINUTE)
    assert (again.due_at, again.occurrences) == (NOON + 10 * MINUTE, 2)
    assert CallbackObligation.objects.count() == 1
    assert Contact.objects.count() == 2


def test_another_extension_is_another_caller() -> None:
    record_missed_call(phone="+74842565602", extension="1", received_at=NOON, at=NOON)
    record_missed_call(phone="+74842565602", extension="2", received_at=NOON, at=NOON)
    assert CallbackObligation.objects.count() == 2


def test_an_enquiry_answered_on_the_spot_owes_nothing() -> None:
    contact = record_enquiry(received_at=NOON, phone="", operator=UserFactory.create(), note="Сказали режим работы")
    assert contact.ended_as == Contact.EndedAs.ENQUIRY
    assert not contact.obligations.exists()


# ── Taking it ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_most_urgent_is_danger_then_the_earliest() -> None:
    later = make_promise(phone="+79100000001", at=NOON + MINUTE)
    first = make_promise(phone="+79100000002", at=NOON)
    danger = make_promise(phone="+79100000003", at=NOON + 2 * MINUTE, is_danger=True)
    at = NOON + 3 * MINUTE
    given = [claim_next(operator=UserFactory.create(), at=at) for _ in range(4)]
    assert given == [danger, first, later, None]


def test_a_lapsed_lease_returns_the_call_to_the_same_place_but_not_to_him_who_let_it_lapse() -> None:
    vanished, other = UserFactory.create(), UserFactory.create()
    first, second = make_promise(phone="+79100000001"), make_promise(phone="+79100000002", at=NOON + SECOND)
    assert claim_next(operator=vanished, at=NOON + MINUTE) == first
    assert claim_next(operator=other, at=NOON + 2 * MINUTE - SECOND) == second
    release(obligation=second, operator=other, at=NOON + 2 * MINUTE)
    assert claim_next(operator=vanished, at=NOON + 2 * MINUTE) == second
    assert claim_next(operator=other, at=NOON + 2 * MINUTE) == first


def test_a_renewed_lease_does_not_lapse() -> None:
    operator, promise = UserFactory.create(), make_promise()
    claim(obligation=promise, operator=operator, at=NOON)
    assert renew(obligation=promise, operator=operator, at=NOON + 50 * SECOND)
    assert claim_next(operator=UserFactory.create(), at=NOON + 70 * SECOND) is None
    assert not renew(obligation=promise, operator=operator, at=NOON + 10 * MINUTE)


def test_what_somebody_holds_is_not_given_to_another() -> None:
    promise, operator = make_promise(), UserFactory.create()
    claim(obligation=promise, operator=operator, at=NOON)
    with pytest.raises(HeldByAnother):
        claim(obligation=promise, operator=UserFactory.create(), at=NOON + SECOND)
    with pytest.raises(HeldByAnother):
        start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + SECOND)


def test_nobody_dials_a_hidden_number() -> None:
    with pytest.raises(NotCallable):
        start_attempt(obligation=make_promise(phone=""), operator=UserFactory.create(), at=NOON)


# ── Keeping it ───────────────────────────────────────────────────────────────────────────────────────────────────


def talk(promise: CallbackObligation, *, at=NOON + MINUTE, outcome="reached", note="Сказали срок", **given):  # type: ignore[no-untyped-def]
    attempt = start_attempt(obligation=promise, operator=given.pop("operator", UserFactory.create()), at=at)
    return finish_attempt(attempt=attempt, outcome=outcome, note=note, at=at + MINUTE, **given)


def test_a_talk_keeps_the_promise_and_stops_its_clock() -> None:
    promise = talk(make_promise())
    assert (promise.state, promise.settled_at) == (State.KEPT, NOON + 2 * MINUTE)
    deadline = Deadline.objects.get()
    assert (deadline.stopped_at, deadline.outcome) == (NOON + 2 * MINUTE, "met")


def test_a_late_talk_keeps_it_late() -> None:
    talk(make_promise(), at=NOON + 10 * MINUTE)
    assert Deadline.objects.get().outcome == "missed"


def test_a_talk_without_words_is_refused() -> None:
    with pytest.raises(NoteRequired):
        talk(make_promise(), note="  ")


def test_an_attempt_ends_once() -> None:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON)
    finish_attempt(attempt=attempt, outcome="busy", at=NOON + SECOND)
    with pytest.raises(AttemptOver):
        finish_attempt(attempt=attempt, outcome="reached", note="x", at=NOON + MINUTE)


def test_after_a_try_the_call_waits_its_turn() -> None:
    promise = talk(make_promise(), outcome="no_answer", note="")
    assert (promise.state, promise.counted_attempts) == (State.OPEN, 1)
    assert claim_next(operator=UserFactory.create(), at=NOON + 6 * MINUTE) is None
    assert claim_next(operator=UserFactory.create(), at=NOON + 7 * MINUTE) == promise


def test_after_three_tries_the_supervisor_decides() -> None:
    promise, operator = make_promise(), UserFactory.create()
    for minute in (1, 7, 24):
        promise = talk(promise, at=NOON + minute * MINUTE, outcome="no_answer", note="", operator=operator)
    assert promise.state == State.EXHAUSTED
    assert claim_next(operator=operator, at=NOON + 60 * MINUTE) is None
    waived = waive(
        obligation=promise, waiver=CallbackObligation.Waiver.NOT_REACHED, by=on_duty(), at=NOON + 60 * MINUTE,
        note="три попытки за полчаса",
    )  # fmt: skip
    assert waived.state == State.WAIVED


def test_one_talk_settles_what_the_operator_says() -> None:
    first, second = make_promise(), make_promise(at=NOON + SECOND)
    talk(first, also=[second])
    second.refresh_from_db()
    assert (second.state, second.settled_by) == (State.KEPT, first.attempts.get())


def test_the_citizen_who_rings_himself_is_satisfied() -> None:
    promise, operator = make_promise(), UserFactory.create()
    record_inbound_talk(
        obligations=[promise], operator=operator, started_at=NOON + MINUTE, at=NOON + 2 * MINUTE, note="Позвонил сам"
    )
    promise.refresh_from_db()
    assert promise.state == State.SATISFIED
    with pytest.raises(AlreadySettled):
        talk(promise, at=NOON + 5 * MINUTE)


def test_who_rings_in_while_he_is_being_dialled_frees_his_number() -> None:
    promise, operator = make_promise(), UserFactory.create()
    dialling = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)
    record_inbound_talk(
        obligations=[promise], operator=operator, started_at=NOON + MINUTE, at=NOON + 2 * MINUTE, note="Позвонил сам"
    )
    dialling.refresh_from_db()
    assert (dialling.outcome, dialling.ended_at) == ("line_fault", NOON + 2 * MINUTE)
    with pytest.raises(AlreadySettled):
        finish_attempt(attempt=dialling, outcome="no_answer", at=NOON + 3 * MINUTE)


def test_a_moment_read_before_waiting_for_the_row_ends_no_call_before_its_beginning() -> None:
    promise, operator = make_promise(), UserFactory.create()
    attempt = start_attempt(obligation=promise, operator=operator, at=NOON + MINUTE)
    kept = finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=NOON + MINUTE - SECOND)
    assert kept.settled_at == NOON + MINUTE


def test_an_abandoned_attempt_frees_its_number() -> None:
    promise = make_promise()
    start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON)
    assert expire_abandoned_attempts(at=NOON + 14 * MINUTE) == 0
    assert expire_abandoned_attempts(at=NOON + 15 * MINUTE) == 1
    assert claim_next(operator=UserFactory.create(), at=NOON + 15 * MINUTE) == promise


def test_a_long_talk_is_no_abandoned_one() -> None:
    promise, operator = make_promise(), UserFactory.create()
    start_attempt(obligation=promise, operator=operator, at=NOON)
    assert renew(obligation=promise, operator=operator, at=NOON + 14 * MINUTE + 30 * SECOND)
    assert expire_abandoned_attempts(at=NOON + 15 * MINUTE) == 0
    assert expire_abandoned_attempts(at=NOON + 17 * MINUTE + 30 * SECOND) == 1
