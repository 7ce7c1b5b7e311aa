"""A million tickets of two years, or ten million of five: what a centre has after so many winters.

Everything is made inside PostgreSQL from the number of the ticket and hashes of it (bench/story.py), in sets, as its
owner and without triggers, which would ask of each row what was so long ago; constraints stay on, and a slow test asks
``check_invariants`` of a small one. The old part is loaded once and kept. The last two weeks lie before «now», so they
are made anew whenever the rows are opened.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import psycopg2

from . import around
from .around import FIRST, RECENT
from .rows import IDS, OF_TICKETS
from .story import CLOCKS, OWED, PEOPLE, STORY, WORDS

# Raised when other rows come out of the same numbers.
VERSION = 2
TICKETS = 1_000_000
TWO_WEEKS = timedelta(days=14)
# So many tickets at a time: what is put together on the way then stays in memory.
SLICE = 100_000
TABLES = (*IDS, *around.TABLES)


def years_of(tickets: int) -> float:
    """Over how many years so many tickets spread: the usual million over two, others at ten million in five."""
    return 2 if tickets == TICKETS else max(1.0, 5 * tickets / 10_000_000)


class Million:
    """The tables of one database, filled with ``total`` tickets of ``days`` days, the last ``recent`` of two weeks.

    ``days`` and ``recent`` follow from ``total`` where they are not given.
    """

    def __init__(self, owner_url: str, *, total: int = TICKETS, recent: int = 0, days: int = 0) -> None:
        self.owner_url, self.total = owner_url, total
        self.days = days or round(365 * years_of(total))
        self.old = total - (recent or round(total * 14 / self.days))

    def load(self, *, at: datetime) -> None:
        """Everything up to two weeks before ``at``. One transaction: after a crash nothing of it is there."""
        with closing(psycopg2.connect(self.owner_url)) as owner, owner, owner.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'; SET temp_buffers = '256MB'")
            around.make_register(cursor)
            # An index that is built at the end costs a third of one that grows with every row.
            indexes = list(_secondary_indexes(cursor))
            for name, _definition in indexes:
                cursor.execute(f"DROP INDEX {name}")
            since = at - timedelta(days=self.days)
            self._write(cursor, at=at, first=0, last=self.old, since=since, until=at - TWO_WEEKS, row=FIRST)
            for _name, definition in indexes:
                cursor.execute(definition)
        self._tidy()

    def renew(self, *, at: datetime) -> None:
        """The last two weeks before ``at``, in place of those that were made for another moment."""
        with closing(psycopg2.connect(self.owner_url)) as owner, owner, owner.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica; SET work_mem = '256MB'")
            for table, ids in IDS.items():
                cursor.execute(f"DELETE FROM {table} WHERE id >= {FIRST + self.old * ids}")
            for table in around.TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE id >= {RECENT}")
            self._write(cursor, at=at, first=self.old, last=self.total, since=at - TWO_WEEKS, until=at, row=RECENT)
        self._tidy()

    def _write(
        self, cursor: Any, *, at: datetime, first: int, last: int, since: datetime, until: datetime, row: int
    ) -> None:
        """Tickets ``first`` to ``last``, and from ``since`` to ``until`` what has no ticket, its ids from ``row``."""
        given: dict[str, Any] = WORDS | {
            "at": at, "old": self.old, "total": self.total, "days": self.days, "id": FIRST,
            "digits": max(6, len(str(self.total))), "since": since, "until": until, "row": row,
        }  # fmt: skip
        cursor.execute("SET session_replication_role = replica; SET jit = off")
        for sql in (PEOPLE, around.SPELLS, around.OUTAGES):
            cursor.execute(sql, given)
        for begin in range(first, last, SLICE):
            given |= {"first": begin, "last": min(begin + SLICE, last)}
            for sql in (STORY, CLOCKS, OWED, *OF_TICKETS):
                cursor.execute(sql, given)
        for table in TABLES:
            end = FIRST + self.total * IDS[table] if table in IDS else RECENT
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {end + 1_000_000})")
        cursor.execute("SELECT setval('ticket_number', %s)", [self.total + 1_000])

    def _tidy(self) -> None:
        """What autovacuum would do, but not in the middle of a measure."""
        with closing(psycopg2.connect(self.owner_url)) as owner:
            owner.autocommit = True
            with owner.cursor() as cursor:
                cursor.execute("SET maintenance_work_mem = '1GB'")
                cursor.execute(f"VACUUM ANALYZE {', '.join(TABLES)}, companies_building")
                cursor.execute("CHECKPOINT")


def _secondary_indexes(cursor: Any) -> Iterator[tuple[str, str]]:
    """Indexes that hold no rule, and how to make them again."""
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisunique ORDER BY 1",
        [list(TABLES)],
    )
    yield from cursor.fetchall()
