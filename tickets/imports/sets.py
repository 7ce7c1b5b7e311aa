"""Rows written in sets: one JSON parameter for a thousand of them, which PostgreSQL takes apart itself.

COPY would be as quick, but is refused on tables with row-level security.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def reserve(model: type[models.Model], count: int) -> list[int]:
    """So many keys of the table's own sequence, for rows that name each other before they are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [_table(model), count]
        )
        return [row[0] for row in cursor.fetchall()]


def insert(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write ``rows`` in their order; columns that are not named get the database's defaults."""
    if not rows:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in names]  # noqa: SLF001
    columns = ", ".join(f'"{field.column}"' for field in fields)
    typed = ", ".join(f'"{field.column}" {_type_of(field)}' for field in fields)
    told = [dict(zip((field.column for field in fields), row, strict=True)) for row in rows]
    # Names and types are the models' own.
    sql = (
        f'INSERT INTO "{_table(model)}" ({columns}) '  # noqa: S608
        f"SELECT {columns} FROM json_to_recordset(%s::json) AS told({typed})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(told, default=str)])


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table  # noqa: SLF001


def _type_of(field: Any) -> str:
    return str(field.rel_db_type(connection) if field.primary_key else field.db_type(connection))
