"""A letter may tell of an occasion that rang no rung: work that was handed over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0050_imported_waiver"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="outbox",
            name="outbox_once_per_escalation_and_recipient",
        ),
        migrations.AddField(
            model_name="outbox",
            name="occasion",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AlterField(
            model_name="outbox",
            name="escalation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="outbox", to="callbacks.escalation"
            ),
        ),
        migrations.AddConstraint(
            model_name="outbox",
            constraint=models.UniqueConstraint(
                fields=("escalation", "occasion", "turn", "channel", "recipient"),
                name="outbox_once_per_occasion_and_recipient",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="outbox",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("escalation__isnull", False), ("occasion", "")),
                    models.Q(("escalation", None), models.Q(("occasion", ""), _negated=True)),
                    _connector="OR",
                ),
                name="outbox_has_one_occasion",
            ),
        ),
    ]
