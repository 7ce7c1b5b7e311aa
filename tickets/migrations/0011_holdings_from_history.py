"""The turns of tickets that are there already, from their history."""

from django.db import migrations

TURNS = """
INSERT INTO tickets_holding (ticket_id, company_id, started_at, ended_at, left_by_id)
SELECT ticket_id, company_id, happened_at, CASE WHEN next_id IS NOT NULL THEN greatest(next_at, happened_at) END, next_id
  FROM (SELECT ticket_id, company_id, happened_at, step,
               lead(id) OVER turns AS next_id, lead(happened_at) OVER turns AS next_at
          FROM tickets_ticketevent
         WHERE step IN ('assign', 'reopen', 'reject', 'close', 'close_unconfirmed', 'cancel', 'mark_duplicate')
        WINDOW turns AS (PARTITION BY ticket_id ORDER BY id)) AS marks
 WHERE step IN ('assign', 'reopen') AND company_id IS NOT NULL
 ORDER BY ticket_id, next_id;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_holdings")]

    operations = [migrations.RunSQL(TURNS, "DELETE FROM tickets_holding;")]
