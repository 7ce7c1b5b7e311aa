"""A PostgreSQL that may forget acknowledged calls is refused."""

import pytest
from django.db import connection

from dispatch_center.configuration import WrongConfiguration
from dispatch_center.durability import refuse_forgetful_database

pytestmark = pytest.mark.django_db


def test_a_careful_server_is_accepted() -> None:
    with connection.cursor() as cursor:
        refuse_forgetful_database(cursor)


def test_a_server_that_acknowledges_before_writing_is_refused_by_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        with pytest.raises(WrongConfiguration, match=r"DATABASE_URL .* synchronous_commit"):
            refuse_forgetful_database(cursor)
