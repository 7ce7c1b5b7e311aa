"""The rows of the centre's tables, written from each ticket's story (bench/story.py), in the order of their ids."""

from .story import number, share, word

# How many ids a ticket has of each table: its own number of them starts at FIRST + n * so many. The latest tickets are
# thrown away by these, so every table here is filled by number.
IDS = {
    "callbacks_contact": 4, "callbacks_callattempt": 12, "callbacks_callbackobligation": 3, "callbacks_deadline": 6,
    "callbacks_escalation": 48, "callbacks_outbox": 48, "tickets_ticket": 1, "tickets_ticketdeadline": 3,
    "tickets_ticketevent": 8, "tickets_addedcontact": 1, "accounts_accessrecord": 1,
}  # fmt: skip

# By the place of their id: of the ticket, of whoever rang again, of the call nobody heard, of the question answered at
# once. An exchange tells when a call was picked up and when it was over; of every seventh nobody told it.
CONTACTS = f"""
INSERT INTO callbacks_contact (id, received_at, recorded_at, answered_at, ended_at, channel, phone, extension,
                               no_phone_reason, caller_name, taken_by_id, ended_as, note)
SELECT id, received, recorded, CASE WHEN is_timed AND ended_as <> 'missed' THEN answered END,
       CASE WHEN NOT is_timed THEN NULL
            WHEN ended_as = 'missed' THEN received + '1 s'::interval * (8 + 90 * {share(60, "id")})
            ELSE least(%(at)s, answered + '1 s'::interval * (20 + 300 * {share(61, "id")})) END,
       channel, phone, '', CASE WHEN phone = '' THEN 'hidden' ELSE '' END, caller_name, taken_by, ended_as, note
  FROM (SELECT s.n, s.contact_id + c.place AS id, c.*,
               c.channel = 'phone' AND {share(62, "s.contact_id + c.place")} < 0.86
                   AND c.received + '90 s'::interval <= %(at)s AS is_timed,
               c.received + '1 s'::interval * (3 + 80 * power({share(63, "s.contact_id + c.place")}, 3)) AS answered
          FROM story s CROSS JOIN LATERAL (VALUES
            (0, received, registered, channel, phone, caller_name, operator_id, 'ticket', '', true),
            (1, done, done, 'phone', phone, caller_name, operator_id, 'added',
                'Спрашивает, когда придут.', is_repeated),
            (2, missed, missed, 'phone', other_phone, '', NULL, 'missed', '', is_missed),
            (3, missed - '18 min'::interval, missed - '18 min'::interval, 'phone', {number(64)}, '', operator_id,
                CASE WHEN is_enquiry THEN 'enquiry' ELSE 'wrong_number' END,
                CASE WHEN is_enquiry THEN 'Рассказали, куда обратиться.' ELSE '' END, is_asked)
          ) AS c (place, received, recorded, channel, phone, caller_name, taken_by, ended_as, note, is_there)
         WHERE c.is_there) AS told
 ORDER BY n, place;
INSERT INTO tickets_addedcontact (id, ticket_id, contact_id, kind, recorded_at)
SELECT id, id, contact_id + 1, 'repeat', done FROM story WHERE is_repeated ORDER BY n;
"""
DEADLINES = """
INSERT INTO callbacks_deadline (id, clock, title, started_at, due_at, source, mark, company_id, operator_id, rule_id,
                                next_rung, next_rung_at, stopped_at, outcome, recorded_at)
SELECT %(id)s + c.n * 6 + c.place, c.clock, c.title, c.started, c.due, r.source, r.mark,
       CASE WHEN c.clock IN ('acceptance', 'fix', 'localise') THEN c.company_id END, c.operator_id, r.id,
       CASE WHEN c.stopped IS NULL THEN r.rung END,
       CASE WHEN c.stopped IS NULL THEN c.due + coalesce(r."offset", (c.due - c.started) * r.share / 100) END,
       c.stopped, CASE WHEN c.stopped > c.due THEN 'missed' WHEN c.is_withdrawn AND c.stopped IS NOT NULL THEN 'stopped'
                       WHEN c.stopped <= c.due THEN 'met' END, c.started
  FROM clocks c JOIN rules r USING (clock) ORDER BY c.n, c.place;
"""
PROMISES = f"""
INSERT INTO callbacks_callattempt (id, obligation_id, operator_id, direction, number, started_at, ended_at, outcome,
                                   note, recorded_at)
SELECT %(id)s + n * 12 + place * 4 + try, %(id)s + n * 3 + place, operator_id,
       CASE WHEN state = 'satisfied' THEN 'in' ELSE 'out' END, number, started,
       started + least((settled - promised) * 0.09, CASE WHEN is_last THEN '3 min' ELSE '25 s' END::interval),
       CASE WHEN is_last AND state <> 'waived' THEN 'reached' ELSE {word("unreached", 65, "n + try")} END,
       CASE WHEN is_last AND state <> 'waived' THEN 'Ответили на вопросы.' ELSE '' END, started
  FROM (SELECT o.*, t.try, t.try = o.tries AS is_last,
               promised + (settled - promised) * (0.9 * t.try / o.tries) AS started
          FROM owed o CROSS JOIN LATERAL generate_series(1, o.tries) AS t (try)) AS tried
 ORDER BY n, place, try;
INSERT INTO callbacks_callbackobligation (id, contact_id, reason, state, promised_at, promised_length, due_at,
    deadline_id, is_danger, next_attempt_at, counted_attempts, first_attempt_at, rounds, round_attempts,
    round_started_at, occurrences, number, extension, settled_by_id, settled_at, waiver, waiver_note, waived_by_id,
    recorded_at)
SELECT %(id)s + n * 3 + place, contact_id, reason, state, promised, CASE WHEN NOT is_hidden THEN length END,
       CASE WHEN NOT is_hidden THEN promised + length END,
       CASE WHEN NOT is_hidden THEN %(id)s + n * 6 + CASE WHEN place = 2 THEN 5 ELSE place END END,
       is_danger AND place < 2, CASE WHEN NOT is_hidden THEN promised END, tries, first_tried, 1, tries, first_tried,
       CASE WHEN place = 2 THEN rang ELSE 1 END,
       number, '', CASE WHEN state IN ('kept', 'satisfied') THEN %(id)s + n * 12 + place * 4 + tries END,
       CASE WHEN state IN ('kept', 'satisfied', 'waived') THEN settled END, waiver,
       CASE waiver WHEN 'caller_declined' THEN 'Просил больше не звонить.' WHEN 'not_reached' THEN 'Трижды не ответил.'
                   ELSE '' END,
       CASE WHEN state = 'waived' THEN operator_id END, promised
  FROM owed ORDER BY n, place;
"""
ROWS_OF_TICKETS = f"""
INSERT INTO tickets_ticket (id, number, contact_id, callback_id, control_callback_id, status, category_id, norm_id,
    is_emergency, text, building_id, locality_name, street, house, entrance, floor, flat, company_id, registered_by_id,
    registered_at, transferred_at, accepted_at, postponed_until, localised_at, done_at, closed_at, works, act_number,
    returns, repeats, mark, duplicate_of_id, intake_key, recorded_at)
SELECT id, to_char(registered AT TIME ZONE 'Europe/Moscow', 'YY') || '-' || lpad((n + 1)::text, %(digits)s, '0'),
       contact_id, %(id)s + n * 3,
       CASE WHEN status IN ('closed', 'closed_unconfirmed') OR status IN ('done', 'not_confirmed') AND NOT is_hidden
            THEN %(id)s + n * 3 + 1 END,
       status, category_id, norm_id, is_emergency, text, building_id, locality, street, house, entrance, '', flat,
       CASE WHEN status NOT IN ('registered', 'rejected', 'duplicate') THEN company_id END, operator_id, registered,
       CASE WHEN status NOT IN ('registered', 'duplicate') THEN registered END,
       CASE WHEN NOT is_untouched THEN accepted END,
       CASE WHEN status = 'postponed' THEN accepted + '5 days'::interval END,
       CASE WHEN NOT is_untouched THEN localised END,
       CASE WHEN status IN ('done', 'not_confirmed', 'closed', 'closed_unconfirmed', 'returned') THEN done END,
       CASE WHEN is_dead THEN closed END,
       CASE WHEN status IN ('closed', 'closed_unconfirmed', 'done') THEN {word("works", 31)} ELSE '' END, '',
       (status = 'returned' OR is_returned)::int, is_repeated::int,
       CASE WHEN status = 'closed' AND {share(34)} < 0.67 THEN 5 - floor(power({share(35)}, 3) * 5)::int END,
       CASE WHEN status = 'duplicate' THEN id - 3 END,
       (lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000')::uuid, registered
  FROM story ORDER BY n;
INSERT INTO tickets_ticketdeadline (id, ticket_id, deadline_id)
SELECT %(id)s + n * 3 + place - 2, %(id)s + n, %(id)s + n * 6 + place FROM clocks WHERE place BETWEEN 2 AND 4
 ORDER BY n, place;
INSERT INTO accounts_accessrecord (id, actor_id, what, subject, reason, recorded_at)
SELECT id, operator_id, 'phone', CASE WHEN phone = '' THEN street || ', ' || house ELSE phone END, 'Доступ в квартиру',
       accepted FROM story WHERE n %% 20 = 0 ORDER BY n;
"""
EVENTS = """
INSERT INTO tickets_ticketevent (id, ticket_id, step, actor_id, from_status, to_status, company_id, happened_at, reason,
                                 note, details, recorded_at)
SELECT %(id)s + s.n * 8 + e.place, s.id, e.step, s.operator_id, e.was, e.became,
       CASE WHEN e.place > 0 AND e.step NOT IN ('mark_duplicate', 'return_to_work') THEN s.company_id END,
       moment.of_step, '', '', '{}', moment.of_step
  FROM story s JOIN (VALUES
    (0, 'register', '', 'registered', false, '{}'::text[]),
    (1, 'assign', 'registered', 'assigned', false, '{registered,duplicate}'),
    (1, 'mark_duplicate', 'registered', 'duplicate', false, NULL),
    (2, 'cancel', 'assigned', 'cancelled', false, NULL),
    (2, 'reject', 'assigned', 'rejected', false, NULL),
    (2, 'accept', 'assigned', 'accepted', false, '{registered,duplicate,assigned,cancelled,rejected}'),
    (3, 'start', 'accepted', 'in_work', false, NULL),
    (3, 'postpone', 'accepted', 'postponed', false, NULL),
    (3, 'not_confirmed', 'accepted', 'not_confirmed', false, NULL),
    (3, 'report_done', 'accepted', 'done', false,
        '{registered,duplicate,assigned,cancelled,rejected,accepted,in_work,postponed,not_confirmed}'),
    (4, 'return_to_work', 'done', 'returned', false, NULL),
    (4, 'return_to_work', 'done', 'returned', true, NULL),
    (5, 'start', 'returned', 'in_work', true, NULL),
    (6, 'report_done', 'in_work', 'done', true, NULL),
    (7, 'close', 'done', 'closed', false, NULL),
    (7, 'close_unconfirmed', 'done', 'closed_unconfirmed', false, NULL)
  ) AS e (place, step, was, became, is_second_turn, not_for) ON CASE WHEN e.is_second_turn THEN s.is_returned
        ELSE coalesce(s.status <> ALL (e.not_for), s.status = e.became) END
  CROSS JOIN LATERAL (SELECT CASE
       WHEN e.place < 2 AND e.step <> 'mark_duplicate' THEN s.registered
       WHEN e.place = 2 AND e.step <> 'cancel' THEN s.accepted
       WHEN s.is_returned AND e.place < 6 THEN s.accepted + (s.done - s.accepted) * (0.1 * (e.place + 2))
       WHEN e.place IN (3, 6) THEN s.done ELSE s.closed END AS of_step) AS moment
 ORDER BY s.n, e.place;
"""
# The rungs that rang for what came late: promises of ten minutes and acceptances. Somebody has answered for all of
# them but for a few of the last hours.
ESCALATIONS = f"""
CREATE TEMP TABLE IF NOT EXISTS rung ON COMMIT DROP AS
    SELECT r.clock, g.number, g.audience, g."offset" FROM rules r JOIN callbacks_rung g ON g.rule_id = r.id
     WHERE r.clock IN ('first_answer', 'missed_call', 'acceptance') AND g."offset" >= '0'::interval;
INSERT INTO callbacks_escalation (id, deadline_id, rung, audience, rung_due_at, raised_at, recorded_at,
                                  acknowledged_by_id, acknowledged_at, acknowledged_note)
SELECT id, deadline_id, number, audience, due, raised, raised, CASE WHEN is_answered THEN operator_id END,
       CASE WHEN is_answered THEN least(%(at)s, raised + '1 s'::interval * (20 + 600 * {share(70, "id")})) END, ''
  FROM (SELECT c.n, c.place, c.operator_id, r.number, r.audience, c.due + r."offset" AS due,
               %(id)s + c.n * 48 + c.place * 8 + r.number AS id, %(id)s + c.n * 6 + c.place AS deadline_id,
               c.due + r."offset" + '1 s'::interval AS raised,
               c.n < %(total)s - 600 OR {share(71, "c.n")} < 0.9 AS is_answered
          FROM clocks c JOIN rung r USING (clock) WHERE c.due + r."offset" + '1 s'::interval < c.stopped) AS rang
 ORDER BY n, place, number;
INSERT INTO callbacks_outbox (id, escalation_id, channel, key, subject, body, created_at, sent_at)
SELECT id, id, 'screen', (lpad(to_hex(id), 12, '0') || '-4000-8000-000000000000')::uuid, 'Срок вышел', 'Срок вышел.',
       raised_at, raised_at FROM callbacks_escalation
 WHERE id >= %(id)s + %(first)s::bigint * 48 AND id < %(id)s + %(last)s::bigint * 48 ORDER BY id;
"""
# In this order: each stands on what the ones before it made.
OF_TICKETS = (CONTACTS, DEADLINES, PROMISES, ROWS_OF_TICKETS, EVENTS, ESCALATIONS)
