"""What the database refuses, each rule attacked by raw SQL as the application's own role.

The statements bypass every model and service on purpose: a rule that only code keeps is not kept.
"""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import AccessRecord
from callbacks.models import CallbackObligation, Deadline
from callbacks.services import claim_next, escalate_overdue_batch, record_missed_call, start_attempt, waive
from callbacks.services.attempts import finish_attempt
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_promise, make_ticket, member_of

pytestmark = pytest.mark.django_db

TICKET, OBLIGATION, ATTEMPT = "tickets_ticket", "callbacks_callbackobligation", "callbacks_callattempt"
DEADLINE, ESCALATION, EVENT = "callbacks_deadline", "callbacks_escalation", "tickets_ticketevent"


def refused(sql: str, *values: Any) -> str:
    """Run ``sql``, which must be refused at once or at commit; returns the name of the rule that did it."""

    def attack() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as error:
        attack()
    diag = error.value.__cause__.diag  # type: ignore[union-attr]
    return diag.constraint_name or f"{diag.column_name} not null"


def set_(table: str, pk: int, **columns: Any) -> str:
    names = ", ".join(f"{name} = %s" for name in columns)
    return refused(f"UPDATE {table} SET {names} WHERE id = %s", *columns.values(), pk)


def copy_of(ticket: Ticket, *, contact: str = "contact_id", callback: str, key: str = "gen_random_uuid()") -> str:
    """Insert a second ticket like ``ticket``; returns the rule that refused it."""
    return refused(
        f"INSERT INTO {TICKET} (contact_id, callback_id, status, category_id, is_emergency, text, locality_name,"
        " street, house, entrance, floor, flat, registered_by_id, registered_at, works, act_number, returns,"
        " intake_key)"
        f" SELECT {contact}, {callback}, 'registered', category_id, false, 'x', '', 'ул. Мира', '1', '', '', '',"
        f" registered_by_id, registered_at, '', '', 0, {key} FROM {TICKET} WHERE id = %s",
        ticket.pk,
    )


