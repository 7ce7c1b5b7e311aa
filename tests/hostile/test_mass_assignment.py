"""Every field of every model, sent to every address that writes: nothing but what the deed is for changes.

Each deed is done twice as it should be, which shows what it writes and which of that differs from time to time, and
once with all the names there are. All rows of all tables are compared.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.models import CallbackObligation, Escalation
from companies.models import Company
from tests.hostile.scene import Scene, browser_of, make_scene, program_of
from tickets.api.requests import AttemptRequest, MissedCallRequest, StepRequest, TicketRequest
from tickets.models import Ticket
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise

WORD, NUMBER, DAY = "Отравлено", 77_777, "2001-01-01"
# What every request may touch besides its deed: the session's and the token's own notes.
NOTES = {"django_session", "accounts_apitoken"}

pytestmark = pytest.mark.django_db

Row = dict[str, Any]
Dump = dict[tuple[str, str], Row]


@dataclass(frozen=True)
class Deed:
    """A request as it should be. ``changes``: the columns of rows that were there which it may change, by hand.

    ``knows``: the names that the address itself has a use for, and so are not sent beside the others.
    """

    name: str
    url: Callable[[Scene], str]
    data: Callable[[Scene], dict[str, Any]] = field(default=lambda scene: {})
    changes: dict[str, str] = field(default_factory=dict)
    adds: str = ""
    knows: tuple[str, ...] = ()
    status: int = 302
    as_operator: bool = False

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api")

    def client(self, scene: Scene) -> Client:
        person = UserFactory.create(role=Role.OPERATOR) if self.as_operator else scene.own.dispatcher
        return program_of(person) if self.is_api else browser_of(person)


def portal(step: str, turn: int) -> Callable[[Scene], str]:
    return lambda scene: reverse("portal:step", kwargs={"number": scene.own.tickets[turn].number, "step": step})


def api(step: str, turn: int) -> Callable[[Scene], str]:
    return lambda scene: reverse("api:ticket-step", kwargs={"number": scene.own.tickets[turn].number, "step": step})


def own_alarm(scene: Scene) -> str:
    found = Escalation.objects.unacknowledged().filter(outbox__recipient=scene.own.dispatcher)
    return reverse("portal:answer", kwargs={"pk": found.filter(deadline__stopped_at=None)[0].pk})


def later(scene: Scene) -> str:
    return "2026-02-10T12:00:00+03:00"


STEP = tuple(StepRequest().fields)
STOPPED = "next_rung next_rung_at stopped_at outcome"
ACCEPTED = {"tickets_ticket": "status accepted_at planned_at", "callbacks_deadline": STOPPED}
DONE = {"tickets_ticket": "status done_at works act_number control_callback_id search", "callbacks_deadline": STOPPED}
OF_DONE = "tickets_ticketevent callbacks_callbackobligation callbacks_deadline"
DEEDS = [
    Deed("portal accept", portal("accept", 0), changes=ACCEPTED, adds="tickets_ticketevent",
         knows=("planned_at", "note")),
    Deed("portal reject", portal("reject", 0), lambda scene: {"reason": "not_ours"},
         {"tickets_ticket": "status", "callbacks_deadline": STOPPED, "tickets_holding": "ended_at left_by_id"},
         "tickets_ticketevent tickets_ticketdeadline callbacks_deadline", ("reason", "note")),
    Deed("portal comment", portal("comment", 0), lambda scene: {"note": "Ключ у соседки"},
         adds="tickets_ticketevent tickets_companynote",
         knows=("note",)),
    Deed("portal plan", portal("plan", 1), lambda scene: {"planned_at": "2026-02-10T12:00"},
         {"tickets_ticket": "planned_at"}, "tickets_ticketevent", ("planned_at", "note")),
    Deed("portal report_done", portal("report_done", 1), lambda scene: {"works": "Починили"}, DONE, OF_DONE,
         ("works", "act_number")),
    Deed("portal give", lambda scene: reverse("portal:give", kwargs={"number": scene.own.tickets[0].number}),
         lambda scene: {"foreman": scene.own.foreman.pk}, {"tickets_ticket": "foreman_id"}, "tickets_ticketevent",
         ("foreman",)),
    Deed("portal answer", own_alarm, lambda scene: {"note": "Едем"},
         {"callbacks_escalation": "acknowledged_by_id acknowledged_at acknowledged_note repeat_at"}, knows=("note",)),
    Deed("api accept", api("accept", 0), changes=ACCEPTED, adds="tickets_ticketevent", knows=STEP, status=200),
    Deed("api report_done", api("report_done", 1), lambda scene: {"works": "Починили"}, DONE, OF_DONE, STEP, 200),
    Deed("api comment of the centre", api("comment", 0), lambda scene: {"note": "Домофон 15"},
         adds="tickets_ticketevent", knows=STEP, status=200, as_operator=True),
    Deed("api register", lambda scene: reverse("api:tickets"),
         lambda scene: {"phone": "+79101112233", "category": "P03", "text": "Темно",
                        "address": {"street": "ул. Новая", "house": "7"}},
         adds="tickets_ticket tickets_ticketevent tickets_ticketdeadline callbacks_contact callbacks_deadline"
         " callbacks_callbackobligation",
         knows=tuple(TicketRequest().fields), status=201, as_operator=True),
    Deed("api missed call", lambda scene: reverse("api:missed-calls"), lambda scene: {"phone": "+79105556677"},
         adds="callbacks_contact callbacks_callbackobligation callbacks_deadline",
         knows=tuple(MissedCallRequest().fields), status=201, as_operator=True),
    Deed("api attempt", lambda scene: reverse("api:callback-attempts", kwargs={"pk": open_promise().pk}),
         lambda scene: {"outcome": "busy"},
         {"callbacks_callbackobligation": "state counted_attempts first_attempt_at round_attempts round_started_at"
          " next_attempt_at queue_at"},
         "callbacks_callattempt", tuple(AttemptRequest().fields), 201, as_operator=True),
]  # fmt: skip


def open_promise() -> CallbackObligation:
    found = CallbackObligation.objects.filter(number="+79109998877").first()
    return found or make_promise(at=NOON + 25 * MINUTE, phone="+79109998877")


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
    """Every row of every table."""
    found: Dump = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table not in NOTES:
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" t')
                for (told,) in cursor.fetchall():
                    row = json.loads(told) if isinstance(told, str) else told
                    found[table, str(row.get("id", row))] = row
    return found


def differences(before: Dump, after: Dump) -> Iterator[tuple[str, str, Any]]:
    """(table, column, value) of what is new or has changed; «+» before the table of a new row."""
    for key, row in sorted(after.items(), key=lambda pair: (pair[0][0], len(pair[0][1]), pair[0][1])):
        table, old = key[0], before.get(key)
        if old is None:
            yield from ((f"+{table}", column, value) for column, value in sorted(row.items()))
        else:
            yield from ((table, column, value) for column, value in sorted(row.items()) if old[column] != value)
    yield from ((f"-{table}", "", key) for table, key in before.keys() - after.keys())


def do(deed: Deed, client: Client, url: str, data: dict[str, Any], before: Dump) -> tuple[int, list[Any]]:
    kind = {"content_type": "application/json"} if deed.is_api else {}
    with transaction.atomic():
        status = client.post(url, data, **kind).status_code  # type: ignore[arg-type]
        found = list(differences(before, dump()))
        transaction.set_rollback(True)
    return status, found


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_no_other_column_can_be_written(deed: Deed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.clock.now", lambda: NOON + 30 * MINUTE)
    scene = make_scene()
    url, client, data = deed.url(scene), deed.client(scene), deed.data(scene)
    before = dump()

    status, first = do(deed, client, url, data, before)
    _status, second = do(deed, client, url, data, before)
    poisoned = {name: value for name, value in poison(scene).items() if name not in deed.knows} | data
    with_all, third = do(deed, client, url, poisoned, before)

    assert status == with_all == deed.status
    assert [line[:2] for line in third] == [line[:2] for line in first]
    for once, again, now in zip(first, second, third, strict=True):
        assert now == once or once != again, now
    said = json.dumps([value for *_where, value in third], ensure_ascii=False)
    assert not [word for word in (WORD, str(NUMBER), DAY, str(scene.foreign.company.pk)) if word in said]
    allowed = {(table, column) for table, columns in deed.changes.items() for column in columns.split()}
    changed = {(table, column) for table, column, _value in third if not table.startswith("+")}
    assert changed <= allowed, changed - allowed
    assert {table[1:] for table, *_rest in third if table.startswith("+")} <= set(deed.adds.split())


@pytest.mark.parametrize("name", [name for name in STEP if name not in ("planned_at", "note")])
def test_a_step_of_a_program_refuses_what_belongs_to_other_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.clock.now", lambda: NOON + 30 * MINUTE)
    scene = make_scene()
    deed = DEEDS[[deed.name for deed in DEEDS].index("api accept")]
    value = {"company": scene.own.company.pk, "until": later(scene), "duplicate_of": scene.own.tickets[1].number}
    status, changed = do(deed, deed.client(scene), deed.url(scene), {name: value.get(name, WORD)}, dump())
    assert (status, changed) == (400, [])
