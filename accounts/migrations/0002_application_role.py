"""The application's role owns nothing: it may work on rows, but not rewrite what is append-only."""

from django.db import migrations

ROLE = """
DO $$ BEGIN
    -- An owner who may not create roles finds it made by the administrator.
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dispatch_app') THEN
        CREATE ROLE dispatch_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF current_user <> 'dispatch_app' AND NOT pg_has_role(current_user, 'dispatch_app', 'SET') THEN
        EXECUTE format('GRANT dispatch_app TO %I', current_user);
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO dispatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dispatch_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO dispatch_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dispatch_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO dispatch_app;
"""
# The role is left: other databases of the same server may use it.
ROLE_BACK = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM dispatch_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM dispatch_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM dispatch_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM dispatch_app;
"""

# One refusal for all guards: the trigger names the broken rule as if it were a CHECK, so that Django sees an
# IntegrityError and the screens find the sentence by the constraint's name.
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME,
        MESSAGE = format('rule "%s" of table "%s"', TG_ARGV[0], TG_TABLE_NAME);
END $$;
CREATE FUNCTION broken_rule(rule text, rule_table text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, TABLE = rule_table,
        MESSAGE = format('rule "%s" of table "%s"', rule, rule_table);
END $$;
"""

JOURNAL = """
CREATE TRIGGER access_append_only BEFORE UPDATE OR DELETE ON accounts_accessrecord
    FOR EACH ROW EXECUTE FUNCTION refuse('access_append_only');
CREATE TRIGGER access_no_truncate BEFORE TRUNCATE ON accounts_accessrecord
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('access_append_only');
REVOKE UPDATE, DELETE ON accounts_accessrecord FROM dispatch_app;
"""
JOURNAL_BACK = """
DROP TRIGGER access_append_only ON accounts_accessrecord;
DROP TRIGGER access_no_truncate ON accounts_accessrecord;
GRANT UPDATE, DELETE ON accounts_accessrecord TO dispatch_app;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(ROLE, ROLE_BACK),
        migrations.RunSQL(REFUSE, "DROP FUNCTION refuse; DROP FUNCTION broken_rule;"),
        migrations.RunSQL(JOURNAL, JOURNAL_BACK),
    ]
