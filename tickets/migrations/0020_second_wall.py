"""What organisations may see, said to the database: the rows of one of them, and no column with a citizen in it."""

from django.db import migrations

from accounts.grants import show_register_to_portal, show_to_portal

# Before the role changes, the database itself looks up whose person asks.
ENTER = """
CREATE FUNCTION enter_portal(person bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE company bigint; is_foreman boolean;
BEGIN
    SELECT m.company_id, u.role = 'foreman' INTO company, is_foreman
      FROM accounts_user u LEFT JOIN companies_membership m ON m.user_id = u.id
     WHERE u.id = person;
    PERFORM set_config('app.user_id', person::text, true),
            set_config('app.company_id', coalesce(company::text, ''), true),
            set_config('app.foreman_id', CASE WHEN is_foreman THEN person::text ELSE '' END, true);
    PERFORM set_config('role', 'dispatch_portal', true);
END $$;
"""

TICKET = (
    "id", "number", "status", "category_id", "is_emergency", "text", "building_id", "locality_name", "street", "house",
    "entrance", "floor", "flat", "company_id", "foreman_id", "contact_id", "callback_id", "control_callback_id",
    "registered_at", "damaged_at", "transferred_at", "accepted_at", "planned_at", "term_told_at", "started_at",
    "postponed_until", "localised_at", "done_at", "closed_at", "works", "act_number", "returns", "search",
    "is_appointed",
)  # fmt: skip
OWN_TICKET = "company_id = portal_company() AND (portal_foreman() IS NULL OR foreman_id = portal_foreman())"

EVENT = (
    "id", "ticket_id", "step", "actor_id", "from_status", "to_status", "company_id", "happened_at", "reason", "note",
    "details",
)  # fmt: skip
# As TicketEventQuerySet.visible_to() has it.
OWN_EVENT = """
    (company_id = portal_company() OR (company_id IS NULL AND step = 'register'))
    AND step <> 'correct_phone'
    AND EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = ticket_id)
    AND NOT (step = 'comment' AND is_of_centre(actor_id))
"""
OF_OWN_TICKET = "EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = ticket_id)"

DEADLINE = (
    "id", "clock", "title", "started_at", "due_at", "source", "mark", "company_id", "operator_id", "rule_id",
    "agreed_at", "first_rung", "next_rung", "next_rung_at", "stopped_at", "outcome", "recorded_at",
)  # fmt: skip
OWN_DEADLINE = "EXISTS (SELECT 1 FROM tickets_ticketdeadline d WHERE d.deadline_id = callbacks_deadline.id)"

ESCALATION = (
    "id", "deadline_id", "rung", "audience", "rung_due_at", "raised_at", "recorded_at", "is_warning", "repeats",
    "repeat_at", "acknowledged_by_id", "acknowledged_at",
)  # fmt: skip
# Whom it asked by name, as long as his organisation has the work.
OWN_ESCALATION = """
    EXISTS (SELECT 1 FROM callbacks_outbox o WHERE o.escalation_id = callbacks_escalation.id)
    AND EXISTS (SELECT 1 FROM callbacks_deadline d WHERE d.id = deadline_id)
"""

# Of promises and calls only what became of them: whose number it was stands in the columns that are left out.
PROMISE = ("id", "reason", "state", "due_at")
OWN_PROMISE = """
    EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.callback_id = callbacks_callbackobligation.id)
    OR EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.control_callback_id = callbacks_callbackobligation.id)
    OR EXISTS (SELECT 1 FROM tickets_ticketpromise p WHERE p.obligation_id = callbacks_callbackobligation.id)
"""
ATTEMPT = ("id", "obligation_id", "direction", "started_at", "ended_at", "outcome")
OWN_ATTEMPT = "EXISTS (SELECT 1 FROM callbacks_callbackobligation o WHERE o.id = obligation_id)"
CONTACT = ("id", "channel", "received_at")
OWN_CONTACT = "EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.contact_id = callbacks_contact.id)"

# Names stand in histories: of the centre's people, of one's own, and of those who once worked for it.
USER = ("id", "username", "first_name", "last_name", "role", "is_active")
KNOWN_USER = """
    role NOT IN ('company', 'foreman')
    OR EXISTS (SELECT 1 FROM companies_membership m WHERE m.user_id = accounts_user.id)
    OR EXISTS (SELECT 1 FROM tickets_ticketevent e WHERE e.actor_id = accounts_user.id)
    OR EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.foreman_id = accounts_user.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_portal_role"),
        ("companies", "0007_responsibility_targets"),
        ("callbacks", "0010_refusals_clock"),
        ("tickets", "0012_holding_guards"),
    ]

    operations = [
        migrations.RunSQL(ENTER, "DROP FUNCTION enter_portal"),
        show_register_to_portal("companies_district"),
        show_register_to_portal("companies_locality"),
        show_register_to_portal("companies_service"),
        show_register_to_portal("companies_building"),
        show_register_to_portal("tickets_category"),
        show_register_to_portal("tickets_norm"),
        # What the centre keeps about an organisation is its own card.
        show_to_portal("companies_company", rows="id = portal_company()"),
        show_to_portal("companies_membership", rows="company_id = portal_company()"),
        show_to_portal("tickets_ticket", columns=TICKET, rows=OWN_TICKET),
        show_to_portal("tickets_ticketevent", columns=EVENT, rows=OWN_EVENT),
        show_to_portal("tickets_ticketdeadline", columns=("id", "ticket_id", "deadline_id"), rows=OF_OWN_TICKET),
        show_to_portal("tickets_ticketpromise", columns=("id", "ticket_id", "obligation_id"), rows=OF_OWN_TICKET),
        show_to_portal("callbacks_deadline", columns=DEADLINE, rows=OWN_DEADLINE),
        show_to_portal("callbacks_contact", columns=CONTACT, rows=OWN_CONTACT),
        show_to_portal("callbacks_callbackobligation", columns=PROMISE, rows=OWN_PROMISE),
        show_to_portal("callbacks_callattempt", columns=ATTEMPT, rows=OWN_ATTEMPT),
        show_to_portal(
            "callbacks_outbox",
            columns=("id", "escalation_id", "channel", "recipient_id", "stands_in_for_id"),
            rows="recipient_id = portal_user()",
        ),
        show_to_portal("callbacks_escalation", columns=ESCALATION, rows=OWN_ESCALATION),
        show_to_portal("accounts_user", columns=USER, rows=KNOWN_USER),
    ]
