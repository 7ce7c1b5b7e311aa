"""The second look at stored rows: silent in health, loud when the guards were switched off."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import clock
from callbacks.models import CallbackObligation, Contact
from callbacks.services import escalate_overdue_batch, finish_attempt, start_attempt
from callbacks.services.delivery import pack
from tickets.models import AddedContact, InvariantCheck
from tickets.services import add_to_ticket
from tickets.services.invariants import ALONE, QUERIES, broken_invariants, check_invariants, is_being_checked
from tickets.tasks import check_invariants as task
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_promise, make_ticket, on_duty
from tickets.tests.test_outages import announced, called

pytestmark = pytest.mark.django_db

SOMEBODY = "(SELECT min(id) FROM accounts_user)"
ANOTHER_ENVELOPE = """INSERT INTO callbacks_envelope
    (channel, recipient_id, minute, key, created_at, next_try_at, tries, last_error)
    SELECT channel, recipient_id, minute + interval '{}', gen_random_uuid(), created_at, next_try_at, 0, ''
    FROM callbacks_envelope"""
ANOTHER_EVENT = """INSERT INTO tickets_ticketevent
    (ticket_id, step, actor_id, from_status, to_status, happened_at, recorded_at, reason, note, details)
    SELECT id, '{0}', registered_by_id, '{1}', '{2}', now(), now(), '', '', '{{}}' FROM tickets_ticket"""


def without(constraint: str, harm: str) -> str:
    """The harm that a constraint would refuse even the owner; what is left is the second look."""
    model = constraint.partition("_")[0]
    tables = {"tickets": "tickets_ticket", "ticket": "tickets_ticket", "attempt": "callbacks_callattempt",
              "obligation": "callbacks_callbackobligation"}  # fmt: skip
    return f"ALTER TABLE {tables.get(model, f'callbacks_{model}')} DROP CONSTRAINT {constraint}; {harm}"


# What somebody with too many rights might do, and which rule must notice.
HARM = {
    "I1 a ticket without its own first promise":
        "UPDATE callbacks_callbackobligation SET reason = 'promised_later' WHERE reason = 'first_answer'",
    "I1 a promise that is due before it was made, or later than was promised": without(
        "obligation_due_within_promise", "UPDATE callbacks_callbackobligation SET promised_length = '1 second'"),
    "I2 a dead ticket on which a call is still owed": "UPDATE tickets_ticket SET status = 'closed', closed_at = now()",
    "I2 a ticket closed without a talk after the work, or a waiver":
        "UPDATE tickets_ticket SET status = 'closed', closed_at = now()",
    "I2 a dead ticket with a running clock": "UPDATE tickets_ticket SET status = 'closed', closed_at = now()",
    "I2 a ticket opened again without a new promise": ANOTHER_EVENT.format("reopen", "closed", "assigned"),
    "I3 a status that its history does not tell": "UPDATE tickets_ticket SET status = 'registered'",
    "I3 a step that the workflow does not know": ANOTHER_EVENT.format("accept", "closed", "accepted"),
    "I3 a history with a leap": ANOTHER_EVENT.format("comment", "done", "done"),
    "I4 two open calls owed to one number that was not heard":
        "DROP INDEX obligation_one_missed_call_per_number;"
        "UPDATE callbacks_callbackobligation SET reason = 'message', number = '+79100000002'",
    "I4 a settled promise without its moment, or an open one with it": without(
        "obligation_outstanding_is_not_settled", "UPDATE callbacks_callbackobligation SET settled_at = now()"),
    "I4 one promise in two places":
        "INSERT INTO tickets_ticketpromise (ticket_id, obligation_id) SELECT id, callback_id FROM tickets_ticket",
    "I5 a promise whose clock runs otherwise than it says":
        "UPDATE callbacks_deadline SET due_at = due_at + interval '1 h' WHERE clock = 'first_answer'",
    "I6 a rung that rang early": without(
        "escalation_never_early", "UPDATE callbacks_escalation SET rung_due_at = raised_at + interval '1 s'"),
    "I6 a warning after its deadline, or an alarm before it":
        "UPDATE callbacks_escalation SET is_warning = NOT is_warning, repeat_at = NULL",
    "I6 a rung that rang twice": without("escalation_once_per_rung", "UPDATE callbacks_escalation SET rung = 1"),
    "I6 a rung that rang after its clock had stopped":
        "UPDATE callbacks_deadline SET stopped_at = started_at + interval '1 min', outcome = 'met'",
    "I6 a rung that told nobody": "DELETE FROM callbacks_outbox",
    "I6 a ringing of a rung that told nobody, or told twice":
        "UPDATE callbacks_escalation SET repeats = repeats + 1 WHERE NOT is_warning",
    "I6 a rung that rings on although somebody answered": without(
        "escalation_answered_rings_no_more",
        f"UPDATE callbacks_escalation SET acknowledged_at = raised_at, acknowledged_by_id = {SOMEBODY},"
        " repeat_at = now() WHERE NOT is_warning"),
    "I6 two messages of one minute to one person": without(
        "envelope_once_per_minute", ANOTHER_ENVELOPE.format("0 min")),
    "I6 a message that left without an envelope, or an envelope that left without its messages":
        "UPDATE callbacks_outbox SET sent_at = now() WHERE channel = 'email'",
    "I6 an envelope with nothing in it": ANOTHER_ENVELOPE.format("1 min"),
    "I7 kept without a talk with this number": "UPDATE callbacks_callattempt SET number = '+79100000009'",
    "I7 waived without a reason or a name": without(
        "obligation_waiver_has_reason_and_name",
        "UPDATE callbacks_callbackobligation SET state = 'waived', settled_at = now() WHERE state = 'open'"),
    "I7 not reached, said before three tries or without a word": without(
        "obligation_not_reached_after_tries",
        "UPDATE callbacks_callbackobligation SET state = 'waived', settled_at = now(), waiver = 'not_reached',"
        f" waiver_note = 'x', waived_by_id = {SOMEBODY} WHERE state = 'open'"),
    "I8 a ticket without the line of its registration": "DELETE FROM tickets_ticketevent WHERE step = 'register'",
    "I8 a table that the application may empty": "GRANT TRUNCATE ON callbacks_outbox TO dispatch_app",
    "I8 a guard that is switched off": "ALTER TABLE tickets_ticketevent DISABLE TRIGGER event_append_only",
    "I9 one form, two tickets": without(
        "tickets_ticket_intake_key_key", "UPDATE tickets_ticket SET intake_key = (SELECT min(intake_key::text)::uuid"
        " FROM tickets_ticket)"),
    "I9 one form, two contacts":
        "ALTER TABLE callbacks_contact DROP CONSTRAINT callbacks_contact_intake_key_key;"
        "UPDATE callbacks_contact SET intake_key = '00000000-0000-0000-0000-000000000001'",
    "I10 a number without a clock, or a clock without a number": without(
        "obligation_has_clock_unless_not_callable", "UPDATE callbacks_callbackobligation SET number = ''"),
    "I10 a running clock that skipped a rung": "DELETE FROM callbacks_outbox; DELETE FROM callbacks_escalation",
    "I10 a running clock whose ladder nobody wrote down":
        "UPDATE callbacks_deadline SET next_rung = 99 WHERE next_rung IS NOT NULL",
    "I10 a clock of the work that has lost its ladder":
        "UPDATE callbacks_deadline SET next_rung = NULL, next_rung_at = NULL",
    "I12 a telephone that cannot be dialled": without(
        "attempt_number_e164", "UPDATE callbacks_callattempt SET number = '12'"),
    "I12 a ticket without words or an address": without(
        "ticket_text_not_blank", "UPDATE tickets_ticket SET text = ' '"),
    "I13 a claim without an owner or an end": without(
        "obligation_claim_has_owner_and_expiry",
        "UPDATE callbacks_callbackobligation SET state = 'claimed' WHERE state = 'open'"),
    "I13 two calls in progress to one number":
        "DROP INDEX attempt_one_active_per_number; DROP INDEX attempt_one_active_per_obligation;"
        "INSERT INTO callbacks_callattempt (obligation_id, operator_id, direction, number, started_at, note)"
        " SELECT obligation_id, operator_id, direction, number, started_at, '' FROM callbacks_callattempt;"
        "UPDATE callbacks_callattempt SET ended_at = NULL, outcome = NULL",
    "I3 an open turn of an organisation that does not have the ticket":
        "UPDATE tickets_ticket SET company_id = NULL, status = 'registered'",
    "I13 a call in progress about what is settled":
        "UPDATE callbacks_callattempt SET ended_at = NULL, outcome = NULL WHERE id IN ("
        "SELECT settled_by_id FROM callbacks_callbackobligation WHERE settled_by_id IS NOT NULL)",
    "I13 a call in progress that nobody makes":
        "UPDATE callbacks_callbackobligation SET state = 'dialling', claimed_until = now(),"
        f" claimed_by_id = {SOMEBODY} WHERE state = 'open'",
    "I14 a row that is older than what it tells":
        "UPDATE callbacks_contact SET received_at = now() + interval '1 day'",
    "I16 a clock of news that runs without an open outage": "UPDATE tickets_outage SET ended_at = now()",
    "I16 an open outage that owes no news":
        "UPDATE callbacks_deadline SET stopped_at = due_at, outcome = 'met' WHERE clock = 'outage_news'",
    "I16 an outage without a house, a service or a first word": "DELETE FROM tickets_outagebuilding",
    "I16 told live without a talk that keeps the promise":
        "UPDATE callbacks_callbackobligation SET state = 'kept' WHERE state = 'satisfied'",
    "I17 repeats that nobody made, or that nobody counted": "UPDATE tickets_ticket SET repeats = repeats + 1",
    "I17 a neighbour without a promise of his own": "DELETE FROM tickets_ticketpromise",
    "I17 a joined call that ended as something else": "UPDATE callbacks_contact SET ended_as = 'ticket'",
}  # fmt: skip


def a_lived_in_database() -> None:
    """Two tickets, a missed call and a talk; an outage with a call; rungs that warned and rang, letters about them."""
    on_duty()
    operator = UserFactory.create()
    for phone in ("+79101234567", "+79101234568"):
        ticket = make_ticket(company=CompanyFactory.create(), operator=operator, phone=phone)
    for kind, phone in ((AddedContact.Kind.REPEAT, "+79101234568"), (AddedContact.Kind.NEIGHBOUR, "+79101234569")):
        contact = Contact(received_at=NOON + MINUTE, phone=phone)
        add_to_ticket(ticket=ticket, contact=contact, kind=kind, operator=operator, at=NOON + MINUTE, note="Темно")
    called(announced(by=operator), 1)
    make_promise(phone="+79100000002")
    kept = make_promise(phone="+79100000003")
    attempt = start_attempt(obligation=kept, operator=operator, at=NOON + MINUTE)
    finish_attempt(attempt=attempt, outcome="reached", note="Свет дали", at=NOON + 2 * MINUTE)
    while escalate_overdue_batch(at=NOON + 10 * MINUTE):
        pass
    pack(channel="email", at=NOON + 10 * MINUTE)


def harm(sql: str) -> None:
    with connection.cursor() as cursor:
        # Whatever is still to be checked is checked before the guards are taken away.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE; SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin; SET ROLE dispatch_app")


def test_health_is_silent_and_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    a_lived_in_database()
    call_command("check_invariants")
    assert f"{len(QUERIES)} rules hold" in capsys.readouterr().out
    check = InvariantCheck.objects.get()
    assert check.broken == []
    assert check.seconds < 60


class TestHarm:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _lived_in(cls, rows_of_class: None) -> None:
        a_lived_in_database()

    @pytest.mark.parametrize("rule", QUERIES)
    def test_is_noticed(self, rule: str) -> None:
        assert CallbackObligation.objects.filter(state="kept").exists()
        harm(HARM[rule])
        assert rule in {broken.rule for broken in broken_invariants()}


def test_a_finding_is_kept_and_fails_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    a_lived_in_database()
    harm("DELETE FROM tickets_ticketevent WHERE step = 'register'")
    with pytest.raises(CommandError, match="rules are broken"):
        call_command("check_invariants")
    kept = {rule["rule"]: rule for rule in InvariantCheck.objects.get().broken}
    rule = kept["I8 a ticket without the line of its registration"]
    assert rule["count"] == 3
    assert len(rule["ids"]) == 3
    assert "I8 a ticket without the line of its registration: 3" in capsys.readouterr().err


def test_every_rule_of_the_design_is_asked() -> None:
    # I11 is not given out. I15 is the portal's own connection, which has rules of its own and no rows.
    asked = {f"I{number}" for number in range(1, 18)} - {"I11", "I15"}
    assert {rule.split()[0] for rule in QUERIES} == asked


def test_the_nightly_task_keeps_its_finding() -> None:
    task(reason="what a later version may send along")
    assert InvariantCheck.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_examinations_do_not_run_at_once() -> None:
    import psycopg2

    settings = connection.get_connection_params()
    settings.pop("cursor_factory", None)
    other = psycopg2.connect(**{name: value for name, value in settings.items() if name != "client_encoding"})
    try:
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ALONE])
        assert is_being_checked()
        assert check_invariants(at=clock.now()) is None
        with pytest.raises(CommandError, match="Somebody else"):
            call_command("check_invariants")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ALONE])
    finally:
        other.close()
    assert check_invariants(at=clock.now()) is not None
    assert not is_being_checked()
