"""The API's door for those who reached us unheard, and for when something broke."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import clock
from accounts.models import Role
from callbacks.models import CallbackObligation, Contact, Deadline
from tickets.models import Ticket
from tickets.tests.factories import NOON, client_of

pytestmark = pytest.mark.django_db

MISSED = "/api/v1/missed-calls/"
CALLBACKS = "/api/v1/callbacks/"
TICKETS = "/api/v1/tickets/"
PHONE = "+79101234567"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def record(client: APIClient, key: str = "", **told: Any) -> Any:
    headers: Any = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(MISSED, {"phone": "8 910 123-45-67"} | told, format="json", **headers)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, "missed_call"),
        ({"kind": "missed"}, "missed_call"),
        ({"kind": "dropped"}, "dropped_call"),
        ({"kind": "message", "note": "Нет воды"}, "message"),
        # A machine that takes messages may have no words for them.
        ({"kind": "message"}, "message"),
    ],
)
def test_whoever_was_not_heard_is_owed_ten_minutes(told: dict[str, Any], reason: str) -> None:
    arrived = clock.now() - timedelta(minutes=2)

    answer = record(client_of(), received_at=arrived.isoformat(), **told)

    assert answer.status_code == 201, answer.content
    promise = CallbackObligation.objects.select_related("contact").get()
    assert set(answer.json()) == {"id", "reason", "due_at", "state", "occurrences"}
    assert (answer.json()["reason"], answer.json()["state"]) == (reason, "open")
    assert (promise.number, promise.due_at) == (PHONE, arrived + timedelta(minutes=10))
    assert promise.contact.note == told.get("note", "")
    assert (promise.contact.channel == Contact.Channel.MESSAGE) == (reason == "message")


def test_the_queue_says_what_he_said() -> None:
    client = client_of()
    record(client, kind="message", note="Нет воды")
    [row] = client.get(CALLBACKS).json()["results"]
    assert (row["reason"], row["note"], row["rounds"]) == ("message", "Нет воды", 1)


def test_a_second_one_joins_and_moves_nothing() -> None:
    client = client_of()
    first = record(client).json()
    second = record(client, kind="message", note="Это снова я").json()
    assert (second["id"], second["due_at"], second["occurrences"]) == (first["id"], first["due_at"], 2)
    # What it was first, it stays.
    assert second["reason"] == "missed_call"


def test_a_hidden_number_is_counted_and_owes_nothing() -> None:
    answer = record(client_of(), phone="", no_phone_reason="hidden").json()
    assert (answer["state"], answer["due_at"]) == ("not_callable", None)


def test_an_extension_is_kept_apart() -> None:
    record(client_of(), phone="8 (4842) 56-56-02 доб. 12")
    promise = CallbackObligation.objects.get()
    assert (promise.number, promise.extension) == ("+74842565602", "12")


def test_the_same_key_is_one_call() -> None:
    client = client_of()
    assert record(client, key="k").json() == record(client, key="k").json()
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"phone": "сто"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"kind": "sang"}, "kind"),
        ({"kind": "control_call"}, "kind"),
        ({"note": "д" * 8001}, "note"),
        ({"no_phone_reason": "shy"}, "no_phone_reason"),
        ({"received_at": "2020-01-01T00:00:00Z"}, "received_at"),
        ({"received_at": "2090-01-01T00:00:00Z"}, "received_at"),
        ({"received_at": "0001-01-01T00:00:00Z"}, "received_at"),
        ({"received_at": "вчера"}, "received_at"),
    ],
)
def test_what_is_wrong_is_named(told: dict[str, Any], field: str) -> None:
    answer = record(client_of(), **told)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Contact.objects.exists()


@pytest.mark.parametrize("role", [Role.HEAD, Role.ADMIN, Role.COMPANY, Role.FOREMAN])
def test_only_who_takes_calls_records_them(role: Role) -> None:
    assert record(client_of(role=role)).status_code == 403


# ── When it broke ────────────────────────────────────────────────────────────────────────────────────────────────


def register(client: APIClient, **told: Any) -> Any:
    call = {
        "phone": PHONE, "address": {"street": "ул. Кирова", "house": "20"}, "category": "W01", "text": "Течёт стояк",
    }  # fmt: skip
    return client.post(TICKETS, call | told, format="json")


def test_a_repair_counts_from_the_damage_that_is_told() -> None:
    client, broke = client_of(), clock.now() - DAY

    answer = register(client, damaged_at=broke.isoformat())

    assert answer.status_code == 201, answer.content
    ticket = Ticket.objects.get()
    fix = Deadline.objects.get(ticket_deadline__ticket=ticket, clock="fix")
    assert (ticket.damaged_at, fix.started_at, fix.due_at) == (broke, broke, broke + 3 * DAY)
    assert client.get(f"{TICKETS}{ticket.number}/").json()["damaged_at"] is not None


@pytest.mark.parametrize("told", [{}, {"damaged_at": None}])
def test_left_out_it_counts_from_the_call(told: dict[str, Any]) -> None:
    register(client_of(), **told)
    ticket = Ticket.objects.select_related("contact").get()
    fix = Deadline.objects.get(ticket_deadline__ticket=ticket, clock="fix")
    assert (ticket.damaged_at, fix.started_at) == (None, ticket.contact.received_at)


@pytest.mark.parametrize("moment", [NOON - 400 * DAY, NOON.replace(year=2090), "вчера", NOON.replace(year=1999)])
def test_a_wrong_moment_is_named(moment: Any) -> None:
    answer = register(client_of(), damaged_at=moment if isinstance(moment, str) else moment.isoformat())
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["damaged_at"])
    assert not Ticket.objects.exists()
