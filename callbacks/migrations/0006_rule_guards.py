"""What no code may do to a rule, a repeated rung or an envelope, said in the database."""

from django.db import migrations

# A clock keeps the version of the rule that it started with; a version is never rewritten.
RULES = """
CREATE OR REPLACE TRIGGER deadline_is_fixed BEFORE UPDATE ON callbacks_deadline FOR EACH ROW
    WHEN ((OLD.clock, OLD.started_at, OLD.due_at, OLD.source, OLD.mark, OLD.recorded_at, OLD.rule_id, OLD.first_rung)
          IS DISTINCT FROM
          (NEW.clock, NEW.started_at, NEW.due_at, NEW.source, NEW.mark, NEW.recorded_at, NEW.rule_id, NEW.first_rung))
    EXECUTE FUNCTION refuse('deadline_is_fixed');
CREATE TRIGGER clock_rule_is_fixed BEFORE UPDATE ON callbacks_clockrule FOR EACH ROW
    WHEN ((OLD.clock, OLD.length, OLD.emergency_length, OLD.source, OLD.mark, OLD.note, OLD.created_by_id,
           OLD.created_at)
          IS DISTINCT FROM
          (NEW.clock, NEW.length, NEW.emergency_length, NEW.source, NEW.mark, NEW.note, NEW.created_by_id,
           NEW.created_at)
          OR OLD.retired_at IS NOT NULL AND OLD.retired_at IS DISTINCT FROM NEW.retired_at)
    EXECUTE FUNCTION refuse('clock_rule_is_fixed');
CREATE TRIGGER rung_is_fixed BEFORE UPDATE ON callbacks_rung FOR EACH ROW
    EXECUTE FUNCTION refuse('clock_rule_is_fixed');
CREATE FUNCTION rung_comes_with_its_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_clockrule r WHERE r.id = NEW.rule_id AND r.created_at >= transaction_timestamp();
    IF NOT FOUND THEN PERFORM broken_rule('clock_rule_is_fixed', 'callbacks_rung'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rung_comes_with_its_rule BEFORE INSERT ON callbacks_rung FOR EACH ROW
    EXECUTE FUNCTION rung_comes_with_its_rule();
"""
RULES_BACK = """
DROP TRIGGER rung_comes_with_its_rule ON callbacks_rung;
DROP FUNCTION rung_comes_with_its_rule;
DROP TRIGGER rung_is_fixed ON callbacks_rung;
DROP TRIGGER clock_rule_is_fixed ON callbacks_clockrule;
CREATE OR REPLACE TRIGGER deadline_is_fixed BEFORE UPDATE ON callbacks_deadline FOR EACH ROW
    WHEN ((OLD.clock, OLD.started_at, OLD.due_at, OLD.source, OLD.mark, OLD.recorded_at)
          IS DISTINCT FROM (NEW.clock, NEW.started_at, NEW.due_at, NEW.source, NEW.mark, NEW.recorded_at))
    EXECUTE FUNCTION refuse('deadline_is_fixed');
"""

