"""How a migration shows a table to organisations. Without it the table does not exist behind the wall."""

from collections.abc import Iterable

from django.db.migrations.operations.special import RunSQL


def show_to_portal(table: str, *, columns: Iterable[str] = (), rows: str) -> RunSQL:
    """Let ``dispatch_portal`` read ``columns`` (none named: all, also later ones) of the rows for which ``rows`` holds.

    ``rows`` is an SQL condition; ``portal_company()``, ``portal_user()`` and ``portal_foreman()`` say who asks. Rows of
    other tables named in it are under their own rules. The application goes on seeing everything.
    """
    named = ", ".join(columns)
    return RunSQL(
        f"""
        CREATE POLICY centre_sees_all ON {table} TO dispatch_app USING (true) WITH CHECK (true);
        CREATE POLICY portal_sees_own ON {table} FOR SELECT TO dispatch_portal USING ({rows});
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        GRANT SELECT {f"({named})" if named else ""} ON {table} TO dispatch_portal;
        """,
        f"""
        REVOKE ALL ON {table} FROM dispatch_portal;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        DROP POLICY portal_sees_own ON {table};
        DROP POLICY centre_sees_all ON {table};
        """,
    )


def show_columns_to_portal(table: str, *columns: str) -> RunSQL:
    """Further columns of a table that organisations see already."""
    named = ", ".join(columns)
    return _granted(f"SELECT ({named}) ON {table}")


def show_register_to_portal(table: str) -> RunSQL:
    """A register that everybody may read whole: houses, categories, norms."""
    return _granted(f"SELECT ON {table}")


def _granted(right: str) -> RunSQL:
    return RunSQL(f"GRANT {right} TO dispatch_portal", f"REVOKE {right} FROM dispatch_portal")
