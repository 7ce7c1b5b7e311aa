"""Photos and the keys of sent steps are never changed and never taken back."""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER photo_append_only BEFORE UPDATE OR DELETE ON tickets_ticketphoto
    FOR EACH ROW EXECUTE FUNCTION refuse('photo_append_only');
CREATE TRIGGER photo_no_truncate BEFORE TRUNCATE ON tickets_ticketphoto
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('photo_append_only');
REVOKE UPDATE, DELETE ON tickets_ticketphoto, tickets_sentstep FROM dispatch_app;
"""
BACKWARDS = """
GRANT UPDATE, DELETE ON tickets_ticketphoto, tickets_sentstep TO dispatch_app;
DROP TRIGGER photo_no_truncate ON tickets_ticketphoto;
DROP TRIGGER photo_append_only ON tickets_ticketphoto;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0030_photos")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
