"""Strange words in the query of every page that may be opened: filters, pages, ways back; answered, never broken."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from callbacks.models import CallbackObligation
from tests.hostile.deeds import NOW
from tests.hostile.naughty import NUL, XSS, alive, unescaped, words
from tests.hostile.scene import Scene, browser_of, make_scene, program_of
from tickets.forms.filters import TicketFilter
from tickets.models import Outage
from tickets.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

STRANGE = [NUL, *XSS, "-1", "0", "9" * 30, "１２３", "٣", "1e400", "NaN", "0001-01-01", "9999-12-31T23:59"]
# Whatever any page reads from its address, by hand; each page is given all of it.
NAMES = (
    "q after before page tab step shown like month callback talk beside fresh saved draft made taken_by houses from to"
    " cell company company_id category building overdue due_before registered_after registered_before status state"
    " current number since service call_again_at at kind order format made mine columns days within about address"
    " until nobody repeated outage day share seconds talk patience audience district category operator channel"
    " emergency name span every weekday hour"
).split()


def pages(scene: Scene) -> Iterator[tuple[Client, str]]:
    """Who opens it, and its address."""
    numbered = {"number": scene.own.tickets[1].number}
    promise = {"pk": CallbackObligation.objects.outstanding().order_by("pk")[0].pk}
    senior = UserFactory.create(role=Role.SUPERVISOR)
    admin = UserFactory.create(role=Role.ADMIN, is_staff=True, is_superuser=True)
    scene.own.dispatcher.membership.__class__.objects.update(manages_programs=True, manages_users=True)
    told: list[tuple[Any, tuple[tuple[str, dict[str, Any]], ...]]] = [
        (browser_of(scene.own.dispatcher), (
            ("portal:list", {}), ("portal:card", numbered), ("portal:people", {}), ("portal:order", numbered),
            ("programs:overview", {}), ("reports:own", {}), ("reports:own-tickets", {}), ("profile", {}),
        )),
        (browser_of(scene.own.foreman), (("portal:list", {}), ("portal:card", numbered))),
        (program_of(scene.own.dispatcher), (
            ("api:tickets", {}), ("api:buildings", {}), ("api:companies", {}), ("api:categories", {}),
            ("api:outages", {}), ("api:ticket", numbered), ("api:ticket-steps", numbered),
        )),
        (program_of(senior), (
            ("api:tickets", {}), ("api:callbacks", {}), ("reports-api:report", {"name": "companies"}),
        )),
        (browser_of(senior), (
            *((f"desk:{name}", {}) for name in (
                "queue", "strip", "counts", "intake", "paper", "unfinished", "missed", "tickets", "count", "conditions",
                "columns", "outages", "outage_calendar", "outage_new", "alarms", "watch", "unknown_houses", "roster",
                "shift", "handovers", "notes", "phones", "wall", "coming",
            )),
            ("desk:card", numbered), ("desk:registered", numbered), ("desk:correct_phone", numbered),
            ("desk:correct_address", numbered), ("desk:callback", promise), ("desk:say", promise),
            ("desk:recorded", promise), ("desk:outage", {"pk": Outage.objects.order_by("pk")[0].pk}),
            ("desk:ticket-file", {"kind": "csv"}), ("register:gaps", {}), ("reports:overview", {}), ("reports:csv", {}),
            ("reports:tickets", {}), ("reports:tickets-csv", {}), ("reports:journal", {}), ("reports:files", {}),
            ("reports:orders", {}),
            ("reports:staffing", {}), ("reports:staffing-csv", {}), ("reports:report", {"name": "organisations"}),
            ("reports:company", {"pk": scene.own.company.pk}), ("reports:weeklies", {}),
            *((f"reports:weekly{part}", {"monday": "2026-01-26"}) for part in ("", "-pdf")),
        )),
        (browser_of(admin), (("register:bind", {}),)),
        (Client(raise_request_exception=False), (("login", {}), ("password_reset", {}), ("api:schema", {}))),
    ]  # fmt: skip
    for client, names in told:
        for name, kwargs in names:
            yield client, reverse(name, kwargs=kwargs)


def ask(client: Client, url: str, query: dict[str, str]) -> Iterator[str]:
    answer: Any = client.get(url, query)
    if answer.status_code >= 500:
        yield f"{url} {query}: {answer.status_code}"
    elif answer.streaming and not answer.is_async:
        b"".join(answer)
    elif answer.get("Content-Type", "").startswith("text/html"):
        page = answer.content.decode()
        yield from (f"{url} {query}: {one}" for one in [*unescaped(page, list(query.values())), *alive(page)])


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    return make_scene()


@pytest.mark.parametrize("value", [NUL, XSS[1], "9" * 30, "9999-12-31T23:59"])
def test_a_strange_word_everywhere_in_an_address(scene: Scene, value: str) -> None:
    told = [fault for client, url in pages(scene) for fault in ask(client, url, dict.fromkeys(NAMES, value))]
    assert not told, "\n".join(told)[:8000]


@pytest.mark.slow
def test_a_strange_word_in_each_place_of_an_address(scene: Scene) -> None:
    told: list[str] = []
    for client, url in pages(scene):
        for value in [*STRANGE, *words(200)]:
            told += ask(client, url, dict.fromkeys(NAMES, value))
        # One at a time what goes unchanged into a query, where another name might have been refused before it.
        for name in NAMES:
            told += ask(client, url, {name: NUL})
    assert not told, "\n".join(told)[:8000]


def test_every_filter_of_the_list_is_named(scene: Scene) -> None:
    chosen = TicketFilter(QueryDict(), user=scene.own.dispatcher, at=NOW)
    assert not set(chosen.form.fields) - set(NAMES)
