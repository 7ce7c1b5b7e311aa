"""What must never be in the database, as queries that return nothing.

The schema refuses all of it already; these look at what is stored with other eyes, after faults, restores and repairs
by hand. Nothing here comes from outside: the statements are put together from the constants of this module.
"""
# ruff: noqa: S608

from dataclasses import dataclass

from django.db import connection

OUTSTANDING = "('open', 'claimed', 'dialling', 'exhausted')"
DEAD = "('closed', 'closed_unconfirmed', 'cancelled', 'duplicate')"
OWN_PROMISES = """
    SELECT t.id AS ticket_id, t.callback_id AS obligation_id FROM tickets_ticket t
    UNION ALL SELECT t.id, t.control_callback_id FROM tickets_ticket t WHERE t.control_callback_id IS NOT NULL
    UNION ALL SELECT p.ticket_id, p.obligation_id FROM tickets_ticketpromise p
"""

# A service is told the moment before it waits for the row, so a rung that was raised meanwhile may seem later by the
# length of a statement's limit.
LOCK_WAIT = "interval '15 seconds'"

QUERIES: dict[str, str] = {
    "I1 a ticket without its own first promise": """
        SELECT t.id FROM tickets_ticket t LEFT JOIN callbacks_callbackobligation o ON o.id = t.callback_id
        WHERE o.id IS NULL OR o.contact_id <> t.contact_id OR o.reason <> 'first_answer'""",
    "I2 a dead ticket on which a call is still owed": f"""
        SELECT t.id FROM tickets_ticket t JOIN ({OWN_PROMISES}) p ON p.ticket_id = t.id
        JOIN callbacks_callbackobligation o ON o.id = p.obligation_id
        WHERE t.status IN {DEAD} AND o.state IN {OUTSTANDING}""",
    "I2 a ticket closed without a talk after the work, or a waiver": """
        SELECT t.id FROM tickets_ticket t LEFT JOIN callbacks_callbackobligation o ON o.id = t.control_callback_id
        WHERE (t.status = 'closed' AND coalesce(o.state NOT IN ('kept', 'satisfied') OR o.settled_at < t.done_at, true))
           OR (t.status = 'closed_unconfirmed' AND coalesce(o.state <> 'waived', true))""",
    "I2 a dead ticket with a running clock": f"""
        SELECT t.id FROM tickets_ticket t JOIN tickets_ticketdeadline l ON l.ticket_id = t.id
        JOIN callbacks_deadline d ON d.id = l.deadline_id WHERE t.status IN {DEAD} AND d.stopped_at IS NULL""",
    "I3 a status that its history does not tell": """
        SELECT t.id FROM tickets_ticket t WHERE t.status <> (
            SELECT e.to_status FROM tickets_ticketevent e WHERE e.ticket_id = t.id ORDER BY e.id DESC LIMIT 1)""",
    "I4 two open missed calls of one number": f"""
        SELECT min(o.id) FROM callbacks_callbackobligation o
        WHERE o.reason = 'missed_call' AND o.number <> '' AND o.state IN {OUTSTANDING}
        GROUP BY o.number, o.extension HAVING count(*) > 1""",
    "I5 a promise whose clock runs otherwise than it says": f"""
        SELECT o.id FROM callbacks_callbackobligation o JOIN callbacks_deadline d ON d.id = o.deadline_id
        WHERE o.due_at <> d.due_at OR (o.state IN {OUTSTANDING}) <> (d.stopped_at IS NULL)""",
    "I6 a rung that rang early": """
        SELECT e.id FROM callbacks_escalation e WHERE e.raised_at < e.rung_due_at""",
    "I6 a rung that rang twice": """
        SELECT min(e.id) FROM callbacks_escalation e GROUP BY e.deadline_id, e.rung HAVING count(*) > 1""",
    "I6 a rung that rang after its clock had stopped": f"""
        SELECT e.id FROM callbacks_escalation e JOIN callbacks_deadline d ON d.id = e.deadline_id
        WHERE e.recorded_at > d.stopped_at AND e.raised_at > d.stopped_at + {LOCK_WAIT}""",
    "I6 a rung that told nobody": """
        SELECT e.id FROM callbacks_escalation e
        WHERE NOT EXISTS (SELECT 1 FROM callbacks_outbox m WHERE m.escalation_id = e.id)""",
    "I7 kept without a talk with this number": """
        SELECT o.id FROM callbacks_callbackobligation o LEFT JOIN callbacks_callattempt a ON a.id = o.settled_by_id
        WHERE o.state IN ('kept', 'satisfied')
          AND coalesce(a.outcome <> 'reached' OR a.number <> o.number OR a.note = '', true)""",
    "I7 waived without a reason or a name": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE o.state = 'waived' AND (o.waiver IS NULL OR o.waived_by_id IS NULL)""",
    "I8 a ticket without the line of its registration": """
        SELECT t.id FROM tickets_ticket t WHERE NOT EXISTS (
            SELECT 1 FROM tickets_ticketevent e WHERE e.ticket_id = t.id AND e.step = 'register')""",
    "I10 an open promise that waits for no clock": f"""
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE o.state IN {OUTSTANDING} AND (o.deadline_id IS NULL OR o.due_at IS NULL)""",
    "I10 a running clock that skipped a rung": """
        SELECT d.id FROM callbacks_deadline d WHERE d.next_rung > 1 AND (
            SELECT count(*) FROM callbacks_escalation e WHERE e.deadline_id = d.id AND e.rung < d.next_rung)
            <> d.next_rung - 1 AND d.stopped_at IS NULL""",
    "I13 a claim without an owner or an end": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE (o.state IN ('claimed', 'dialling')) <> (o.claimed_by_id IS NOT NULL AND o.claimed_until IS NOT NULL)""",
    "I13 two calls in progress to one number": """
        SELECT min(a.id) FROM callbacks_callattempt a WHERE a.ended_at IS NULL GROUP BY a.number HAVING count(*) > 1""",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that stored rows break, with up to ten of their ids."""

    rule: str
    count: int
    ids: tuple[int, ...]


def broken_invariants() -> list[Broken]:
    """Every rule that some stored row breaks; an empty list is health."""
    found = []
    with connection.cursor() as cursor:
        for rule, query in QUERIES.items():
            cursor.execute(f"SELECT count(*), (array_agg(id ORDER BY id))[1:10] FROM ({query}) AS broken(id)")
            row = cursor.fetchone()
            assert row is not None
            count, ids = row
            if count:
                found.append(Broken(rule, count, tuple(ids)))
    return found
