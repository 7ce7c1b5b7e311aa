"""A million tickets of two years, the same ones for the same seed: what a centre has after its second winter.

Everything is made inside PostgreSQL from the number of the ticket and hashes of it, in sets, as its owner and without
triggers, which would ask of each row what was so long ago; constraints stay on, and a slow test asks
``check_invariants`` of a small one. The old part is loaded once and kept. The last two weeks lie before «now», so they
are made anew whenever the rows are opened.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

from .words import COMPANIES, DETAILS, HOUSES, NAMES, PATRONYMICS, STREETS, SURNAMES, WORKS

# Raised when other rows come out of the same numbers.
VERSION = 1
TICKETS, RECENT = 1_000_000, 20_000
OPERATORS = 60
# Rows made here have numbers of their own, far from the demonstration's.
FIRST = 100_000_000
# How many ids a ticket has of each table: its own number of them starts at FIRST + n * so many.
IDS = {
    "callbacks_contact": 2, "callbacks_callattempt": 2, "callbacks_callbackobligation": 2, "callbacks_deadline": 4,
    "tickets_ticket": 1, "tickets_ticketdeadline": 2, "tickets_ticketevent": 8, "tickets_addedcontact": 1,
}  # fmt: skip


def _of(salt: int, size: int | str, base: str = "n") -> str:
    """A number below ``size`` that looks like chance and is the same every time."""
    return f"((hashint8extended({base}, {salt}) & 9223372036854775807) %% {size})"


def _share(salt: int, base: str = "n") -> str:
    return f"({_of(salt, 1_000_000, base)} / 1e6)"


def _word(words: str, salt: int, base: str = "n") -> str:
    return f"(%({words})s::text[])[1 + {_of(salt, f'cardinality(%({words})s::text[])', base)}]"


# ── Whom and what the tickets name ───────────────────────────────────────────────────────────────────────────────
PEOPLE = """
CREATE TEMP TABLE firms ON COMMIT DROP AS SELECT row_number() OVER (ORDER BY id) - 1 AS i, id FROM companies_company;
CREATE TEMP TABLE staff ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY username <> 'operator', id) - 1 AS i, id FROM accounts_user
     WHERE username = 'operator' OR username LIKE 'bench-%%';
CREATE TEMP TABLE kinds ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY c.position, c.code) - 1 AS i, c.id, c.problem, c.is_emergency, c.is_danger,
           (SELECT m.id FROM tickets_norm m WHERE m.category_id = c.id ORDER BY m.valid_from DESC LIMIT 1) AS norm_id
      FROM tickets_category c WHERE c.is_active;
CREATE TEMP TABLE homes ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY b.id) - 1 AS i, b.id, b.street, b.house, l.name AS locality
      FROM companies_building b JOIN companies_locality l ON l.id = b.locality_id;
CREATE TEMP TABLE rules ON COMMIT DROP AS
    SELECT r.clock, r.id, r.source, r.mark, g.number AS rung, g."offset", g.share
      FROM callbacks_clockrule r
      JOIN LATERAL (SELECT * FROM callbacks_rung g WHERE g.rule_id = r.id ORDER BY number LIMIT 1) g ON true
     WHERE r.retired_at IS NULL;
