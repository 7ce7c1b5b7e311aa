"""Tickets of the log before this one: when they were brought over, and the number they had there."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0050_imported_waiver"),
        ("companies", "0040_imports"),
        ("tickets", "0020_second_wall"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="ticket",
            name="ticket_with_company_has_company",
        ),
        migrations.AddField(
            model_name="ticket",
            name="imported_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="внесена из прежнего журнала"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="old_number",
            field=models.CharField(
                blank=True, db_default="", editable=False, max_length=40, verbose_name="прежний номер"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["registered", "rejected", "cancelled", "duplicate"]),
                    ("company__isnull", False),
                    models.Q(("imported_at__isnull", False), ("status", "closed_unconfirmed")),
                    _connector="OR",
                ),
                name="ticket_with_company_has_company",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("old_number", ""), _negated=True),
                fields=("old_number",),
                name="ticket_old_number_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("old_number", ""), ("imported_at__isnull", False), _connector="OR"),
                name="ticket_old_number_is_imported",
            ),
        ),
    ]
