"""Photos and the keys of sent steps are never changed and never taken back."""

from django.db import migrations

from accounts.grants import show_to_portal

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

OF_OWN_TICKET = "EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = ticket_id)"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0030_photos")]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
        # As TicketPhotoQuerySet.visible_to() has it; a photo of a ticket that went elsewhere went with it.
        show_to_portal("tickets_ticketphoto", rows=f"company_id = portal_company() AND {OF_OWN_TICKET}"),
        show_to_portal("tickets_sentstep", rows="user_id = portal_user()"),
    ]
