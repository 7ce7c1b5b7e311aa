"""Streets are looked up by name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0002_hours_and_posts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="building",
            index=models.Index(fields=["street", "locality"], name="building_by_street"),
        ),
    ]
