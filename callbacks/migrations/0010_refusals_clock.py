"""A clock that asks who decides when two organisations have refused."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0009_since_when"),
        ("companies", "0007_responsibility_targets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="clockrule",
            name="clock_rule_clock_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="deadline",
            name="deadline_clock_is_known",
        ),
        migrations.AlterField(
            model_name="clockrule",
            name="clock",
            field=models.CharField(
                choices=[
                    ("first_answer", "обещание центра"),
                    ("missed_call", "пропущенный звонок"),
                    ("dropped_call", "сорвавшийся звонок"),
                    ("message", "сообщение"),
                    ("promised_later", "обещанный звонок"),
                    ("control_call", "контрольный звонок"),
                    ("reopened", "возобновление"),
                    ("waiting_centre", "ждёт решения центра"),
                    ("acceptance", "принятие организацией"),
                    ("planned_term", "сообщить срок заявителю"),
                    ("localise", "локализация"),
                    ("check", "проверка"),
                    ("fix", "устранение"),
                    ("written_reply", "письменный ответ"),
                    ("repeats", "повторные обращения"),
                    ("refusals", "отказались две организации"),
                    ("outage_news", "новость об отключении"),
                    ("delay", "сообщить о переносе срока"),
                ],
                max_length=20,
                verbose_name="срок",
            ),
        ),
        migrations.AlterField(
            model_name="deadline",
            name="clock",
            field=models.CharField(
                choices=[
                    ("first_answer", "обещание центра"),
                    ("missed_call", "пропущенный звонок"),
                    ("dropped_call", "сорвавшийся звонок"),
                    ("message", "сообщение"),
                    ("promised_later", "обещанный звонок"),
                    ("control_call", "контрольный звонок"),
                    ("reopened", "возобновление"),
                    ("waiting_centre", "ждёт решения центра"),
                    ("acceptance", "принятие организацией"),
                    ("planned_term", "сообщить срок заявителю"),
                    ("localise", "локализация"),
                    ("check", "проверка"),
                    ("fix", "устранение"),
                    ("written_reply", "письменный ответ"),
                    ("repeats", "повторные обращения"),
                    ("refusals", "отказались две организации"),
                    ("outage_news", "новость об отключении"),
                    ("delay", "сообщить о переносе срока"),
                ],
                max_length=20,
                verbose_name="срок",
            ),
        ),
        migrations.AddConstraint(
            model_name="clockrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "clock__in",
                        [
                            "first_answer",
                            "missed_call",
                            "dropped_call",
                            "message",
                            "promised_later",
                            "control_call",
                            "reopened",
                            "waiting_centre",
                            "acceptance",
                            "planned_term",
                            "localise",
                            "check",
                            "fix",
                            "written_reply",
                            "repeats",
                            "refusals",
                            "outage_news",
                            "delay",
                        ],
                    )
                ),
                name="clock_rule_clock_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="deadline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "clock__in",
                        [
                            "first_answer",
                            "missed_call",
                            "dropped_call",
                            "message",
                            "promised_later",
                            "control_call",
                            "reopened",
                            "waiting_centre",
                            "acceptance",
                            "planned_term",
                            "localise",
                            "check",
                            "fix",
                            "written_reply",
                            "repeats",
                            "refusals",
                            "outage_news",
                            "delay",
                        ],
                    )
                ),
                name="deadline_clock_is_known",
            ),
        ),
    ]
