"""Every page and API operation × every kind of visitor × own and foreign, against the table written by hand."""

import importlib
import pkgutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

import tests.access
from accounts.models import Role, User
from callbacks.models import CallbackObligation, Escalation
from companies.models import Company
from tests.access import VISITORS, Row
from tickets.models import Ticket
from tickets.tests.factories import CompanyFactory, UserFactory, break_promise, make_ticket, member_of, signed_in

# Not pages of ours: static files, and the admin's many views, which tests of the admin cover by role.
OUTSIDE = {"admin"}


def rows() -> list[Row]:
    modules = [
        importlib.import_module(f"tests.access.{found.name}") for found in pkgutil.iter_modules(tests.access.__path__)
    ]
    return [row for module in modules for row in module.ROWS]


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """The full name of every route, «namespace:name»; a route without a name is named by its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            if entry.namespace not in OUTSIDE:
                yield from routes(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name or entry.pattern}"


@dataclass
class Scene:
    """A ticket of one organisation, and everybody who might want to see it."""

    ticket: Ticket
    obligation: CallbackObligation
    escalation: Escalation
    company: Company
    people: dict[str, User]
    # What the browser of each of them holds.
    sessions: dict[str, str]


@pytest.fixture(scope="class")
def built(rows_of_class: None) -> Scene:
    """Built once for all rows: every visit is undone, and building takes longer than visiting."""
    return build_scene()


@pytest.fixture
def scene(built: Scene, db: None) -> Scene:
    """Its objects are each row's own: what a visit wrote on them would outlive the transaction."""
    return deepcopy(built)


def build_scene() -> Scene:
    company, other = CompanyFactory.create(), CompanyFactory.create()
    people = {
        "operator": UserFactory.create(role=Role.OPERATOR),
        "supervisor": UserFactory.create(role=Role.SUPERVISOR),
        "head": UserFactory.create(role=Role.HEAD),
        "admin": UserFactory.create(role=Role.ADMIN, is_staff=True, is_superuser=True),
        "uk": member_of(company),
        "rso": member_of(other),
        "foreman": member_of(company, role=Role.FOREMAN),
        "foreman_idle": member_of(company, role=Role.FOREMAN),
    }
    ticket = make_ticket(company=company)
    Ticket.objects.filter(pk=ticket.pk).update(foreman=people["foreman"])
    break_promise()
    escalation = Escalation.objects.unacknowledged().get(deadline=ticket.callback.deadline)
    sessions = {name: signed_in(person).cookies[settings.SESSION_COOKIE_NAME].value for name, person in people.items()}
    return Scene(ticket, ticket.callback, escalation, company, people, sessions)


def visit(scene: Scene, row: Row, visitor: str) -> int:
    """The status that ``visitor`` gets; whatever he changed is undone."""
    client = Client(raise_request_exception=False)
    if visitor in scene.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = scene.sessions[visitor]
    with transaction.atomic():
        url = reverse(row.route, kwargs=row.kwargs(scene))
        given: dict[str, Any] = {"data": row.data(scene)}
        if row.json:
            given["content_type"] = "application/json"
        response = getattr(client, row.method.lower())(url, **given)
        if response.streaming and not response.is_async:
            list(response.streaming_content)
        transaction.set_rollback(True)
    status: int = response.status_code
    return status


class TestTable:
    @pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.method} {row.route}")
    def test_says_what_each_gets(self, scene: Scene, row: Row) -> None:
        expected = {visitor: row.expected(visitor) for visitor in VISITORS}
        assert {visitor: visit(scene, row, visitor) for visitor in VISITORS} == expected


def test_no_route_is_missing_from_the_table() -> None:
    named = {row.route for row in rows()}
    missing = sorted(route for route in routes(get_resolver(settings.ROOT_URLCONF)) if route not in named)
    assert not missing


def test_every_row_names_a_route() -> None:
    known = set(routes(get_resolver(settings.ROOT_URLCONF)))
    assert not sorted({row.route for row in rows()} - known)
