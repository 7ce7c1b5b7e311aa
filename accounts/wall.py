"""The second wall: whatever an organisation's people read, PostgreSQL itself lets them see no more than theirs.

The first wall is ``visible_to()``. Behind the second one a query that forgot it finds the same rows, because the
transaction works as the role ``dispatch_portal``: row-level security shows it one organisation (a foreman: what he was
given), column grants show it no number and no name of a citizen, and a table that nobody has granted does not exist.

Writing is the services' business: they run in front of the wall (see ``accounts.writes``), on rows that were found
behind it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction

from .models import User

APPLICATION, PORTAL = "dispatch_app", "dispatch_portal"
V = TypeVar("V", bound=Callable[..., Any])

_behind: ContextVar[bool] = ContextVar("behind_wall", default=False)


def is_behind_wall() -> bool:
    """Whether this code may read only what an organisation may."""
    return _behind.get()


@contextmanager
def behind_wall(user: User | AnonymousUser) -> Iterator[None]:
    """One transaction that sees what ``user`` of an organisation may see; for the centre's people nothing changes.

    Role and settings are LOCAL: they end with the transaction, whatever becomes of it.
    """
    if _behind.get() or not getattr(user, "is_of_company", False):
        yield
        return
    is_part = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Whose person he is the database looks up itself, before it changes the role.
            cursor.execute("SELECT enter_portal(%s)", [user.pk])
        token = _behind.set(True)
        try:
            yield
        finally:
            _behind.reset(token)
        if is_part:
            # Of a larger transaction, to whose end LOCAL would last.
            _become(APPLICATION)


@contextmanager
def in_front() -> Iterator[None]:
    """One transaction with the centre's authority; behind the wall it is stepped through, and back again.

    An error takes the role back together with the rows: both belong to the savepoint.
    """
    with transaction.atomic():
        if not _behind.get():
            yield
            return
        _become(APPLICATION)
        token = _behind.set(False)
        try:
            yield
        finally:
            _behind.reset(token)
        _become(PORTAL)


def marks_wall(view: V, wrapped: V) -> V:
    """Note on ``wrapped`` that it runs ``view`` behind the wall: a test asks every route for this mark."""
    walled: Any = wraps(view)(wrapped)
    walled.is_behind_wall = True
    return walled  # type: ignore[no-any-return]


def _become(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true)", [role])
