"""Tickets and their history (I1–I3, I8)."""

import pytest
from django.db import connection

from accounts.models import AccessRecord
from callbacks.models import CallbackObligation
from callbacks.services import (
    start_attempt,
    waive,
)
from callbacks.services.attempts import finish_attempt
from tests.invariants.attacks import (
    ATTEMPT,
    DEADLINE,
    ESCALATION,
    EVENT,
    OBLIGATION,
    TICKET,
    copy_of,
    done_ticket,
    forbidden,
    insert_promise,
    refused,
    set_,
)
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    make_promise,
    make_ticket,
)

pytestmark = pytest.mark.django_db


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


def test_a_line_of_the_history_begins_where_the_last_one_ended() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    rule = refused(
        f"INSERT INTO {EVENT} (ticket_id, step, actor_id, from_status, to_status, happened_at, reason, note, details)"
        " VALUES (%s, 'report_done', %s, 'in_work', 'done', %s, '', '', '{}')",
        ticket.pk,
        ticket.registered_by_id,
        NOON,
    )
    assert rule == "event_follows_history"


def test_a_move_without_its_line_in_the_history_is_refused() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert set_(TICKET, ticket.pk, status="accepted", accepted_at=NOON) == "ticket_move_is_written_down"


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