"""
# The story of each ticket, from its number: who rang about what and where, how it went on, and when.
STORY = f"""
CREATE TEMP TABLE story ON COMMIT DROP AS
WITH begun AS (
    SELECT n, CASE WHEN n < %(old)s
        THEN %(at)s - '730 days'::interval + (n + {_share(1)}) / %(old)s * '716 days'::interval
        ELSE %(at)s - power((%(total)s - n - 0.5) / (%(total)s - %(old)s), 1.2) * '14 days'::interval END AS registered,
        {_of(2, "(%(total)s / 3 + 1)")} AS caller, {_share(3)} AS fate
      FROM generate_series(%(first)s, %(last)s - 1) AS n
), fated AS (
    SELECT *, least(%(at)s - registered, '12 days'::interval) AS span, {_of(4, 50, "caller")} = 0 AS is_hidden,
        n >= %(old)s AND ({_share(5)} < 0.25 OR n >= %(total)s - 300 AND {_share(5)} < 0.9) AS is_live,
        n >= %(total)s - 40 AS is_fresh
      FROM begun
), told AS (
    SELECT *, CASE
        WHEN is_live AND is_fresh THEN CASE WHEN fate < 0.2 THEN 'registered' ELSE 'assigned' END
        WHEN is_live THEN CASE WHEN fate < 0.03 THEN 'registered' WHEN fate < 0.15 THEN 'assigned'
            WHEN fate < 0.40 THEN 'accepted' WHEN fate < 0.78 THEN 'in_work' WHEN fate < 0.86 THEN 'postponed'
            WHEN fate < 0.90 OR fate < 0.94 AND is_hidden THEN 'done' WHEN fate < 0.95 THEN 'not_confirmed'
            WHEN fate < 0.97 THEN 'rejected' ELSE 'returned' END
        WHEN fate < 0.02 THEN 'cancelled' WHEN fate < 0.03 AND n > 10 THEN 'duplicate'
        WHEN is_hidden OR fate < 0.04 THEN 'closed_unconfirmed' ELSE 'closed' END AS status
      FROM fated
)
SELECT t.n, %(id)s + t.n AS id, %(id)s + t.n * 2 AS contact_id, t.registered,
    {_of(32, 25)} = 0 AS is_repeated, t.registered - '90 s'::interval AS received, t.status, t.is_hidden,
    t.is_fresh AND t.is_live AS is_fresh,
    t.status IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate') AS is_dead,
    t.registered + least(t.span * 0.4, '1 min'::interval * (1 + 8.5 * {_share(6)})) AS talked,
    t.registered + least(t.span * 0.3, '1 min'::interval * (2 + 30 * {_share(7)})) AS accepted,
    t.registered + t.span * (0.4 + 0.3 * {_share(8)}) AS done,
    t.registered + t.span * (0.75 + 0.2 * {_share(9)}) AS closed,
    CASE WHEN t.is_hidden THEN '' ELSE '+79' || lpad({_of(10, 1_000_000_000, "caller")}::text, 9, '0') END AS phone,
    CASE WHEN {_of(11, 2, "caller")} = 0
        THEN {_word("surnames", 12, "caller")} || ' ' || {_word("men", 13, "caller")} || ' '
             || {_word("fathers", 14, "caller")} || 'ич'
        ELSE {_word("surnames", 12, "caller")} || 'а ' || {_word("women", 13, "caller")} || ' '
             || {_word("fathers", 14, "caller")} || 'на'
    END AS caller_name,
    (1 + {_of(15, 120, "caller")})::text AS flat, (1 + {_of(16, 4, "caller")})::text AS entrance,
    k.id AS category_id, k.norm_id, k.is_emergency, k.is_danger, k.problem,
    k.problem || '. ' || {_word("details", 17)}
        || CASE WHEN {_of(18, 3)} = 0 THEN ' ' || {_word("details", 19)} ELSE '' END AS text,
    h.id AS building_id, h.street, h.house, h.locality, f.id AS company_id, p.id AS operator_id
  FROM told t
  JOIN kinds k ON k.i = floor(power({_share(20)}, 1.7) * (SELECT count(*) FROM kinds))
  JOIN homes h ON h.i = {_of(21, "(SELECT count(*) FROM homes)", "caller")}
  JOIN firms f ON f.i = floor(power({_share(22)}, 1.5) * (SELECT count(*) FROM firms))
  JOIN staff p ON p.i = {_of(23, "(SELECT count(*) FROM staff)")};
CREATE INDEX ON story (n); ANALYZE story;
"""

# ── The rows ─────────────────────────────────────────────────────────────────────────────────────────────────────
CONTACTS = """
INSERT INTO callbacks_contact (id, received_at, recorded_at, channel, phone, extension, no_phone_reason, caller_name,
                               taken_by_id, ended_as, note)
SELECT contact_id, received, registered, 'phone', phone, '', CASE WHEN is_hidden THEN 'hidden' ELSE '' END,
       caller_name, operator_id, 'ticket', '' FROM story ORDER BY n;
INSERT INTO callbacks_contact (id, received_at, recorded_at, channel, phone, extension, no_phone_reason, caller_name,
                               taken_by_id, ended_as, note)
SELECT contact_id + 1, done, done, 'phone', phone, '', CASE WHEN is_hidden THEN 'hidden' ELSE '' END, caller_name,
       operator_id, 'added', 'Спрашивает, когда придут.' FROM story WHERE is_repeated ORDER BY n;
