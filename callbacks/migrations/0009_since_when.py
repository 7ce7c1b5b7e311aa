"""Since when somebody holds a call; a second telephone is found by its last digits."""

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0008_delay_and_number"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="callbackobligation",
            name="claimed_at",
            field=models.DateTimeField(null=True, verbose_name="держит с"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                django.db.models.functions.text.Reverse("second_phone"),
                condition=models.Q(("second_phone", ""), _negated=True),
                name="contact_by_second_phone",
            ),
        ),
    ]
