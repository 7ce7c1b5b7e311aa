"""The second look at stored rows: silent in health, loud when the guards were switched off."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from callbacks.services import escalate_overdue_batch
from tickets.services.invariants import broken_invariants
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, make_promise, make_ticket

pytestmark = pytest.mark.django_db

# What somebody with too many rights might do, and which rule must notice.
HARM = {
    "I2 a dead ticket on which a call is still owed": "UPDATE tickets_ticket SET status = 'closed', closed_at = now()",
    "I3 a status that its history does not tell": "UPDATE tickets_ticket SET status = 'registered'",
    "I5 a promise whose clock runs otherwise than it says":
        "UPDATE callbacks_deadline SET due_at = due_at + interval '1 h' WHERE clock = 'first_answer'",
    "I6 a rung that told nobody": "DELETE FROM callbacks_outbox",
    "I8 a ticket without the line of its registration": "DELETE FROM tickets_ticketevent WHERE step = 'register'",
    "I10 a running clock that skipped a rung": "DELETE FROM callbacks_outbox; DELETE FROM callbacks_escalation",
}  # fmt: skip


def a_lived_in_database() -> None:
    make_ticket(company=CompanyFactory.create())
    make_promise(phone="+79100000002")
    escalate_overdue_batch(at=NOON + 10 * MINUTE)


def test_health_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    a_lived_in_database()
    call_command("check_invariants")
    assert "rules hold" in capsys.readouterr().out


@pytest.mark.parametrize("rule", HARM)
def test_harm_is_noticed(rule: str) -> None:
    a_lived_in_database()
    with connection.cursor() as cursor:
        # Whatever is still to be checked is checked before the guards are taken away.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE; SET LOCAL session_replication_role = replica")
        cursor.execute(HARM[rule])
        cursor.execute("SET LOCAL session_replication_role = origin; SET ROLE dispatch_app")
    assert rule in {broken.rule for broken in broken_invariants()}
    with pytest.raises(CommandError):
        call_command("check_invariants")