INSERT INTO tickets_addedcontact (id, ticket_id, contact_id, kind, recorded_at)
SELECT id, id, contact_id + 1, 'repeat', done FROM story WHERE is_repeated ORDER BY n;
"""
# Clocks of a ticket, by the place of their id: first answer, control call, what is stopped and what runs of the work.
DEADLINES = f"""
CREATE TEMP TABLE clocks ON COMMIT DROP AS
SELECT s.n, c.place, c.clock, c.started, c.due, c.stopped, s.company_id, s.operator_id,
       CASE WHEN c.stopped IS NULL THEN s.problem || ' · ' || s.street || ', ' || s.house ELSE '' END AS title
  FROM story s CROSS JOIN LATERAL (VALUES
    (0, 'first_answer', received, received + '10 min'::interval, CASE WHEN NOT is_fresh THEN talked END, NOT is_hidden),
    (1, 'control_call', done, done + '24 hours'::interval, CASE WHEN is_dead THEN closed END,
        NOT is_hidden AND status IN ('closed', 'closed_unconfirmed', 'done', 'not_confirmed')),
    (2, 'acceptance', registered, registered + '30 min'::interval,
        CASE WHEN status = 'cancelled' THEN closed WHEN status <> 'assigned' THEN accepted END,
        status NOT IN ('registered', 'duplicate')),
    (3, CASE WHEN status IN ('registered', 'rejected') THEN 'waiting_centre' ELSE 'fix' END, registered,
        registered + ('{{2 hours,4 hours,1 day,3 days,7 days,15 days,30 days}}'::interval[])[1 + {_of(30, 7)}], NULL,
        NOT is_dead AND status NOT IN ('done', 'not_confirmed'))
  ) AS c (place, clock, started, due, stopped, is_there) WHERE c.is_there;
INSERT INTO callbacks_deadline (id, clock, title, started_at, due_at, source, mark, company_id, operator_id, rule_id,
                                next_rung, next_rung_at, stopped_at, outcome, recorded_at)
SELECT %(id)s + c.n * 4 + c.place, c.clock, c.title, c.started, c.due, r.source, r.mark,
       CASE WHEN c.clock IN ('acceptance', 'fix') THEN c.company_id END, c.operator_id, r.id,
       CASE WHEN c.stopped IS NULL THEN r.rung END,
       CASE WHEN c.stopped IS NULL THEN c.due + coalesce(r."offset", (c.due - c.started) * r.share / 100) END,
       c.stopped, CASE WHEN c.stopped <= c.due THEN 'met' WHEN c.stopped > c.due THEN 'missed' END, c.started
  FROM clocks c JOIN rules r USING (clock) ORDER BY c.n, c.place;
"""
PROMISES = """
CREATE TEMP TABLE owed ON COMMIT DROP AS
SELECT s.*, o.* FROM story s CROSS JOIN LATERAL (VALUES
    (0, 'first_answer', received, '10 min'::interval, talked, true,
        CASE WHEN is_hidden THEN CASE WHEN is_dead THEN 'waived' ELSE 'not_callable' END
             WHEN is_fresh THEN 'open' ELSE 'kept' END),
    (1, 'control_call', done, '24 hours'::interval, closed,
        status IN ('closed', 'closed_unconfirmed') OR status IN ('done', 'not_confirmed') AND NOT is_hidden,
        CASE WHEN status = 'closed' THEN 'kept' WHEN is_dead THEN 'waived' ELSE 'open' END)
  ) AS o (place, reason, promised, length, settled, is_there, state) WHERE o.is_there;
INSERT INTO callbacks_callattempt (id, obligation_id, operator_id, direction, number, started_at, ended_at, outcome,
                                   note, recorded_at)
SELECT %(id)s + n * 2 + place, %(id)s + n * 2 + place, operator_id, 'out', phone, settled - (settled - promised) * 0.1,
       settled, 'reached', 'Ответили на вопросы.', settled FROM owed WHERE state = 'kept' ORDER BY n, place;
INSERT INTO callbacks_callbackobligation (id, contact_id, reason, state, promised_at, promised_length, due_at,
    deadline_id, is_danger, next_attempt_at, counted_attempts, first_attempt_at, rounds, round_attempts,
    round_started_at, occurrences, number, extension, settled_by_id, settled_at, waiver, waiver_note, waived_by_id,
    recorded_at)
SELECT %(id)s + n * 2 + place, contact_id, reason, state, promised, CASE WHEN NOT is_hidden THEN length END,
       CASE WHEN NOT is_hidden THEN promised + length END,
       CASE WHEN NOT is_hidden THEN %(id)s + n * 4 + place END, is_danger,
       CASE WHEN NOT is_hidden THEN promised END, (state = 'kept')::int,
       CASE WHEN state = 'kept' THEN settled - (settled - promised) * 0.1 END, 1, (state = 'kept')::int,
       CASE WHEN state = 'kept' THEN settled - (settled - promised) * 0.1 END, 1, phone, '',
       CASE WHEN state = 'kept' THEN %(id)s + n * 2 + place END,
       CASE WHEN state IN ('kept', 'waived') THEN settled END,
       CASE WHEN state = 'waived' THEN CASE WHEN is_hidden THEN 'no_number' ELSE 'caller_declined' END END,
       CASE WHEN state = 'waived' AND NOT is_hidden THEN 'Просил больше не звонить.' ELSE '' END,
       CASE WHEN state = 'waived' THEN operator_id END, promised
  FROM owed ORDER BY n, place;
