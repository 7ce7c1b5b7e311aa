"""What the crew's paper says of the trouble: how far it reaches, how cold it is, how to get in."""

from django.db import migrations

from accounts.grants import show_columns_to_portal


class Migration(migrations.Migration):
    dependencies = [("tickets", "0070_phones_and_notes")]

    operations = [show_columns_to_portal("tickets_ticket", "scope", "celsius", "access_note")]