# I6: a warning comes before the deadline and nothing else does; a rung rings again one by one, while nobody has
# answered and its clock runs, and each ringing has its message.
REPEATS = """
CREATE OR REPLACE FUNCTION escalation_of_running_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_deadline d
     WHERE d.id = NEW.deadline_id AND d.stopped_at IS NULL
       AND d.next_rung = NEW.rung AND d.next_rung_at = NEW.rung_due_at
       AND NEW.is_warning = (NEW.rung_due_at < d.due_at) FOR NO KEY UPDATE;
    IF NOT FOUND THEN PERFORM broken_rule('escalation_of_running_clock', 'callbacks_escalation'); END IF;
    IF NEW.raised_at > clock_timestamp() THEN
        PERFORM broken_rule('escalation_never_early', 'callbacks_escalation');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER escalation_is_fixed BEFORE UPDATE ON callbacks_escalation FOR EACH ROW
    WHEN ((OLD.deadline_id, OLD.rung, OLD.audience, OLD.rung_due_at, OLD.raised_at, OLD.recorded_at, OLD.is_warning)
          IS DISTINCT FROM
          (NEW.deadline_id, NEW.rung, NEW.audience, NEW.rung_due_at, NEW.raised_at, NEW.recorded_at, NEW.is_warning)
          OR OLD.acknowledged_at IS NOT NULL
             AND (OLD.acknowledged_at, OLD.acknowledged_by_id, OLD.acknowledged_note)
                 IS DISTINCT FROM (NEW.acknowledged_at, NEW.acknowledged_by_id, NEW.acknowledged_note))
    EXECUTE FUNCTION refuse('escalation_is_fixed');
CREATE FUNCTION escalation_repeats_unanswered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- FOR SHARE: whoever is stopping the clock ends first, and then this ringing comes too late.
    PERFORM 1 FROM callbacks_deadline d WHERE d.id = NEW.deadline_id AND d.stopped_at IS NULL FOR SHARE;
    IF NOT FOUND OR OLD.acknowledged_at IS NOT NULL OR NEW.repeats <> OLD.repeats + 1 THEN
        PERFORM broken_rule('escalation_repeats_unanswered', 'callbacks_escalation');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalation_repeats_unanswered BEFORE UPDATE OF repeats ON callbacks_escalation FOR EACH ROW
    WHEN (OLD.repeats <> NEW.repeats) EXECUTE FUNCTION escalation_repeats_unanswered();
CREATE OR REPLACE FUNCTION escalation_has_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_outbox m WHERE m.escalation_id = NEW.id AND m.turn = NEW.repeats;
    IF NOT FOUND THEN PERFORM broken_rule('escalation_has_message', 'callbacks_escalation'); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER escalation_repeat_has_message AFTER UPDATE OF repeats ON callbacks_escalation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.repeats <> NEW.repeats) EXECUTE FUNCTION escalation_has_message();
"""
REPEATS_BACK = """
DROP TRIGGER escalation_repeat_has_message ON callbacks_escalation;
DROP TRIGGER escalation_repeats_unanswered ON callbacks_escalation;
DROP FUNCTION escalation_repeats_unanswered;
CREATE OR REPLACE FUNCTION escalation_has_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_outbox m WHERE m.escalation_id = NEW.id;
    IF NOT FOUND THEN PERFORM broken_rule('escalation_has_message', 'callbacks_escalation'); END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER escalation_is_fixed BEFORE UPDATE ON callbacks_escalation FOR EACH ROW
    WHEN ((OLD.deadline_id, OLD.rung, OLD.audience, OLD.rung_due_at, OLD.raised_at, OLD.recorded_at)
          IS DISTINCT FROM (NEW.deadline_id, NEW.rung, NEW.audience, NEW.rung_due_at, NEW.raised_at, NEW.recorded_at)
          OR OLD.acknowledged_at IS NOT NULL
             AND (OLD.acknowledged_at, OLD.acknowledged_by_id, OLD.acknowledged_note)
                 IS DISTINCT FROM (NEW.acknowledged_at, NEW.acknowledged_by_id, NEW.acknowledged_note))
    EXECUTE FUNCTION refuse('escalation_is_fixed');
CREATE OR REPLACE FUNCTION escalation_of_running_clock() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

# A message lies in one envelope for good, and leaves only in it; what an envelope is and that it left never change.
ENVELOPES = """
CREATE OR REPLACE TRIGGER outbox_is_fixed BEFORE UPDATE ON callbacks_outbox FOR EACH ROW
    WHEN ((OLD.escalation_id, OLD.turn, OLD.channel, OLD.recipient_id, OLD.stands_in_for_id, OLD.key, OLD.subject,
           OLD.body, OLD.created_at)
          IS DISTINCT FROM
          (NEW.escalation_id, NEW.turn, NEW.channel, NEW.recipient_id, NEW.stands_in_for_id, NEW.key, NEW.subject,
           NEW.body, NEW.created_at)
          OR OLD.envelope_id IS NOT NULL AND OLD.envelope_id IS DISTINCT FROM NEW.envelope_id
          OR OLD.sent_at IS NOT NULL AND OLD.sent_at IS DISTINCT FROM NEW.sent_at
          OR OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL AND NEW.envelope_id IS NULL)
    EXECUTE FUNCTION refuse('outbox_is_fixed');
