"""How the database is attacked."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from callbacks.models import CallbackObligation, Deadline
from callbacks.services import (
    start_attempt,
)
from callbacks.services.attempts import finish_attempt
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    make_promise,
    make_ticket,
    member_of,
)

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


def kept_promise() -> CallbackObligation:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + MINUTE)
    return finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=NOON + 2 * MINUTE)


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


def insert_rung(deadline: Deadline, *, rung: int, due: Any, raised: Any, is_warning: bool = True) -> str:
    return refused(
        f"INSERT INTO {ESCALATION} (deadline_id, rung, audience, rung_due_at, raised_at, acknowledged_note, is_warning)"
        " VALUES (%s, %s, 'supervisor', %s, %s, '', %s)",
        deadline.pk,
        rung,
        due,
        raised,
        is_warning,
    )
