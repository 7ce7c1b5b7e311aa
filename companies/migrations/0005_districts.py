"""The districts that were written beside the localities become rows."""

from django.db import migrations

NAMES = """
INSERT INTO companies_district (name)
SELECT DISTINCT district_name FROM companies_locality WHERE district_name <> ''
ON CONFLICT (name) DO NOTHING;
UPDATE companies_locality l SET district_id = d.id FROM companies_district d WHERE d.name = l.district_name;
"""
NAMES_BACK = """
UPDATE companies_locality l SET district_name = d.name, district_id = NULL FROM companies_district d
 WHERE d.id = l.district_id;
UPDATE companies_building SET district_id = NULL WHERE district_id IS NOT NULL;
DELETE FROM companies_district;
"""


class Migration(migrations.Migration):
    dependencies = [("companies", "0004_register")]

    operations = [migrations.RunSQL(NAMES, NAMES_BACK)]
