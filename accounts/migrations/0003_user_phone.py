"""A telephone for alarms."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_application_role"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="phone",
            field=models.CharField(
                blank=True,
                help_text="В виде +79101234567.",
                max_length=16,
                validators=[
                    django.core.validators.RegexValidator("^\\+[1-9][0-9]{6,14}$", "Телефон нужен в виде +74842565602.")
                ],
                verbose_name="телефон для тревог",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("phone", ""), ("phone__regex", "^\\+[1-9][0-9]{6,14}$"), _connector="OR"),
                name="user_phone_e164",
            ),
        ),
    ]
