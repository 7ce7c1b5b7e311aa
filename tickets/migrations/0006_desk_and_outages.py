"""Scope, access, outages, repeats, marks; drafts, views and handing over."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

# What was told about an outage is not rewritten, and what was joined stays joined.
GUARDS = """
CREATE TRIGGER outage_news_append_only BEFORE UPDATE OR DELETE ON tickets_outagenews
    FOR EACH ROW EXECUTE FUNCTION refuse('outage_news_append_only');
REVOKE UPDATE, DELETE ON tickets_outagenews FROM dispatch_app;
REVOKE DELETE ON tickets_outage, tickets_addedcontact, tickets_handover FROM dispatch_app;
"""
GUARDS_BACK = """
DROP TRIGGER outage_news_append_only ON tickets_outagenews;
GRANT UPDATE, DELETE ON tickets_outagenews TO dispatch_app;
GRANT DELETE ON tickets_outage, tickets_addedcontact, tickets_handover TO dispatch_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_presence_and_line"),
        ("callbacks", "0007_names_and_last_digits"),
        ("companies", "0003_street_index"),
        ("tickets", "0005_history_has_no_leaps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AddedContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("repeat", "повторное обращение"),
                            ("neighbour", "сосед о том же"),
                            ("news", "дополнил сведения"),
                        ],
                        max_length=12,
                        verbose_name="кто",
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "добавленное обращение",
                "verbose_name_plural": "добавленные обращения",
            },
        ),
        migrations.CreateModel(
            name="DismissedHunch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("locality_name", models.CharField(blank=True, max_length=120)),
                ("street", models.CharField(max_length=150)),
                ("house", models.CharField(blank=True, max_length=20)),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "отклонённая догадка",
                "verbose_name_plural": "отклонённые догадки",
            },
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("owed", models.JSONField(default=list)),
                ("note", models.TextField(blank=True, verbose_name="что передать")),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "передача смены",
                "verbose_name_plural": "передачи смены",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="IntakeDraft",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("typed", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "черновик звонка",
                "verbose_name_plural": "черновики звонков",
            },
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("planned", "плановое"), ("emergency", "аварийное")], max_length=12, verbose_name="вид"
                    ),
                ),
                (
                    "where",
                    models.CharField(
                        help_text="Как это прочитать человеку: ул. Кирова, 1–40.", max_length=500, verbose_name="где"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="с")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="до")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="включили")),
                ("called_off_at", models.DateTimeField(null=True, verbose_name="отменено")),
                ("cause", models.CharField(blank=True, max_length=300, verbose_name="причина")),
                ("text", models.TextField(verbose_name="что сказать жителю")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="принято организацией")),
                ("done_at", models.DateTimeField(null=True, verbose_name="сделано")),
                ("announced_at", models.DateTimeField(verbose_name="объявлено")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "отключение",
                "verbose_name_plural": "отключения",
            },
        ),
        migrations.CreateModel(
            name="OutageBuilding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "дом отключения",
                "verbose_name_plural": "дома отключения",
            },
        ),
        migrations.CreateModel(
            name="OutageNews",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="когда")),
                ("text", models.TextField(verbose_name="что нового")),
                ("next_by", models.DateTimeField(null=True, verbose_name="следующая новость до")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "новость об отключении",
                "verbose_name_plural": "новости об отключении",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="название")),
                ("query", models.CharField(blank=True, max_length=1000)),
                ("columns", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "сохранённый вид",
                "verbose_name_plural": "сохранённые виды",
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="category",
            name="keywords",
            field=models.CharField(blank=True, db_default="", max_length=400, verbose_name="как ещё говорят"),
        ),
        migrations.AddField(
            model_name="category",
            name="question",
            field=models.CharField(blank=True, db_default="", max_length=200, verbose_name="о чём спросить"),
        ),
        migrations.AddField(
            model_name="category",
            name="repeat_hours",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="повтор в течение, ч"),
        ),
        migrations.AddField(
            model_name="category",
            name="repeat_scope",
            field=models.CharField(
                blank=True,
                choices=[("house", "дом"), ("entrance", "подъезд"), ("flat", "квартира")],
                db_default="",
                max_length=8,
                verbose_name="повтор в пределах",
            ),
        ),
        migrations.AddField(
            model_name="norm",
            name="fix_minutes_by_celsius",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="ticket",
            name="access_note",
            field=models.CharField(blank=True, db_default="", max_length=300, verbose_name="когда и как попасть"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="celsius",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="градусов в комнате"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="mark",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="оценка заявителя"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="repeats",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="повторных обращений"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="scope",
            field=models.CharField(
                choices=[
                    ("here", "только здесь"),
                    ("riser", "стояк"),
                    ("entrance", "подъезд"),
                    ("house", "дом"),
                    ("street", "улица"),
                ],
                db_default="here",
                default="here",
                max_length=8,
                verbose_name="где ещё",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="shares_phone",
            field=models.BooleanField(db_default=False, default=False, verbose_name="телефон можно дать мастеру"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="site_phone",
            field=models.CharField(blank=True, db_default="", max_length=16, verbose_name="телефон на месте"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="told_live_at",
            field=models.DateTimeField(null=True, verbose_name="сказано сразу"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="wants_news",
            field=models.BooleanField(db_default=False, default=False, verbose_name="просит позвонить, когда включат"),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("repeat_hours", None), ("repeat_scope", "")),
                    models.Q(("repeat_hours__gte", 1), ("repeat_scope__in", ["house", "entrance", "flat"])),
                    _connector="OR",
                ),
                name="category_repeat_is_whole",
                violation_error_message="Для повтора нужны и часы, и пределы.",
            ),
        ),
        migrations.AddField(
            model_name="addedcontact",
            name="contact",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="added", to="callbacks.contact"
            ),
        ),
        migrations.AddField(
            model_name="addedcontact",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="added", to="tickets.ticket"
            ),
        ),
        migrations.AddField(
            model_name="dismissedhunch",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="dismissedhunch",
            name="category",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.category"
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="read_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="spell",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="handover", to="accounts.linespell"
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outage",
            name="announced_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="кто объявил",
            ),
        ),
        migrations.AddField(
            model_name="outage",
            name="category",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.category",
                verbose_name="что случилось",
            ),
        ),
        migrations.AddField(
            model_name="outage",
            name="company",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outages",
                to="companies.company",
                verbose_name="исполнитель",
            ),
        ),
        migrations.AddField(
            model_name="outage",
            name="news_deadline",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="outage", to="callbacks.deadline"
            ),
        ),
        migrations.AddField(
            model_name="outage",
            name="services",
            field=models.ManyToManyField(related_name="+", to="companies.service", verbose_name="что отключено"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="outage",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="tickets.outage",
                verbose_name="отключение",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("outage__isnull", False)), fields=["outage"], name="ticket_of_outage"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["street", "house", "-registered_at"], name="ticket_by_street"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["category", "-registered_at"], name="ticket_of_category"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "registered",
                            "assigned",
                            "accepted",
                            "rejected",
                            "in_work",
                            "postponed",
                            "done",
                            "not_confirmed",
                            "returned",
                        ),
                    )
                ),
                fields=["contact"],
                name="ticket_of_contact_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__in", ["here", "riser", "entrance", "house", "street"])),
                name="ticket_scope_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("site_phone", ""), ("site_phone__regex", "^\\+[1-9][0-9]{6,14}$"), _connector="OR"),
                name="ticket_site_phone_e164",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("celsius", None), ("celsius__range", (-50, 50)), _connector="OR"),
                name="ticket_celsius_is_real",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("mark", None), ("mark__range", (1, 5)), _connector="OR"),
                name="ticket_mark_one_to_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("told_live_at", None), ("outage__isnull", False), _connector="OR"),
                name="ticket_told_live_of_outage",
            ),
        ),
        migrations.AddField(
            model_name="outagebuilding",
            name="building",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.building"
            ),
        ),
        migrations.AddField(
            model_name="outagebuilding",
            name="outage",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="covers", to="tickets.outage"
            ),
        ),
        migrations.AddField(
            model_name="outage",
            name="buildings",
            field=models.ManyToManyField(
                related_name="outages", through="tickets.OutageBuilding", to="companies.building", verbose_name="дома"
            ),
        ),
        migrations.AddField(
            model_name="outagenews",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="кто",
            ),
        ),
        migrations.AddField(
            model_name="outagenews",
            name="outage",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="news", to="tickets.outage"
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="saved_views", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="addedcontact",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["repeat", "neighbour", "news"])), name="added_kind_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="dismissedhunch",
            index=models.Index(fields=["until"], name="hunch_until"),
        ),
        migrations.AddIndex(
            model_name="intakedraft",
            index=models.Index(fields=["touched_at"], name="draft_by_time"),
        ),
        migrations.AddIndex(
            model_name="outagebuilding",
            index=models.Index(fields=["building"], name="outage_of_building"),
        ),
        migrations.AddConstraint(
            model_name="outagebuilding",
            constraint=models.UniqueConstraint(fields=("outage", "building"), name="outage_building_once"),
        ),
        migrations.AddIndex(
            model_name="outage",
            index=models.Index(
                condition=models.Q(("called_off_at", None), ("ended_at", None)),
                fields=["starts_at"],
                name="outage_open",
            ),
        ),
        migrations.AddIndex(
            model_name="outage",
            index=models.Index(fields=["-starts_at"], name="outage_by_time"),
        ),
        migrations.AddConstraint(
            model_name="outage",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["planned", "emergency"])), name="outage_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="outage",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                name="outage_ends_after_start",
                violation_error_message="Отключение должно кончаться позже, чем начинается.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outage",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_at__gte", models.F("starts_at")), _connector="OR"),
                name="outage_ended_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="outage",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("called_off_at", None), _connector="OR"),
                name="outage_ended_or_called_off",
            ),
        ),
        migrations.AddConstraint(
            model_name="outage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text__regex", "^\\s*$"), _negated=True),
                    django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length("text"), 2000),
                ),
                name="outage_says_what",
                violation_error_message="Напишите, что сказать жителю.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outagenews",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text__regex", "^\\s*$"), _negated=True),
                    django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length("text"), 2000),
                ),
                name="outage_news_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("user", "name"),
                name="saved_view_name_once",
                violation_error_message="Вид с таким названием уже есть.",
            ),
        ),
        migrations.RunSQL(GUARDS, GUARDS_BACK),
    ]
