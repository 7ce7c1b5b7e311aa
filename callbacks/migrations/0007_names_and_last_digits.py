"""Names beside the caller's, a search by name and last digits, and three more clocks."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0006_rule_guards"),
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
        migrations.AddField(
            model_name="contact",
            name="for_whom",
            field=models.CharField(blank=True, db_default="", max_length=200, verbose_name="за кого звонит"),
        ),
        migrations.AddField(
            model_name="contact",
            name="is_from_paper",
            field=models.BooleanField(db_default=False, default=False, verbose_name="внесено с бумаги"),
        ),
        migrations.AddField(
            model_name="contact",
            name="phone_reversed",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Reverse("phone"),
                output_field=models.CharField(max_length=16),
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="rings_long",
            field=models.BooleanField(db_default=False, default=False, verbose_name="звонить долго"),
        ),
        migrations.AddField(
            model_name="contact",
            name="second_phone",
            field=models.CharField(blank=True, db_default="", max_length=16, verbose_name="второй телефон"),
        ),
        migrations.AlterField(
            model_name="callbackobligation",
            name="reason",
            field=models.CharField(
                choices=[
                    ("first_answer", "первый ответ"),
                    ("missed_call", "пропущенный звонок"),
                    ("dropped_call", "сорвавшийся звонок"),
                    ("message", "сообщение"),
                    ("promised_later", "обещали позвонить"),
                    ("control_call", "контрольный звонок"),
                    ("reopened", "заявка возобновлена"),
                    ("delay", "срок перенесён"),
                ],
                max_length=16,
                verbose_name="зачем звоним",
            ),
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
                    ("outage_news", "новость об отключении"),
                    ("delay", "сообщить о переносе срока"),
                ],
                max_length=20,
                verbose_name="срок",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="name_search",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.postgres.search.SearchVector("caller_name", "for_whom", config="russian"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["phone_reversed"], name="contact_by_last_digits"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(fields=["name_search"], name="contact_by_name"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("ended_as", None)), fields=["received_at"], name="contact_unfinished"
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
                            "outage_news",
                            "delay",
                        ],
                    )
                ),
                name="clock_rule_clock_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second_phone", ""), ("second_phone__regex", "^\\+[1-9][0-9]{6,14}$"), _connector="OR"
                ),
                name="contact_second_phone_e164",
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
                            "outage_news",
                            "delay",
                        ],
                    )
                ),
                name="deadline_clock_is_known",
            ),
        ),
    ]
