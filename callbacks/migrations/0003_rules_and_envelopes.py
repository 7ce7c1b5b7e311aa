"""Rules of clocks in versions, ladders that warn and repeat, envelopes, rounds of calls."""

import datetime as dt

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0002_guards"),
        ("companies", "0002_hours_and_posts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="день")),
                ("is_working", models.BooleanField(verbose_name="рабочий")),
                ("note", models.CharField(max_length=200, verbose_name="почему")),
            ],
            options={
                "verbose_name": "день календаря",
                "verbose_name_plural": "местный календарь",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="ChannelTurn",
            fields=[
                ("channel", models.CharField(max_length=8, primary_key=True, serialize=False)),
                ("held_until", models.DateTimeField()),
            ],
            options={
                "verbose_name": "очередь канала",
                "verbose_name_plural": "очереди каналов",
            },
        ),
        migrations.CreateModel(
            name="CitizenNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("next_try_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                ("abandoned_at", models.DateTimeField(null=True)),
                ("text", models.CharField(max_length=300)),
            ],
            options={
                "verbose_name": "сообщение заявителю",
                "verbose_name_plural": "сообщения заявителям",
            },
        ),
        migrations.CreateModel(
            name="ClockRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "clock",
                    models.CharField(
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
                        ],
                        max_length=20,
                        verbose_name="срок",
                    ),
                ),
                ("length", models.DurationField(blank=True, null=True, verbose_name="сколько")),
                ("emergency_length", models.DurationField(blank=True, null=True, verbose_name="сколько при аварии")),
                ("source", models.CharField(max_length=200, verbose_name="основание")),
                (
                    "mark",
                    models.CharField(
                        choices=[
                            ("V", "норма"),
                            ("V2", "норма, по пересказу"),
                            ("M", "не проверено"),
                            ("D", "правило центра"),
                        ],
                        max_length=2,
                        verbose_name="чем подтверждено",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="почему изменено")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="действует с"
                    ),
                ),
                ("retired_at", models.DateTimeField(editable=False, null=True, verbose_name="заменено")),
            ],
            options={
                "verbose_name": "правило срока",
                "verbose_name_plural": "сроки и лестницы",
                "ordering": ["clock", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Envelope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("next_try_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                ("abandoned_at", models.DateTimeField(null=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[("screen", "экран"), ("email", "почта"), ("hook", "сообщение на телефон")],
                        max_length=8,
                    ),
                ),
                ("minute", models.DateTimeField()),
            ],
            options={
                "verbose_name": "конверт",
                "verbose_name_plural": "конверты",
            },
        ),
        migrations.AlterModelOptions(
            name="rung",
            options={"ordering": ["rule", "number"], "verbose_name": "ступень", "verbose_name_plural": "ступени"},
        ),
        migrations.RemoveConstraint(
            model_name="callbackobligation",
            name="obligation_reason_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="callbackobligation",
            name="obligation_first_answer_within_an_hour",
        ),
        migrations.RemoveConstraint(
            model_name="callbackobligation",
            name="obligation_one_missed_call_per_number",
        ),
        migrations.RemoveConstraint(
            model_name="deadline",
            name="deadline_clock_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="outbox",
            name="outbox_once_per_escalation_and_recipient",
        ),
        migrations.RemoveConstraint(
            model_name="outbox",
            name="outbox_letter_has_recipient",
        ),
        migrations.RemoveConstraint(
            model_name="rung",
            name="rung_once_per_clock",
        ),
        migrations.RemoveConstraint(
            model_name="rung",
            name="rung_clock_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="rung",
            name="rung_audience_is_known",
        ),
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_unanswered",
        ),
        migrations.RemoveIndex(
            model_name="outbox",
            name="outbox_to_send",
        ),
        migrations.RemoveField(
            model_name="outbox",
            name="last_error",
        ),
        migrations.RemoveField(
            model_name="outbox",
            name="next_try_at",
        ),
        migrations.RemoveField(
            model_name="outbox",
            name="tries",
        ),
        migrations.AddField(
            model_name="callbackobligation",
            name="round_attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="callbackobligation",
            name="round_started_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="callbackobligation",
            name="rounds",
            field=models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="кругов"),
        ),
        migrations.AddField(
            model_name="deadline",
            name="agreed_at",
            field=models.DateTimeField(null=True, verbose_name="согласовано до"),
        ),
        migrations.AddField(
            model_name="deadline",
            name="first_rung",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="escalation",
            name="is_warning",
            field=models.BooleanField(db_default=False, default=False, verbose_name="предупреждение"),
        ),
        migrations.AddField(
            model_name="escalation",
            name="repeat_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="escalation",
            name="repeats",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="повторов"),
        ),
        migrations.AddField(
            model_name="outbox",
            name="stands_in_for",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outbox",
            name="turn",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="rung",
            name="repeat_every",
            field=models.DurationField(blank=True, null=True, verbose_name="повторять каждые"),
        ),
        migrations.AddField(
            model_name="rung",
            name="repeat_times",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="сколько раз"),
        ),
        migrations.AddField(
            model_name="rung",
            name="share",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="или в процентах от срока"),
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
                ],
                max_length=16,
                verbose_name="зачем звоним",
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
                ],
                max_length=20,
                verbose_name="срок",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="audience",
            field=models.CharField(
                choices=[
                    ("holder", "кто держит звонок"),
                    ("pool", "все на линии"),
                    ("operator", "диспетчер заявки"),
                    ("company", "диспетчер организации"),
                    ("company_head", "руководитель организации"),
                    ("supervisor", "старший смены"),
                    ("head", "руководитель центра"),
                    ("ministry", "дежурный министерства"),
                ],
                max_length=16,
                verbose_name="кого спросили",
            ),
        ),
        migrations.AlterField(
            model_name="outbox",
            name="channel",
            field=models.CharField(
                choices=[("screen", "экран"), ("email", "почта"), ("hook", "сообщение на телефон")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="rung",
            name="audience",
            field=models.CharField(
                choices=[
                    ("holder", "кто держит звонок"),
                    ("pool", "все на линии"),
                    ("operator", "диспетчер заявки"),
                    ("company", "диспетчер организации"),
                    ("company_head", "руководитель организации"),
                    ("supervisor", "старший смены"),
                    ("head", "руководитель центра"),
                    ("ministry", "дежурный министерства"),
                ],
                max_length=16,
                verbose_name="кого",
            ),
        ),
        migrations.AlterField(
            model_name="rung",
            name="offset",
            field=models.DurationField(blank=True, null=True, verbose_name="через сколько после срока"),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("acknowledged_at", None), ("is_warning", False)),
                fields=["-raised_at"],
                name="escalation_unanswered",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("acknowledged_at", None), ("repeat_at__isnull", False)),
                fields=["repeat_at"],
                name="escalation_to_repeat",
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
                        ],
                    )
                ),
                name="obligation_reason_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackobligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("promised_length", None),
                    models.Q(("reason__in", ["first_answer", "missed_call", "dropped_call", "message"]), _negated=True),
                    ("promised_length__lte", "1:00:00"),
                    _connector="OR",
                ),
                name="obligation_first_answer_within_an_hour",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackobligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("round_attempts__lte", models.F("counted_attempts"))),
                name="obligation_round_within_attempts",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackobligation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("reason__in", ["missed_call", "dropped_call", "message"]),
                    ("state__in", ["open", "claimed", "dialling", "exhausted"]),
                    models.Q(("number", ""), _negated=True),
                ),
                fields=("number", "extension"),
                name="obligation_one_missed_call_per_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(("acknowledged_at", None), ("repeat_at", None), _connector="OR"),
                name="escalation_answered_rings_no_more",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_warning", False), models.Q(("repeat_at", None), ("repeats", 0)), _connector="OR"
                ),
                name="escalation_warning_rings_once",
            ),
        ),
        migrations.AddField(
            model_name="citizennotice",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="citizennotice",
            name="obligation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="callbacks.callbackobligation"
            ),
        ),
        migrations.AddField(
            model_name="clockrule",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="кто изменил",
            ),
        ),
        migrations.AddField(
            model_name="deadline",
            name="operator",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="диспетчер",
            ),
        ),
        migrations.AddField(
            model_name="deadline",
            name="rule",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="callbacks.clockrule",
                verbose_name="правило",
            ),
        ),
        migrations.AddField(
            model_name="rung",
            name="rule",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rungs",
                to="callbacks.clockrule",
                verbose_name="правило",
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
                        ],
                    )
                ),
                name="deadline_clock_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "audience__in",
                        ["holder", "pool", "operator", "company", "company_head", "supervisor", "head", "ministry"],
                    )
                ),
                name="rung_audience_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("offset", None), ("share__isnull", False)),
                    models.Q(("offset__isnull", False), ("share", None)),
                    _connector="OR",
                ),
                name="rung_has_one_moment",
                violation_error_message="Укажите одно: через сколько или процент от срока.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(("share", None), ("share__range", (-90, 100)), _connector="OR"),
                name="rung_share_is_percent",
                violation_error_message="Процент от срока: от −90 до 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("repeat_every", None), ("repeat_times", 0)),
                    models.Q(("repeat_every__gte", dt.timedelta(seconds=60)), ("repeat_times__gte", 1)),
                    _connector="OR",
                ),
                name="rung_repeats_by_a_rule",
                violation_error_message="Для повтора нужны оба числа: не чаще раза в минуту и сколько раз.",
            ),
        ),
        migrations.AddField(
            model_name="envelope",
            name="recipient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outbox",
            name="envelope",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="callbacks.envelope"
            ),
        ),
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("envelope", None), ("sent_at", None)),
                fields=["channel", "recipient"],
                name="outbox_to_pack",
            ),
        ),
        migrations.AddConstraint(
            model_name="outbox",
            constraint=models.UniqueConstraint(
                fields=("escalation", "turn", "channel", "recipient"),
                name="outbox_once_per_escalation_and_recipient",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="outbox",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel", "screen"),
                    models.Q(("channel__in", ["email", "hook"]), ("recipient__isnull", False)),
                    _connector="OR",
                ),
                name="outbox_letter_has_recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="outbox",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "screen"), _negated=True),
                    models.Q(("envelope", None), ("sent_at__isnull", False)),
                    _connector="OR",
                ),
                name="outbox_screen_is_shown_at_once",
            ),
        ),
        migrations.AddIndex(
            model_name="citizennotice",
            index=models.Index(
                condition=models.Q(("abandoned_at", None), ("sent_at", None)),
                fields=["next_try_at"],
                name="notice_to_send",
            ),
        ),
        migrations.AddConstraint(
            model_name="clockrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at", None)), fields=("clock",), name="clock_rule_one_in_force"
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
                        ],
                    )
                ),
                name="clock_rule_clock_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="clockrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("mark__in", ["V", "V2", "M", "D"])), name="clock_rule_mark_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="clockrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("length", None), ("length__gt", dt.timedelta(0)), _connector="OR"),
                    models.Q(("emergency_length", None), ("emergency_length__gt", dt.timedelta(0)), _connector="OR"),
                ),
                name="clock_rule_length_is_positive",
            ),
        ),
        migrations.AddIndex(
            model_name="envelope",
            index=models.Index(
                condition=models.Q(("abandoned_at", None), ("sent_at", None)),
                fields=["channel", "next_try_at"],
                name="envelope_to_send",
            ),
        ),
        migrations.AddIndex(
            model_name="envelope",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["channel", "-sent_at"],
                name="envelope_last_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.UniqueConstraint(
                fields=("channel", "recipient", "minute"), name="envelope_once_per_minute"
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["email", "hook"])), name="envelope_channel_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="citizennotice",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)), fields=["-sent_at"], name="notice_last_sent"
            ),
        ),
        migrations.AddConstraint(
            model_name="citizennotice",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at", None), ("abandoned_at", None), _connector="OR"),
                name="citizennotice_sent_or_abandoned",
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at", None), ("abandoned_at", None), _connector="OR"),
                name="envelope_sent_or_abandoned",
            ),
        ),
    ]
