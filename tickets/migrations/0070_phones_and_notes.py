"""What passes between the centre and an organisation: notes, requests for a telephone, stops of showing it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# What was decided is not decided again; what was asked, written and stopped stays on record.
GUARDS = """
CREATE TRIGGER phone_request_is_decided BEFORE UPDATE ON tickets_phonerequest FOR EACH ROW
    WHEN ((OLD.ticket_id, OLD.company_id, OLD.asked_by_id, OLD.asked_at, OLD.reason)
        IS DISTINCT FROM (NEW.ticket_id, NEW.company_id, NEW.asked_by_id, NEW.asked_at, NEW.reason)
        OR OLD.state <> 'asked' AND (OLD.state, OLD.decided_by_id, OLD.decided_at, OLD.note)
        IS DISTINCT FROM (NEW.state, NEW.decided_by_id, NEW.decided_at, NEW.note)
        OR OLD.ended_at IS NOT NULL AND OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION refuse('phone_request_is_decided');
REVOKE DELETE ON tickets_companynote, tickets_phonerequest, tickets_phonestop FROM dispatch_app;
"""
GUARDS_BACK = """
DROP TRIGGER phone_request_is_decided ON tickets_phonerequest;
GRANT DELETE ON tickets_companynote, tickets_phonerequest, tickets_phonestop TO dispatch_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0050_letters_about_work"),
        ("tickets", "0060_outages_behind_the_wall"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CompanyNote",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="company_note",
                        serialize=False,
                        to="tickets.ticketevent",
                    ),
                ),
                ("written_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="company_notes", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "запись организации",
                "verbose_name_plural": "записи организаций",
                "indexes": [
                    models.Index(
                        condition=models.Q(("read_at", None)), fields=["written_at"], name="company_note_unread"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("read_at", None), ("read_by", None)),
                            models.Q(("read_at__isnull", False), ("read_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="company_note_read_by_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300, verbose_name="зачем нужен телефон")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "ждёт ответа центра"), ("granted", "доступ дан"), ("refused", "отказано")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="что сказал житель")),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="phone_requests", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "запрос телефона",
                "verbose_name_plural": "запросы телефона",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None), ("state", "asked")),
                        fields=["asked_at"],
                        name="phone_request_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("state", "asked")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ["granted", "refused"]),
                            ),
                            _connector="OR",
                        ),
                        name="phone_request_decided_by_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "^\\s*$"), _negated=True), name="phone_request_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "asked"), models.Q(("note__regex", "^\\s*$"), _negated=True), _connector="OR"
                        ),
                        name="phone_request_decision_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), models.Q(("state", "refused"), _negated=True), _connector="OR"
                        ),
                        name="phone_request_refused_has_no_end",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("state", "asked")),
                        fields=("ticket", "company"),
                        name="phone_request_one_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneStop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stopped_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="почему можно снова")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phone_stops",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "остановка показа телефонов",
                "verbose_name_plural": "остановки показа телефонов",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at", None), ("lifted_by", None)),
                            models.Q(
                                ("lifted_at__isnull", False),
                                ("lifted_by__isnull", False),
                                models.Q(("note__regex", "^\\s*$"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="phone_stop_lifted_by_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)), fields=("user",), name="phone_stop_one_standing"
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, GUARDS_BACK),
    ]
