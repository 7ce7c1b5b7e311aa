"""What must never be in the database, as queries that return nothing.

The schema refuses all of it already; these look at what is stored with other eyes, after faults, restores and repairs
by hand. Nothing here comes from outside: the statements are put together from the constants of this module.
"""
# ruff: noqa: S608

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from zlib import crc32

import structlog
from django.db import connection, transaction

from accounts.models import E164
from tickets.models import InvariantCheck
from tickets.workflow import STEPS

log = structlog.get_logger(__name__)

OUTSTANDING = "('open', 'claimed', 'dialling', 'exhausted')"
DEAD = "('closed', 'closed_unconfirmed', 'cancelled', 'duplicate')"
FINAL = "('kept', 'satisfied', 'waived')"
UNHEARD = "('missed_call', 'dropped_call', 'message')"
MOVES = ", ".join(
    sorted({f"('{source}', '{step.target}')" for step in STEPS.values() if step.target for source in step.sources})
)
# Nothing in these is ever deleted by the application.
KEPT = ", ".join(
    f"'{table}'"
    for table in (
        "callbacks_contact", "callbacks_deadline", "callbacks_callbackobligation", "callbacks_callattempt",
        "callbacks_escalation", "callbacks_outbox", "callbacks_envelope", "callbacks_clockrule", "callbacks_rung",
        "tickets_ticket", "tickets_ticketdeadline", "tickets_ticketpromise", "tickets_ticketevent",
        "tickets_outage", "tickets_outagenews", "tickets_addedcontact", "tickets_holding",
        "tickets_ticketphoto", "tickets_sentstep",
        "accounts_accessrecord",
    )
)  # fmt: skip
OURS = "^(accounts|callbacks|companies|tickets)_"
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
    "I1 a promise that is due before it was made, or later than was promised": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE o.due_at <= o.promised_at OR o.due_at > o.promised_at + o.promised_length""",
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
    "I2 a ticket opened again without a new promise": f"""
        SELECT e.id FROM tickets_ticketevent e
        WHERE e.from_status IN {DEAD} AND e.to_status NOT IN {DEAD} AND NOT EXISTS (
            SELECT 1 FROM tickets_ticketpromise p JOIN callbacks_callbackobligation o ON o.id = p.obligation_id
            WHERE p.ticket_id = e.ticket_id AND o.promised_at >= e.happened_at)""",
    "I3 a status that its history does not tell": """
        SELECT t.id FROM tickets_ticket t WHERE t.status <> (
            SELECT e.to_status FROM tickets_ticketevent e WHERE e.ticket_id = t.id ORDER BY e.id DESC LIMIT 1)""",
    "I3 an open turn of an organisation that does not have the ticket": f"""
        SELECT h.id FROM tickets_holding h JOIN tickets_ticket t ON t.id = h.ticket_id
        WHERE h.ended_at IS NULL AND (t.company_id IS DISTINCT FROM h.company_id
                                      OR t.status IN {DEAD} OR t.status IN ('registered', 'rejected'))""",
    "I3 a step that the workflow does not know": f"""
        SELECT e.id FROM tickets_ticketevent e
        WHERE e.from_status NOT IN ('', e.to_status) AND (e.from_status, e.to_status) NOT IN ({MOVES})""",
    "I3 a history with a leap": """
        SELECT e.id FROM (
            SELECT id, from_status, lag(to_status) OVER (PARTITION BY ticket_id ORDER BY id) AS before
            FROM tickets_ticketevent) e
        WHERE e.before IS NOT NULL AND e.from_status NOT IN ('', e.before)""",
    "I4 two open calls owed to one number that was not heard": f"""
        SELECT min(o.id) FROM callbacks_callbackobligation o
        WHERE o.reason IN {UNHEARD} AND o.number <> '' AND o.state IN {OUTSTANDING}
        GROUP BY o.number, o.extension HAVING count(*) > 1""",
    "I4 a settled promise without its moment, or an open one with it": f"""
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE (o.state IN {FINAL}) <> (o.settled_at IS NOT NULL)""",
    "I4 one promise in two places": f"""
        SELECT p.obligation_id FROM ({OWN_PROMISES}) p GROUP BY p.obligation_id HAVING count(*) > 1""",
    "I5 a promise whose clock runs otherwise than it says": f"""
        SELECT o.id FROM callbacks_callbackobligation o JOIN callbacks_deadline d ON d.id = o.deadline_id
        WHERE o.due_at <> d.due_at OR o.promised_at <> d.started_at
           OR (o.state IN {OUTSTANDING}) <> (d.stopped_at IS NULL)""",
    "I6 a rung that rang early": """
        SELECT e.id FROM callbacks_escalation e WHERE e.raised_at < e.rung_due_at""",
    "I6 a warning after its deadline, or an alarm before it": """
        SELECT e.id FROM callbacks_escalation e JOIN callbacks_deadline d ON d.id = e.deadline_id
        WHERE e.is_warning <> (e.rung_due_at < d.due_at)""",
    "I6 a rung that rang twice": """
        SELECT min(e.id) FROM callbacks_escalation e GROUP BY e.deadline_id, e.rung HAVING count(*) > 1""",
    "I6 a rung that rang after its clock had stopped": f"""
        SELECT e.id FROM callbacks_escalation e JOIN callbacks_deadline d ON d.id = e.deadline_id
        WHERE e.recorded_at > d.stopped_at AND e.raised_at > d.stopped_at + {LOCK_WAIT}""",
    "I6 a rung that told nobody": """
        SELECT e.id FROM callbacks_escalation e
        WHERE NOT EXISTS (SELECT 1 FROM callbacks_outbox m WHERE m.escalation_id = e.id)""",
    "I6 a ringing of a rung that told nobody, or told twice": """
        SELECT e.id FROM callbacks_escalation e WHERE e.repeats + 1 <> (
            SELECT count(DISTINCT m.turn) FROM callbacks_outbox m WHERE m.escalation_id = e.id)""",
    "I6 a rung that rings on although somebody answered": """
        SELECT e.id FROM callbacks_escalation e WHERE e.acknowledged_at IS NOT NULL AND (e.repeat_at IS NOT NULL
            OR EXISTS (SELECT 1 FROM callbacks_outbox m WHERE m.escalation_id = e.id AND m.turn > 0
                       AND m.created_at > e.acknowledged_at + interval '15 seconds'))""",
    "I6 two messages of one minute to one person": """
        SELECT min(v.id) FROM callbacks_envelope v GROUP BY v.channel, v.recipient_id, v.minute
        HAVING count(*) > 1""",
    "I6 a message that left without an envelope, or an envelope that left without its messages": """
        SELECT m.id FROM callbacks_outbox m LEFT JOIN callbacks_envelope v ON v.id = m.envelope_id
        WHERE m.channel <> 'screen' AND (m.sent_at IS NULL) <> (v.sent_at IS NULL)""",
    "I6 an envelope with nothing in it": """
        SELECT v.id FROM callbacks_envelope v
        WHERE NOT EXISTS (SELECT 1 FROM callbacks_outbox m WHERE m.envelope_id = v.id)""",
    "I7 kept without a talk with this number": """
        SELECT o.id FROM callbacks_callbackobligation o LEFT JOIN callbacks_callattempt a ON a.id = o.settled_by_id
        WHERE o.state IN ('kept', 'satisfied')
          AND coalesce(a.outcome <> 'reached' OR a.number <> o.number OR a.note ~ '^\\s*$'
                       OR a.direction <> CASE o.state WHEN 'kept' THEN 'out' ELSE 'in' END
                       OR a.started_at < o.promised_at OR a.ended_at > o.settled_at, true)""",
    "I7 waived without a reason or a name": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE o.state = 'waived' AND (o.waiver IS NULL OR o.waived_by_id IS NULL)""",
    "I7 not reached, said before three tries or without a word": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE (o.waiver = 'not_reached' AND o.counted_attempts < 3)
           OR (o.waiver IN ('not_reached', 'caller_declined', 'other') AND o.waiver_note ~ '^\\s*$')""",
    "I8 a ticket without the line of its registration": """
        SELECT t.id FROM tickets_ticket t WHERE NOT EXISTS (
            SELECT 1 FROM tickets_ticketevent e WHERE e.ticket_id = t.id AND e.step = 'register')""",
    "I8 a table that the application may empty": f"""
        SELECT c.oid::bigint FROM pg_class c
        WHERE c.relname IN ({KEPT}) AND (has_table_privilege('dispatch_app', c.oid, 'DELETE, TRUNCATE')
            OR pg_get_userbyid(c.relowner) = 'dispatch_app'
            OR c.relname = 'tickets_ticketevent' AND has_table_privilege('dispatch_app', c.oid, 'UPDATE'))""",
    "I8 a guard that is switched off": f"""
        SELECT g.oid::bigint FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
        WHERE NOT g.tgisinternal AND g.tgenabled NOT IN ('O', 'A') AND c.relname ~ '{OURS}'
        UNION ALL
        SELECT k.oid::bigint FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE NOT k.convalidated AND c.relname ~ '{OURS}'""",
    "I9 one form, two tickets": """
        SELECT min(t.id) FROM tickets_ticket t GROUP BY t.intake_key HAVING count(*) > 1""",
    "I9 one form, two contacts": """
        SELECT min(c.id) FROM callbacks_contact c WHERE c.intake_key IS NOT NULL
        GROUP BY c.intake_key HAVING count(*) > 1""",
    "I10 a number without a clock, or a clock without a number": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE (o.number <> '') <> (o.deadline_id IS NOT NULL AND o.due_at IS NOT NULL)
           OR (o.state = 'not_callable' AND o.number <> '')""",
    "I10 a running clock that skipped a rung": """
        SELECT d.id FROM callbacks_deadline d WHERE d.next_rung > d.first_rung AND (
            SELECT count(*) FROM callbacks_escalation e WHERE e.deadline_id = d.id AND e.rung < d.next_rung)
            <> d.next_rung - d.first_rung AND d.stopped_at IS NULL""",
    "I10 a running clock whose ladder nobody wrote down": """
        SELECT d.id FROM callbacks_deadline d
        LEFT JOIN callbacks_rung r ON r.rule_id = d.rule_id AND r.number = d.next_rung
        WHERE d.stopped_at IS NULL AND d.next_rung IS NOT NULL AND r.id IS NULL""",
    "I10 a clock of the work that has lost its ladder": """
        SELECT d.id FROM callbacks_deadline d JOIN tickets_ticketdeadline l ON l.deadline_id = d.id
        WHERE d.stopped_at IS NULL AND d.next_rung IS NULL AND d.rule_id IS NOT NULL AND (
            SELECT coalesce(max(e.rung), 0) FROM callbacks_escalation e WHERE e.deadline_id = d.id)
            < (SELECT max(r.number) FROM callbacks_rung r WHERE r.rule_id = d.rule_id)""",
    "I12 a telephone that cannot be dialled": f"""
        SELECT c.id FROM callbacks_contact c
        WHERE c.phone !~ '{E164}' AND (c.phone <> '' OR c.no_phone_reason = '')
        UNION ALL SELECT o.id FROM callbacks_callbackobligation o WHERE o.number <> '' AND o.number !~ '{E164}'
        UNION ALL SELECT a.id FROM callbacks_callattempt a WHERE a.number !~ '{E164}'
        UNION ALL SELECT u.id FROM accounts_user u WHERE u.phone <> '' AND u.phone !~ '{E164}'""",
    "I12 a ticket without words or an address": """
        SELECT t.id FROM tickets_ticket t
        WHERE t.text ~ '^\\s*$' OR length(t.text) > 8000 OR t.street = '' OR t.house = ''""",
    "I13 a call in progress about what is settled": """
        SELECT a.id FROM callbacks_callattempt a JOIN callbacks_callbackobligation o ON o.id = a.obligation_id
        WHERE a.ended_at IS NULL AND o.state IN ('kept', 'satisfied', 'waived')""",
    "I13 a claim without an owner or an end": """
        SELECT o.id FROM callbacks_callbackobligation o
        WHERE (o.state IN ('claimed', 'dialling')) <> (o.claimed_by_id IS NOT NULL AND o.claimed_until IS NOT NULL)""",
    "I13 two calls in progress to one number": """
        SELECT min(a.id) FROM callbacks_callattempt a WHERE a.ended_at IS NULL GROUP BY a.number HAVING count(*) > 1""",
    "I13 a call in progress that nobody makes": """
        SELECT o.id FROM callbacks_callbackobligation o WHERE o.state = 'dialling' AND NOT EXISTS (
            SELECT 1 FROM callbacks_callattempt a WHERE a.obligation_id = o.id AND a.ended_at IS NULL)""",
    "I14 a row that is older than what it tells": f"""
        SELECT c.id FROM callbacks_contact c WHERE c.received_at > c.recorded_at + {LOCK_WAIT}
        UNION ALL SELECT o.id FROM callbacks_callbackobligation o WHERE o.promised_at > o.recorded_at + {LOCK_WAIT}
        UNION ALL SELECT a.id FROM callbacks_callattempt a WHERE a.started_at > a.recorded_at + {LOCK_WAIT}
        UNION ALL SELECT e.id FROM callbacks_escalation e WHERE e.raised_at > e.recorded_at + {LOCK_WAIT}
        UNION ALL SELECT t.id FROM tickets_ticket t WHERE t.registered_at > t.recorded_at + {LOCK_WAIT}
        UNION ALL SELECT v.id FROM tickets_ticketevent v WHERE v.happened_at > v.recorded_at + {LOCK_WAIT}""",
    "I16 a clock of news that runs without an open outage": """
        SELECT d.id FROM callbacks_deadline d LEFT JOIN tickets_outage o ON o.news_deadline_id = d.id
        WHERE d.clock = 'outage_news' AND d.stopped_at IS NULL
          AND (o.id IS NULL OR o.ended_at IS NOT NULL OR o.called_off_at IS NOT NULL)""",
    "I16 an open outage that owes no news": """
        SELECT o.id FROM tickets_outage o LEFT JOIN callbacks_deadline d ON d.id = o.news_deadline_id
        WHERE o.ended_at IS NULL AND o.called_off_at IS NULL AND (d.id IS NULL OR d.stopped_at IS NOT NULL)""",
    "I16 an outage without a house, a service or a first word": """
        SELECT o.id FROM tickets_outage o
        WHERE NOT EXISTS (SELECT 1 FROM tickets_outagebuilding b WHERE b.outage_id = o.id)
           OR NOT EXISTS (SELECT 1 FROM tickets_outage_services s WHERE s.outage_id = o.id)
           OR NOT EXISTS (SELECT 1 FROM tickets_outagenews n WHERE n.outage_id = o.id)""",
    "I16 told live without a talk that keeps the promise": """
        SELECT t.id FROM tickets_ticket t JOIN callbacks_callbackobligation o ON o.id = t.callback_id
        WHERE t.told_live_at IS NOT NULL AND (t.outage_id IS NULL OR o.state <> 'satisfied')""",
    "I17 repeats that nobody made, or that nobody counted": """
        SELECT t.id FROM tickets_ticket t LEFT JOIN tickets_addedcontact a
            ON a.ticket_id = t.id AND a.kind = 'repeat'
        WHERE t.repeats > 0 OR a.id IS NOT NULL GROUP BY t.id HAVING t.repeats <> count(a.id)""",
    "I17 a neighbour without a promise of his own": """
        SELECT a.id FROM tickets_addedcontact a WHERE a.kind = 'neighbour' AND NOT EXISTS (
            SELECT 1 FROM tickets_ticketpromise p JOIN callbacks_callbackobligation o ON o.id = p.obligation_id
            WHERE p.ticket_id = a.ticket_id AND o.contact_id = a.contact_id)""",
    "I17 a joined call that ended as something else": """
        SELECT a.id FROM tickets_addedcontact a JOIN callbacks_contact c ON c.id = a.contact_id
        WHERE c.ended_as IS DISTINCT FROM 'added'""",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that stored rows break, with up to ten of their ids."""

    rule: str
    count: int
    ids: tuple[int, ...]


# A page must be quick; an examination of ten years need not.
PATIENCE = "10min"
# Only one examination runs at a time: the second would tell nothing new.
ALONE = crc32(b"tickets.check_invariants")


def broken_invariants() -> list[Broken]:
    """Every rule that some stored row breaks; an empty list is health. Read as it stands, rule by rule."""
    found = []
    for rule, query in QUERIES.items():
        # A transaction per rule: a single long one would keep PostgreSQL from tidying up behind everybody else.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
            cursor.execute(f"SELECT count(*), (array_agg(id ORDER BY id))[1:10] FROM ({query}) AS broken(id)")
            row = cursor.fetchone()
            assert row is not None
            count, ids = row
        if count:
            found.append(Broken(rule, count, tuple(ids)))
    return found


def check_invariants(*, at: datetime) -> InvariantCheck | None:
    """Examine the stored rows and keep what was found; None while somebody else is at it."""
    with _alone() as alone:
        if not alone:
            return None
        started = time.monotonic()
        broken = broken_invariants()
        for rule in broken:
            log.error("invariant_broken", rule=rule.rule, count=rule.count, ids=rule.ids)
        return InvariantCheck.objects.create(
            checked_at=at, seconds=round(time.monotonic() - started, 2), broken=[asdict(rule) for rule in broken]
        )


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ALONE])
        row = cursor.fetchone()
    assert row is not None
    try:
        yield row[0]
    finally:
        if row[0]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ALONE])


def is_being_checked() -> bool:
    """Whether an examination runs now, in whatever process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s::oid AND classid = 0"
            " AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [ALONE],
        )
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])
