"""Promises, calls and claims (I4, I5, I7, I9–I14)."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from callbacks.models import CallbackObligation
from callbacks.services import (
    claim_next,
    escalate_overdue_batch,
    record_missed_call,
    start_attempt,
)
from callbacks.services.attempts import finish_attempt
from tests.invariants.attacks import (
    ATTEMPT,
    DEADLINE,
    EVENT,
    OBLIGATION,
    TICKET,
    copy_of,
    insert_promise,
    kept_promise,
    refused,
    set_,
)
from tickets.tests.factories import (
    MINUTE,
    NOON,
    UserFactory,
    make_promise,
    make_ticket,
)

pytestmark = pytest.mark.django_db


# ── I4, I5: final is final; promises and starts do not move ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "open", "settled_at": None, "settled_by_id": None},
        {"settled_at": NOON + 9 * MINUTE},
        {"counted_attempts": 0},
    ],
)
def test_a_kept_promise_stays_kept(columns: dict[str, Any]) -> None:
    assert set_(OBLIGATION, kept_promise().pk, **columns) == "obligation_final_is_final"


@pytest.mark.parametrize(
    ("table", "columns", "rule"),
    [
        (OBLIGATION, {"due_at": NOON + 9 * MINUTE}, "obligation_is_fixed"),
        (OBLIGATION, {"promised_at": NOON - MINUTE}, "obligation_is_fixed"),
        (OBLIGATION, {"reason": "missed_call"}, "obligation_is_fixed"),
        (OBLIGATION, {"recorded_at": NOON}, "obligation_is_fixed"),
        (DEADLINE, {"due_at": NOON + 20 * MINUTE}, "deadline_is_fixed"),
        (DEADLINE, {"started_at": NOON - MINUTE}, "deadline_is_fixed"),
        (DEADLINE, {"next_rung_at": NOON}, "deadline_ladder_goes_up"),
    ],
)
def test_a_promise_does_not_move(table: str, columns: dict[str, Any], rule: str) -> None:
    promise = make_promise()
    pk = promise.pk if table == OBLIGATION else promise.deadline_id
    assert pk is not None
    assert set_(table, pk, **columns) == rule


@pytest.mark.parametrize(
    "columns",
    [{"registered_at": NOON - MINUTE}, {"number": "26-1"}, {"intake_key": "00000000-0000-0000-0000-000000000001"}],
)
def test_a_registration_does_not_move(columns: dict[str, Any]) -> None:
    assert set_(TICKET, make_ticket().pk, **columns) == "ticket_is_fixed"


def test_the_moment_of_the_call_does_not_move() -> None:
    promise = make_promise()
    rule = set_("callbacks_contact", promise.contact_id, received_at=NOON - MINUTE)
    assert rule == "contact_start_is_fixed"


def test_one_open_missed_call_per_number() -> None:
    first = record_missed_call(phone="+79100000001", received_at=NOON, at=NOON)
    another_clock = make_promise().deadline_id
    rule = refused(
        f"INSERT INTO {OBLIGATION} (contact_id, reason, state, promised_at, promised_length, due_at, deadline_id,"
        " is_danger, next_attempt_at, counted_attempts, occurrences, number, extension, waiver_note)"
        " SELECT contact_id, reason, state, promised_at, promised_length, due_at, %s, false, promised_at, 0, 1,"
        f" number, extension, '' FROM {OBLIGATION} WHERE id = %s",
        another_clock,
        first.pk,
    )
    assert rule in {"obligation_one_missed_call_per_number", "callbacks_callbackobligation_deadline_id_key"}


def test_a_promise_and_its_clock_end_together() -> None:
    promise = make_promise()
    assert (
        refused(f"UPDATE {DEADLINE} SET stopped_at = %s, outcome = 'met' WHERE id = %s", NOON, promise.deadline_id)
        == "obligation_and_clock_together"
    )
    someone = UserFactory.create()
    assert (
        set_(OBLIGATION, promise.pk, state="waived", waiver="wrong_number", waived_by_id=someone.pk, settled_at=NOON)
        == "obligation_and_clock_together"
    )


# ── I7: kept needs a talk, a waiver its reason ───────────────────────────────────────────────────────────────────


def test_kept_needs_a_talk_that_reached_this_number() -> None:
    promise, other = make_promise(), kept_promise_of("+79100000009")
    assert set_(OBLIGATION, promise.pk, state="kept", settled_at=NOON) == "obligation_needs_talk"
    rule = set_(OBLIGATION, promise.pk, state="kept", settled_at=NOON + 9 * MINUTE, settled_by_id=other.settled_by_id)
    assert rule == "obligation_needs_talk"


def kept_promise_of(number: str) -> CallbackObligation:
    promise = make_promise(phone=number)
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)
    return finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=NOON + 2 * MINUTE)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"state": "waived", "settled_at": NOON}, "obligation_waiver_has_reason_and_name"),
        ({"state": "waived", "settled_at": NOON, "waiver": "tired"}, "obligation_waiver_has_reason_and_name"),
    ],
)
def test_a_waiver_has_a_reason_and_a_name(columns: dict[str, Any], rule: str) -> None:
    assert set_(OBLIGATION, make_promise().pk, **columns) == rule


@pytest.mark.parametrize(
    ("waiver", "note", "rule"),
    [
        ("tired", "", "obligation_waiver_is_listed"),
        ("other", "  ", "obligation_waiver_is_listed"),
        ("not_reached", "звонили", "obligation_not_reached_after_tries"),
    ],
)
def test_a_waiver_is_one_of_the_list(waiver: str, note: str, rule: str) -> None:
    promise, someone = make_promise(), UserFactory.create()
    found = set_(
        OBLIGATION, promise.pk, state="waived", settled_at=NOON, waived_by_id=someone.pk, waiver=waiver,
        waiver_note=note,
    )  # fmt: skip
    assert found == rule


def test_a_reached_attempt_says_what_and_is_never_rewritten() -> None:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)
    end = {"outcome": "reached", "ended_at": NOON + 2 * MINUTE}
    assert set_(ATTEMPT, attempt.pk, **end, note=" ") == "attempt_reached_says_what"
    finish_attempt(attempt=attempt, outcome="no_answer", at=NOON + 2 * MINUTE)
    assert set_(ATTEMPT, attempt.pk, outcome="reached", note="поговорили") == "attempt_is_fixed"


def test_one_active_call_per_promise_and_number() -> None:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)
    rule = refused(
        f"INSERT INTO {ATTEMPT} (obligation_id, operator_id, direction, number, started_at, note)"
        f" SELECT obligation_id, operator_id, direction, number, started_at, note FROM {ATTEMPT} WHERE id = %s",
        attempt.pk,
    )
    assert rule in {"attempt_one_active_per_obligation", "attempt_one_active_per_number"}


def test_what_is_being_dialled_is_not_settled_over_the_callers_head() -> None:
    promise = make_promise()
    someone = UserFactory.create()
    start_attempt(obligation=promise, operator=someone, at=NOON + MINUTE)
    columns = {"claimed_by_id": None, "claimed_until": None, "waiver": "wrong_number", "waived_by_id": someone.pk}
    rule = set_(OBLIGATION, promise.pk, state="waived", settled_at=NOON + MINUTE, **columns)
    assert rule == "obligation_ends_its_calls"


def test_nobody_dials_what_is_settled() -> None:
    promise = kept_promise()
    rule = refused(
        f"INSERT INTO {ATTEMPT} (obligation_id, operator_id, direction, number, started_at, note)"
        " VALUES (%s, %s, 'out', %s, %s, '')",
        promise.pk,
        UserFactory.create().pk,
        promise.number,
        NOON,
    )
    assert rule == "attempt_needs_outstanding"


# ── I9, I10, I12, I13, I14 ───────────────────────────────────────────────────────────────────────────────────────


def test_one_form_is_one_ticket() -> None:
    first, promise = make_ticket(), make_promise(phone="+79100000002")
    rule = copy_of(first, contact=str(promise.contact_id), callback=str(promise.pk), key="intake_key")
    assert "intake_key" in rule


def test_without_a_number_there_is_no_clock_and_with_one_there_is() -> None:
    hidden = make_ticket(phone="").callback
    assert hidden.state == "not_callable"
    assert set_(OBLIGATION, hidden.pk, state="open") == "obligation_has_clock_unless_not_callable"
    assert (
        insert_promise("promised_at + interval '10 min'", "interval '10 min'", number="")
        == "obligation_has_clock_unless_not_callable"
    )


@pytest.mark.parametrize("number", ["89101234567", "+7 910", "+0123456789", "тест", "+7910123456789012"])
def test_numbers_are_e164(number: str) -> None:
    promise = make_promise()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE callbacks_contact SET phone = %s WHERE id = %s", [number, promise.contact_id])


@pytest.mark.parametrize("text", ["", " \n\t ", "я" * 8001])
def test_a_text_is_neither_blank_nor_endless(text: str) -> None:
    assert set_(TICKET, make_ticket().pk, text=text) == "ticket_text_not_blank"


def test_a_claim_has_an_owner_and_an_end() -> None:
    make_promise()
    held = claim_next(operator=UserFactory.create(), at=NOON + MINUTE)
    assert held is not None
    rule = "obligation_claim_has_owner_and_expiry"
    assert set_(OBLIGATION, held.pk, claimed_by_id=None) == rule
    assert set_(OBLIGATION, held.pk, claimed_until=None) == rule
    assert set_(OBLIGATION, held.pk, state="open") == rule


def test_a_claim_does_not_stop_the_ladder() -> None:
    make_promise()
    claim_next(operator=UserFactory.create(), at=NOON + 9 * MINUTE)
    assert escalate_overdue_batch(at=NOON + 10 * MINUTE) == 1


def test_rows_carry_the_moment_the_database_wrote_them() -> None:
    ticket = make_ticket()
    assert set_(TICKET, ticket.pk, recorded_at=NOON) == "ticket_is_fixed"
    rule = refused(
        f"INSERT INTO {EVENT} (ticket_id, step, actor_id, from_status, to_status, happened_at, recorded_at, reason,"
        " note, details) VALUES (%s, 'comment', %s, 'registered', 'registered', %s, %s, '', '', '{}')",
        ticket.pk,
        ticket.registered_by_id,
        NOON,
        NOON,
    )
    assert rule == "event_is_recorded_now"
