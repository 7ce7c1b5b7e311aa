"""Everybody at the same rows at once, with the database's guards and without them.

With the guards nothing illegal may be stored, nobody may deadlock, and every loser is told in a sentence. Without them
the same run must find something, or it would prove nothing.
"""

import logging
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from dispatch_center.local.postgres import APPLICATION, DATABASE, OWNER, Postgres
from dispatch_center.local.stack import LocalStack

from .tally import Result, Tally

PROCESSES, THREADS = 4, 4
# A duplicate of these has to be possible where nothing guards; the rest of the indexes only find rows.
UNIQUE_RULES = (
    "escalation_once_per_rung",
    "outbox_once_per_occasion_and_recipient",
    "attempt_one_active_per_obligation",
    "attempt_one_active_per_number",
    "obligation_one_missed_call_per_number",
)


def race(*, operations: int, seed: int, without_guards: bool = True) -> Iterator[Result]:
    """Let ``operations`` race in a database with its guards, and in another one without them."""
    with tempfile.TemporaryDirectory(prefix="races-", ignore_cleanup_errors=True) as folder:
        # The user that PostgreSQL runs as under root has to get through.
        Path(folder).chmod(0o755)
        stack = LocalStack(
            var=Path(folder), env={"LOG_LEVEL": "ERROR"}, without={"web", "worker", "beat", "promises", "mail"}
        )
        with stack:
            yield _race(stack, operations=operations, seed=seed, guarded=True)
            if without_guards:
                yield _race(stack, operations=operations, seed=seed, guarded=False)


def _race(stack: LocalStack, *, operations: int, seed: int, guarded: bool) -> Result:
    server = Postgres(stack.var)
    name = "guarded" if guarded else "unguarded"
    with _owner(server, "postgres") as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*map(sql.Identifier, (name, DATABASE, OWNER)))
        )
    if not guarded:
        with _owner(server, name) as cursor:
            _remove_guards(cursor)
    env = stack.environment() | {"DATABASE_URL": server.url(user=APPLICATION, database=name)}
    tally = Tally()
    # Spawned: what this process has opened belongs to another database.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=_join, initargs=(env,)) as pool:
        pool.submit(_settle_in).result()
        # That the guards are gone is no find.
        known = pool.submit(_broken).result()
        begun = time.monotonic()
        shares = [pool.submit(_run, operations // PROCESSES, seed * 1000 + number) for number in range(PROCESSES)]
        for share in shares:
            tally.add(share.result())
        seconds = time.monotonic() - begun
        broken = dict(Counter(pool.submit(_broken).result()) - Counter(known))
    with _owner(server, "postgres") as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name])
        row = cursor.fetchone()
    assert row is not None
    return Result(guarded, tally, seconds, int(row[0]), broken)


# ── As the owner ─────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _owner(server: Postgres, database: str) -> Iterator[psycopg2.extensions.cursor]:
    with closing(psycopg2.connect(server.url(database=database), connect_timeout=5)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def _remove_guards(cursor: psycopg2.extensions.cursor) -> None:
    """Leave the checks to the application's code, as most do."""
    cursor.execute("""
        SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
           AND (c.relname LIKE 'callbacks%' OR c.relname LIKE 'tickets%')""")
    tables = [table for (table,) in cursor.fetchall()]
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    cursor.execute(
        """SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
            WHERE t.relname = ANY(%s) AND (c.contype = 'c' OR c.conname = ANY(%s))""",
        [tables, list(UNIQUE_RULES)],
    )
    for table, constraint in cursor.fetchall():
        cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, constraint))))
    for index in UNIQUE_RULES:
        cursor.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(index)))


# ── In the racing processes ──────────────────────────────────────────────────────────────────────────────────────
class _Failures(logging.Handler):
    """What the sweep swallows, because one bad row must not stop the others: refusals apart from failures."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(logging.ERROR)
        self.tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, Exception):
            self.tally.note("in the sweep", error)


def _join(env: dict[str, str]) -> None:
    os.environ |= env | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
    import django

    django.setup()


def _settle_in() -> None:
    from .moves import settle_in

    settle_in()


def _run(operations: int, seed: int) -> Tally:
    from django.db import connection

    from .moves import Racer, people

    total = Tally()
    ladder = logging.getLogger("callbacks.services.ladder")
    ladder.addHandler(_Failures(total))
    ladder.propagate = False
    racers = [Racer(seed=seed * THREADS + number, who=people()) for number in range(THREADS)]

    def run(racer: Racer) -> None:
        try:
            for _turn in range(operations // THREADS):
                racer.turn()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[racer]) for racer in racers]
    for thread in threads:
        thread.start()
    for thread, racer in zip(threads, racers, strict=True):
        thread.join()
        total.add(racer.tally)
    return total


def _broken() -> dict[str, int]:
    from tickets.services.invariants import broken_invariants

    return {broken.rule: broken.count for broken in broken_invariants()}
