"""Whether somebody wants a letter about every new ticket."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0023_programs_behind_the_wall"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="wants_letters",
            field=models.BooleanField(db_default=True, default=True, verbose_name="письма о новых заявках"),
        ),
    ]
