"""Whatever changes a row of a day that is past leaves the name of that day: its counts are made anew.

Today is counted live, so its rows leave nothing. SECURITY DEFINER: an organisation's role may change its tickets and
must not read whose days were counted.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION reports_note(subject text, moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF moment < date_trunc('day', now() AT TIME ZONE 'Europe/Moscow') AT TIME ZONE 'Europe/Moscow' THEN
        INSERT INTO reports_staleday (subject, day)
        VALUES (subject, (moment AT TIME ZONE 'Europe/Moscow')::date);
    END IF;
END $$;

-- Subject and field come with the trigger.
CREATE FUNCTION reports_note_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    row jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    PERFORM reports_note(TG_ARGV[0], (row ->> TG_ARGV[1])::timestamptz);
    RETURN NULL;
END $$;

-- All that is counted by what a ticket is about.
CREATE FUNCTION reports_note_ticket(ticket tickets_ticket) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reports_note('tickets', ticket.registered_at), reports_note('closed', ticket.closed_at);
    PERFORM reports_note('promises', o.promised_at) FROM callbacks_callbackobligation o
      WHERE o.id IN (ticket.callback_id, ticket.control_callback_id)
         OR o.id IN (SELECT p.obligation_id FROM tickets_ticketpromise p WHERE p.ticket_id = ticket.id);
    PERFORM reports_note('handovers', d.started_at), reports_note('works', d.due_at)
       FROM tickets_ticketdeadline t JOIN callbacks_deadline d ON d.id = t.deadline_id WHERE t.ticket_id = ticket.id;
    PERFORM reports_note('events', e.happened_at) FROM tickets_ticketevent e WHERE e.ticket_id = ticket.id;
    PERFORM reports_note('repeats', c.received_at)
       FROM tickets_addedcontact a JOIN callbacks_contact c ON c.id = a.contact_id WHERE a.ticket_id = ticket.id;
END $$;

CREATE FUNCTION reports_note_ticket_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ticket tickets_ticket := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM reports_note('tickets', ticket.registered_at), reports_note('closed', ticket.closed_at);
    IF TG_OP = 'INSERT' THEN
        PERFORM reports_note('promises', o.promised_at) FROM callbacks_callbackobligation o
          WHERE o.id IN (ticket.callback_id, ticket.control_callback_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION reports_note_clock_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reports_note('handovers', NEW.started_at), reports_note('works', NEW.due_at);
    RETURN NULL;
END $$;

CREATE FUNCTION reports_note_ticket_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reports_note_ticket(NEW);
    IF OLD.closed_at IS DISTINCT FROM NEW.closed_at THEN
        PERFORM reports_note('closed', OLD.closed_at);
    END IF;
    RETURN NULL;
END $$;

-- What hangs on a ticket's clock is counted by the clock's own days.
CREATE FUNCTION reports_note_clock() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reports_note('handovers', d.started_at), reports_note('works', d.due_at)
       FROM callbacks_deadline d WHERE d.id = NEW.deadline_id;
    RETURN NULL;
END $$;

CREATE FUNCTION reports_note_link() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'tickets_ticketpromise' THEN
        PERFORM reports_note('promises', o.promised_at)
           FROM callbacks_callbackobligation o WHERE o.id = NEW.obligation_id;
    ELSE
        PERFORM reports_note('repeats', c.received_at) FROM callbacks_contact c WHERE c.id = NEW.contact_id;
    END IF;
    RETURN NULL;
END $$;

-- A house has moved to another district: so have its tickets.
CREATE FUNCTION reports_note_house() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reports_note_ticket(t) FROM tickets_ticket t WHERE t.building_id = NEW.id;
    RETURN NULL;
END $$;

-- A whole town has: everything is counted anew.
CREATE FUNCTION reports_note_town() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO reports_staleday (subject, day) SELECT r.subject, r.day FROM reports_rolledday r WHERE NOT r.is_month;
    RETURN NULL;
END $$;

-- They are called by triggers alone, which ask for no right.
REVOKE EXECUTE ON FUNCTION reports_note_town(), reports_note_house(), reports_note_link(), reports_note_clock(),
    reports_note_clock_change(), reports_note_ticket_row(), reports_note_ticket_change(),
    reports_note_ticket(tickets_ticket), reports_note_row(), reports_note(text, timestamptz) FROM PUBLIC;
"""
REMOVED = """
DROP FUNCTION reports_note_town(), reports_note_house(), reports_note_link(), reports_note_clock(),
    reports_note_clock_change(), reports_note_ticket_row(), reports_note_ticket_change(), reports_note_ticket(tickets_ticket), reports_note_row(),
    reports_note(text, timestamptz);
"""


