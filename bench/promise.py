"""A storm of broken promises in full tables: the ladder, the sweep with nothing to do, and taking a call."""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg2

from dispatch_center.local.postgres import Postgres, binary
from dispatch_center.local.stack import LocalStack

from .capture import recording
from .load import Load
from .stage import PRODUCTION

if TYPE_CHECKING:
    from accounts.models import User

ROWS, OVERDUE, RUNNING = 1_000_000, 10_000, 50_000
SWEEPS, CLAIMS, OPERATORS = 1_000, 500, 20
# Rows made here, and new rungs while a batch is recorded, have numbers that stand for nothing else in a statement.
FIRST, FIRST_RUNG = 8_000_000_000_001, 9_000_000_000_001
# Older rows first; the triggers would ask of each of them what was so long ago.
QUIETLY = "SET session_replication_role = replica"

# A clock a minute, back to a year and a half ago: every fourth a promise that was kept, the others the work's norms.
STOPPED = """
INSERT INTO callbacks_deadline (id, clock, title, started_at, due_at, source, mark, rule_id, first_rung, next_rung,
                                next_rung_at, stopped_at, outcome)
SELECT %(first)s + n, r.clock, 'Нет холодной воды, Калуга, ул. Ленина, ' || n %% 200, s.started_at,
       s.started_at + '10 min', r.source, r.mark, r.id, 1, 1, s.started_at + '10 min', s.started_at + '4 min', 'met'
  FROM generate_series(0, %(count)s - 1) AS n
  JOIN callbacks_clockrule r ON r.retired_at IS NULL
   AND r.clock = ('{first_answer,acceptance,localise,fix}'::text[])[n %% 4 + 1]
 CROSS JOIN LATERAL (SELECT %(at)s - '1 day'::interval - n * '1 min'::interval AS started_at) AS s
"""
# Work that has hours and days before it, its warning too.
IN_TIME = """
INSERT INTO callbacks_deadline (id, clock, title, started_at, due_at, source, mark, rule_id, first_rung, next_rung,
                                next_rung_at)
SELECT %(first)s + n, r.clock, 'Течёт труба, Калуга, ул. Кирова, ' || n %% 200, %(at)s - '1 hour'::interval,
       s.due_at, r.source, r.mark, r.id, 1, 1, s.due_at
  FROM generate_series(0, %(count)s - 1) AS n
  JOIN callbacks_clockrule r ON r.retired_at IS NULL AND r.clock = 'fix'
 CROSS JOIN LATERAL (SELECT %(at)s + '2 hours'::interval + n * '5 s'::interval AS due_at) AS s
"""
# Promises that broke within the last five minutes, each at a moment of its own; their warning has rung.
BROKEN = """
INSERT INTO callbacks_deadline (id, clock, title, started_at, due_at, source, mark, rule_id, operator_id, first_rung,
                                next_rung, next_rung_at)
SELECT %(first)s + n, r.clock, 'Нет холодной воды, Калуга, ул. Ленина, ' || n %% 200, s.due_at - '10 min'::interval,
       s.due_at, r.source, r.mark, r.id, %(operator)s, 1, %(rung)s, s.due_at
  FROM generate_series(0, %(count)s - 1) AS n
  JOIN callbacks_clockrule r ON r.retired_at IS NULL AND r.clock = 'first_answer'
 CROSS JOIN LATERAL (
     SELECT %(at)s - '5 min'::interval + (n + 1) * '5 min'::interval / (%(count)s + 1) AS due_at
 ) AS s
"""
# What hangs on a promise: who rang, what we owe, and the talk of those that were kept. Their numbers are the clock's.
NEW_PROMISES = "FROM callbacks_deadline d WHERE d.id >= %(first)s AND d.clock = 'first_answer'"
PROMISES = f"""
INSERT INTO callbacks_contact (id, received_at, channel, phone, extension, no_phone_reason, caller_name, ended_as, note)
SELECT d.id, d.started_at, 'phone', '+79' || lpad((d.id %% 1000000000)::text, 9, '0'), '', '', 'Вера Павловна',
       'ticket', '' {NEW_PROMISES};
INSERT INTO callbacks_callattempt (id, obligation_id, operator_id, direction, number, started_at, ended_at, outcome,
                                   note)
SELECT d.id, d.id, %(operator)s, 'out', '+79' || lpad((d.id %% 1000000000)::text, 9, '0'),
       d.stopped_at - '1 min'::interval, d.stopped_at, 'reached', 'Бригада выехала.'
       {NEW_PROMISES} AND d.stopped_at IS NOT NULL;
INSERT INTO callbacks_callbackobligation (id, contact_id, deadline_id, reason, state, promised_at, promised_length,
       due_at, is_danger, next_attempt_at, counted_attempts, first_attempt_at, rounds, round_attempts,
       round_started_at, occurrences, number, extension, settled_by_id, settled_at, waiver_note)
SELECT d.id, d.id, d.id, 'first_answer', CASE WHEN d.stopped_at IS NULL THEN 'open' ELSE 'kept' END, d.started_at,
       d.due_at - d.started_at, d.due_at, false, d.started_at, (d.stopped_at IS NOT NULL)::int,
       d.stopped_at - '1 min'::interval, 1, (d.stopped_at IS NOT NULL)::int, d.stopped_at - '1 min'::interval, 1,
       '+79' || lpad((d.id %% 1000000000)::text, 9, '0'), '',
       CASE WHEN d.stopped_at IS NOT NULL THEN d.id END, d.stopped_at, '' {NEW_PROMISES};
"""
TABLES = ("contact", "deadline", "callbackobligation", "callattempt", "escalation", "outbox")


