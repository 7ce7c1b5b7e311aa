"""What no code may do to a promise, a call or a rung, said in the database.

Each trigger carries the name of its rule; callbacks/refusals.py has the sentence that people read.
"""

from django.db import migrations

# I5: a start, a promise and its time never move.
UNCHANGEABLE = """
CREATE TRIGGER contact_start_is_fixed BEFORE UPDATE ON callbacks_contact FOR EACH ROW
    WHEN ((OLD.received_at, OLD.recorded_at, OLD.intake_key, OLD.channel)
          IS DISTINCT FROM (NEW.received_at, NEW.recorded_at, NEW.intake_key, NEW.channel))
    EXECUTE FUNCTION refuse('contact_start_is_fixed');
CREATE TRIGGER deadline_is_fixed BEFORE UPDATE ON callbacks_deadline FOR EACH ROW
    WHEN ((OLD.clock, OLD.started_at, OLD.due_at, OLD.source, OLD.mark, OLD.recorded_at)
          IS DISTINCT FROM (NEW.clock, NEW.started_at, NEW.due_at, NEW.source, NEW.mark, NEW.recorded_at))
    EXECUTE FUNCTION refuse('deadline_is_fixed');
CREATE TRIGGER obligation_is_fixed BEFORE UPDATE ON callbacks_callbackobligation FOR EACH ROW
    WHEN ((OLD.contact_id, OLD.reason, OLD.promised_at, OLD.promised_length, OLD.due_at, OLD.deadline_id,
           OLD.recorded_at)
          IS DISTINCT FROM (NEW.contact_id, NEW.reason, NEW.promised_at, NEW.promised_length, NEW.due_at,
           NEW.deadline_id, NEW.recorded_at))
    EXECUTE FUNCTION refuse('obligation_is_fixed');
CREATE TRIGGER attempt_is_fixed BEFORE UPDATE ON callbacks_callattempt FOR EACH ROW
    WHEN ((OLD.obligation_id, OLD.operator_id, OLD.direction, OLD.number, OLD.started_at, OLD.recorded_at)
          IS DISTINCT FROM
          (NEW.obligation_id, NEW.operator_id, NEW.direction, NEW.number, NEW.started_at, NEW.recorded_at)
          OR OLD.ended_at IS NOT NULL
             AND (OLD.ended_at, OLD.outcome, OLD.note) IS DISTINCT FROM (NEW.ended_at, NEW.outcome, NEW.note))
    EXECUTE FUNCTION refuse('attempt_is_fixed');
CREATE TRIGGER escalation_is_fixed BEFORE UPDATE ON callbacks_escalation FOR EACH ROW
    WHEN ((OLD.deadline_id, OLD.rung, OLD.audience, OLD.rung_due_at, OLD.raised_at, OLD.recorded_at)
          IS DISTINCT FROM (NEW.deadline_id, NEW.rung, NEW.audience, NEW.rung_due_at, NEW.raised_at, NEW.recorded_at)
          OR OLD.acknowledged_at IS NOT NULL
             AND (OLD.acknowledged_at, OLD.acknowledged_by_id, OLD.acknowledged_note)
                 IS DISTINCT FROM (NEW.acknowledged_at, NEW.acknowledged_by_id, NEW.acknowledged_note))
    EXECUTE FUNCTION refuse('escalation_is_fixed');
CREATE TRIGGER outbox_is_fixed BEFORE UPDATE ON callbacks_outbox FOR EACH ROW
    WHEN ((OLD.escalation_id, OLD.channel, OLD.recipient_id, OLD.key, OLD.subject, OLD.body, OLD.created_at)
          IS DISTINCT FROM
          (NEW.escalation_id, NEW.channel, NEW.recipient_id, NEW.key, NEW.subject, NEW.body, NEW.created_at)
          OR OLD.sent_at IS NOT NULL AND OLD.sent_at IS DISTINCT FROM NEW.sent_at)
    EXECUTE FUNCTION refuse('outbox_is_fixed');
"""
UNCHANGEABLE_BACK = """
DROP TRIGGER contact_start_is_fixed ON callbacks_contact;
DROP TRIGGER deadline_is_fixed ON callbacks_deadline;
DROP TRIGGER obligation_is_fixed ON callbacks_callbackobligation;
DROP TRIGGER attempt_is_fixed ON callbacks_callattempt;
DROP TRIGGER escalation_is_fixed ON callbacks_escalation;
DROP TRIGGER outbox_is_fixed ON callbacks_outbox;
"""

