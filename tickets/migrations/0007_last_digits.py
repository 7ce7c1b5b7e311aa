"""Tickets are found by last digits and by who registered them."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0009_since_when"),
        ("companies", "0003_street_index"),
        ("tickets", "0006_desk_and_outages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="registered_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="кто принял",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(django.db.models.functions.text.Reverse("number"), name="ticket_by_last_digits"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                django.db.models.functions.text.Reverse("site_phone"),
                condition=models.Q(("site_phone", ""), _negated=True),
                name="ticket_by_site_phone",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["registered_by", "-registered_at"], name="ticket_of_operator"),
        ),
    ]
