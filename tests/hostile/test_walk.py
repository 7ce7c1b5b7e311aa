"""Every address × everything that belongs to another organisation: answered as if it were not there.

Once as the centre runs, and once with the view filters off: then PostgreSQL alone stands between the two.
"""

import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from callbacks.models import Escalation
from tests.hostile.scene import (
    GUESSES,
    WORDS,
    Address,
    Scene,
    addresses,
    browser_of,
    make_scene,
    program_of,
    unfurnished,
)
from tests.wall.test_grants import OWN
from tickets.tests.factories import MINUTE, NOON

# Of each address the first guess is asked in every way, the others are read and written.
METHODS = ("get", "post", "put", "patch", "delete")
# What differs from one answer to the next without telling anything.
NOISE = (
    re.compile(rb'csrfmiddlewaretoken" value="[^"]*"'), re.compile(rb'"csrfToken":\s*"[^"]*"'),
    re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    re.compile(rb'<meta name="server-time" content="[^"]*">'), re.compile(rb"hx-headers='[^']*'"),
)  # fmt: skip

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    found = make_scene()
    monkeypatch.setattr("accounts.clock.now", lambda: NOON + 30 * MINUTE)
    return found


@pytest.fixture
def no_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ``visible_to()`` of every model lets everything through, and alarms are everybody's.

    Which columns it names stays: that is the other half of the wall, and has its own tests.
    """
    for model in apps.get_models():
        kind = type(model._default_manager.all())
        if filtered := getattr(kind, "visible_to", None):
            monkeypatch.setattr(kind, "visible_to", _everything(filtered))
    monkeypatch.setattr(
        "tickets.views.asked.asked_of_organisation",
        lambda user, company: Escalation.objects.only("rung", "deadline").select_related("deadline"),
    )
    monkeypatch.setattr(
        "tickets.views.portal.answers.asked_of_organisation",
        lambda user, company: Escalation.objects.only("rung", "deadline").select_related("deadline"),
    )


def _everything(filtered: Any) -> Any:
    def visible_to(self: Any, user: User) -> Any:
        found = self.all()
        found.query.deferred_loading = filtered(self, user).query.deferred_loading
        return found

    return visible_to


def attackers(scene: Scene) -> dict[str, Client]:
    return {
        "dispatcher": browser_of(scene.own.dispatcher),
        "foreman": browser_of(scene.own.foreman),
        "token": program_of(scene.own.dispatcher),
        "token of a foreman": program_of(scene.own.foreman),
    }


def answer(client: Client, method: str, url: str, *guessed: Any, **given: Any) -> tuple[int, bytes, str]:
    """Status, body and where it leads, without what was guessed and without noise; what it changed is undone."""
    # What is said of a deed stands on the next page; the answers that are compared come after different ones.
    client.cookies.pop("messages", None)
    with transaction.atomic():
        response = getattr(client, method)(url, **given)
        streaming = getattr(response, "streaming", False)
        body = b"" if streaming and response.is_async else b"".join(response) if streaming else response.content
        transaction.set_rollback(True)
    place = response.get("Location", "").encode()
    for pattern in NOISE:
        body = pattern.sub(b"", body)
    for word in (form for one in guessed for form in (f"26-{one}", quote(str(one)), str(one))):
        body, place = body.replace(word.encode(), b"?"), place.replace(word.encode(), b"?")
    return response.status_code, body, place.decode()


def places(address: Address, scene: Scene) -> Iterator[tuple[str, str, list[Any], list[Any]]]:
    """An address of something foreign, the same of nothing, and what was guessed in each; words in all ways."""
    wanted = {name: GUESSES[name](scene) for name in address.arguments if name in GUESSES}
    words = [[(name, word) for word in WORDS[name]] for name in address.arguments if name in WORDS]
    most = max((len(guesses) for guesses, _missing in wanted.values()), default=0)
    for spoken in itertools.product(*words):
        given = {name: word for name, word in spoken if word}
        # Which word it is makes no difference to whose number it is: the other numbers are tried with the first.
        is_first = all(word == WORDS[name][0] for name, word in spoken)
        for turn in range(most if is_first and not address.is_closed else min(most, 1)):
            foreign = {name: guesses[turn % len(guesses)] for name, (guesses, _missing) in wanted.items()}
            missing = {name: nothing for name, (_guesses, nothing) in wanted.items()}
            with suppress(NoReverseMatch):
                yield (
                    reverse(address.name, kwargs=given | foreign), reverse(address.name, kwargs=given | missing),
                    list(foreign.values()), list(missing.values()),
                )  # fmt: skip


def test_every_argument_has_its_guesses() -> None:
    for address in addresses():
        unknown = set(address.arguments) - set(GUESSES) - set(WORDS)
        assert not unknown, f"{address.name}: give tests/hostile/scene.py guesses for {', '.join(unknown)}"


def test_the_scene_holds_a_foreign_row_of_every_table_that_organisations_see(scene: Scene) -> None:
    assert not unfurnished(scene, set(OWN))


def walk(scene: Scene) -> tuple[list[str], int]:
    """What was answered otherwise than nothing would have been, or told a secret; and how many answers there were."""
    told, asked = [], 0
    people = attackers(scene)
    for address in addresses():
        for who, client in people.items():
            if address.is_api != who.startswith("token") or (address.is_closed and who == "foreman"):
                continue
            missing: dict[tuple[str, str], Any] = {}
            firsts: dict[str, Any] = {}
            for foreign_url, missing_url, guesses, nothing in places(address, scene):
                first = guesses == firsts.setdefault(missing_url, guesses)
                for method in METHODS if first and not address.is_closed else METHODS[:2]:
                    asked += 1
                    given: dict[str, Any] = {"data": {"note": "x"}} if method == "post" else {}
                    if address.is_api and method == "post":
                        given["content_type"] = "application/json"
                    key = (method, missing_url)
                    if key not in missing:
                        missing[key] = answer(client, method, missing_url, *nothing, **given)
                    got = answer(client, method, foreign_url, *guesses, **given)
                    if got != missing[key]:
                        told.append(f"{who}: {method} {foreign_url}: {difference(got, missing[key])}")
                    told += [f"{who}: {method} {foreign_url} says {word}" for word in spoken(got[1], scene)]
    return told, asked


def difference(got: tuple[int, bytes, str], nothing: tuple[int, bytes, str]) -> str:
    """The first place where two answers part."""
    if got[0] != nothing[0]:
        return f"{got[0]}, for nothing {nothing[0]}"
    place = next((at for at, pair in enumerate(zip(got[1], nothing[1], strict=False)) if pair[0] != pair[1]), 0)
    return f"…{got[1][max(place - 40, 0) : place + 40]!r}, for nothing …{nothing[1][max(place - 40, 0) : place + 40]!r}"


def spoken(body: bytes, scene: Scene) -> list[str]:
    return [word for word in scene.secrets if word.encode() in body]


def test_what_is_foreign_is_as_if_it_were_not_there(scene: Scene) -> None:
    told, asked = walk(scene)
    assert not told
    assert asked > 300


@pytest.mark.usefixtures("no_filters")
def test_with_the_view_filters_off_the_database_says_the_same(scene: Scene) -> None:
    told, asked = walk(scene)
    assert not told
    assert asked > 300


# ── Lists, and what narrows them ─────────────────────────────────────────────────────────────────────────────────
def lists() -> list[Address]:
    return [address for address in addresses() if not address.arguments and not address.is_closed]


def named(scene: Scene) -> list[tuple[str, Any, Any]]:
    """What a program or a page may be told, with something foreign and with something that is nowhere."""
    foreign, missing = scene.foreign, scene.missing
    ticket = foreign.tickets[0]
    return [
        ("company", foreign.company.pk, missing), ("company_id", foreign.company.pk, missing),
        ("foreman", foreign.foreman.pk, missing), ("foreman_id", foreign.foreman.pk, missing),
        ("user", foreign.dispatcher.pk, missing), ("ticket", ticket.pk, missing), ("id", ticket.pk, missing),
        ("duplicate_of", ticket.number, scene.missing_number), ("number", ticket.number, scene.missing_number),
        ("q", ticket.number, scene.missing_number), ("q", foreign.word, "Ничья"),
    ]  # fmt: skip


OF_ORGANISATIONS = ("portal:", "programs:", "api:")
# The same for everybody: pages of the API itself, the registers, and outages.
OPEN = ("api:docs", "api:nothing", "api:buildings", "api:categories", "api:outages")


def ask_lists(scene: Scene) -> list[str]:
    told = []
    for address in lists():
        for who, client in attackers(scene).items():
            if address.is_api != who.startswith("token") or address.name in ("logout", "api:schema"):
                continue
            try:
                url = reverse(address.name)
            except NoReverseMatch:
                continue
            plain = answer(client, "get", url, scene.missing)
            told += [f"{who}: {url} says {word}" for word in spoken(plain[1], scene)]
            if address.name.startswith(OF_ORGANISATIONS) and address.name not in OPEN:
                for name, foreign, missing in named(scene):
                    got = answer(client, "get", url, foreign, data={name: foreign})
                    nothing = answer(client, "get", url, missing, data={name: missing})
                    if got != nothing:
                        told.append(f"{who}: {url}?{name}={foreign}: {difference(got, nothing)}")
    return told


def test_no_list_counts_shows_or_finds_what_is_foreign(scene: Scene) -> None:
    assert not ask_lists(scene)


@pytest.mark.usefixtures("no_filters")
def test_with_the_view_filters_off_no_list_does_either(scene: Scene) -> None:
    assert not ask_lists(scene)


# ── Foreign ids within what is sent about one's own ──────────────────────────────────────────────────────────────
def send_within(scene: Scene) -> list[str]:
    """Posts to every address of one's own with something foreign, or nothing, in each field."""
    told = []
    own = scene.own.tickets[0]
    for address in addresses():
        if address.is_closed or address.name in OPEN or not address.name.startswith(OF_ORGANISATIONS):
            continue
        for who, client in attackers(scene).items():
            if address.is_api != who.startswith("token"):
                continue
            for url in _own_urls(address, scene, own):
                for name, foreign, missing in named(scene):
                    kind = {"content_type": "application/json"} if address.is_api else {}
                    got, nothing = (
                        answer(client, "post", url, value, data={name: value}, **kind) for value in (foreign, missing)
                    )
                    if got != nothing:
                        told.append(f"{who}: POST {url} {name}={foreign}: {difference(got, nothing)}")
                    told += [f"{who}: POST {url} {name}={foreign} says {word}" for word in spoken(got[1], scene)]
    return told


def _own_urls(address: Address, scene: Scene, own: Any) -> list[str]:
    given: dict[str, list[Any]] = {"number": [own.number], "step": ["accept", "comment"]}
    escalation = Escalation.objects.filter(outbox__recipient=scene.own.dispatcher, is_warning=False).first()
    given["pk"] = [escalation.pk] if escalation else [1]
    given["name"] = list(own.photos.values_list("name", flat=True)) or ["0" * 32]
    given |= {name: words[:1] for name, words in WORDS.items() if name not in given}
    found = []
    for way in itertools.product(*([(name, value) for value in given.get(name, [1])] for name in address.arguments)):
        with suppress(NoReverseMatch):
            found.append(reverse(address.name, kwargs={name: value for name, value in way if value}))
    return found


def test_nothing_foreign_can_be_named_in_what_is_sent(scene: Scene) -> None:
    assert not send_within(scene)


@pytest.mark.usefixtures("no_filters")
def test_with_the_view_filters_off_nothing_foreign_can_be_named_either(scene: Scene) -> None:
    assert not send_within(scene)
