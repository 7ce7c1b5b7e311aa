"""A promise acknowledged to a citizen must survive a power cut: a PostgreSQL that may forget it is refused."""

from contextlib import suppress
from typing import Any

from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from .configuration import WrongConfiguration

# Each of these off has lost acknowledged rows in a crash.
NEEDED = ("fsync", "synchronous_commit", "full_page_writes")


def refuse_forgetful_database(cursor: Any) -> None:
    """Raise WrongConfiguration when the server behind ``cursor`` does not keep what it has acknowledged."""
    cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(NEEDED)])
    off = sorted(name for name, setting in cursor.fetchall() if setting == "off")
    if off:
        raise WrongConfiguration(
            f"DATABASE_URL leads to a PostgreSQL that may lose acknowledged calls: switch on {', '.join(off)}."
        )


def watch_connections() -> None:
    """Check the first connection of this process; one check is enough, the server does not change under us."""
    connection_created.connect(_check, dispatch_uid="refuse-forgetful-database")


def check_at_start() -> None:
    """Ask the server now, so that a web process does not start only to refuse everybody. An absent one may return."""
    with suppress(OperationalError):
        connection.ensure_connection()
    connection.close()


def _check(sender: object, connection: Any, **_: object) -> None:
    with connection.cursor() as cursor:
        refuse_forgetful_database(cursor)
    connection_created.disconnect(dispatch_uid="refuse-forgetful-database")
