"""Every rung belongs to a version of a rule."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0004_rules_from_rungs")]

    operations = [
        migrations.RemoveField(model_name="rung", name="clock"),
        migrations.AlterField(
            model_name="rung",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rungs",
                to="callbacks.clockrule",
                verbose_name="правило",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.UniqueConstraint(fields=("rule", "number"), name="rung_once_per_rule"),
        ),
        migrations.AddConstraint(
            model_name="deadline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("next_rung", None), ("rule__isnull", False), ("stopped_at__isnull", False), _connector="OR"
                ),
                name="deadline_ladder_has_rule",
            ),
        ),
    ]
