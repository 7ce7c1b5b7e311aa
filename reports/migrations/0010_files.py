"""Files that people take away, and reports that come by mail."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import reports.models.files


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_changes_of_past_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="отчёт")),
                ("query", models.CharField(blank=True, max_length=1000, verbose_name="отбор")),
                (
                    "span",
                    models.CharField(
                        choices=[
                            ("yesterday", "за вчера"),
                            ("week", "за прошлую неделю"),
                            ("month", "за прошлый месяц"),
                        ],
                        max_length=10,
                        verbose_name="за какие дни",
                    ),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[("day", "каждый день"), ("weekday", "раз в неделю"), ("month_day", "раз в месяц")],
                        max_length=10,
                        verbose_name="как часто",
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="день недели")),
                ("month_day", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="число месяца")),
                ("hour", models.PositiveSmallIntegerField(verbose_name="час")),
                (
                    "kind",
                    models.CharField(
                        choices=[("xlsx", "XLSX"), ("csv", "CSV")],
                        default="xlsx",
                        max_length=4,
                        verbose_name="вид файла",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="действует")),
                ("since", models.DateTimeField(verbose_name="действует с")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_orders",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="чья",
                    ),
                ),
                (
                    "recipients",
                    models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="кому"),
                ),
            ],
            options={
                "verbose_name": "подписка на отчёт",
                "verbose_name_plural": "подписки на отчёты",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ReportLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(verbose_name="с")),
                ("last_day", models.DateField(verbose_name="по")),
                ("due_at", models.DateTimeField(verbose_name="когда послать")),
                ("next_try_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="попыток")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="ушло")),
                ("given_up_at", models.DateTimeField(null=True, verbose_name="не ушло")),
                ("last_error", models.CharField(blank=True, max_length=300, verbose_name="ошибка")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="reports.reportorder"
                    ),
                ),
            ],
            options={
                "verbose_name": "письмо с отчётом",
                "verbose_name_plural": "письма с отчётами",
                "ordering": ["-first_day", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ReportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="что")),
                ("title", models.CharField(max_length=200, verbose_name="название")),
                ("query", models.CharField(blank=True, max_length=1000, verbose_name="отбор")),
                ("first_day", models.DateField(verbose_name="с")),
                ("last_day", models.DateField(verbose_name="по")),
                ("as_of", models.DateTimeField(verbose_name="по состоянию на")),
                (
                    "kind",
                    models.CharField(choices=[("xlsx", "XLSX"), ("csv", "CSV")], max_length=4, verbose_name="вид"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "ждёт очереди"),
                            ("running", "готовится"),
                            ("done", "готова"),
                            ("failed", "не получилась"),
                            ("cancelled", "отменена"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="состояние",
                    ),
                ),
                ("rows_done", models.PositiveIntegerField(default=0, verbose_name="строк готово")),
                ("rows_total", models.PositiveIntegerField(null=True, verbose_name="строк всего")),
                ("asked_at", models.DateTimeField(verbose_name="запрошена")),
                ("started_at", models.DateTimeField(null=True, verbose_name="начата")),
                ("beat_at", models.DateTimeField(null=True, verbose_name="двигалась")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="кончена")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="попыток")),
                ("size", models.BigIntegerField(null=True, verbose_name="байт")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="почему не получилась")),
                (
                    "key",
                    models.CharField(default=reports.models.files.new_key, editable=False, max_length=32, unique=True),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_files",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="кто просил",
                    ),
                ),
            ],
            options={
                "verbose_name": "выгрузка",
                "verbose_name_plural": "выгрузки",
                "indexes": [
                    models.Index(fields=["owner", "-asked_at"], name="report_file_of_owner"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["asked_at"],
                        name="report_file_at_work",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["xlsx", "csv"])), name="report_file_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="report_file_days_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at", None), ("state", "waiting")),
                            models.Q(
                                ("beat_at__isnull", False),
                                ("finished_at", None),
                                ("started_at__isnull", False),
                                ("state", "running"),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("size__isnull", False),
                                ("started_at__isnull", False),
                                ("state", "done"),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("state", "failed"),
                                models.Q(("error", ""), _negated=True),
                            ),
                            models.Q(("finished_at__isnull", False), ("state", "cancelled")),
                            _connector="OR",
                        ),
                        name="report_file_state_has_moments",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("finished_at", None), ("finished_at__gte", models.F("asked_at")), _connector="OR"
                        ),
                        name="report_file_ends_after_asking",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="reportorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["xlsx", "csv"]), ("span__in", ["yesterday", "week", "month"])),
                name="report_order_words_are_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("every", "day"), ("month_day", None), ("weekday", None)),
                    models.Q(
                        ("every", "weekday"),
                        ("month_day", None),
                        ("weekday__isnull", False),
                        ("weekday__range", (1, 7)),
                    ),
                    models.Q(
                        ("every", "month_day"),
                        ("month_day__isnull", False),
                        ("month_day__range", (1, 28)),
                        ("weekday", None),
                    ),
                    _connector="OR",
                ),
                name="report_order_has_its_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("hour__range", (0, 23))), name="report_order_hour_is_real"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("every", "day"), ("span", "yesterday")),
                    models.Q(("every", "weekday"), ("span__in", ["yesterday", "week"])),
                    ("every", "month_day"),
                    _connector="OR",
                ),
                name="report_order_not_oftener_than_its_days",
                violation_error_message="Чаще, чем меняются дни отчёта, его не посылают.",
            ),
        ),
        migrations.AddIndex(
            model_name="reportletter",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)), fields=["next_try_at"], name="report_letter_to_send"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportletter",
            constraint=models.UniqueConstraint(fields=("order", "first_day"), name="report_letter_once"),
        ),
        migrations.AddConstraint(
            model_name="reportletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_up_at", None), ("next_try_at__isnull", False), ("sent_at", None)),
                    models.Q(("given_up_at", None), ("next_try_at", None), ("sent_at__isnull", False)),
                    models.Q(("given_up_at__isnull", False), ("next_try_at", None), ("sent_at", None)),
                    _connector="OR",
                ),
                name="report_letter_waits_or_is_over",
            ),
        ),
    ]
