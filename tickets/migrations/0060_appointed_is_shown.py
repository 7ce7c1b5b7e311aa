"""An organisation sees that it was appointed until the matter is decided."""

from django.db import migrations

from accounts.grants import show_columns_to_portal


class Migration(migrations.Migration):
    dependencies = [("tickets", "0051_imported_guards")]

    operations = [show_columns_to_portal("tickets_ticket", "is_appointed")]
