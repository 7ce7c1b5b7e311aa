"""Whether an alarm would be heard where somebody sits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_token_makers"),
    ]

    operations = [
        migrations.AddField(
            model_name="presence",
            name="sound",
            field=models.CharField(
                blank=True,
                choices=[("on", "звук включён"), ("blocked", "браузер не даёт звука"), ("off", "звук выключен")],
                db_default="",
                default="",
                max_length=8,
                verbose_name="звук",
            ),
        ),
        migrations.AddField(
            model_name="presence",
            name="sound_at",
            field=models.DateTimeField(null=True, verbose_name="о звуке сказано"),
        ),
        migrations.AddConstraint(
            model_name="presence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sound", ""), ("sound_at", None)),
                    models.Q(("sound__in", ["on", "blocked", "off"]), ("sound_at__isnull", False)),
                    _connector="OR",
                ),
                name="presence_sound_is_known",
            ),
        ),
    ]