"""
ROWS_OF_TICKETS = f"""
INSERT INTO tickets_ticket (id, number, contact_id, callback_id, control_callback_id, status, category_id, norm_id,
    is_emergency, text, building_id, locality_name, street, house, entrance, floor, flat, company_id, registered_by_id,
    registered_at, transferred_at, accepted_at, postponed_until, done_at, closed_at, works, act_number, returns,
    repeats, mark, duplicate_of_id, intake_key, recorded_at)
SELECT id, to_char(registered AT TIME ZONE 'Europe/Moscow', 'YY') || '-' || lpad((n + 1)::text, 6, '0'), contact_id,
       %(id)s + n * 2,
       CASE WHEN status IN ('closed', 'closed_unconfirmed') OR status IN ('done', 'not_confirmed') AND NOT is_hidden
            THEN %(id)s + n * 2 + 1 END,
       status, category_id, norm_id, is_emergency, text, building_id, locality, street, house, entrance, '', flat,
       CASE WHEN status NOT IN ('registered', 'rejected', 'duplicate') THEN company_id END, operator_id, registered,
       CASE WHEN status NOT IN ('registered', 'duplicate') THEN registered END,
       CASE WHEN status NOT IN ('registered', 'assigned', 'rejected', 'cancelled', 'duplicate') THEN accepted END,
       CASE WHEN status = 'postponed' THEN accepted + '5 days'::interval END,
       CASE WHEN status IN ('done', 'not_confirmed', 'closed', 'closed_unconfirmed', 'returned') THEN done END,
       CASE WHEN is_dead THEN closed END,
       CASE WHEN status IN ('closed', 'closed_unconfirmed', 'done') THEN {_word("works", 31)} ELSE '' END, '',
       (status = 'returned')::int, is_repeated::int,
       CASE WHEN status = 'closed' AND {_of(34, 3)} > 0 THEN 5 - floor(power({_share(35)}, 3) * 5)::int END,
       CASE WHEN status = 'duplicate' THEN id - 3 END,
       (lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000')::uuid, registered
  FROM story ORDER BY n;
INSERT INTO tickets_ticketdeadline (id, ticket_id, deadline_id)
SELECT %(id)s + n * 2 + place - 2, %(id)s + n, %(id)s + n * 4 + place FROM clocks WHERE place > 1 ORDER BY n, place;
"""
EVENTS = """
INSERT INTO tickets_ticketevent (id, ticket_id, step, actor_id, from_status, to_status, company_id, happened_at, reason,
                                 note, details, recorded_at)
SELECT %(id)s + s.n * 8 + e.place, s.id, e.step, s.operator_id, e.was, e.became,
       CASE WHEN e.place > 0 AND e.step NOT IN ('mark_duplicate', 'return_to_work') THEN s.company_id END,
       CASE WHEN e.place < 2 AND e.step <> 'mark_duplicate' THEN s.registered WHEN e.place = 2 AND e.step <> 'cancel'
            THEN s.accepted WHEN e.place = 3 THEN s.done ELSE s.closed END,
       '', '', '{}', s.registered + '13 days'::interval
  FROM story s JOIN (VALUES
    (0, 'register', '', 'registered', '{}'::text[]),
    (1, 'assign', 'registered', 'assigned', '{registered,duplicate}'),
    (1, 'mark_duplicate', 'registered', 'duplicate', NULL),
    (2, 'cancel', 'assigned', 'cancelled', NULL),
    (2, 'reject', 'assigned', 'rejected', NULL),
    (2, 'accept', 'assigned', 'accepted', '{registered,duplicate,assigned,cancelled,rejected}'),
    (3, 'start', 'accepted', 'in_work', NULL),
    (3, 'postpone', 'accepted', 'postponed', NULL),
    (3, 'not_confirmed', 'accepted', 'not_confirmed', NULL),
    (3, 'report_done', 'accepted', 'done',
        '{registered,duplicate,assigned,cancelled,rejected,accepted,in_work,postponed,not_confirmed}'),
    (4, 'close', 'done', 'closed', NULL),
    (4, 'close_unconfirmed', 'done', 'closed_unconfirmed', NULL),
    (4, 'return_to_work', 'done', 'returned', NULL)
  ) AS e (place, step, was, became, not_for) ON coalesce(s.status <> ALL (e.not_for), s.status = e.became)
 ORDER BY s.n, e.place;
"""


class Million:
    """The tables of one database, filled with ``total`` tickets of which the last ``recent`` are of these two weeks."""

    def __init__(self, owner_url: str, *, total: int = TICKETS, recent: int = RECENT) -> None:
        self.owner_url, self.total, self.old = owner_url, total, total - recent

    def load(self, *, at: datetime) -> None:
        """Everything up to two weeks before ``at``. One transaction: after a crash nothing of it is there."""
        with closing(psycopg2.connect(self.owner_url)) as owner, owner, owner.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
            self._make_register(cursor)
            # An index that is built at the end costs a third of one that grows with every row.
            indexes = list(_secondary_indexes(cursor))
            for name, _definition in indexes:
                cursor.execute(f"DROP INDEX {name}")
            self._write(cursor, at=at, first=0, last=self.old)
            for _name, definition in indexes:
                cursor.execute(definition)
        self._tidy()

    def renew(self, *, at: datetime) -> None:
        """The last two weeks before ``at``, in place of those that were made for another moment."""
        with closing(psycopg2.connect(self.owner_url)) as owner, owner, owner.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica; SET work_mem = '256MB'")
            for table, ids in IDS.items():
                cursor.execute(f"DELETE FROM {table} WHERE id >= {FIRST + self.old * ids}")
            self._write(cursor, at=at, first=self.old, last=self.total)
        self._tidy()

    def _write(self, cursor: Any, *, at: datetime, first: int, last: int) -> None:
        given: dict[str, Any] = {
            "at": at, "first": first, "last": last, "old": self.old, "total": self.total, "id": FIRST,
            "surnames": SURNAMES, "men": NAMES[0], "women": NAMES[1], "fathers": PATRONYMICS, "details": DETAILS,
            "works": WORKS,
        }  # fmt: skip
        cursor.execute("SET session_replication_role = replica; SET jit = off")
        for sql in (PEOPLE, STORY, CONTACTS, DEADLINES, PROMISES, ROWS_OF_TICKETS, EVENTS):
            cursor.execute(sql, given)
        for table, ids in IDS.items():
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {FIRST + self.total * ids + 1_000})"
            )
        cursor.execute("SELECT setval('ticket_number', %s)", [self.total + 1_000])

    def _make_register(self, cursor: Any) -> None:
        """Houses, organisations and operators beside the demonstration's."""
        from companies.models import search_text_of

        cursor.execute("SELECT id, name FROM companies_locality ORDER BY name = 'г. Калуга' DESC, id LIMIT 1")
        locality, town = cursor.fetchone()
        houses = [
            (locality, street, str(house), search_text_of(town, street, str(house)), "")
            for street in STREETS
            for house in range(1, HOUSES + 1)
        ]
        execute_values(
            cursor, "INSERT INTO companies_building (locality_id, street, house, search_text, register_code)"
            " VALUES %s"
            " ON CONFLICT DO NOTHING", houses, page_size=1000,
        )  # fmt: skip
        execute_values(
            cursor, "INSERT INTO companies_company (name, kind, phone, duty_phone, email, works_weekends, is_active,"
            " original_name, inn, kpp, ogrn, contract_number, head_name, head_phone) VALUES %s",
            [(name, "management", "", "", "", False, True, "", "", "", "", "", "", "") for name in COMPANIES],
        )  # fmt: skip
        execute_values(
            cursor, "INSERT INTO accounts_user (username, password, is_superuser, first_name, last_name, email,"
            " is_staff, is_active, date_joined, role, phone) VALUES %s",
            [(f"bench-{number}", "!", False, "", f"Диспетчер {number}", "", False, True, "2024-01-01", "operator", "")
             for number in range(1, OPERATORS)],
        )  # fmt: skip

    def _tidy(self) -> None:
        """What autovacuum would do, but not in the middle of a measure."""
        with closing(psycopg2.connect(self.owner_url)) as owner:
            owner.autocommit = True
            with owner.cursor() as cursor:
                cursor.execute("SET maintenance_work_mem = '512MB'")
                cursor.execute(f"VACUUM ANALYZE {', '.join(IDS)}, companies_building")
                cursor.execute("CHECKPOINT")


def _secondary_indexes(cursor: Any) -> Iterator[tuple[str, str]]:
    """Indexes that hold no rule, and how to make them again."""
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisunique ORDER BY 1",
        [list(IDS)],
    )
    yield from cursor.fetchall()