def forbidden(sql: str) -> None:
    """Run ``sql``, which the application's role has no right to."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert getattr(error.value.__cause__, "pgcode", "") == "42501"


def test_the_tests_work_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("dispatch_app",)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = 'dispatch_app'")
        assert cursor.fetchone() == (0,)


# ── I1: a ticket holds its promise ───────────────────────────────────────────────────────────────────────────────


def test_a_ticket_without_a_promise_is_refused() -> None:
    assert copy_of(make_ticket(), callback="NULL") == "ticket_promise_is_its_own"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attnotnull FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'callback_id'", [TICKET]
        )
        assert cursor.fetchone() == (True,)


def test_one_promise_belongs_to_one_ticket() -> None:
    assert "callback_id" in copy_of(make_ticket(), callback="callback_id")


def test_a_ticket_may_not_borrow_the_promise_of_another_person() -> None:
    ticket, other = make_ticket(), make_promise(phone="+79100000001")
    assert copy_of(ticket, callback=str(other.pk)) == "ticket_promise_is_its_own"


def insert_promise(due: str, length: str, number: str = "+79100000001", state: str = "open") -> str:
    promise = make_promise()
    return refused(
        f"INSERT INTO {OBLIGATION} (contact_id, reason, state, promised_at, promised_length, due_at, deadline_id,"
        " is_danger, next_attempt_at, counted_attempts, occurrences, number, extension, waiver_note)"
        f" SELECT contact_id, reason, %s, promised_at, {length}, {due}, deadline_id, false, promised_at, 0, 1, %s, '',"
        f" '' FROM {OBLIGATION} WHERE id = %s",
        state,
        number,
        promise.pk,
    )


@pytest.mark.parametrize(
    ("due", "length", "rule"),
    [
        ("promised_at", "interval '10 min'", "obligation_due_within_promise"),
        ("promised_at + interval '11 min'", "interval '10 min'", "obligation_due_within_promise"),
        ("promised_at + interval '2 h'", "interval '2 h'", "obligation_first_answer_within_an_hour"),
        ("NULL", "interval '10 min'", "obligation_has_clock_unless_not_callable"),
    ],
)
def test_a_promise_is_due_within_its_length(due: str, length: str, rule: str) -> None:
    assert insert_promise(due, length) == rule


# ── I2: no closing without a talk ────────────────────────────────────────────────────────────────────────────────


def done_ticket() -> Ticket:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    attempt = start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=NOON + MINUTE)
    finish_attempt(attempt=attempt, outcome="reached", note="Ждите", at=NOON + 2 * MINUTE)
    move_ticket(ticket=ticket, step="start", actor=member_of(company), at=NOON + 3 * MINUTE)
    return move_ticket(
        ticket=ticket, step="done_by_phone", actor=ticket.registered_by, at=NOON + 4 * MINUTE, works="Сделано",
        said_by="Петров",
    )  # fmt: skip


def test_closing_while_a_call_is_owed_is_refused() -> None:
    ticket = done_ticket()
    assert set_(TICKET, ticket.pk, status="closed", closed_at=NOON) == "ticket_closing_owes_nothing"


def test_closing_with_a_waiver_instead_of_a_talk_is_refused() -> None:
    ticket = done_ticket()
    assert ticket.control_callback is not None
    waive(
        obligation=ticket.control_callback, waiver=CallbackObligation.Waiver.WRONG_NUMBER, by=ticket.registered_by,
        at=NOON + 5 * MINUTE,
    )  # fmt: skip
    assert set_(TICKET, ticket.pk, status="closed", closed_at=NOON) == "ticket_closing_was_earned"


def test_a_talk_before_the_work_was_reported_closes_nothing() -> None:
    ticket = done_ticket()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TICKET} SET done_at = %s WHERE id = %s", [NOON + 60 * MINUTE, ticket.pk])
    assert ticket.control_callback is not None
    attempt = start_attempt(
        obligation=ticket.control_callback, operator=ticket.registered_by, at=NOON + 5 * MINUTE
    )  # fmt: skip
    finish_attempt(attempt=attempt, outcome="reached", note="Рано", at=NOON + 6 * MINUTE)
    assert set_(TICKET, ticket.pk, status="closed", closed_at=NOON) == "ticket_closing_was_earned"


def test_cancelling_an_unanswered_call_is_refused() -> None:
    ticket = make_ticket()
    assert set_(TICKET, ticket.pk, status="cancelled", closed_at=NOON) == "ticket_closing_owes_nothing"


def test_a_closed_ticket_takes_no_new_promise_and_no_new_clock() -> None:
    ticket = done_ticket()
    assert ticket.control_callback is not None
    attempt = start_attempt(
        obligation=ticket.control_callback, operator=ticket.registered_by, at=NOON + 5 * MINUTE
    )  # fmt: skip
    finish_attempt(attempt=attempt, outcome="reached", note="Да", at=NOON + 6 * MINUTE)
    move_ticket(ticket=ticket, step="close", actor=ticket.registered_by, at=NOON + 7 * MINUTE)
    promise = make_promise(phone="+79100000001")
    insert = "INSERT INTO {} (ticket_id, {}) VALUES (%s, %s)"
    assert (
        refused(insert.format("tickets_ticketpromise", "obligation_id"), ticket.pk, promise.pk)
        == "promise_needs_live_ticket"
    )
    assert (
        refused(insert.format("tickets_ticketdeadline", "deadline_id"), ticket.pk, promise.deadline_id)
        == "promise_needs_live_ticket"
    )
    rule = refused(
        f"INSERT INTO {EVENT} (ticket_id, step, actor_id, from_status, to_status, happened_at, reason, note, details)"
        " VALUES (%s, 'reopen', %s, 'closed', 'assigned', %s, '', '', '{}');"
        f" UPDATE {TICKET} SET status = 'assigned', closed_at = NULL, done_at = NULL WHERE id = %s",
        ticket.pk,
        ticket.registered_by_id,
        NOON,
        ticket.pk,
    )
    assert rule == "ticket_reopening_promises"


# ── I3: legal moves only (every pair is tried in tickets/tests/test_workflow.py) ─────────────────────────────────


def test_a_leap_is_refused_and_so_is_an_unknown_status() -> None:
    ticket = make_ticket()
    assert set_(TICKET, ticket.pk, status="done", done_at=NOON) == "ticket_move_is_legal"
    assert set_(TICKET, ticket.pk, status="lost") == "ticket_move_is_legal"


def test_a_move_without_its_line_in_the_history_is_refused() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert set_(TICKET, ticket.pk, status="accepted", accepted_at=NOON) == "ticket_move_is_written_down"


# ── I4, I5: final is final; promises and starts do not move ──────────────────────────────────────────────────────


def kept_promise() -> CallbackObligation:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)
    return finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=NOON + 2 * MINUTE)


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


# ── I6: rungs ────────────────────────────────────────────────────────────────────────────────────────────────────


def insert_rung(deadline: Deadline, *, rung: int, due: Any, raised: Any) -> str:
    return refused(
        f"INSERT INTO {ESCALATION} (deadline_id, rung, audience, rung_due_at, raised_at, acknowledged_note)"
        " VALUES (%s, %s, 'supervisor', %s, %s, '')",
        deadline.pk,
        rung,
        due,
        raised,
    )


def test_a_rung_never_rings_early_or_in_the_future() -> None:
    deadline = make_promise().deadline
    assert deadline is not None
    due = deadline.next_rung_at
    assert insert_rung(deadline, rung=1, due=due, raised=NOON) == "escalation_never_early"
    assert insert_rung(deadline, rung=1, due=due, raised=NOON.replace(year=2199)) == "escalation_never_early"
    assert insert_rung(deadline, rung=1, due=NOON, raised=NOON) == "escalation_of_running_clock"
    assert insert_rung(deadline, rung=2, due=due, raised=due) == "escalation_of_running_clock"


def test_a_rung_without_its_message_is_refused() -> None:
    deadline = make_promise().deadline
    assert deadline is not None
    assert insert_rung(deadline, rung=1, due=deadline.next_rung_at, raised=deadline.due_at) == "escalation_has_message"


def test_a_rung_rings_once() -> None:
    make_promise()
    escalate_overdue_batch(at=NOON + 10 * MINUTE)
    deadline = Deadline.objects.get()
    assert insert_rung(deadline, rung=1, due=NOON + 10 * MINUTE, raised=NOON + 10 * MINUTE) in {
        "escalation_once_per_rung",
        "escalation_of_running_clock",
    }


def test_a_rung_of_a_kept_promise_is_refused() -> None:
    deadline = kept_promise().deadline
    assert deadline is not None
    rule = insert_rung(deadline, rung=1, due=NOON + 10 * MINUTE, raised=NOON + 10 * MINUTE)
    assert rule == "escalation_of_running_clock"


def test_a_rung_may_not_be_skipped() -> None:
    deadline = make_promise().deadline
    assert deadline is not None
    rule = set_(DEADLINE, deadline.pk, next_rung=2, next_rung_at=NOON + 20 * MINUTE)
    assert rule == "deadline_rung_was_raised"


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


# ── I8: history is append-only ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sql",
    [
        f"UPDATE {EVENT} SET note = 'иначе'",
        f"DELETE FROM {EVENT}",
        f"TRUNCATE {EVENT} CASCADE",
        "UPDATE accounts_accessrecord SET reason = ''",
        "DELETE FROM accounts_accessrecord",
        f"DELETE FROM {ATTEMPT}",
        f"DELETE FROM {OBLIGATION}",
        f"DELETE FROM {ESCALATION}",
        f"DELETE FROM {DEADLINE}",
        f"DELETE FROM {TICKET}",
        "DELETE FROM callbacks_contact",
        "DELETE FROM callbacks_outbox",
        f"ALTER TABLE {EVENT} DISABLE TRIGGER ALL",
        f"DROP TRIGGER event_append_only ON {EVENT}",
    ],
)
def test_the_application_may_not_rewrite_history(sql: str) -> None:
    make_ticket()
    forbidden(sql)


def test_even_the_owner_does_not_rewrite_history_by_mistake() -> None:
    make_ticket()
    AccessRecord.objects.create(actor=UserFactory.create(), what="phone", subject="26-000001")
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    try:
        assert refused(f"UPDATE {EVENT} SET note = 'иначе'") == "event_append_only"
        assert refused(f"DELETE FROM {EVENT}") == "event_append_only"
        assert refused(f"TRUNCATE {EVENT} CASCADE") == "event_append_only"
        assert refused("UPDATE accounts_accessrecord SET reason = 'иначе'") == "access_append_only"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE dispatch_app")


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