# I4: what is final stays final, and a clock that stopped does not run again nor step back.
FINAL = """
CREATE TRIGGER obligation_final_is_final BEFORE UPDATE ON callbacks_callbackobligation FOR EACH ROW
    WHEN (OLD.state IN ('kept', 'satisfied', 'waived')
          AND (OLD.state, OLD.settled_at, OLD.settled_by_id, OLD.waiver, OLD.waiver_note, OLD.waived_by_id,
               OLD.number, OLD.extension, OLD.counted_attempts)
              IS DISTINCT FROM
              (NEW.state, NEW.settled_at, NEW.settled_by_id, NEW.waiver, NEW.waiver_note, NEW.waived_by_id,
               NEW.number, NEW.extension, NEW.counted_attempts))
    EXECUTE FUNCTION refuse('obligation_final_is_final');
CREATE TRIGGER deadline_stopped_is_final BEFORE UPDATE ON callbacks_deadline FOR EACH ROW
    WHEN (OLD.stopped_at IS NOT NULL
          AND (OLD.stopped_at, OLD.outcome, OLD.next_rung, OLD.next_rung_at)
              IS DISTINCT FROM (NEW.stopped_at, NEW.outcome, NEW.next_rung, NEW.next_rung_at))
    EXECUTE FUNCTION refuse('deadline_stopped_is_final');
CREATE TRIGGER deadline_ladder_goes_up BEFORE UPDATE ON callbacks_deadline FOR EACH ROW
    WHEN (NEW.next_rung < OLD.next_rung OR NEW.next_rung_at < OLD.next_rung_at
          OR (OLD.next_rung IS NULL AND NEW.next_rung IS NOT NULL))
    EXECUTE FUNCTION refuse('deadline_ladder_goes_up');
"""
FINAL_BACK = """
DROP TRIGGER obligation_final_is_final ON callbacks_callbackobligation;
DROP TRIGGER deadline_stopped_is_final ON callbacks_deadline;
DROP TRIGGER deadline_ladder_goes_up ON callbacks_deadline;
"""

# I7: only a conversation that reached this very number after the promise keeps it.
TALK = """
CREATE FUNCTION obligation_needs_talk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_callattempt a
     WHERE a.id = NEW.settled_by_id AND a.outcome = 'reached' AND a.number = NEW.number
       AND a.direction = CASE NEW.state WHEN 'kept' THEN 'out' ELSE 'in' END
       AND a.started_at >= NEW.promised_at AND a.ended_at <= NEW.settled_at;
    IF NOT FOUND THEN PERFORM broken_rule('obligation_needs_talk', 'callbacks_callbackobligation'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER obligation_needs_talk BEFORE INSERT OR UPDATE OF state ON callbacks_callbackobligation FOR EACH ROW
    WHEN (NEW.state IN ('kept', 'satisfied')) EXECUTE FUNCTION obligation_needs_talk();

CREATE FUNCTION attempt_needs_outstanding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_callbackobligation o
     WHERE o.id = NEW.obligation_id AND o.number = NEW.number
       AND o.state IN ('open', 'claimed', 'dialling', 'exhausted') FOR SHARE;
    IF NOT FOUND THEN PERFORM broken_rule('attempt_needs_outstanding', 'callbacks_callattempt'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER attempt_needs_outstanding BEFORE INSERT ON callbacks_callattempt FOR EACH ROW
    EXECUTE FUNCTION attempt_needs_outstanding();
"""
TALK_BACK = """
DROP TRIGGER obligation_needs_talk ON callbacks_callbackobligation;
DROP FUNCTION obligation_needs_talk;
DROP TRIGGER attempt_needs_outstanding ON callbacks_callattempt;
DROP FUNCTION attempt_needs_outstanding;
"""