class Promises:
    """The measures share their tables, which are filled once."""

    def __init__(self, stack: LocalStack) -> None:
        self.postgres = Postgres(stack.var)
        self.folder = stack.var
        os.environ |= stack.environment() | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        import django

        django.setup()
        self.next_number = FIRST
        self.at = self._fill()

    # ── The measures ─────────────────────────────────────────────────────────────────────────────────────────────
    def claim(self) -> dict[str, object]:
        """Twenty operators take calls from a queue of ten thousand; each holds one until the others have theirs."""
        from callbacks.services import claim_next

        self._break_promises(OVERDUE)
        busy = os.getloadavg()[0]
        taken, load = [], Load(0)
        for number in range(CLAIMS):
            operator = self._operators[number % OPERATORS]
            with timing(load):
                promise = claim_next(operator=operator, at=self.at)
            assert promise is not None
            taken.append((promise, operator))
            if len(taken) == OPERATORS:
                self._keep(*taken.pop(0))
        with recording() as recorder:
            promise = claim_next(operator=self._operators[-1], at=self.at)
        assert promise is not None
        script = _script(recorder.statements, {str(promise.pk): ":taken_1"}, takes={"taken": "id"}, rows=1)
        floor = 1000 / self._pgbench("promise_claim", script, turns=CLAIMS // 2)
        return _waited("promise_claim", load, floor, script, busy) | {"queue": self._queue()}

    def escalate(self) -> dict[str, object]:
        """Ten thousand broken promises at once, as the sweep takes them."""
        from callbacks.models import Deadline, Escalation, Outbox
        from callbacks.services import escalate_overdue_batch
        from callbacks.services.ladder import BATCH

        script = self._record_batch()
        self._break_promises(OVERDUE)
        rungs, messages = Escalation.objects.count(), Outbox.objects.count()
        busy, load, raised = os.getloadavg()[0], Load(0), 0
        begun = time.perf_counter()
        while True:
            with timing(load):
                batch = escalate_overdue_batch(at=self.at)
            if not batch:
                break
            raised += batch
        ours = raised / (time.perf_counter() - begun)
        rungs, messages = Escalation.objects.count() - rungs, Outbox.objects.count() - messages
        assert raised == rungs == OVERDUE, (raised, rungs)
        # The turn that finds nothing is no batch.
        load.lengths.pop()
        self._break_promises(OVERDUE)
        floor = BATCH * self._pgbench("promise_escalate", script, turns=OVERDUE // BATCH)
        assert not Deadline.objects.to_ring(self.at).exists(), "pgbench has not raised the same rungs"
        return {
            "name": "promise_escalate", "ours": round(ours, 1), "unit": "rungs/s", "floor": round(floor, 1),
            "ratio": round(ours / floor, 3), "p50_ms": round(load.percentile_ms(0.5), 1),
            "p95_ms": round(load.percentile_ms(0.95), 1), "batch": BATCH, "rungs": rungs,
            "messages_per_rung": round(messages / rungs, 1), "rows": Deadline.objects.count(),
            "statements": len(script), "machine_load": round(busy, 1),
        }  # fmt: skip

    def idle(self) -> dict[str, object]:
        """A turn of the sweep that finds nothing due."""
        from callbacks.models import Deadline
        from callbacks.services import sweep

        # Whatever an earlier measure left behind.
        sweep(at=self.at, keeper="bench")
        self._tidy()
        busy, load = os.getloadavg()[0], Load(0)
        for _turn in range(SWEEPS):
            with timing(load):
                done = sweep(at=self.at, keeper="bench")
            assert not done, done
        with recording() as recorder:
            sweep(at=self.at, keeper="bench")
        script = _script(recorder.statements, {}, takes={}, rows=0)
        floor = 1000 / self._pgbench("promise_idle", script, turns=SWEEPS)
        return _waited("promise_idle", load, floor, script, busy) | {"rows": Deadline.objects.count()}

    # ── The rows ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _fill(self) -> datetime:
        """Make the rows that are not due; returns the moment that every measure hands in, so that none comes due."""
        from accounts import clock
        from callbacks.services import sweep

        at = clock.now()
        # The demonstration has broken promises of its own.
        sweep(at=at, keeper="bench")
        stopped = ROWS - RUNNING - OVERDUE
        self._make(at, (STOPPED, stopped), (IN_TIME, RUNNING))
        return at

    def _make(self, at: datetime, *kinds: tuple[str, int]) -> None:
        from callbacks.models import Rung

        rung = Rung.objects.get(rule__clock="first_answer", rule__retired_at=None, offset=timedelta())
        given = {"at": at, "operator": self._operators[0].pk, "rung": rung.number}
        before = self.next_number
        with psycopg2.connect(self.postgres.url()) as owner, owner.cursor() as cursor:
            cursor.execute(QUIETLY)
            for sql, count in kinds:
                cursor.execute(sql, given | {"first": self.next_number, "count": count})
                self.next_number += count
            cursor.execute(PROMISES, given | {"first": before})
        owner.close()
        self._tidy()

    def _break_promises(self, wanted: int) -> None:
        """Let so many clocks be due, with those that an earlier measure has left."""
        from callbacks.models import Deadline

        missing = wanted - Deadline.objects.to_ring(self.at).count()
        if missing > 0:
            self._make(self.at, (BROKEN, missing))

    def _tidy(self) -> None:
        """What autovacuum would do, but not in the middle of a measure."""
        with closing(psycopg2.connect(self.postgres.url())) as owner, owner.cursor() as cursor:
            owner.autocommit = True
            cursor.execute(f"VACUUM ANALYZE {', '.join(f'callbacks_{table}' for table in TABLES)}")
            cursor.execute("CHECKPOINT")

    @cached_property
    def _operators(self) -> list["User"]:
        from accounts.models import Role, User

        return User.objects.bulk_create(
            User(username=f"bench{number}", role=Role.OPERATOR) for number in range(OPERATORS)
        )

    def _keep(self, promise: Any, operator: "User") -> None:
        from callbacks.services import finish_attempt, start_attempt

        attempt = start_attempt(obligation=promise, operator=operator, at=self.at)
        finish_attempt(attempt=attempt, outcome="reached", note="Бригада выехала.", at=self.at)

    def _queue(self) -> int:
        from callbacks.models import CallbackObligation

        return CallbackObligation.objects.outstanding().count()

    # ── The statements ───────────────────────────────────────────────────────────────────────────────────────────
    def _record_batch(self) -> list[str]:
        """The statements of one batch, with names for the clocks that it takes and the rungs that it writes."""
        from callbacks.models import Deadline, Escalation
        from callbacks.services import escalate_overdue_batch
        from callbacks.services.ladder import BATCH

        self._break_promises(OVERDUE + BATCH)
        clocks = list(Deadline.objects.to_ring(self.at)[:BATCH])
        with psycopg2.connect(self.postgres.url()) as owner, owner.cursor() as cursor:
            cursor.execute(
                "SELECT setval('callbacks_escalation_id_seq', greatest(%s, last_value + 1), false)"
                " FROM callbacks_escalation_id_seq",
                [FIRST_RUNG],
            )
        owner.close()
        with recording() as recorder:
            assert escalate_overdue_batch(at=self.at) == BATCH
        names = {}
        for number, clock in enumerate(clocks, start=1):
            assert clock.next_rung_at is not None
            names[str(clock.pk)] = f":clock_{number}"
            names[f"'{clock.next_rung_at.isoformat()}'"] = f"':due_{number}'"
        rungs = Escalation.objects.filter(deadline__in=clocks).order_by("pk")
        names |= {str(rung.pk): f":rung_{number}" for number, rung in enumerate(rungs, start=1)}
        return _script(recorder.statements, names, takes={"clock": "id", "due": "next_rung_at"}, rows=BATCH)

    def _pgbench(self, name: str, statements: list[str], *, turns: int) -> float:
        """Transactions a second of one client that sends the same statements."""
        path = self.folder / f"{name}.sql"
        path.write_text(";\n".join(statements).replace("\\gset;", "\\gset") + ";\n", encoding="utf-8")
        done = subprocess.run(
            [
                str(binary("pgbench")), "--no-vacuum", "--protocol=simple", "--client=1", f"--transactions={turns}",
                f"--file={path}", self.postgres.url(user="dispatch_app"),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        if done.returncode or found is None or "number of failed transactions: 0 " not in done.stdout:
            raise RuntimeError(f"pgbench: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return float(found.group(1))


@contextmanager
def timing(load: Load) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    load.lengths.append(time.perf_counter() - begun)


def _waited(name: str, load: Load, floor: float, script: list[str], busy: float) -> dict[str, object]:
    """How long one turn took; the ratio grows with our speed here too."""
    return {
        "name": name, "ours": round(load.percentile_ms(0.5), 2), "unit": "ms", "floor": round(floor, 2),
        "ratio": round(floor / load.percentile_ms(0.5), 3), "p50_ms": round(load.percentile_ms(0.5), 2),
        "p95_ms": round(load.percentile_ms(0.95), 2), "p99_ms": round(load.percentile_ms(0.99), 2),
        "statements": len(script), "machine_load": round(busy, 1),
    }  # fmt: skip


def _script(statements: list[str], names: Mapping[str, str], *, takes: Mapping[str, str], rows: int) -> list[str]:
    """The statements for pgbench: whatever a turn takes and writes is named, and taken anew each time.

    ``takes``: the variables that the first locking SELECT fills, by its columns, for so many rows.
    """
    return [_for_pgbench(_named(statement, names), takes, rows) for statement in statements]


def _named(statement: str, names: Mapping[str, str]) -> str:
    statement = re.sub(r"'[0-9a-f-]{36}'::uuid", "gen_random_uuid()", statement)
    return re.sub(r"\b\d{13}\b|'\d{4}-\d\d-\d\dT[^']+'", lambda found: names.get(found[0], found[0]), statement)


def _for_pgbench(statement: str, takes: Mapping[str, str], rows: int) -> str:
    if takes and statement.startswith("SELECT") and "SKIP LOCKED" in statement:
        listed = statement.removeprefix("SELECT ").partition(" FROM ")[0].split(", ")
        # Columns of the table that is locked come first.
        places = {name: f"c{_place(listed, wanted)}" for name, wanted in takes.items()}
        columns = ", ".join(f"c{place}" for place in range(len(listed)))
        return f"WITH taken ({columns}) AS ({statement}) {_into_variables(places, rows, 'taken')}"
    if statement.startswith('INSERT INTO "callbacks_escalation"'):
        return f"WITH made AS ({statement}) {_into_variables({'rung': 'id'}, rows, 'made')}"
    # One round trip stays one.
    return statement.replace("; SET", "\\; SET")


def _place(listed: list[str], column: str) -> int:
    return next(place for place, name in enumerate(listed) if name.endswith(f'."{column}"'))


def _into_variables(columns: Mapping[str, str], rows: int, source: str) -> str:
    chosen = (
        f"(array_agg({column}))[{row}] AS {name}_{row}"
        for name, column in columns.items()
        for row in range(1, rows + 1)
    )
    return f"SELECT {', '.join(chosen)} FROM {source} \\gset"
