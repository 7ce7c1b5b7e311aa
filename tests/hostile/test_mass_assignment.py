"""Every field of every model, sent to every address that writes: nothing but what the deed is for changes.

Deeds stand in tests/hostile/deeds_*.py. Each is done twice as it should be, which shows what it writes and which of
that differs from time to time, and once with all the names there are. All rows of all tables are compared.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client

import tests.access
from accounts.models import Role, User
from companies.models import Company
from tests.access import Row as AccessRow
from tests.hostile import deeds_accounts, deeds_api, deeds_desk, deeds_files, deeds_portal, deeds_reports, deeds_steps
from tests.hostile.deeds import NOW, SOON_ISO, Deed, Stage
from tests.hostile.deeds_steps import OF_ALL_STEPS
from tests.hostile.scene import Scene, make_scene
from tickets.models import Ticket
from tickets.views.desk import organisations, outage_acts
from tickets.views.portal import colleagues
from tickets.views.programs import webhooks
from tickets.workflow import STEPS

WORD, NUMBER, DAY = "Отравлено", 77_777, "2001-01-01"
# Which deeds are done in one scene.
FACES: dict[str, list[Deed]] = {
    "portal": [*deeds_steps.PORTAL, *deeds_portal.PORTAL],
    "programs": deeds_portal.PROGRAMS,
    "api": [*deeds_steps.API, *deeds_api.DEEDS],
    "accounts": deeds_accounts.DEEDS,
    "reports": [*deeds_reports.DEEDS, *deeds_files.DEEDS],
}
OTHER_FACES: dict[str, list[Deed]] = {
    "steps by others": deeds_steps.BESIDE,
    "api of the centre": deeds_steps.API_OF_CENTRE,
    "steps of the desk": deeds_steps.DESK,
    "calls": deeds_desk.CALLS,
    "promises": deeds_desk.PROMISES,
    "work": deeds_desk.WORK,
    "outages": deeds_desk.OUTAGES,
}
# What every request may touch besides its deed: the session's and the token's own notes, and the word of triggers
# that a row of a past day was changed (the scene lies in the past).
NOTES, NOTED = {"django_session", "reports_staleday"}, {("accounts_apitoken", "last_used_at")}

pytestmark = pytest.mark.django_db

Row = dict[str, Any]
Dump = dict[tuple[str, str], Row]


def poison(scene: Scene) -> dict[str, Any]:
    """Every name that a column has anywhere, with a value that would be seen."""
    rows: dict[type[models.Model], Any] = {
        Company: scene.foreign.company.pk, User: scene.foreign.foreman.pk, Ticket: scene.foreign.tickets[0].pk,
    }  # fmt: skip
    found: dict[str, Any] = {}
    for model in apps.get_models(include_auto_created=True):
        for column in model._meta.concrete_fields:
            value: Any = WORD
            if isinstance(column, models.ForeignKey):
                value = rows.get(column.related_model, NUMBER)
            elif isinstance(column, models.BooleanField):
                value = True
            elif isinstance(column, models.DateTimeField):
                value = f"{DAY}T00:00:00+03:00"
            elif isinstance(column, models.IntegerField | models.FloatField):
                value = NUMBER
            elif column.name == "status":
                value = "closed"
            elif column.name == "role":
                value = "admin"
            found |= {column.name: value, column.attname: value}
    return found | {"pk": NUMBER, "id": NUMBER, "is_superuser": True, "is_staff": True}


def dump() -> Dump:
    """Every row of every table, by its key."""
    keys = {model._meta.db_table: model._meta.pk.column for model in apps.get_models(include_auto_created=True)}
    found: Dump = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table not in NOTES:
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" t')
                for (told,) in cursor.fetchall():
                    row = json.loads(told) if isinstance(told, str) else told
                    found[table, str(row.get(keys.get(table, ""), row))] = row
    return found


def differences(before: Dump, after: Dump) -> Iterator[tuple[str, str, Any]]:
    """(table, column, value) of what is new or has changed; «+» before the table of a new row."""
    for key, row in sorted(after.items(), key=lambda pair: (pair[0][0], len(pair[0][1]), pair[0][1])):
        table, old = key[0], before.get(key)
        if old is None:
            yield from ((f"+{table}", column, value) for column, value in sorted(row.items()))
        else:
            yield from ((table, column, value) for column, value in sorted(row.items())
                        if old[column] != value and (table, column) not in NOTED)  # fmt: skip
    yield from ((f"-{table}", "", key) for table, key in before.keys() - after.keys())


def do(deed: Deed, stage: Stage, client: Client, url: str, more: dict[str, Any], before: Dump) -> tuple[int, list[Any]]:
    # Whoever changes his password gets another session, and that is taken back with the rest.
    cookies = SimpleCookie(client.cookies)
    with transaction.atomic():
        status = client.post(url, more | deed.data(stage), **deed.kind).status_code
        found = list(differences(before, dump()))
        transaction.set_rollback(True)
    client.cookies = cookies
    return status, found


def faults_of(deed: Deed, scene: Scene) -> list[str]:
    """What the deed did that it should not, each in a sentence."""
    stage = Stage(scene, deed.person(scene))
    client, url = deed.begin(stage)
    before = dump()

    status, first = do(deed, stage, client, url, {}, before)
    _status, second = do(deed, stage, client, url, {}, before)
    takes = {*deed.takes.split(), *deed.data(stage)}
    poisoned = {name: value for name, value in poison(scene).items() if name not in takes}
    with_all, third = do(deed, stage, client, url, poisoned, before)
    return [f"{deed.name}: {fault}" for fault in _told_of(deed, scene, (status, with_all), first, second, third)]


def _told_of(
    deed: Deed, scene: Scene, statuses: tuple[int, int], first: list[Any], second: list[Any], third: list[Any]
) -> Iterator[str]:
    if set(statuses) != {deed.status}:
        yield f"answered {statuses} instead of {deed.status}"
    if (deed.changes or deed.adds or deed.removes) and not first:
        yield "did nothing"
    if [line[:2] for line in third] != [line[:2] for line in first]:
        yield f"wrote elsewhere: {sorted({line[:2] for line in third} ^ {line[:2] for line in first})}"
    else:
        for once, again, now in zip(first, second, third, strict=True):
            if now != once and once == again:
                yield f"wrote otherwise: {now}, as it should be {once}"
    said = json.dumps([value for *_where, value in third], ensure_ascii=False)
    for word in (WORD, str(NUMBER), DAY, str(scene.foreign.company.pk)):
        if word in said:
            yield f"wrote {word}"
    allowed = {(table, column) for table, columns in deed.changes.items() for column in columns.split()}
    changed = {(table, column) for table, column, _value in third if table[0] not in "+-"}
    yield from (f"changed {table}.{column}" for table, column in sorted(changed - allowed))
    for sign, may in (("+", deed.adds), ("-", deed.removes)):
        done = {table[1:] for table, *_rest in third if table[0] == sign}
        yield from (f"{sign}{table}" for table in sorted(done - set(may.split())))


@pytest.mark.parametrize("face", [*FACES, *(pytest.param(face, marks=pytest.mark.thorough) for face in OTHER_FACES)])
def test_no_other_column_can_be_written(face: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.NOTIFY_HOOK_URL = "https://gateway.example.org/"
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    scene = make_scene()
    faults = []
    for deed in (FACES | OTHER_FACES)[face]:
        with transaction.atomic():
            faults += faults_of(deed, scene)
            transaction.set_rollback(True)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", [name for name in OF_ALL_STEPS.split() if name not in ("planned_at", "note")])
def test_a_step_of_a_program_refuses_what_belongs_to_other_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    scene = make_scene()
    (deed,) = (one for one in FACES["api"] if one.name == "api:ticket-step accept dispatcher")
    stage = Stage(scene, scene.own.dispatcher)
    value = {"company": scene.own.company.pk, "until": SOON_ISO, "duplicate_of": scene.own.tickets[1].number}
    client, url = deed.begin(stage)
    assert do(deed, stage, client, url, {name: value.get(name, WORD)}, dump()) == (400, [])


# ── Nothing that writes is left out ──────────────────────────────────────────────────────────────────────────────
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# Written by hand: what lets somebody in and is no deed, and why.
OUTSIDE = {
    "admin": "Django's forms, whose fields are listed one by one; tests/test_admin*.py hold who may change what",
}


def written_routes() -> set[str]:
    """Every route of the access table that takes something from somebody who has signed in, or from anybody."""
    modules = [
        importlib.import_module(f"tests.access.{found.name}") for found in pkgutil.iter_modules(tests.access.__path__)
    ]
    rows: list[AccessRow] = [row for module in modules for row in module.ROWS if row.method in WRITES]
    return {
        row.route
        for row in rows
        if any(row.expected(who) < (300 if who == "anonymous" else 400) for who in tests.access.VISITORS)
    }


def all_deeds() -> list[Deed]:
    return [deed for deeds in (FACES | OTHER_FACES).values() for deed in deeds]


def test_every_address_that_writes_is_a_deed() -> None:
    routes = {deed.route for deed in all_deeds()}
    assert not sorted(written_routes() - routes - OUTSIDE.keys())
    assert not sorted(routes & OUTSIDE.keys())


def test_every_word_of_an_address_is_a_deed() -> None:
    """Steps, acts and answers: one route writes something else by each."""
    done: dict[str, set[str]] = {}
    for deed in all_deeds():
        done.setdefault(deed.route, set()).add(deed.word)
    crew = {code for code, step in STEPS.items() if step.roles & {Role.COMPANY, Role.FOREMAN}}
    centre = {code for code, step in STEPS.items() if step.roles & {Role.OPERATOR, Role.SUPERVISOR}}
    assert done["portal:step"] == done["portal:sent_step"] == crew
    assert done["desk:step"] == centre
    assert done["api:ticket-step"] == crew | centre
    assert done["portal:person-act"] == set(colleagues.ACTS)
    assert done["programs:act"] == {*webhooks.ACTS, "secret"}
    assert done["desk:phone_decide"] == set(organisations.ANSWERS)
    assert done["desk:outage_act"] == set(outage_acts.ACTS)


def test_every_deed_has_a_name_of_its_own() -> None:
    names = [deed.name for deed in all_deeds()]
    assert sorted(set(names)) == sorted(names)
