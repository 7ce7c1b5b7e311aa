"""The statements of one request as the application sends them, turned into a script for pgbench and into raw SQL."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg2
from django.db import connection

# The tables whose new rows are named by later statements. Their sequences start far away from each other while we
# listen, so that a number in a statement says which row it means.
TABLES = {
    "contact": "callbacks_contact",
    "deadline": "callbacks_deadline",
    "obligation": "callbacks_callbackobligation",
    "ticket": "tickets_ticket",
}
FAR_AWAY = 7_000_000_000_001
MOST_ROWS = 9


@dataclass
class Recorder:
    """Every statement with its values in it, the ends of transactions included."""

    statements: list[str] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements.append(context["cursor"].cursor.mogrify(sql, params).decode())
        return execute(sql, params, many, context)


@contextmanager
def recording() -> Iterator[Recorder]:
    recorder = Recorder()
    set_autocommit, commit = connection.set_autocommit, connection.commit

    def begin(autocommit: bool, *given: Any, **named: Any) -> None:
        if not autocommit:
            recorder.statements.append("BEGIN")
        set_autocommit(autocommit, *given, **named)

    def end() -> None:
        recorder.statements.append("COMMIT")
        commit()

    connection.set_autocommit, connection.commit = begin, end  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(recorder):
            yield recorder
    finally:
        del connection.set_autocommit, connection.commit


def spread_sequences(owner_url: str) -> dict[str, int]:
    """Let new rows have numbers that stand for nothing else; returns the first of each table."""
    starts = {}
    with psycopg2.connect(owner_url) as owner, owner.cursor() as cursor:
        for place, (name, table) in enumerate(TABLES.items()):
            cursor.execute("SELECT last_value FROM pg_sequences WHERE sequencename = %s", [f"{table}_id_seq"])
            (last,) = cursor.fetchone() or (None,)
            # Beyond what earlier rounds have used, and never the number of another table.
            starts[name] = max(FAR_AWAY, last or 0) + (place + 1) * 1_000_000_000
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, starts[name]])
    return starts


@dataclass(frozen=True)
class Script:
    """Statements with names where each run has its own values: :ticket_1, and a fresh key of the form."""

    statements: list[str]

    @classmethod
    def of(cls, recorded: list[str], *, key: UUID, starts: dict[str, int]) -> "Script":
        return cls([_with_names(statement, str(key), starts) for statement in recorded])

    def writes(self) -> list[str]:
        """Only what changes rows."""
        return [statement for statement in self.statements if statement.startswith(("INSERT", "UPDATE"))]

    def for_pgbench(self) -> str:
        return "\n".join(_for_pgbench(statement) for statement in self.statements)


def _with_names(statement: str, key: str, starts: dict[str, int]) -> str:
    statement = statement.replace(f"'{key}'::uuid", "gen_random_uuid()")
    for name, start in starts.items():
        for row in range(MOST_ROWS):
            statement = re.sub(rf"\b{start + row}\b", f":{name}_{row + 1}", statement)
    return statement


def made_by(statement: str) -> tuple[str, int] | None:
    """Which of the named rows an INSERT makes, and how many."""
    for name, table in TABLES.items():
        if statement.startswith(f'INSERT INTO "{table}"'):
            return name, statement.count("DEFAULT") if name == "deadline" else 1
    return None


def _for_pgbench(statement: str) -> str:
    made = made_by(statement)
    if made is None:
        # One round trip stays one.
        return statement.replace("; ", "\\; ") + ";"
    name, rows = made
    names = ", ".join(f"(array_agg(id))[{row}] AS {name}_{row}" for row in range(1, rows + 1))
    return f"WITH made AS ({statement}) SELECT {names} FROM made \\gset"
