"""Peculiarities of norms that were loaded before there was a place for them.

They stood in the norm's words already; numbers that tickets were registered with do not change.
"""

from django.db import migrations

FORWARDS = """
UPDATE tickets_norm n SET opens_at = '08:00', closes_at = '23:00'
  FROM tickets_category c WHERE c.id = n.category_id AND c.code = 'R01' AND n.valid_from = '2018-03-27';
UPDATE tickets_norm n SET counts_from_damage = true
  FROM tickets_category c WHERE c.id = n.category_id AND c.code IN ('W01', 'W02', 'W03', 'S02', 'S03', 'H03')
   AND n.valid_from = '2018-03-27';
UPDATE tickets_norm n SET reply_working_days = 10, fix_minutes = NULL
  FROM tickets_category c WHERE c.id = n.category_id AND c.code = 'B01' AND n.valid_from = '2018-03-27';
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_terms_and_checks")]

    # Going back the columns themselves go.
    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
