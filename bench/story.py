"""What each generated ticket is: who rang about what and where, how it went on, and when.

Everything follows from the number of the ticket (``n``, from 0, the oldest first) and hashes of it, so the same seed
gives the same tickets. The statements fill temporary tables that bench/rows.py writes the rows from.
"""

from .words import DETAILS, NAMES, PATRONYMICS, SURNAMES, WORKS

# Of so many last tickets the talk is hardly over: their promises of ten minutes still run.
FRESH = 40


def of(salt: int, size: int | str, base: str = "n") -> str:
    """SQL of a number below ``size`` that looks like chance and is the same every time."""
    return f"((hashint8extended({base}, {salt}) & 9223372036854775807) %% {size})"


def share(salt: int, base: str = "n") -> str:
    """SQL of a part of one, from 0 to just under 1, in the same way."""
    return f"({of(salt, 1_000_000, base)} / 1e6)"


def word(words: str, salt: int, base: str = "n") -> str:
    """SQL of one of the ``words`` that are given to the statement."""
    return f"(%({words})s::text[])[1 + {of(salt, f'cardinality(%({words})s::text[])', base)}]"


def number(salt: int, base: str = "n") -> str:
    """SQL of a mobile telephone number."""
    return f"('+79' || lpad({of(salt, 1_000_000_000, base)}::text, 9, '0'))"


WORDS = {
    "surnames": SURNAMES, "men": NAMES[0], "women": NAMES[1], "fathers": PATRONYMICS, "details": DETAILS,
    "works": WORKS, "unreached": ["no_answer", "no_answer", "no_answer", "no_answer", "busy", "line_fault"],
}  # fmt: skip

