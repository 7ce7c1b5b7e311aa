"""A promise to tell a delay; what else is owed to a number."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0007_names_and_last_digits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="callbackobligation",
            name="obligation_reason_is_known",
        ),
        migrations.AddIndex(
            model_name="callbackobligation",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "claimed", "dialling", "exhausted"])),
                fields=["number"],
                name="obligation_by_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackobligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "first_answer",
                            "missed_call",
                            "dropped_call",
                            "message",
                            "promised_later",
                            "control_call",
                            "reopened",
                            "delay",
                        ],
                    )
                ),
                name="obligation_reason_is_known",
            ),
        ),
    ]
