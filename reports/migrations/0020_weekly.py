"""Signed weeks and their corrections."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0010_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WeeklyReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.TextField(verbose_name="содержание")),
                ("digest", models.CharField(max_length=64, verbose_name="отпечаток SHA-256")),
                ("as_of", models.DateTimeField(verbose_name="по состоянию на")),
                ("signed_at", models.DateTimeField(verbose_name="подписана")),
                ("signer_name", models.CharField(max_length=310, verbose_name="имя")),
                ("signer_post", models.CharField(max_length=100, verbose_name="должность")),
                ("note", models.TextField(blank=True, verbose_name="пояснение")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("week", models.DateField(verbose_name="неделя")),
                ("year", models.PositiveSmallIntegerField(verbose_name="год")),
                ("serial", models.PositiveSmallIntegerField(verbose_name="номер")),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="подписал",
                    ),
                ),
            ],
            options={
                "verbose_name": "недельная сводка",
                "verbose_name_plural": "недельные сводки",
            },
        ),
        migrations.CreateModel(
            name="WeeklyCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.TextField(verbose_name="содержание")),
                ("digest", models.CharField(max_length=64, verbose_name="отпечаток SHA-256")),
                ("as_of", models.DateTimeField(verbose_name="по состоянию на")),
                ("signed_at", models.DateTimeField(verbose_name="подписана")),
                ("signer_name", models.CharField(max_length=310, verbose_name="имя")),
                ("signer_post", models.CharField(max_length=100, verbose_name="должность")),
                ("note", models.TextField(blank=True, verbose_name="пояснение")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="номер")),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="подписал",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="reports.weeklyreport",
                        verbose_name="сводка",
                    ),
                ),
            ],
            options={
                "verbose_name": "поправка к недельной сводке",
                "verbose_name_plural": "поправки к недельным сводкам",
            },
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.UniqueConstraint(fields=("week",), name="weekly_once"),
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.UniqueConstraint(fields=("year", "serial"), name="weekly_number_once"),
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("week__iso_week_day", 1)), name="weekly_begins_on_monday"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("serial__gte", 1)), name="weekly_number_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("as_of__lte", models.F("signed_at"))), name="weekly_counted_before_signed"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeklycorrection",
            constraint=models.UniqueConstraint(fields=("report", "number"), name="weekly_correction_once"),
        ),
        migrations.AddConstraint(
            model_name="weeklycorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="weekly_correction_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeklycorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("note", ""), _negated=True), name="weekly_correction_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeklycorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("as_of__lte", models.F("signed_at"))), name="weekly_correction_counted_before"
            ),
        ),
    ]
