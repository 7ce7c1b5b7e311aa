"""Working hours of organisations, and when alarms ask whom of their people."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="works_from",
            field=models.TimeField(blank=True, null=True, verbose_name="работает с"),
        ),
        migrations.AddField(
            model_name="company",
            name="works_to",
            field=models.TimeField(blank=True, null=True, verbose_name="работает до"),
        ),
        migrations.AddField(
            model_name="company",
            name="works_weekends",
            field=models.BooleanField(default=False, verbose_name="работает в выходные"),
        ),
        migrations.AddField(
            model_name="membership",
            name="post",
            field=models.CharField(
                choices=[
                    ("dispatcher", "диспетчер"),
                    ("night", "дежурный в нерабочее время"),
                    ("head", "руководитель"),
                ],
                default="dispatcher",
                max_length=12,
                verbose_name="когда спрашивать",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("works_from", None), ("works_to", None)),
                    ("works_from__lt", models.F("works_to")),
                    _connector="OR",
                ),
                name="company_hours_are_a_day",
                violation_error_message="Укажите начало и конец рабочего дня, начало раньше конца.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("post__in", ["dispatcher", "night", "head"])), name="membership_post_known"
            ),
        ),
    ]