CREATE TRIGGER envelope_is_fixed BEFORE UPDATE ON callbacks_envelope FOR EACH ROW
    WHEN ((OLD.channel, OLD.recipient_id, OLD.minute, OLD.key, OLD.created_at)
          IS DISTINCT FROM (NEW.channel, NEW.recipient_id, NEW.minute, NEW.key, NEW.created_at)
          OR OLD.sent_at IS NOT NULL AND OLD.sent_at IS DISTINCT FROM NEW.sent_at)
    EXECUTE FUNCTION refuse('envelope_is_fixed');
CREATE TRIGGER notice_is_fixed BEFORE UPDATE ON callbacks_citizennotice FOR EACH ROW
    WHEN ((OLD.obligation_id, OLD.by_id, OLD.text, OLD.key, OLD.created_at)
          IS DISTINCT FROM (NEW.obligation_id, NEW.by_id, NEW.text, NEW.key, NEW.created_at)
          OR OLD.sent_at IS NOT NULL AND OLD.sent_at IS DISTINCT FROM NEW.sent_at)
    EXECUTE FUNCTION refuse('envelope_is_fixed');
"""
ENVELOPES_BACK = """
DROP TRIGGER notice_is_fixed ON callbacks_citizennotice;
DROP TRIGGER envelope_is_fixed ON callbacks_envelope;
CREATE OR REPLACE TRIGGER outbox_is_fixed BEFORE UPDATE ON callbacks_outbox FOR EACH ROW
    WHEN ((OLD.escalation_id, OLD.channel, OLD.recipient_id, OLD.key, OLD.subject, OLD.body, OLD.created_at)
          IS DISTINCT FROM
          (NEW.escalation_id, NEW.channel, NEW.recipient_id, NEW.key, NEW.subject, NEW.body, NEW.created_at)
          OR OLD.sent_at IS NOT NULL AND OLD.sent_at IS DISTINCT FROM NEW.sent_at)
    EXECUTE FUNCTION refuse('outbox_is_fixed');
"""

# FOR SHARE let two who went on to write the promise wait for each other.
LOCK = """
CREATE OR REPLACE FUNCTION attempt_needs_outstanding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_callbackobligation o
     WHERE o.id = NEW.obligation_id AND o.number = NEW.number
       AND o.state IN ('open', 'claimed', 'dialling', 'exhausted') FOR {lock};
    IF NOT FOUND THEN PERFORM broken_rule('attempt_needs_outstanding', 'callbacks_callattempt'); END IF;
    RETURN NEW;
END $$;
"""

# I13: what is settled leaves no call in progress, which would keep its number busy for ever.
CALLS = """
CREATE FUNCTION obligation_ends_its_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_callattempt a WHERE a.obligation_id = NEW.id AND a.ended_at IS NULL;
    IF FOUND THEN PERFORM broken_rule('obligation_ends_its_calls', 'callbacks_callbackobligation'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER obligation_ends_its_calls BEFORE UPDATE OF state ON callbacks_callbackobligation FOR EACH ROW
    WHEN (NEW.state IN ('kept', 'satisfied', 'waived') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION obligation_ends_its_calls();
"""
CALLS_BACK = """
DROP TRIGGER obligation_ends_its_calls ON callbacks_callbackobligation;
DROP FUNCTION obligation_ends_its_calls;
"""

TABLES = ("clockrule", "rung", "envelope", "citizennotice")
NO_DELETE = "\n".join(f"REVOKE DELETE ON callbacks_{table} FROM dispatch_app;" for table in TABLES)
NO_DELETE_BACK = "\n".join(f"GRANT DELETE ON callbacks_{table} TO dispatch_app;" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0005_rungs_belong_to_rules")]

    operations = [
        migrations.RunSQL(RULES, RULES_BACK),
        migrations.RunSQL(REPEATS, REPEATS_BACK),
        migrations.RunSQL(ENVELOPES, ENVELOPES_BACK),
        migrations.RunSQL(LOCK.format(lock="NO KEY UPDATE"), LOCK.format(lock="SHARE")),
        migrations.RunSQL(CALLS, CALLS_BACK),
        migrations.RunSQL(NO_DELETE, NO_DELETE_BACK),
    ]
