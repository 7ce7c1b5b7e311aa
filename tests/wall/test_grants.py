"""What the role of organisations may read of every table, against the table written by hand.

A new table is invisible to it. One that organisations read is shown by a migration (accounts/grants.py) and named here;
a new column of a table that is shown whole has to be thought about here as well.
"""

import pytest
from django.apps import apps
from django.db import connection

# Registers that everybody may read, row for row.
REGISTERS = {
    "companies_locality": "id name district_id area_code",
    "companies_district": "id name",
    "companies_service": "id code title",
    "companies_building": "id locality_id street house entrances floors flats search_text latitude longitude "
    "built_year register_code house_number district_id",
    "tickets_category": "id code place group problem is_emergency is_danger script responsible_kind service_id "
    "also_notify keywords question repeat_hours repeat_scope position is_active",
    "tickets_norm": "id category_id valid_from localise_minutes check_minutes fix_minutes summer_fix_minutes "
    "summer_from summer_to opens_at closes_at fix_minutes_by_celsius counts_from_damage reply_working_days text act "
    "mark own_columns",
}
# Own rows, and of these the columns that their pages and programs read.
OWN = {
    "companies_company": "id name kind phone duty_phone email works_from works_to works_weekends is_active "
    "original_name inn kpp ogrn contract_number contract_from contract_to head_name head_phone has_webhooks",
    "companies_membership": "id user_id company_id post manages_users manages_programs wants_letters",
    "companies_webhookendpoint": "id company_id url events is_active created_by_id created_at failures lent_until "
    "rests_until last_delivered_at disabled_at disabled_reason notice_due_at",
    "companies_webhookdelivery": "id endpoint_id key event about payload created_at state attempts next_try_at "
    "give_up_at last_try_at delivered_at last_status last_error response",
    "tickets_outage": "id kind category_id where starts_at ends_at ended_at called_off_at cause text company_id",
    "tickets_outage_services": "id outage_id service_id",
    "tickets_outagebuilding": "id outage_id building_id",
    "accounts_apitoken": "id user_id name created_at last_used_at revoked_at issued_by_id revoked_by_id",
    "tickets_ticket": "id number status category_id is_emergency text building_id locality_name street house entrance "
    "floor flat company_id foreman_id contact_id callback_id control_callback_id registered_at damaged_at "
    "transferred_at accepted_at planned_at term_told_at started_at postponed_until localised_at done_at closed_at "
    "works act_number returns search is_appointed old_number scope celsius access_note",
    "tickets_ticketevent": "id ticket_id step actor_id from_status to_status company_id happened_at reason note "
    "details",
    "tickets_ticketdeadline": "id ticket_id deadline_id",
    "tickets_ticketpromise": "id ticket_id obligation_id",
    "tickets_ticketphoto": "id ticket_id position company_id uploaded_by_id stage name size width height pressed_at "
    "received_at upload_key recorded_at",
    "tickets_sentstep": "id user_id key event_id",
    "callbacks_deadline": "id clock title started_at due_at source mark company_id operator_id rule_id agreed_at "
    "first_rung next_rung next_rung_at stopped_at outcome recorded_at",
    "callbacks_contact": "id channel received_at",
    "callbacks_callbackobligation": "id reason state due_at",
    "callbacks_callattempt": "id obligation_id direction started_at ended_at outcome",
    "callbacks_outbox": "id escalation_id channel recipient_id stands_in_for_id",
    "callbacks_escalation": "id deadline_id rung audience rung_due_at raised_at recorded_at is_warning repeats "
    "repeat_at acknowledged_by_id acknowledged_at",
    "accounts_user": "id username first_name last_name role is_active",
    "accounts_idempotencykey": "id user_id key body_digest status answer created_at",
}
# Whatever hides behind such a name is the citizen's, or somebody's own word about him.
NEVER = ("phone", "caller", "extension", "for_whom", "site_", "password", "digest", "secret", "acknowledged_note")
# An organisation's own numbers, and its own programs' repeated requests.
EXCEPT = {("companies_company", name) for name in ("phone", "duty_phone", "head_phone")}
EXCEPT |= {("accounts_idempotencykey", "body_digest")}

# What reads past the policies for whoever stands behind them; each must look itself whose rows it tells.
PAST_THE_POLICIES = {"is_of_centre", "portal_tickets_with"}

pytestmark = pytest.mark.django_db


def readable() -> dict[str, set[str]]:
    """The columns of each table of ours that the role may select."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0
               AND NOT a.attisdropped AND has_column_privilege('dispatch_portal', c.oid, a.attnum, 'SELECT')""")
        found: dict[str, set[str]] = {}
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
    return found


def test_the_grants_are_those_of_the_table() -> None:
    assert readable() == {table: set(columns.split()) for table, columns in (REGISTERS | OWN).items()}


def test_the_table_names_tables_that_exist() -> None:
    assert set(REGISTERS | OWN) <= {model._meta.db_table for model in apps.get_models(include_auto_created=True)}


def test_no_column_holds_a_citizen() -> None:
    shown = {(table, column) for table, columns in readable().items() for column in columns}
    assert not sorted((table, column) for table, column in shown - EXCEPT if any(word in column for word in NEVER))


def test_every_table_but_the_registers_shows_rows_by_rule() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity")
        guarded = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT tablename FROM pg_policies WHERE 'dispatch_portal' = ANY (roles)")
        assert {name for (name,) in cursor.fetchall()} == guarded == set(OWN)


def test_no_other_function_looks_past_the_policies() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
               AND has_function_privilege('dispatch_portal', oid, 'EXECUTE')""")
        found = dict(cursor.fetchall())
    assert set(found) == PAST_THE_POLICIES
    # Whatever somebody makes in a schema of his own must not be read in place of ours.
    assert all(config == ["search_path=public, pg_temp"] for config in found.values())


def test_nothing_can_be_written_but_a_program_s_own_keys() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p')
               AND (has_table_privilege('dispatch_portal', oid, 'DELETE, TRUNCATE, TRIGGER, REFERENCES')
                    OR has_any_column_privilege('dispatch_portal', oid, 'INSERT, UPDATE'))""")
        written = {table for (table,) in cursor.fetchall()}
    assert written == {"accounts_idempotencykey"}


def test_the_role_can_be_taken_and_lends_nothing() -> None:
    """The application takes it on for a while; its own questions are not asked under the portal's rules."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT pg_has_role('dispatch_app', 'dispatch_portal', 'SET'),
                   pg_has_role('dispatch_app', 'dispatch_portal', 'USAGE'),
                   pg_has_role('dispatch_portal', 'dispatch_app', 'MEMBER'),
                   (SELECT rolcanlogin OR rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = 'dispatch_portal'),
                   (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = 'dispatch_app')""")
        assert cursor.fetchone() == (True, False, False, False, False)
