"""Files that are brought in, and how the columns of each set of headings are understood."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0007_responsibility_targets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("fingerprint", models.CharField(max_length=64)),
                ("columns", models.JSONField(default=dict)),
                ("words", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "соответствие столбцов",
                "verbose_name_plural": "соответствия столбцов",
                "constraints": [models.UniqueConstraint(fields=("kind", "fingerprint"), name="import_mapping_once")],
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=200, verbose_name="файл")),
                ("content", models.BinaryField(default=bytes)),
                ("header", models.JSONField(default=list)),
                ("columns", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "загружен"),
                            ("checking", "проверяется"),
                            ("checked", "проверен"),
                            ("running", "записывается"),
                            ("done", "выполнен"),
                        ],
                        default="uploaded",
                        max_length=12,
                        verbose_name="состояние",
                    ),
                ),
                ("done_rows", models.PositiveIntegerField(default=0)),
                ("total_rows", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("errors", models.BinaryField(default=bytes)),
                ("refusal", models.CharField(blank=True, max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="загружен"
                    ),
                ),
                ("moved_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="закончен")),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="кто загрузил",
                    ),
                ),
            ],
            options={
                "verbose_name": "импорт реестра",
                "verbose_name_plural": "импорт реестра",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["uploaded", "checking", "checked", "running", "done"])),
                        name="import_run_state_is_known",
                    )
                ],
            },
        ),
    ]
