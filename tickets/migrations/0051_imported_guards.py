"""A ticket of the log before this one may be born closed, with its promises waived for that reason; what it was stays."""

from django.db import migrations

from accounts.grants import show_columns_to_portal

FORWARDS = """
CREATE OR REPLACE TRIGGER ticket_starts_alive BEFORE INSERT ON tickets_ticket FOR EACH ROW
    WHEN (NEW.status NOT IN ('registered', 'assigned')
          AND (NEW.imported_at IS NULL OR NEW.status <> 'closed_unconfirmed'))
    EXECUTE FUNCTION refuse('ticket_move_is_legal');
CREATE FUNCTION imported_owes_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM callbacks_callbackobligation o
         WHERE o.id IN (NEW.callback_id, NEW.control_callback_id) AND o.contact_id = NEW.contact_id
           AND o.state = 'waived' AND o.waiver = 'imported') <> 2
    THEN PERFORM broken_rule('ticket_closing_was_earned', 'tickets_ticket'); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER imported_owes_nothing BEFORE INSERT ON tickets_ticket FOR EACH ROW
    WHEN (NEW.status = 'closed_unconfirmed') EXECUTE FUNCTION imported_owes_nothing();
CREATE TRIGGER ticket_origin_is_fixed BEFORE UPDATE ON tickets_ticket FOR EACH ROW
    WHEN ((OLD.imported_at, OLD.old_number) IS DISTINCT FROM (NEW.imported_at, NEW.old_number))
    EXECUTE FUNCTION refuse('ticket_is_fixed');
"""
BACKWARDS = """
DROP TRIGGER ticket_origin_is_fixed ON tickets_ticket;
DROP TRIGGER imported_owes_nothing ON tickets_ticket;
DROP FUNCTION imported_owes_nothing;
CREATE OR REPLACE TRIGGER ticket_starts_alive BEFORE INSERT ON tickets_ticket FOR EACH ROW
    WHEN (NEW.status NOT IN ('registered', 'assigned')) EXECUTE FUNCTION refuse('ticket_move_is_legal');
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0050_imported")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS), show_columns_to_portal("tickets_ticket", "old_number")]
