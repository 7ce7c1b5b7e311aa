"""Webhooks of organisations, and what is sent there."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import companies.models.webhooks


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0020_who_manages_programs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="has_webhooks",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=500, verbose_name="адрес")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), size=None, verbose_name="события"
                    ),
                ),
                ("salt", models.CharField(default=companies.models.webhooks.new_salt, editable=False, max_length=64)),
                ("is_active", models.BooleanField(default=True, verbose_name="включён")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="заведён"
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("lent_until", models.DateTimeField(null=True)),
                ("rests_until", models.DateTimeField(null=True)),
                ("last_delivered_at", models.DateTimeField(null=True, verbose_name="последняя доставка")),
                ("disabled_at", models.DateTimeField(null=True, verbose_name="отключён")),
                ("disabled_reason", models.CharField(blank=True, max_length=300, verbose_name="почему отключён")),
                ("notice_due_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to="companies.company",
                        verbose_name="организация",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="кто завёл",
                    ),
                ),
            ],
            options={
                "verbose_name": "вебхук",
                "verbose_name_plural": "вебхуки",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="номер доставки"),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("ticket.assigned", "передана заявка"),
                            ("ticket.returned", "заявка возвращена в работу"),
                            ("ticket.cancelled", "заявка отозвана или отменена"),
                            ("deadline.warning", "истекает срок"),
                            ("test", "проба"),
                        ],
                        max_length=32,
                        verbose_name="событие",
                    ),
                ),
                ("about", models.CharField(blank=True, max_length=16, verbose_name="заявка")),
                ("payload", models.JSONField(verbose_name="содержание")),
                ("created_at", models.DateTimeField(verbose_name="создано")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "ждёт отправки"),
                            ("delivered", "доставлено"),
                            ("given_up", "не доставлено"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="состояние",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="попыток")),
                ("next_try_at", models.DateTimeField(null=True, verbose_name="следующая попытка")),
                ("give_up_at", models.DateTimeField(verbose_name="пробуем до")),
                ("last_try_at", models.DateTimeField(null=True, verbose_name="последняя попытка")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="доставлено")),
                ("last_status", models.PositiveSmallIntegerField(null=True, verbose_name="ответ")),
                ("last_error", models.CharField(blank=True, max_length=300, verbose_name="почему не доставлено")),
                ("response", models.CharField(blank=True, max_length=1000, verbose_name="начало ответа")),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="companies.webhookendpoint",
                        verbose_name="вебхук",
                    ),
                ),
            ],
            options={
                "verbose_name": "доставка вебхука",
                "verbose_name_plural": "доставки вебхуков",
            },
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("notice_due_at__isnull", False)),
                fields=["notice_due_at"],
                name="webhook_notice_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(fields=("company", "url"), name="webhook_url_once"),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "events__contained_by",
                        ["ticket.assigned", "ticket.returned", "ticket.cancelled", "deadline.warning"],
                    ),
                    ("events__len__gt", 0),
                ),
                name="webhook_events_are_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at", None), ("disabled_reason", "")),
                    models.Q(
                        ("disabled_at__isnull", False),
                        ("is_active", False),
                        models.Q(("disabled_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="webhook_disabled_has_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["next_try_at"], name="webhook_delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-id"], name="webhook_delivery_log"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "event__in",
                        ["ticket.assigned", "ticket.returned", "ticket.cancelled", "deadline.warning", "test"],
                    )
                ),
                name="webhook_delivery_event_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("next_try_at__isnull", False), ("state", "waiting")),
                    models.Q(("delivered_at__isnull", False), ("next_try_at", None), ("state", "delivered")),
                    models.Q(("next_try_at", None), ("state", "given_up")),
                    _connector="OR",
                ),
                name="webhook_delivery_state_is_whole",
            ),
        ),
    ]
