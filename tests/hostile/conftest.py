"""What a scene leaves behind beside its rows, which are rolled back."""

from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _sequences_go_back(db: None) -> Iterator[None]:
    """A scene moves every sequence far away, and no transaction takes that back: ticket numbers would grow longer."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT format('%I', sequencename), coalesce(last_value, start_value), last_value IS NOT NULL "
                       "FROM pg_sequences")  # fmt: skip
        before = cursor.fetchall()
        cursor.execute("SET ROLE dispatch_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for row in before:
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", row)
        cursor.execute("SET ROLE dispatch_app")
