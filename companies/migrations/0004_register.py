"""What the register knows of organisations, houses and districts."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import phonenumber_field.modelfields
from django.db import migrations, models
from django.db.models.functions.comparison import Cast


class Migration(migrations.Migration):
    dependencies = [("companies", "0003_street_index")]

    operations = [
        migrations.CreateModel(
            name="District",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="название")),
            ],
            options={
                "verbose_name": "район",
                "verbose_name_plural": "районы",
                "ordering": ["name"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="locality",
            name="locality_once",
        ),
        migrations.RenameField(model_name="locality", old_name="district", new_name="district_name"),
        migrations.AddField(
            model_name="locality",
            name="district",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="localities",
                to="companies.district",
                verbose_name="район",
            ),
        ),
        migrations.AddField(
            model_name="building",
            name="built_year",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="год постройки"),
        ),
        migrations.AddField(
            model_name="building",
            name="latitude",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="широта"),
        ),
        migrations.AddField(
            model_name="building",
            name="longitude",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="долгота"),
        ),
        migrations.AddField(
            model_name="building",
            name="register_code",
            field=models.CharField(blank=True, max_length=64, verbose_name="код в исходном реестре"),
        ),
        migrations.AddField(
            model_name="company",
            name="contract_from",
            field=models.DateField(blank=True, null=True, verbose_name="договор с"),
        ),
        migrations.AddField(
            model_name="company",
            name="contract_number",
            field=models.CharField(blank=True, max_length=60, verbose_name="номер договора"),
        ),
        migrations.AddField(
            model_name="company",
            name="contract_to",
            field=models.DateField(blank=True, null=True, verbose_name="договор по"),
        ),
        migrations.AddField(
            model_name="company",
            name="head_name",
            field=models.CharField(blank=True, max_length=120, verbose_name="руководитель"),
        ),
        migrations.AddField(
            model_name="company",
            name="head_phone",
            field=phonenumber_field.modelfields.PhoneNumberField(
                blank=True, max_length=16, region=None, verbose_name="телефон руководителя"
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="inn",
            field=models.CharField(blank=True, max_length=12, verbose_name="ИНН"),
        ),
        migrations.AddField(
            model_name="company",
            name="kpp",
            field=models.CharField(blank=True, max_length=9, verbose_name="КПП"),
        ),
        migrations.AddField(
            model_name="company",
            name="ogrn",
            field=models.CharField(blank=True, max_length=15, verbose_name="ОГРН"),
        ),
        migrations.AddField(
            model_name="company",
            name="original_name",
            field=models.CharField(blank=True, max_length=300, verbose_name="название в источнике"),
        ),
        migrations.AddField(
            model_name="membership",
            name="manages_users",
            field=models.BooleanField(default=False, verbose_name="ведёт пользователей организации"),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("head_phone", ""), ("head_phone__regex", "^\\+[1-9][0-9]{6,14}$"), _connector="OR"),
                name="company_head_phone_e164",
                violation_error_message="Телефон нужен в виде +74842565602.",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("inn", ""), ("inn__regex", "^([0-9]{10}|[0-9]{12})$"), _connector="OR"),
                name="company_inn_digits",
                violation_error_message="ИНН — десять цифр, у предпринимателя двенадцать.",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("kpp", ""), ("kpp__regex", "^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$"), _connector="OR"),
                name="company_kpp_digits",
                violation_error_message="КПП — девять знаков.",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("ogrn", ""), ("ogrn__regex", "^([0-9]{13}|[0-9]{15})$"), _connector="OR"),
                name="company_ogrn_digits",
                violation_error_message="ОГРН — тринадцать цифр, у предпринимателя пятнадцать.",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.UniqueConstraint(
                condition=models.Q(("inn", ""), _negated=True),
                fields=("inn", "kpp"),
                name="company_inn_once",
                violation_error_message="Организация с такими ИНН и КПП уже есть в реестре.",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("contract_to", None),
                    ("contract_from", None),
                    ("contract_to__gte", models.F("contract_from")),
                    _connector="OR",
                ),
                name="company_contract_ends_after_start",
                violation_error_message="Договор не может кончиться раньше, чем начался.",
            ),
        ),
        migrations.AddField(
            model_name="building",
            name="district",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="buildings",
                to="companies.district",
                verbose_name="район города",
            ),
        ),
        migrations.AddField(
            model_name="building",
            name="house_number",
            field=models.GeneratedField(
                db_persist=True,
                expression=Cast(
                    models.Func(models.F("house"), models.Value("^[0-9]{1,9}"), function="substring"),
                    models.IntegerField(),
                ),
                output_field=models.IntegerField(null=True, verbose_name="номер дома"),
            ),
        ),
        migrations.AddIndex(
            model_name="building",
            index=models.Index(fields=["locality", "street", "house_number"], name="building_by_number"),
        ),
        migrations.AddIndex(
            model_name="building",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.Func(
                        models.Func(
                            models.Func(
                                models.F("search_text"),
                                models.Value("([0-9])([a-zа-я])"),
                                models.Value("\\1 \\2"),
                                models.Value("g"),
                                function="regexp_replace",
                            ),
                            models.Value("[^0-9a-zа-я]+"),
                            function="regexp_split_to_array",
                        ),
                        models.Value(""),
                        function="array_remove",
                    ),
                    function="array_to_tsvector",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                name="building_by_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="building",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(
                        ("latitude__isnull", False),
                        ("latitude__range", (-90, 90)),
                        ("longitude__isnull", False),
                        ("longitude__range", (-180, 180)),
                    ),
                    _connector="OR",
                ),
                name="building_has_both_coordinates",
                violation_error_message="Нужны обе координаты: широта и долгота в градусах.",
            ),
        ),
        migrations.AddConstraint(
            model_name="building",
            constraint=models.UniqueConstraint(
                condition=models.Q(("register_code", ""), _negated=True),
                fields=("register_code",),
                name="building_code_once",
                violation_error_message="Дом с таким кодом исходного реестра уже есть.",
            ),
        ),
    ]
