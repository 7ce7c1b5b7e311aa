"""A turn that is over is final, and none is ever deleted."""

from django.db import migrations

GUARDS = """
CREATE TRIGGER holding_is_fixed BEFORE UPDATE ON tickets_holding FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL OR (OLD.ticket_id, OLD.company_id, OLD.started_at)
          IS DISTINCT FROM (NEW.ticket_id, NEW.company_id, NEW.started_at))
    EXECUTE FUNCTION refuse('holding_is_fixed');
CREATE TRIGGER holding_is_kept BEFORE DELETE ON tickets_holding FOR EACH ROW
    EXECUTE FUNCTION refuse('holding_is_fixed');
CREATE TRIGGER holding_no_truncate BEFORE TRUNCATE ON tickets_holding FOR EACH STATEMENT
    EXECUTE FUNCTION refuse('holding_is_fixed');
REVOKE DELETE ON tickets_holding FROM dispatch_app;
"""
GUARDS_BACK = """
GRANT DELETE ON tickets_holding TO dispatch_app;
DROP TRIGGER holding_no_truncate ON tickets_holding;
DROP TRIGGER holding_is_kept ON tickets_holding;
DROP TRIGGER holding_is_fixed ON tickets_holding;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0011_holdings_from_history")]

    operations = [migrations.RunSQL(GUARDS, GUARDS_BACK)]
