"""The one clock: the database's. Edges read it once and hand the moment to the rules."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """The database's present moment, so that a web server whose clock is wrong cannot move a deadline."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment.astimezone(UTC)