# I6 and I10: a rung rings when its moment has come, only while the clock runs, in order, with its message.
LADDER = """
CREATE FUNCTION escalation_of_running_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_deadline d
     WHERE d.id = NEW.deadline_id AND d.stopped_at IS NULL
       AND d.next_rung = NEW.rung AND d.next_rung_at = NEW.rung_due_at FOR NO KEY UPDATE;
    IF NOT FOUND THEN PERFORM broken_rule('escalation_of_running_clock', 'callbacks_escalation'); END IF;
    IF NEW.raised_at > clock_timestamp() THEN
        PERFORM broken_rule('escalation_never_early', 'callbacks_escalation');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalation_of_running_clock BEFORE INSERT ON callbacks_escalation FOR EACH ROW
    EXECUTE FUNCTION escalation_of_running_clock();

CREATE FUNCTION escalation_has_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_outbox m WHERE m.escalation_id = NEW.id;
    IF NOT FOUND THEN PERFORM broken_rule('escalation_has_message', 'callbacks_escalation'); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER escalation_has_message AFTER INSERT ON callbacks_escalation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escalation_has_message();

CREATE FUNCTION deadline_rung_was_raised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_escalation e WHERE e.deadline_id = NEW.id AND e.rung = OLD.next_rung;
    IF NOT FOUND THEN PERFORM broken_rule('deadline_rung_was_raised', 'callbacks_deadline'); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deadline_rung_was_raised AFTER UPDATE OF next_rung ON callbacks_deadline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.next_rung IS DISTINCT FROM NEW.next_rung) EXECUTE FUNCTION deadline_rung_was_raised();
"""
LADDER_BACK = """
DROP TRIGGER escalation_of_running_clock ON callbacks_escalation;
DROP FUNCTION escalation_of_running_clock;
DROP TRIGGER escalation_has_message ON callbacks_escalation;
DROP FUNCTION escalation_has_message;
DROP TRIGGER deadline_rung_was_raised ON callbacks_deadline;
DROP FUNCTION deadline_rung_was_raised;
"""

# A promise and its clock live and end together, at the latest when the transaction does.
TOGETHER = """
CREATE FUNCTION obligation_and_clock_together() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'callbacks_deadline' THEN
        PERFORM 1 FROM callbacks_callbackobligation o
         WHERE o.deadline_id = NEW.id AND o.state IN ('open', 'claimed', 'dialling', 'exhausted');
    ELSE
        PERFORM 1 FROM callbacks_callbackobligation o JOIN callbacks_deadline d ON d.id = o.deadline_id
         WHERE o.id = NEW.id
           AND (d.due_at <> o.due_at
                OR (o.state IN ('open', 'claimed', 'dialling', 'exhausted')) <> (d.stopped_at IS NULL));
    END IF;
    IF FOUND THEN PERFORM broken_rule('obligation_and_clock_together', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER obligation_and_clock_together AFTER INSERT OR UPDATE OF state
    ON callbacks_callbackobligation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION obligation_and_clock_together();
CREATE CONSTRAINT TRIGGER clock_and_obligation_together AFTER UPDATE OF stopped_at
    ON callbacks_deadline DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stopped_at IS NOT NULL) EXECUTE FUNCTION obligation_and_clock_together();
"""
TOGETHER_BACK = """
DROP TRIGGER obligation_and_clock_together ON callbacks_callbackobligation;
DROP TRIGGER clock_and_obligation_together ON callbacks_deadline;
DROP FUNCTION obligation_and_clock_together;
"""

TABLES = ("contact", "deadline", "callbackobligation", "callattempt", "escalation", "outbox")
# I8: nothing that was promised, said or rung is ever deleted by the application.
NO_DELETE = "\n".join(f"REVOKE DELETE ON callbacks_{table} FROM dispatch_app;" for table in TABLES)
NO_DELETE_BACK = "\n".join(f"GRANT DELETE ON callbacks_{table} TO dispatch_app;" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0001_initial"), ("accounts", "0002_application_role")]

    operations = [
        migrations.RunSQL(UNCHANGEABLE, UNCHANGEABLE_BACK),
        migrations.RunSQL(FINAL, FINAL_BACK),
        migrations.RunSQL(TALK, TALK_BACK),
        migrations.RunSQL(LADDER, LADDER_BACK),
        migrations.RunSQL(TOGETHER, TOGETHER_BACK),
        migrations.RunSQL(NO_DELETE, NO_DELETE_BACK),
    ]
