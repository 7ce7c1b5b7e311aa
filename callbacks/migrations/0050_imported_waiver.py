"""A promise may be waived because its ticket came from the log before this one."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0010_refusals_clock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="callbackobligation",
            name="obligation_waiver_is_listed",
        ),
        migrations.AlterField(
            model_name="callbackobligation",
            name="waiver",
            field=models.CharField(
                choices=[
                    ("answered_at_once", "ответ дан сразу"),
                    ("not_reached", "не дозвонились"),
                    ("caller_declined", "заявитель отказался от звонка"),
                    ("wrong_number", "неверный номер"),
                    ("duplicate", "дубликат другой заявки"),
                    ("no_number", "нет номера"),
                    ("imported", "внесено из прежнего журнала"),
                    ("other", "другое"),
                ],
                max_length=20,
                null=True,
                verbose_name="причина снятия",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackobligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("waiver", None),
                    models.Q(
                        (
                            "waiver__in",
                            [
                                "answered_at_once",
                                "not_reached",
                                "caller_declined",
                                "wrong_number",
                                "duplicate",
                                "no_number",
                                "imported",
                                "other",
                            ],
                        ),
                        models.Q(
                            models.Q(("waiver__in", ["other", "not_reached", "caller_declined"]), _negated=True),
                            models.Q(("waiver_note__regex", "^\\s*$"), _negated=True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="obligation_waiver_is_listed",
            ),
        ),
    ]
