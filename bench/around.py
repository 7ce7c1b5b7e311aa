"""What stands around the tickets: districts, houses, organisations and operators, who was on the line, what was off."""

from typing import Any

from psycopg2.extras import execute_values

from .story import of, share
from .words import COMPANIES, HOUSES, STREETS

OPERATORS = 60
DISTRICTS = ("Ленинский", "Московский", "Октябрьский", "Правобережный", "Северный", "Привокзальный")
# The first id of rows made here, far from the demonstration's, and of those of the last two weeks, which are made anew.
FIRST, RECENT = 100_000_000, 500_000_000
# Tables without a row per ticket, whose last two weeks are thrown away by RECENT.
TABLES = (
    "accounts_linespell", "tickets_outage", "tickets_outage_services", "tickets_outagebuilding", "tickets_outagenews",
)  # fmt: skip
# A shift of twelve hours for every operator and day, half of them at night. The last one may still run.
SPELLS = f"""
INSERT INTO accounts_linespell (id, user_id, started_at, ended_at)
SELECT %(row)s + row_number() OVER (ORDER BY started, id), id, started,
       CASE WHEN started + '12 hours'::interval <= %(at)s THEN started + '12 hours'::interval END
  FROM (SELECT p.id, p.i, (day + CASE WHEN p.i %% 2 = 0 THEN '8 hours' ELSE '20 hours' END::interval)
                   AT TIME ZONE 'Europe/Moscow' + {of(80, 600, "p.i * 10000 + extract(doy FROM day)::bigint")}
                   * '1 s'::interval AS started
          FROM staff p CROSS JOIN generate_series((%(since)s AT TIME ZONE 'Europe/Moscow')::date,
               (%(until)s AT TIME ZONE 'Europe/Moscow')::date, '1 day'::interval) AS day) AS shifts
 WHERE started >= %(since)s AND started < %(until)s
ON CONFLICT DO NOTHING;
"""
# One outage every other day, over by now: half planned, one in thirty of those called off.
OUTAGES = f"""
CREATE TEMP TABLE dark ON COMMIT DROP AS
SELECT *, starts + '1 min'::interval * (60 + 400 * {share(81)}) AS ends,
       starts + '1 min'::interval * (50 + 500 * {share(82)}) AS ended
  FROM (SELECT n, %(row)s + n AS id, {share(83)} < 0.55 AS is_planned, {share(84)} < 0.03 AS is_called_off,
               %(since)s + (n - 1 + {share(85)}) * '2 days'::interval AS starts,
               {of(86, "(SELECT count(*) - 40 FROM homes)")} AS home
          FROM generate_series(1, (extract(epoch FROM %(until)s - %(since)s) / 172800)::bigint) AS n) AS drawn
 WHERE starts < %(until)s - '10 hours'::interval;
INSERT INTO tickets_outage (id, kind, "where", starts_at, ends_at, ended_at, called_off_at, cause, text, company_id,
                            announced_by_id, announced_at, recorded_at)
SELECT d.id, CASE WHEN is_planned THEN 'planned' ELSE 'emergency' END, h.street || ', ' || h.house || ' и рядом',
       starts, CASE WHEN is_planned OR {share(87, "d.n")} < 0.8 THEN ends END,
       CASE WHEN NOT (is_planned AND is_called_off) THEN ended END,
       CASE WHEN is_planned AND is_called_off THEN starts END,
       'Ремонт сети', 'Отключили на время ремонта, включат сегодня.', f.id, p.id, announced, announced
  FROM dark d JOIN homes h ON h.i = d.home JOIN firms f ON f.i = {of(88, "(SELECT count(*) FROM firms)", "d.n")}
  JOIN staff p ON p.i = {of(89, "(SELECT count(*) FROM staff)", "d.n")}
  CROSS JOIN LATERAL (
      SELECT starts + CASE WHEN is_planned THEN '-2 days' ELSE '10 min' END::interval AS announced) AS a;
INSERT INTO tickets_outage_services (id, outage_id, service_id)
SELECT d.id, d.id, s.id FROM dark d
  JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS i, count(*) OVER () AS size, id FROM companies_service) s
    ON s.i = (hashint8extended(d.n, 90) & 9223372036854775807) %% s.size;
INSERT INTO tickets_outagebuilding (id, outage_id, building_id)
SELECT %(row)s + row_number() OVER (ORDER BY d.id, h.i), d.id, h.id
  FROM dark d JOIN homes h ON h.i BETWEEN d.home AND d.home + 5 + {of(91, 30, "d.n")};
INSERT INTO tickets_outagenews (id, outage_id, at, by_id, text, recorded_at)
SELECT id, id, announced_at, announced_by_id, text, announced_at FROM tickets_outage WHERE id IN (SELECT id FROM dark);
"""


def make_register(cursor: Any) -> None:
    """Districts, houses, organisations and operators beside the demonstration's."""
    from companies.models import search_text_of

    execute_values(
        cursor, "INSERT INTO companies_district (name) VALUES %s ON CONFLICT DO NOTHING",
        [(f"{name} район города",) for name in DISTRICTS],
    )  # fmt: skip
    cursor.execute("SELECT id FROM companies_district WHERE name LIKE '% район города' ORDER BY id")
    districts = [pk for (pk,) in cursor.fetchall()]
    cursor.execute("SELECT id, name FROM companies_locality ORDER BY name = 'г. Калуга' DESC, id LIMIT 1")
    locality, town = cursor.fetchone()
    houses = [
        (locality, districts[place % len(districts)], street, str(house), search_text_of(town, street, str(house)), "")
        for place, street in enumerate(STREETS)
        for house in range(1, HOUSES + 1)
    ]
    execute_values(
        cursor, "INSERT INTO companies_building (locality_id, district_id, street, house, search_text, register_code)"
        " VALUES %s ON CONFLICT DO NOTHING", houses, page_size=1000,
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
