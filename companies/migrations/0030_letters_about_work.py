"""Whether somebody wants a letter about every new ticket."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0007_responsibility_targets"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="wants_letters",
            field=models.BooleanField(db_default=True, default=True, verbose_name="письма о новых заявках"),
        ),
    ]
