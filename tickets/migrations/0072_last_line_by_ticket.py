"""The last line of a ticket is found among its own lines, whatever the planner believes of the whole history."""

from django.db import migrations

# «+ 0»: after a great import, before the statistics are renewed, a ticket seems to have thousands of lines, and walking
# the whole history backwards by its key seems the shortest way to the last one. For a new ticket that way has no end.
FORWARDS = """
CREATE OR REPLACE FUNCTION event_follows_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before text;
BEGIN
    PERFORM 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id FOR NO KEY UPDATE;
    SELECT e.to_status INTO before FROM tickets_ticketevent e
     WHERE e.ticket_id = NEW.ticket_id ORDER BY e.id + 0 DESC LIMIT 1;
    IF before IS NOT NULL AND NEW.from_status NOT IN ('', before) THEN
        PERFORM broken_rule('event_follows_history', 'tickets_ticketevent');
    END IF;
    RETURN NEW;
END $$;
"""
BACKWARDS = FORWARDS.replace("e.id + 0", "e.id")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0071_papers_behind_the_wall")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
