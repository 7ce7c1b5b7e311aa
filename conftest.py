"""What every test stands on: the law loaded once, and the application's role instead of the owner's."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.test import Client, TransactionTestCase

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def pytest_configure() -> None:
    # Pages are tested without the manifest that collectstatic writes.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    # What a password costs to guess is Django's care; here it only costs time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Tests ask quicker than any program should; how much is too much is a test of its own.
    settings.API_REQUESTS_PER_MINUTE = 1_000_000


def pytest_collection_finish() -> None:
    # All that was imported stays to the end; looking through it again and again for garbage took a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load norms and the ladder as the owner; from then on every connection works as ``dispatch_app``."""
    from tickets.services import load_norms

    with django_db_blocker.unblock():
        load_norms()
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE dispatch_app")
    connection_created.connect(_as_application, dispatch_uid="tests-as-application")
    yield
    connection_created.disconnect(dispatch_uid="tests-as-application")
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture(scope="class")
def rows_of_class(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows made in it by a fixture of a class are there for each of its tests, as they were made, and then no more.

    Its tests must not be transactional ones: these would empty the tables under it.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            # Between two of its tests it may lie idle for as long as another process takes for its longest.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _photos_of_this_test(settings: Any, tmp_path: Path) -> None:
    """Files of photos belong to the test that makes them."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _nobody_is_noted(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Pages are counted by the questions they ask; that somebody looked is written down where a test is about it."""
    if "presence" not in request.fixturenames:
        monkeypatch.setattr("accounts.presence.keep_seen", lambda user_id: None)


def _as_application(sender: object, connection: Any, **_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE dispatch_app")


def _flush(self: TransactionTestCase) -> None:
    """Empty the tables although history refuses TRUNCATE, and read the law again."""
    from tickets.services import load_norms

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE; SET session_replication_role = replica")
        kept = {"django_migrations", "django_content_type", "auth_permission"}
        tables = [f'"{name}"' for name in connection.introspection.table_names() if name not in kept]
        cursor.execute(f"TRUNCATE {', '.join(tables)}; SET session_replication_role = origin")
        cursor.execute("SET ROLE dispatch_app")
    load_norms()


def _force_login(self: Client, user: "AbstractBaseUser", backend: str | None = None) -> None:
    """Open the session and no more: signing in itself asks a dozen questions, and has tests of its own."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend or settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    self.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)


Client.force_login = _force_login  # type: ignore[method-assign]
TransactionTestCase._fixture_teardown = _flush  # type: ignore[attr-defined,method-assign]  # noqa: SLF001
