"""What no code may do to a ticket and its history, said in the database."""

from django.db import migrations

# I3: only the moves of tickets/workflow.py; a test tries every pair of statuses against both.
MOVES = """
CREATE FUNCTION ticket_move_is_legal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.status = ANY (
        CASE OLD.status
            WHEN 'registered' THEN ARRAY['assigned', 'cancelled', 'duplicate']
            WHEN 'assigned' THEN ARRAY['assigned', 'accepted', 'rejected', 'in_work', 'cancelled', 'duplicate']
            WHEN 'accepted' THEN ARRAY['assigned', 'in_work', 'postponed', 'done', 'not_confirmed', 'cancelled']
            WHEN 'rejected' THEN ARRAY['assigned', 'cancelled', 'duplicate']
            WHEN 'in_work' THEN ARRAY['assigned', 'postponed', 'done', 'not_confirmed']
            WHEN 'postponed' THEN ARRAY['assigned', 'in_work']
            WHEN 'done' THEN ARRAY['returned', 'closed', 'closed_unconfirmed']
            WHEN 'not_confirmed' THEN ARRAY['returned', 'closed', 'closed_unconfirmed']
            WHEN 'returned' THEN ARRAY['assigned', 'in_work']
            WHEN 'closed' THEN ARRAY['assigned']
            WHEN 'closed_unconfirmed' THEN ARRAY['assigned']
        END), false)
    THEN PERFORM broken_rule('ticket_move_is_legal', 'tickets_ticket'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_move_is_legal BEFORE UPDATE OF status ON tickets_ticket FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION ticket_move_is_legal();
CREATE TRIGGER ticket_starts_alive BEFORE INSERT ON tickets_ticket FOR EACH ROW
    WHEN (NEW.status NOT IN ('registered', 'assigned')) EXECUTE FUNCTION refuse('ticket_move_is_legal');
"""
MOVES_BACK = """
DROP TRIGGER ticket_starts_alive ON tickets_ticket;
DROP TRIGGER ticket_move_is_legal ON tickets_ticket;
DROP FUNCTION ticket_move_is_legal;
"""

# I5, I9: who reached us, what was promised, when and by which form never change.
FIXED = """
CREATE TRIGGER ticket_is_fixed BEFORE UPDATE ON tickets_ticket FOR EACH ROW
    WHEN ((OLD.number, OLD.contact_id, OLD.callback_id, OLD.registered_at, OLD.registered_by_id, OLD.intake_key,
           OLD.recorded_at)
          IS DISTINCT FROM
          (NEW.number, NEW.contact_id, NEW.callback_id, NEW.registered_at, NEW.registered_by_id, NEW.intake_key,
           NEW.recorded_at))
    EXECUTE FUNCTION refuse('ticket_is_fixed');
CREATE FUNCTION ticket_promise_is_its_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_callbackobligation o
     WHERE o.id = NEW.callback_id AND o.contact_id = NEW.contact_id AND o.reason = 'first_answer';
    IF NOT FOUND THEN PERFORM broken_rule('ticket_promise_is_its_own', 'tickets_ticket'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_promise_is_its_own BEFORE INSERT ON tickets_ticket FOR EACH ROW
    EXECUTE FUNCTION ticket_promise_is_its_own();
CREATE FUNCTION ticket_control_is_its_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM callbacks_callbackobligation o
     WHERE o.id = NEW.control_callback_id AND o.contact_id = NEW.contact_id AND o.reason = 'control_call';
    IF NOT FOUND THEN PERFORM broken_rule('ticket_control_is_its_own', 'tickets_ticket'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_control_is_its_own BEFORE INSERT OR UPDATE OF control_callback_id ON tickets_ticket
    FOR EACH ROW WHEN (NEW.control_callback_id IS NOT NULL) EXECUTE FUNCTION ticket_control_is_its_own();
"""
FIXED_BACK = """
DROP TRIGGER ticket_is_fixed ON tickets_ticket;
DROP TRIGGER ticket_promise_is_its_own ON tickets_ticket;
DROP FUNCTION ticket_promise_is_its_own;
DROP TRIGGER ticket_control_is_its_own ON tickets_ticket;
DROP FUNCTION ticket_control_is_its_own;
"""