# ── Whom and what the tickets name ───────────────────────────────────────────────────────────────────────────────
PEOPLE = """
CREATE TEMP TABLE firms ON COMMIT DROP AS SELECT row_number() OVER (ORDER BY id) - 1 AS i, id FROM companies_company;
CREATE TEMP TABLE staff ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY username <> 'operator', id) - 1 AS i, id FROM accounts_user
     WHERE username = 'operator' OR username LIKE 'bench-%%';
CREATE TEMP TABLE kinds ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY c.position, c.code) - 1 AS i, c.id, c.problem, c.is_emergency, c.is_danger,
           m.id AS norm_id, m.localise_minutes
      FROM tickets_category c LEFT JOIN LATERAL (
           SELECT * FROM tickets_norm m WHERE m.category_id = c.id ORDER BY m.valid_from DESC LIMIT 1) m ON true
     WHERE c.is_active;
CREATE TEMP TABLE homes ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY b.id) - 1 AS i, b.id, b.street, b.house, l.name AS locality
      FROM companies_building b JOIN companies_locality l ON l.id = b.locality_id;
CREATE TEMP TABLE rules ON COMMIT DROP AS
    SELECT r.clock, r.id, r.source, r.mark, g.number AS rung, g."offset", g.share
      FROM callbacks_clockrule r
      JOIN LATERAL (SELECT * FROM callbacks_rung g WHERE g.rule_id = r.id ORDER BY number LIMIT 1) g ON true
     WHERE r.retired_at IS NULL;
ANALYZE firms; ANALYZE staff; ANALYZE kinds; ANALYZE homes; ANALYZE rules;
"""
# ``span``: how much of its life a ticket has behind it at most. No moment of it lies after «now».
STORY = f"""
DROP TABLE IF EXISTS story, clocks, owed;
CREATE TEMP TABLE story ON COMMIT DROP AS
WITH begun AS (
    SELECT n, CASE WHEN n < %(old)s
        THEN %(at)s - %(days)s * '1 day'::interval + (n + {share(1)}) / %(old)s * (%(days)s - 14) * '1 day'::interval
        ELSE %(at)s - power((%(total)s - n - 0.5) / (%(total)s - %(old)s), 1.2) * '14 days'::interval END AS registered,
        {of(2, "(%(total)s / 3 + 1)")} AS caller, {share(3)} AS fate, n >= %(total)s - {FRESH} AS is_latest
      FROM generate_series(%(first)s::bigint, %(last)s::bigint - 1) AS n
), fated AS (
    SELECT *, least(%(at)s - registered, '12 days'::interval) AS span, {of(4, 50, "caller")} = 0 AS is_hidden,
        n >= %(old)s AND ({share(5)} < 0.25 OR n >= %(total)s - 300 AND {share(5)} < 0.9) AS is_live
      FROM begun
), told AS (
    SELECT *, is_latest AND is_live AS is_fresh, CASE
        WHEN is_live AND is_latest THEN CASE WHEN fate < 0.2 THEN 'registered' ELSE 'assigned' END
        WHEN is_live THEN CASE WHEN fate < 0.03 THEN 'registered' WHEN fate < 0.15 THEN 'assigned'
            WHEN fate < 0.40 THEN 'accepted' WHEN fate < 0.78 THEN 'in_work' WHEN fate < 0.86 THEN 'postponed'
            WHEN fate < 0.90 OR fate < 0.94 AND is_hidden THEN 'done' WHEN fate < 0.95 THEN 'not_confirmed'
            WHEN fate < 0.97 THEN 'rejected' ELSE 'returned' END
        WHEN fate < 0.02 THEN 'cancelled' WHEN fate < 0.03 AND n > 10 THEN 'duplicate'
        WHEN is_hidden OR fate < 0.04 THEN 'closed_unconfirmed' ELSE 'closed' END AS status
      FROM fated
), begun_work AS (
    SELECT t.*, k.id AS category_id, k.norm_id, k.is_emergency, k.is_danger, k.problem, k.localise_minutes,
        h.id AS building_id, h.street, h.house, h.locality, f.id AS company_id, p.id AS operator_id,
        registered + least(span * 0.4, '1 min'::interval
            * CASE WHEN {share(6)} < 0.03 THEN 9 + 20 * {share(33)} ELSE 1 + 6.5 * {share(33)} END) AS talked,
        -- A few organisations let the centre wait.
        registered + least(span * 0.3, '1 min'::interval * CASE
            WHEN {share(7)} < CASE WHEN f.i %% 8 = 5 THEN 0.35 ELSE 0.02 END THEN 31 + 200 * {share(36)}
            ELSE 2 + 26 * {share(36)} END) AS accepted,
        ('{{2 hours,4 hours,1 day,3 days,7 days,15 days,30 days}}'::interval[])[1 + {of(30, 7)}] AS fix_length
      FROM told t
      JOIN kinds k ON k.i = floor(power({share(20)}, 1.7) * (SELECT count(*) FROM kinds))
      JOIN homes h ON h.i = {of(21, "(SELECT count(*) FROM homes)", "caller")}
      JOIN firms f ON f.i = floor(power({share(22)}, 1.5) * (SELECT count(*) FROM firms))
      JOIN staff p ON p.i = {of(23, "(SELECT count(*) FROM staff)")}
), worked AS (
    SELECT *, registered + least(span * 0.7, greatest(accepted - registered + '10 min'::interval, fix_length
            * CASE WHEN {share(38)} < 0.88 THEN 0.15 + 0.8 * {share(8)} ELSE 1.05 + 1.5 * {share(8)} END)) AS done
      FROM begun_work
)
SELECT n, %(id)s + n AS id, %(id)s + n * 4 AS contact_id, registered, registered - '90 s'::interval AS received, status,
    status = 'closed' AND {share(52)} < 0.04 AS is_returned,
    is_hidden, is_fresh, {of(32, 25)} = 0 AS is_repeated, talked, accepted, done, fix_length, fate,
    status IN ('closed', 'closed_unconfirmed', 'cancelled', 'duplicate') AS is_dead,
    status IN ('registered', 'assigned', 'rejected', 'cancelled', 'duplicate') AS is_untouched,
    CASE WHEN status IN ('cancelled', 'duplicate')
        THEN least(registered + span * 0.9, talked + '1 min'::interval * (2 + 18 * {share(9)}))
        ELSE done + least(span * 0.25, '1 min'::interval
            * CASE WHEN {share(39)} < 0.9 THEN 20 + 1300 * {share(9)} ELSE 1440 + 600 * {share(9)} END)
    END AS closed,
    localise_minutes * '1 min'::interval AS localise_length,
    CASE WHEN localise_minutes IS NOT NULL
        THEN least(done, accepted + '1 min'::interval * (1 + localise_minutes * 0.2 * {share(40)})) END AS localised,
    CASE WHEN {share(42)} < 0.88 THEN 'phone' WHEN {share(42)} < 0.94 THEN 'message'
         WHEN {share(42)} < 0.97 THEN 'visit' ELSE 'api' END AS channel,
    CASE WHEN is_hidden THEN '' ELSE {number(10, "caller")} END AS phone,
    CASE WHEN {of(11, 2, "caller")} = 0
        THEN {word("surnames", 12, "caller")} || ' ' || {word("men", 13, "caller")} || ' '
             || {word("fathers", 14, "caller")} || 'ич'
        ELSE {word("surnames", 12, "caller")} || 'а ' || {word("women", 13, "caller")} || ' '
             || {word("fathers", 14, "caller")} || 'на'
    END AS caller_name,
    (1 + {of(15, 120, "caller")})::text AS flat, (1 + {of(16, 4, "caller")})::text AS entrance,
    category_id, norm_id, is_emergency, is_danger, problem,
    problem || '. ' || {word("details", 17)}
        || CASE WHEN {of(18, 3)} = 0 THEN ' ' || {word("details", 19)} ELSE '' END AS text,
    building_id, street, house, locality, company_id, operator_id,
    -- Others who rang meanwhile: one whom nobody heard, one who only asked something.
    {share(43)} < CASE WHEN is_latest THEN 0.4 ELSE 0.12 END AS is_missed,
    registered - '2 min'::interval AS missed,
    CASE WHEN is_hidden THEN 'not_callable' WHEN is_latest THEN 'open' WHEN {share(45)} < 0.75 THEN 'kept'
         WHEN {share(45)} < 0.9 THEN 'satisfied' ELSE 'waived' END AS missed_state,
    registered - '2 min'::interval + least(span * 0.9, '1 min'::interval
        * CASE WHEN {share(45)} < 0.6 THEN 1 + 8.5 * {share(46)} WHEN {share(45)} < 0.75 THEN 10.5 + 40 * {share(46)}
               WHEN {share(45)} < 0.9 THEN 1 + 16 * {share(46)} ELSE 25 + 30 * {share(46)} END) AS missed_settled,
    CASE WHEN is_hidden THEN '' ELSE {number(47)} END AS other_phone,
    1 + ({share(51)} < 0.1)::int AS rang,
    {share(44)} < 0.09 AS is_asked, {share(44)} < 0.08 AS is_enquiry
  FROM worked;
CREATE INDEX ON story (n); ANALYZE story;
"""
# Clocks of a ticket, by the place of their id: first answer, control call, acceptance, repair (or the centre's own turn
# with it), localisation; and that of the call nobody heard. ``is_withdrawn``: stopped in time, but not by keeping it.
CLOCKS = """
CREATE TEMP TABLE clocks ON COMMIT DROP AS
SELECT s.n, c.place, c.clock, c.started, c.due, c.stopped, s.company_id, s.operator_id,
       CASE c.place WHEN 0 THEN status = 'duplicate' WHEN 1 THEN status = 'closed_unconfirmed'
                    WHEN 5 THEN missed_state = 'waived' ELSE status = 'cancelled' END AS is_withdrawn,
       CASE WHEN c.stopped IS NULL AND c.place < 5 THEN s.problem || ' · ' || s.street || ', ' || s.house ELSE '' END
           AS title
  FROM story s CROSS JOIN LATERAL (VALUES
    (0, 'first_answer', received, received + '10 min'::interval, CASE WHEN NOT is_fresh THEN talked END, NOT is_hidden),
    (1, 'control_call', done, done + '24 hours'::interval, CASE WHEN is_dead THEN closed END,
        NOT is_hidden AND status IN ('closed', 'closed_unconfirmed', 'done', 'not_confirmed')),
    (2, 'acceptance', registered, registered + '30 min'::interval,
        CASE WHEN status = 'cancelled' THEN closed WHEN status <> 'assigned' THEN accepted END,
        status NOT IN ('registered', 'duplicate')),
    (3, CASE WHEN status IN ('registered', 'rejected') THEN 'waiting_centre' ELSE 'fix' END, registered,
        registered + fix_length,
        CASE WHEN status = 'cancelled' THEN closed
             WHEN status IN ('closed', 'closed_unconfirmed', 'done', 'not_confirmed') THEN done END,
        status <> 'duplicate'),
    (4, 'localise', registered, registered + localise_length,
        CASE WHEN status = 'cancelled' THEN closed WHEN status <> 'assigned' THEN localised END,
        localise_length IS NOT NULL AND status NOT IN ('registered', 'rejected', 'duplicate')),
    (5, 'missed_call', missed, missed + '10 min'::interval, CASE WHEN missed_state <> 'open' THEN missed_settled END,
        is_missed AND NOT is_hidden)
  ) AS c (place, clock, started, due, stopped, is_there) WHERE c.is_there;
ANALYZE clocks;
"""
# Promises to ring back, by the place of their id: about the ticket, about the work done, about the call nobody heard.
# ``tries``: how many attempts there were; the last of them reached the person where the promise was kept.
OWED = f"""
CREATE TEMP TABLE owed ON COMMIT DROP AS
SELECT s.n, s.is_hidden, s.operator_id, s.is_danger, s.rang, o.*,
       CASE WHEN o.state <> 'waived' THEN NULL WHEN is_hidden THEN 'no_number'
            WHEN o.place = 0 THEN 'duplicate' WHEN o.tries = 3 THEN 'not_reached' ELSE 'caller_declined' END AS waiver,
       CASE WHEN o.tries > 0 THEN promised + (settled - promised) * (0.9 / o.tries) END AS first_tried
  FROM story s CROSS JOIN LATERAL (VALUES
    (0, 'first_answer', contact_id, phone, received, '10 min'::interval, talked, true,
        CASE WHEN is_hidden THEN CASE WHEN is_dead THEN 'waived' ELSE 'not_callable' END
             WHEN is_fresh THEN 'open' WHEN status = 'duplicate' THEN 'waived' ELSE 'kept' END,
        CASE WHEN is_hidden OR is_fresh OR status = 'duplicate' THEN 0 WHEN {share(48)} < 0.1 THEN 2 ELSE 1 END),
    (1, 'control_call', contact_id, phone, done, '24 hours'::interval, closed,
        status IN ('closed', 'closed_unconfirmed') OR status IN ('done', 'not_confirmed') AND NOT is_hidden,
        CASE WHEN status = 'closed' THEN 'kept' WHEN is_dead THEN 'waived' ELSE 'open' END,
        CASE WHEN is_hidden THEN 0 WHEN status = 'closed' THEN CASE WHEN {share(49)} < 0.15 THEN 2 ELSE 1 END
             WHEN status = 'closed_unconfirmed' AND {share(49)} < 0.6 THEN 3 ELSE 0 END),
    (2, 'missed_call', contact_id + 2, other_phone, missed, '10 min'::interval, missed_settled, is_missed, missed_state,
        CASE missed_state WHEN 'kept' THEN CASE WHEN {share(50)} < 0.2 THEN 2 ELSE 1 END WHEN 'satisfied' THEN 1
                          WHEN 'waived' THEN 3 ELSE 0 END)
  ) AS o (place, reason, contact_id, number, promised, length, settled, is_there, state, tries) WHERE o.is_there;
ANALYZE owed;
"""
