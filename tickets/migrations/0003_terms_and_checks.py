"""Peculiarities of norms, the moments of damage and of the term told, kept examinations."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0003_rules_and_envelopes"),
        ("companies", "0002_hours_and_posts"),
        ("tickets", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InvariantCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("checked_at", models.DateTimeField(verbose_name="когда")),
                ("seconds", models.FloatField(verbose_name="секунд")),
                ("broken", models.JSONField(default=list, verbose_name="нарушено")),
            ],
            options={
                "verbose_name": "проверка правил",
                "verbose_name_plural": "проверки правил",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="norm",
            name="closes_at",
            field=models.TimeField(blank=True, null=True, verbose_name="работы не позднее"),
        ),
        migrations.AddField(
            model_name="norm",
            name="counts_from_damage",
            field=models.BooleanField(default=False, verbose_name="считать от повреждения"),
        ),
        migrations.AddField(
            model_name="norm",
            name="opens_at",
            field=models.TimeField(blank=True, null=True, verbose_name="работы не раньше"),
        ),
        migrations.AddField(
            model_name="norm",
            name="reply_working_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="ответить, рабочих дней"),
        ),
        migrations.AddField(
            model_name="norm",
            name="summer_fix_minutes",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="устранить летом, мин"),
        ),
        migrations.AddField(
            model_name="norm",
            name="summer_from",
            field=models.CharField(blank=True, help_text="Месяц и день: 04-15.", max_length=5, verbose_name="лето с"),
        ),
        migrations.AddField(
            model_name="norm",
            name="summer_to",
            field=models.CharField(blank=True, max_length=5, verbose_name="лето по"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="damaged_at",
            field=models.DateTimeField(null=True, verbose_name="когда случилось"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="term_told_at",
            field=models.DateTimeField(null=True, verbose_name="срок сообщён заявителю"),
        ),
        migrations.AddConstraint(
            model_name="norm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("summer_fix_minutes", None), ("summer_from", ""), ("summer_to", "")),
                    models.Q(
                        ("summer_fix_minutes__isnull", False),
                        ("summer_from__regex", "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
                        ("summer_to__regex", "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
                    ),
                    _connector="OR",
                ),
                name="norm_summer_is_whole",
                violation_error_message="Для летнего срока нужны его длина и оба края лета, как 04-15.",
            ),
        ),
        migrations.AddConstraint(
            model_name="norm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes_at", None), ("opens_at", None)),
                    ("opens_at__lt", models.F("closes_at")),
                    _connector="OR",
                ),
                name="norm_window_is_whole",
                violation_error_message="Укажите оба часа, первый раньше второго.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("damaged_at", None), ("damaged_at__lte", models.F("registered_at")), _connector="OR"
                ),
                name="ticket_damaged_before_registered",
                violation_error_message="Случиться это могло только раньше звонка.",
            ),
        ),
    ]
