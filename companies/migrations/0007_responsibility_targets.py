"""An organisation answers for a house, along a street, in a locality or in a district; once each."""

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

import companies.models


class Migration(migrations.Migration):
    dependencies = [("companies", "0006_district_names_go")]

    operations = [
        migrations.RemoveConstraint(
            model_name="responsibility",
            name="responsibility_has_one_target",
        ),
        migrations.RemoveConstraint(
            model_name="responsibility",
            name="responsibility_of_locality_once",
        ),
        migrations.AddField(
            model_name="responsibility",
            name="house_from",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="дома с"),
        ),
        migrations.AddField(
            model_name="responsibility",
            name="house_to",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="дома по"),
        ),
        migrations.AddField(
            model_name="responsibility",
            name="parity",
            field=models.CharField(
                choices=[("all", "все дома"), ("even", "чётные"), ("odd", "нечётные")],
                default="all",
                max_length=4,
                verbose_name="сторона",
            ),
        ),
        migrations.AddField(
            model_name="responsibility",
            name="street",
            field=models.CharField(blank=True, max_length=150, verbose_name="улица"),
        ),
        migrations.AddField(
            model_name="responsibility",
            name="district",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="responsibilities",
                to="companies.district",
                verbose_name="район",
            ),
        ),
        migrations.AddIndex(
            model_name="responsibility",
            index=models.Index(
                condition=models.Q(("street", ""), _negated=True),
                fields=["locality", "street"],
                name="responsibility_by_street",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("building__isnull", False), ("district", None), ("locality", None)),
                    models.Q(("building", None), ("district", None), ("locality__isnull", False)),
                    models.Q(("building", None), ("district__isnull", False), ("locality", None)),
                    _connector="OR",
                ),
                name="responsibility_has_one_target",
                violation_error_message="Укажите что-то одно: дом, населённый пункт (можно с улицей) или район.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(("street", ""), ("locality__isnull", False), _connector="OR"),
                name="responsibility_street_has_locality",
                violation_error_message="К улице нужен населённый пункт.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("street", ""), _negated=True),
                    models.Q(("house_from", None), ("house_to", None), ("parity", "all")),
                    _connector="OR",
                ),
                name="responsibility_range_has_street",
                violation_error_message="К номерам домов нужна улица.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("house_from", None), ("house_to", None), ("house_to__gte", models.F("house_from")), _connector="OR"
                ),
                name="responsibility_range_ascends",
                violation_error_message="Последний дом не может быть меньше первого.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(("parity__in", ["all", "even", "odd"])), name="responsibility_parity_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("locality__isnull", False), models.Q(("street", ""), _negated=True)),
                expressions=[
                    (
                        models.Func(
                            models.F("locality"), models.F("locality"), models.Value("[]"), function="int8range"
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            models.Func(models.F("street"), models.Value(0), function="hashtextextended"),
                            models.Func(models.F("street"), models.Value(0), function="hashtextextended"),
                            models.Value("[]"),
                            function="int8range",
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            models.F("house_from"), models.F("house_to"), models.Value("[]"), function="int4range"
                        ),
                        "&&",
                    ),
                    (companies.models.ParityRange("parity"), "&&"),
                    (
                        models.Func(models.F("service"), models.F("service"), models.Value("[]"), function="int8range"),
                        "&&",
                    ),
                    (companies.models.DateRange("valid_from", "valid_to"), "&&"),
                ],
                name="responsibility_of_street_once",
                violation_error_message="В эти дни за эту услугу в части этих домов улицы уже отвечает организация.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("locality__isnull", False), ("street", "")),
                expressions=[
                    (
                        models.Func(
                            models.F("locality"), models.F("locality"), models.Value("[]"), function="int8range"
                        ),
                        "&&",
                    ),
                    (
                        models.Func(models.F("service"), models.F("service"), models.Value("[]"), function="int8range"),
                        "&&",
                    ),
                    (companies.models.DateRange("valid_from", "valid_to"), "&&"),
                ],
                name="responsibility_of_locality_once",
                violation_error_message="В эти дни за эту услугу здесь уже отвечает организация.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("district__isnull", False)),
                expressions=[
                    (
                        models.Func(
                            models.F("district"), models.F("district"), models.Value("[]"), function="int8range"
                        ),
                        "&&",
                    ),
                    (
                        models.Func(models.F("service"), models.F("service"), models.Value("[]"), function="int8range"),
                        "&&",
                    ),
                    (companies.models.DateRange("valid_from", "valid_to"), "&&"),
                ],
                name="responsibility_of_district_once",
                violation_error_message="В эти дни за эту услугу в районе уже отвечает организация.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="responsibility",
            name="responsibility_ends_after_start",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"),
                name="responsibility_ends_after_start",
                violation_error_message="Срок должен кончаться позже, чем начинается.",
            ),
        ),
    ]
