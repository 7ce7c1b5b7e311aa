"""The role behind which organisations read: it owns nothing, and sees nothing that was not granted to it."""

from django.db import migrations

ROLE = """
DO $$ BEGIN
    -- An owner who may not create roles finds it made by the administrator.
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dispatch_portal') THEN
        CREATE ROLE dispatch_portal NOLOGIN NOINHERIT;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ DECLARE who name; BEGIN
    -- The role of a session is set by whoever has signed in: the application, or with one address the owner.
    FOREACH who IN ARRAY ARRAY['dispatch_app', current_user] LOOP
        IF NOT pg_has_role(who, 'dispatch_portal', 'SET') THEN
            -- Without INHERIT: the application's questions are not asked under the portal's rules as well.
            EXECUTE format('GRANT dispatch_portal TO %I WITH INHERIT FALSE, SET TRUE', who);
        END IF;
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO dispatch_portal;
"""
# The role is left: other databases of the same server may use it.
ROLE_BACK = "REVOKE USAGE ON SCHEMA public FROM dispatch_portal;"

# Who asks. Nobody, where nothing is set: NULL is equal to no row.
ASKER = """
CREATE FUNCTION portal_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('app.user_id', true), '')::bigint $$;
CREATE FUNCTION portal_company() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('app.company_id', true), '')::bigint $$;
CREATE FUNCTION portal_foreman() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('app.foreman_id', true), '')::bigint $$;
-- A policy on users that asked users would never end: this one looks past the policies.
CREATE FUNCTION is_of_centre(person bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS
    $$ SELECT role NOT IN ('company', 'foreman') FROM accounts_user WHERE id = person $$;
"""
ASKER_BACK = """
DROP FUNCTION is_of_centre; DROP FUNCTION portal_foreman; DROP FUNCTION portal_company; DROP FUNCTION portal_user;
"""

# A program's repeated request is answered from what it was answered before: its own keys, which it also writes.
KEYS = """
CREATE POLICY centre_sees_all ON accounts_idempotencykey TO dispatch_app USING (true) WITH CHECK (true);
CREATE POLICY portal_sees_own ON accounts_idempotencykey TO dispatch_portal
    USING (user_id = portal_user()) WITH CHECK (user_id = portal_user());
ALTER TABLE accounts_idempotencykey ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (status, answer) ON accounts_idempotencykey TO dispatch_portal;
"""
KEYS_BACK = """
REVOKE ALL ON accounts_idempotencykey FROM dispatch_portal;
ALTER TABLE accounts_idempotencykey DISABLE ROW LEVEL SECURITY;
DROP POLICY portal_sees_own ON accounts_idempotencykey;
DROP POLICY centre_sees_all ON accounts_idempotencykey;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_presence_and_line")]

    operations = [
        migrations.RunSQL(ROLE, ROLE_BACK),
        migrations.RunSQL(ASKER, ASKER_BACK),
        migrations.RunSQL(KEYS, KEYS_BACK),
    ]