# Told before any function is called: nearly all that is written is of today.
PAST = "{} < date_trunc('day', now() AT TIME ZONE 'Europe/Moscow') AT TIME ZONE 'Europe/Moscow'"


def row(table: str, subject: str, field: str) -> tuple[str, str]:
    """Its moment never changes (a trigger of its own refuses), so the new row tells the day as well as the old one."""
    call = f"FOR EACH ROW WHEN ({{}}) EXECUTE FUNCTION reports_note_row('{subject}', '{field}');"
    written = call.format(PAST.format(f"NEW.{field}"))
    deleted = call.format(PAST.format(f"OLD.{field}"))
    name = f"reports_note_{subject}"
    return (
        (
            f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON {table} {written}"
            f"CREATE TRIGGER {name}_gone AFTER DELETE ON {table} {deleted}"
        ),
        f"DROP TRIGGER {name} ON {table}; DROP TRIGGER {name}_gone ON {table};",
    )


def after(when: str, table: str, function: str, condition: str = "") -> tuple[str, str]:
    what = f" WHEN ({condition})" if condition else ""
    return (
        f"CREATE TRIGGER {function} AFTER {when} ON {table} FOR EACH ROW{what} EXECUTE FUNCTION {function}();",
        f"DROP TRIGGER {function} ON {table};",
    )


COUNTED = (
    "company_id", "category_id", "building_id", "is_emergency", "repeats", "returns", "registered_by_id", "mark",
    "status", "closed_at", "told_live_at", "callback_id", "control_callback_id",
)  # fmt: skip
CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in COUNTED)
CLOCK = (
    "NEW.clock IN ('acceptance', 'fix', 'localise') AND (OLD.stopped_at, OLD.outcome, OLD.company_id)"
    " IS DISTINCT FROM (NEW.stopped_at, NEW.outcome, NEW.company_id)"
)
TRIGGERS = [
    row("callbacks_contact", "contacts", "received_at"),
    row("callbacks_callbackobligation", "promises", "promised_at"),
    row("callbacks_callattempt", "calls", "started_at"),
    row("callbacks_escalation", "escalations", "raised_at"),
    row("tickets_ticketevent", "events", "happened_at"),
    after("INSERT OR DELETE", "tickets_ticket", "reports_note_ticket_row"),
    after("UPDATE", "tickets_ticket", "reports_note_ticket_change", CHANGED),
    after("UPDATE", "callbacks_deadline", "reports_note_clock_change", CLOCK),
    after("INSERT", "tickets_ticketdeadline", "reports_note_clock"),
    after("INSERT", "tickets_ticketpromise", "reports_note_link"),
    after("INSERT OR UPDATE", "tickets_addedcontact", "reports_note_link"),
    after("UPDATE OF district_id, locality_id", "companies_building", "reports_note_house"),
    after("UPDATE OF district_id", "companies_locality", "reports_note_town"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_tallies"),
        ("callbacks", "0061_times_of_a_call"),
        ("companies", "0050_letters_about_work"),
        ("tickets", "0073_words_behind_the_wall"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, REMOVED),
        migrations.RunSQL("\n".join(made for made, _ in TRIGGERS), "\n".join(gone for _, gone in TRIGGERS)),
    ]
