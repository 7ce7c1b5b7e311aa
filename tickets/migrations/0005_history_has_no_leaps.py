"""A line of the history begins where the one before it ended."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION event_follows_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before text;
BEGIN
    PERFORM 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id FOR NO KEY UPDATE;
    SELECT e.to_status INTO before FROM tickets_ticketevent e
     WHERE e.ticket_id = NEW.ticket_id ORDER BY e.id DESC LIMIT 1;
    IF before IS NOT NULL AND NEW.from_status NOT IN ('', before) THEN
        PERFORM broken_rule('event_follows_history', 'tickets_ticketevent');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER event_follows_history BEFORE INSERT ON tickets_ticketevent FOR EACH ROW
    EXECUTE FUNCTION event_follows_history();
"""
BACKWARDS = """
DROP TRIGGER event_follows_history ON tickets_ticketevent;
DROP FUNCTION event_follows_history;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_peculiarities")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
