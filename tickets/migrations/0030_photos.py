"""Photos of the work, and the keys under which a telephone sends its steps."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0040_imports"),
        ("tickets", "0051_imported_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SentStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(editable=False)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sent", to="tickets.ticketevent"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "шаг с телефона",
                "verbose_name_plural": "шаги с телефона",
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="step_sent_once")],
            },
        ),
        migrations.CreateModel(
            name="TicketPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "stage",
                    models.CharField(
                        choices=[("before", "до работы"), ("after", "после работы")],
                        max_length=8,
                        verbose_name="когда снято",
                    ),
                ),
                ("name", models.CharField(max_length=32, unique=True)),
                ("size", models.PositiveIntegerField()),
                ("width", models.PositiveSmallIntegerField()),
                ("height", models.PositiveSmallIntegerField()),
                ("pressed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("upload_key", models.UUIDField(editable=False)),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="tickets.ticket"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "фото",
                "verbose_name_plural": "фото",
                "constraints": [
                    models.UniqueConstraint(fields=("uploaded_by", "upload_key"), name="photo_sent_once"),
                    models.UniqueConstraint(fields=("ticket", "position"), name="photo_position_once"),
                    models.CheckConstraint(condition=models.Q(("position__range", (1, 20))), name="photo_not_too_many"),
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["before", "after"])), name="photo_stage_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "^[0-9a-f]{32}$")), name="photo_name_is_random"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0), ("width__gt", 0), ("height__gt", 0)),
                        name="photo_has_a_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pressed_at__lte", models.F("received_at"))), name="photo_taken_then_sent"
                    ),
                ],
            },
        ),
    ]
