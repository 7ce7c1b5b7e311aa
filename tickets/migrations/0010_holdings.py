"""Who had a ticket from when to when; an organisation that is appointed until it is decided whose the work is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0010_refusals_clock"),
        ("companies", "0007_responsibility_targets"),
        ("tickets", "0007_last_digits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Holding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(verbose_name="с")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="до")),
            ],
            options={
                "verbose_name": "кто держал заявку",
                "verbose_name_plural": "кто держал заявку",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="is_appointed",
            field=models.BooleanField(db_default=False, default=False, verbose_name="назначена до решения"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_appointed", False),
                    models.Q(
                        models.Q(("status__in", ["registered", "rejected"]), _negated=True), ("company__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="ticket_appointed_is_not_rejected",
            ),
        ),
        migrations.AddField(
            model_name="holding",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="companies.company",
                verbose_name="организация",
            ),
        ),
        migrations.AddField(
            model_name="holding",
            name="left_by",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticketevent"
            ),
        ),
        migrations.AddField(
            model_name="holding",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="holdings", to="tickets.ticket"
            ),
        ),
        migrations.AddConstraint(
            model_name="holding",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("ticket",), name="holding_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="holding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("left_by", None)),
                    models.Q(
                        ("ended_at__gte", models.F("started_at")),
                        ("ended_at__isnull", False),
                        ("left_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="holding_ends_by_a_step",
            ),
        ),
    ]