# I2: closing needs a talk after the work was reported, or a listed waiver; nothing may be owed on a dead ticket.
CLOSING = """
CREATE FUNCTION ticket_closing_was_earned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE talked text;
BEGIN
    -- The promises cannot move while we look: FOR SHARE waits for whoever is settling one.
    PERFORM 1 FROM callbacks_callbackobligation o
     WHERE o.id IN (NEW.callback_id, NEW.control_callback_id)
        OR o.id IN (SELECT p.obligation_id FROM tickets_ticketpromise p WHERE p.ticket_id = NEW.id)
     ORDER BY o.id FOR SHARE;
    PERFORM 1 FROM callbacks_callbackobligation o
     WHERE (o.id IN (NEW.callback_id, NEW.control_callback_id)
            OR o.id IN (SELECT p.obligation_id FROM tickets_ticketpromise p WHERE p.ticket_id = NEW.id))
       AND o.state IN ('open', 'claimed', 'dialling', 'exhausted');
    IF FOUND THEN PERFORM broken_rule('ticket_closing_owes_nothing', 'tickets_ticket'); END IF;
    PERFORM 1 FROM tickets_ticketdeadline t JOIN callbacks_deadline d ON d.id = t.deadline_id
     WHERE t.ticket_id = NEW.id AND d.stopped_at IS NULL;
    IF FOUND THEN PERFORM broken_rule('ticket_closing_stops_clocks', 'tickets_ticket'); END IF;
    IF NEW.status IN ('closed', 'closed_unconfirmed') THEN
        SELECT o.state INTO talked FROM callbacks_callbackobligation o
         WHERE o.id = NEW.control_callback_id AND o.settled_at >= OLD.done_at;
        IF NEW.status = 'closed' AND coalesce(talked NOT IN ('kept', 'satisfied'), true)
           OR NEW.status = 'closed_unconfirmed' AND coalesce(talked <> 'waived', true)
        THEN PERFORM broken_rule('ticket_closing_was_earned', 'tickets_ticket'); END IF;
    ELSE
        -- Cancelling and merging: the first promise was kept or waived by name, a hidden number included.
        PERFORM 1 FROM callbacks_callbackobligation o
         WHERE o.id = NEW.callback_id AND o.state IN ('kept', 'satisfied', 'waived');
        IF NOT FOUND THEN PERFORM broken_rule('ticket_closing_was_earned', 'tickets_ticket'); END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_closing_was_earned BEFORE UPDATE OF status ON tickets_ticket FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NEW.status IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate'))
    EXECUTE FUNCTION ticket_closing_was_earned();

CREATE FUNCTION promise_needs_live_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- FOR SHARE: a closing in progress ends first, and then this promise comes too late.
    PERFORM 1 FROM tickets_ticket t
     WHERE t.id = NEW.ticket_id AND t.status NOT IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate')
       FOR SHARE;
    IF NOT FOUND THEN PERFORM broken_rule('promise_needs_live_ticket', TG_TABLE_NAME); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promise_needs_live_ticket BEFORE INSERT ON tickets_ticketpromise FOR EACH ROW
    EXECUTE FUNCTION promise_needs_live_ticket();
CREATE TRIGGER clock_needs_live_ticket BEFORE INSERT ON tickets_ticketdeadline FOR EACH ROW
    EXECUTE FUNCTION promise_needs_live_ticket();
CREATE TRIGGER control_needs_live_ticket BEFORE UPDATE OF control_callback_id ON tickets_ticket FOR EACH ROW
    WHEN (OLD.control_callback_id IS DISTINCT FROM NEW.control_callback_id
          AND NEW.status IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate'))
    EXECUTE FUNCTION refuse('promise_needs_live_ticket');

CREATE FUNCTION ticket_reopening_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM tickets_ticketpromise p JOIN callbacks_callbackobligation o ON o.id = p.obligation_id
     WHERE p.ticket_id = NEW.id AND o.state NOT IN ('kept', 'satisfied', 'waived');
    IF NOT FOUND THEN PERFORM broken_rule('ticket_reopening_promises', 'tickets_ticket'); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ticket_reopening_promises AFTER UPDATE OF status ON tickets_ticket
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate')
          AND NEW.status NOT IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate'))
    EXECUTE FUNCTION ticket_reopening_promises();
"""
CLOSING_BACK = """
DROP TRIGGER ticket_reopening_promises ON tickets_ticket;
DROP FUNCTION ticket_reopening_promises;
DROP TRIGGER control_needs_live_ticket ON tickets_ticket;
DROP TRIGGER clock_needs_live_ticket ON tickets_ticketdeadline;
DROP TRIGGER promise_needs_live_ticket ON tickets_ticketpromise;
DROP FUNCTION promise_needs_live_ticket;
DROP TRIGGER ticket_closing_was_earned ON tickets_ticket;
DROP FUNCTION ticket_closing_was_earned;
"""

# I8: the history only grows, and every change of status has its line.
HISTORY = """
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON tickets_ticketevent
    FOR EACH ROW EXECUTE FUNCTION refuse('event_append_only');
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON tickets_ticketevent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('event_append_only');
REVOKE UPDATE, DELETE ON tickets_ticketevent FROM dispatch_app;
REVOKE DELETE ON tickets_ticket, tickets_ticketdeadline, tickets_ticketpromise FROM dispatch_app;
CREATE FUNCTION ticket_move_is_written_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM tickets_ticketevent e
     WHERE e.ticket_id = NEW.id AND e.from_status = OLD.status AND e.to_status = NEW.status
       AND e.recorded_at >= transaction_timestamp();
    IF NOT FOUND THEN PERFORM broken_rule('ticket_move_is_written_down', 'tickets_ticket'); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ticket_move_is_written_down AFTER UPDATE OF status ON tickets_ticket
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION ticket_move_is_written_down();
CREATE TRIGGER event_is_recorded_now BEFORE INSERT ON tickets_ticketevent FOR EACH ROW
    WHEN (NEW.recorded_at < transaction_timestamp()) EXECUTE FUNCTION refuse('event_is_recorded_now');
"""
HISTORY_BACK = """
DROP TRIGGER event_is_recorded_now ON tickets_ticketevent;
DROP TRIGGER ticket_move_is_written_down ON tickets_ticket;
DROP FUNCTION ticket_move_is_written_down;
GRANT DELETE ON tickets_ticket, tickets_ticketdeadline, tickets_ticketpromise TO dispatch_app;
GRANT UPDATE, DELETE ON tickets_ticketevent TO dispatch_app;
DROP TRIGGER event_no_truncate ON tickets_ticketevent;
DROP TRIGGER event_append_only ON tickets_ticketevent;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial"), ("callbacks", "0002_guards")]

    operations = [
        migrations.RunSQL(MOVES, MOVES_BACK),
        migrations.RunSQL(FIXED, FIXED_BACK),
        migrations.RunSQL(CLOSING, CLOSING_BACK),
        migrations.RunSQL(HISTORY, HISTORY_BACK),
    ]
