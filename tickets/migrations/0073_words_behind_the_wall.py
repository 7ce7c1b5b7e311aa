"""An organisation's own tickets by their words, through the index: the planner may not use it behind the wall."""

from django.db import migrations

# A policy is asked before any condition that is not «leakproof», and «@@» is not: behind the wall PostgreSQL reads every
# ticket of the organisation. This reads as the owner, so it must ask itself what the policy of the table asks
# (0020_second_wall.OWN_TICKET): whose tickets they are, it takes from the session and never from its caller. It tells
# ids and nothing else; the rows are read behind the policy. EXECUTE: planned for these very words, rare or frequent.
FORWARDS = """
CREATE FUNCTION portal_tickets_with(words tsquery) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT id FROM tickets_ticket
         WHERE search @@ $1 AND company_id = $2 AND ($3 IS NULL OR foreman_id = $3)'
        USING words, portal_company(), portal_foreman();
END $$;
REVOKE ALL ON FUNCTION portal_tickets_with FROM PUBLIC;
GRANT EXECUTE ON FUNCTION portal_tickets_with TO dispatch_portal;
"""
BACKWARDS = "DROP FUNCTION portal_tickets_with;"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0072_last_line_by_ticket")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
