"""The ladder as supervisors had it becomes the first version of each clock's rule."""

from django.db import migrations

# Lengths stood in the code until now; where there is none, a norm or the moment agreed says how long.
FORWARDS = """
INSERT INTO callbacks_clockrule (clock, length, emergency_length, source, mark, note)
SELECT clock,
       CASE clock WHEN 'acceptance' THEN interval '8 minutes' WHEN 'control_call' THEN interval '2 hours' END,
       CASE clock WHEN 'acceptance' THEN interval '5 minutes' END,
       CASE clock WHEN 'first_answer' THEN 'распоряжение губернатора от 21.10.2013'
                  WHEN 'reopened' THEN 'распоряжение губернатора от 21.10.2013'
                  WHEN 'missed_call' THEN 'ПП РФ 416, п. 13 (ред. от 27.03.2018 № 331)'
                  ELSE 'правило центра' END,
       CASE WHEN clock IN ('first_answer', 'reopened', 'missed_call') THEN 'V' ELSE 'D' END,
       ''
  FROM (SELECT DISTINCT clock FROM callbacks_rung) AS clocks;
UPDATE callbacks_rung r SET rule_id = c.id FROM callbacks_clockrule c WHERE c.clock = r.clock;
UPDATE callbacks_deadline d SET rule_id = c.id FROM callbacks_clockrule c
 WHERE c.clock = d.clock AND d.stopped_at IS NULL;
UPDATE callbacks_callbackobligation SET round_attempts = counted_attempts, round_started_at = first_attempt_at
 WHERE state IN ('open', 'claimed', 'dialling', 'exhausted') AND counted_attempts > 0;
"""
BACKWARDS = """
UPDATE callbacks_rung r SET clock = c.clock FROM callbacks_clockrule c WHERE c.id = r.rule_id;
UPDATE callbacks_deadline SET rule_id = NULL WHERE rule_id IS NOT NULL;
UPDATE callbacks_rung SET rule_id = NULL;
DELETE FROM callbacks_clockrule;
"""


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0003_rules_and_envelopes")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
