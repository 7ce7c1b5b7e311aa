"""Whose business the organisation's tokens and webhooks are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("companies", "0040_imports")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="manages_programs",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="ведёт токены и вебхуки организации"
            ),
        ),
    ]
