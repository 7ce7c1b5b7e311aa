"""What was signed is never changed: content that its digest proves, numbers without gaps, no week before it is over.

The turn of signing is a lock of the transaction: whoever comes second waits, and counts the numbers after the first.
"""

from django.db import migrations

CHECKS = """
ALTER TABLE reports_weeklyreport
    ADD CONSTRAINT weekly_digest_is_of_content CHECK (digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    -- What is not in it is no NULL to be let through.
    ADD CONSTRAINT weekly_content_is_its_own CHECK ((
        content::jsonb ->> 'number' = serial || '/' || year AND content::jsonb ->> 'week' = to_char(week, 'YYYY-MM-DD')
        AND content::jsonb ->> 'note' = note AND content::jsonb -> 'signer' ->> 'name' = signer_name) IS TRUE),
    ADD CONSTRAINT weekly_note_is_short CHECK (char_length(note) <= 2000),
    ADD CONSTRAINT weekly_is_over CHECK (signed_at >= (week + 7)::timestamp AT TIME ZONE 'Europe/Moscow'),
    ADD CONSTRAINT weekly_numbered_by_year CHECK (year = extract(year FROM signed_at AT TIME ZONE 'Europe/Moscow'));
ALTER TABLE reports_weeklycorrection
    ADD CONSTRAINT weekly_correction_digest CHECK (digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    ADD CONSTRAINT weekly_correction_content CHECK ((
        content::jsonb ->> 'correction' = number::text AND content::jsonb ->> 'note' = note
        AND content::jsonb -> 'signer' ->> 'name' = signer_name) IS TRUE),
    ADD CONSTRAINT weekly_correction_is_short CHECK (char_length(note) <= 2000),
    ADD CONSTRAINT weekly_correction_changes CHECK (
        coalesce(jsonb_array_length(content::jsonb -> 'changes'), 0) > 0);
"""
CHECKS_BACK = """
ALTER TABLE reports_weeklycorrection
    DROP CONSTRAINT weekly_correction_changes, DROP CONSTRAINT weekly_correction_is_short,
    DROP CONSTRAINT weekly_correction_content, DROP CONSTRAINT weekly_correction_digest;
ALTER TABLE reports_weeklyreport
    DROP CONSTRAINT weekly_numbered_by_year, DROP CONSTRAINT weekly_is_over, DROP CONSTRAINT weekly_note_is_short,
    DROP CONSTRAINT weekly_content_is_its_own, DROP CONSTRAINT weekly_digest_is_of_content;
"""
NUMBERS = """
CREATE FUNCTION reports_sign_in_turn() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(4842565603);
$$;

CREATE FUNCTION reports_weekly_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM reports_sign_in_turn();
    IF NEW.serial <> (SELECT coalesce(max(r.serial), 0) + 1 FROM reports_weeklyreport r WHERE r.year = NEW.year) THEN
        PERFORM broken_rule('weekly_number_has_no_gap', 'reports_weeklyreport');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION reports_correction_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM reports_sign_in_turn();
    IF NEW.number <> (SELECT coalesce(max(c.number), 0) + 1 FROM reports_weeklycorrection c
                       WHERE c.report_id = NEW.report_id) THEN
        PERFORM broken_rule('weekly_correction_has_no_gap', 'reports_weeklycorrection');
    END IF;
    -- Counted before what was said last, it would take that back.
    IF NEW.as_of <= (SELECT greatest(r.as_of, (SELECT max(c.as_of) FROM reports_weeklycorrection c
                                                WHERE c.report_id = r.id))
                       FROM reports_weeklyreport r WHERE r.id = NEW.report_id) THEN
        PERFORM broken_rule('weekly_correction_comes_later', 'reports_weeklycorrection');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER weekly_in_turn BEFORE INSERT ON reports_weeklyreport
    FOR EACH ROW EXECUTE FUNCTION reports_weekly_in_turn();
CREATE TRIGGER weekly_correction_in_turn BEFORE INSERT ON reports_weeklycorrection
    FOR EACH ROW EXECUTE FUNCTION reports_correction_in_turn();
"""
NUMBERS_BACK = """
DROP TRIGGER weekly_correction_in_turn ON reports_weeklycorrection;
DROP TRIGGER weekly_in_turn ON reports_weeklyreport;
DROP FUNCTION reports_correction_in_turn(), reports_weekly_in_turn(), reports_sign_in_turn();
"""


def append_only(table: str, rule: str) -> tuple[str, str]:
    return (
        f"""
        CREATE TRIGGER {rule} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse('{rule}');
        CREATE TRIGGER {rule}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse('{rule}');
        REVOKE UPDATE, DELETE ON {table} FROM dispatch_app;
        """,
        f"""
        GRANT UPDATE, DELETE ON {table} TO dispatch_app;
        DROP TRIGGER {rule}_no_truncate ON {table};
        DROP TRIGGER {rule} ON {table};
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("reports", "0020_weekly"), ("accounts", "0002_application_role")]

    operations = [
        migrations.RunSQL(CHECKS, CHECKS_BACK),
        migrations.RunSQL(NUMBERS, NUMBERS_BACK),
        migrations.RunSQL(*append_only("reports_weeklyreport", "weekly_is_frozen")),
        migrations.RunSQL(*append_only("reports_weeklycorrection", "weekly_correction_is_frozen")),
    ]
