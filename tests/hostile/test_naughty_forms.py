"""Strange words in every text field of every form: the portal, the desk, programs, passwords, the API.

Every word × every field, several fields a request and, where a field is long, several words a field (a line each; what
holds a control character goes alone). Each field is dealt its words in another order than its neighbours. Words longer
than a field are cut: a field that refuses all that is too long is tested by its own form.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.hostile.deeds import NOW, Deed, Stage
from tests.hostile.naughty import NUL, alive, dealt, unescaped, words
from tests.hostile.scene import Scene, make_scene
from tests.hostile.test_mass_assignment import all_deeds
from tests.hostile.texts import MEANT, TEXTS

pytestmark = pytest.mark.django_db

DEEDS = {deed.name: deed for deed in all_deeds()}
FACES = ("portal", "programs", "api", "accounts", "desk", "register", "reports")
# Where a saved form leads is looked at so often; tests/hostile/test_naughty.py reads the cards with every word.
FOLLOWED = 25
# Of the words that a field keeps as they are, so many are taken; the others are blank, or refused with a reason.
TAKEN = 0.7


def face_of(name: str) -> str:
    face = name.split(":", maxsplit=1)[0].split(maxsplit=1)[0]
    return face if face in FACES else "accounts"


def send(deed: Deed, client: Client, url: str, data: dict[str, Any], *, goes_on: bool = False) -> tuple[int, list[str]]:
    """Status, and what is wrong with the page, and with the one that it leads to; what it wrote is undone."""
    said = [value for value in data.values() if isinstance(value, str)]
    with transaction.atomic():
        answer = client.post(url, data, **deed.kind)
        faults = list(faults_of(answer, said))
        if answer.status_code == 302 and goes_on:
            there = client.get(answer["Location"])
            faults += faults_of(there, said)
        transaction.set_rollback(True)
    return answer.status_code, faults


def faults_of(answer: Any, said: list[str]) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    elif answer.get("Content-Type", "").startswith("text/html"):
        page = answer.content.decode()
        lines = [line for word in said for line in word.split("\n")]
        yield from (f"unescaped {word!r}" for word in unescaped(page, lines))
        yield from alive(page)


def sent_through(name: str, scene: Scene, limits: dict[str, int], given: list[str]) -> tuple[list[str], float]:
    """All that was wrong, and which part of the requests did what they should."""
    deed = DEEDS[name]
    faults: list[str] = []
    taken = count = 0
    with transaction.atomic():
        stage = Stage(scene, deed.person(scene))
        client, url = deed.begin(stage)
        data = deed.data(stage)
        for turn, dealt_out in enumerate(dealt(given, limits)):
            status, wrong = send(deed, client, url, data | dealt_out, goes_on=turn < FOLLOWED)
            faults += [f"{name} {dealt_out}: {one}"[:600] for one in wrong]
            # No text may hold it: what stands beside it is refused as well.
            if not any(NUL in text for text in dealt_out.values()):
                count += 1
                taken += status == deed.status
        transaction.set_rollback(True)
    return faults, taken / count if count else 1.0


SAMPLE, WHOLE = 120, 1
RUNS = [
    *(pytest.param(face, SAMPLE, id=f"sample-{face}", marks=[pytest.mark.thorough] if face == "desk" else [])
      for face in FACES),
    *(pytest.param(face, WHOLE, id=f"whole-{face}", marks=pytest.mark.slow) for face in FACES),
]  # fmt: skip


@pytest.mark.parametrize(("face", "every"), RUNS)
def test_words_stay_words_in_every_field(face: str, every: int, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.NOTIFY_HOOK_URL = "https://gateway.example.org/"
    # Guessing a password is not what is tested.
    settings.AXES_ENABLED = False
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    scene, given = make_scene(), words(every)
    faults = []
    for fields, is_free in ((TEXTS, True), (MEANT, False)):
        for name, limits in fields.items():
            if face_of(name) == face:
                wrong, part = sent_through(name, scene, limits, given)
                faults += wrong
                if is_free and part < TAKEN:
                    faults.append(f"{name}: only {part:.0%} of the words were taken")
    assert not faults, "\n".join(faults[:40])


# Where a choice, a moment, a key or the number of a row is asked for.
STRANGE = [NUL, "-1", "0", "9" * 30, "１２３", "٣", "1e400", "NaN", "0001-01-01T00:00", "9999-12-31T23:59", "<b>"]


def fields_of(deed: Deed, stage: Stage) -> list[str]:
    return sorted({*deed.takes.split(), *deed.data(stage)})


def send_strange(deed: Deed, scene: Scene) -> Iterator[str]:
    """Each strange value in all fields at once, and some of them in each field alone."""
    stage = Stage(scene, deed.person(scene))
    client, url = deed.begin(stage)
    names = fields_of(deed, stage)
    ways = [dict.fromkeys(names, value) for value in STRANGE]
    ways += [{name: value} for name in names for value in (NUL, "9" * 30, "9999-12-31T23:59")]
    for way in ways:
        _status, wrong = send(deed, client, url, deed.data(stage) | way)
        yield from (f"{deed.name} {way}: {one}"[:400] for one in wrong)


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_what_is_no_choice_is_refused_and_breaks_nothing(
    face: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.NOTIFY_HOOK_URL = "https://gateway.example.org/"
    settings.AXES_ENABLED = False
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    scene = make_scene()
    faults: list[str] = []
    for name, deed in DEEDS.items():
        if face_of(name) == face:
            with transaction.atomic():
                faults += send_strange(deed, scene)
                transaction.set_rollback(True)
    assert not faults, "\n".join(faults[:40])


# What broke a page once.
BROKE = [
    ("api:ticket-step accept dispatcher", "planned_at", "0001-01-01T00:00"),
    ("desk:intake operator", "category", NUL),
    ("desk:notes_read operator", "next", "-1"),
    ("desk:phone_decide grant operator", "next", "<b>"),
    ("desk:hunch_dismiss operator", "like", NUL),
]


@pytest.mark.parametrize(("name", "field", "value"), BROKE)
def test_what_broke_once_does_not_again(name: str, field: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    scene, deed = make_scene(), DEEDS[name]
    stage = Stage(scene, deed.person(scene))
    client, url = deed.begin(stage)
    _status, wrong = send(deed, client, url, deed.data(stage) | {field: value})
    assert not wrong


def test_every_named_deed_is_one() -> None:
    assert not sorted({*TEXTS, *MEANT} - set(DEEDS))
