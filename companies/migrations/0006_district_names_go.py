"""The name of a locality's district stands with the district."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("companies", "0005_districts")]

    operations = [
        # Reading it back gives every locality an empty name; the step before fills it.
        migrations.RemoveField(model_name="locality", name="district_name"),
        migrations.AddConstraint(
            model_name="locality",
            constraint=models.UniqueConstraint(
                fields=("name", "district"),
                name="locality_once",
                nulls_distinct=False,
                violation_error_message="Такой населённый пункт в этом районе уже есть.",
            ),
        ),
    ]
