"""Tickets through the API: registering, finding, reading."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import clock
from accounts.models import IdempotencyKey, Role
from callbacks.models import Contact
from companies.models import Locality
from tickets.models import Ticket
from tickets.tests.factories import (
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    client_of,
)

pytestmark = pytest.mark.django_db

TICKETS = "/api/v1/tickets/"
PHONE = "+79101234567"


def call(**differs: Any) -> dict[str, Any]:
    """A call as a program tells it; a value of ``...`` leaves the field out."""
    told = {
        "phone": "8 910 123-45-67",
        "caller_name": "Иванова М. П.",
        "address": {"street": "ул. Кирова", "house": "20", "flat": "15"},
        "category": "P03",
        "text": "Нет света в подъезде",
    }
    return {name: value for name, value in (told | differs).items() if value is not ...}


def register(client: APIClient, key: str = "", **differs: Any) -> Any:
    headers: Any = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(TICKETS, call(**differs), format="json", **headers)


# ── Registering ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_becomes_a_ticket_with_a_promise_and_goes_to_who_answers() -> None:
    building = BuildingFactory.create(house="20")
    company = CompanyFactory.create()
    answers_for(company, building=building)

    answer = register(client_of())

    assert answer.status_code == 201, answer.data
    told = answer.json()
    assert list(told) == ["number", "status", "registered_at", "company", "category", "callback", "deadlines"]
    assert told["status"] == "assigned"
    assert told["company"] == {"id": company.pk, "name": company.name}
    assert told["category"]["code"] == "P03"
    assert set(told["callback"]) == {"id", "reason", "due_at", "state"}
    assert (told["callback"]["reason"], told["callback"]["state"]) == ("first_answer", "open")
    assert {clock["clock"] for clock in told["deadlines"]} >= {"acceptance"}
    assert all(clock["source"] and clock["mark"] for clock in told["deadlines"])
    assert told["registered_at"].endswith("+03:00")
    ticket = Ticket.objects.select_related("contact", "building").get(number=told["number"])
    assert (ticket.building, ticket.flat) == (building, "15")
    assert (ticket.contact.phone, ticket.contact.channel) == (PHONE, Contact.Channel.API)


def test_an_address_out_of_the_register_is_kept_as_typed_and_waits_for_the_operator() -> None:
    answer = register(client_of(), address={"locality": "д. Новая", "street": "Лесная", "house": "1а"})

    ticket = Ticket.objects.get(number=answer.json()["number"])
    assert answer.json()["company"] is None
    assert (ticket.status, ticket.building, ticket.address) == ("registered", None, "д. Новая, Лесная, 1а")


@pytest.mark.parametrize(
    "typed",
    [
        {"locality": "Калуга", "street": "Кирова", "house": "20"},
        {"locality": "город Калуга", "street": "улица кирова", "house": "д. 20"},
        {"street": "КИРОВА УЛ.", "house": "20"},
    ],
)
def test_an_address_is_found_in_the_register_however_it_is_typed(typed: dict[str, str]) -> None:
    building = BuildingFactory.create(house="20")
    BuildingFactory.create(house="120")
    register(client_of(), address=typed)
    assert Ticket.objects.get().building == building


def test_letters_e_and_yo_are_one_in_addresses() -> None:
    building = BuildingFactory.create(street="ул. Берёзовая", house="3")
    register(client_of(), address={"street": "Березовая", "house": "3"})
    assert Ticket.objects.get().building == building


def test_the_same_street_of_two_towns_is_not_guessed() -> None:
    BuildingFactory.create(house="20")
    BuildingFactory.create(house="20", locality=Locality.objects.create(name="г. Обнинск"))
    register(client_of())
    assert Ticket.objects.get().building is None


def test_a_building_may_be_named_by_its_id() -> None:
    building = BuildingFactory.create()
    answer = register(client_of(), building=building.pk, address={"flat": "7", "entrance": "2"})
    assert answer.status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.building, ticket.street, ticket.flat, ticket.entrance) == (building, building.street, "7", "2")


def test_the_time_of_the_call_is_not_the_time_of_writing_it_down() -> None:
    called_at = clock.now() - timedelta(minutes=20)
    register(client_of(), called_at=called_at.isoformat())
    ticket = Ticket.objects.select_related("contact").get()
    assert ticket.contact.received_at == called_at
    assert ticket.registered_at > called_at


def test_a_hidden_number_is_never_refused() -> None:
    answer = register(client_of(), phone="", no_phone_reason="hidden")
    assert answer.status_code == 201
    assert answer.json()["callback"] | {"id": 0} == {
        "id": 0, "reason": "first_answer", "due_at": None, "state": "not_callable",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("differs", "field"),
    [
        ({"phone": ...}, "phone"),
        ({"phone": "112"}, "phone"),
        ({"phone": "не скажу"}, "phone"),
        ({"phone": "٠١٢٣٤٥٦٧٨٩"}, "phone"),
        ({"text": "  \n "}, "text"),
        ({"text": "я" * 8001}, "text"),
        ({"text": "бел\x00ый"}, "text"),
        ({"category": "нет такой"}, "category"),
        ({"category": ...}, "category"),
        ({"category": None}, "category"),
        ({"category": ["P03"]}, "category"),
        ({"address": ...}, "address.street"),
        ({"address": {"street": "Кирова"}}, "address.house"),
        ({"address": "Кирова, 20"}, "address.non_field_errors"),
        ({"building": 10**30}, "building"),
        ({"building": 0}, "building"),
        ({"building": True}, "building"),
        ({"building": 1.5}, "building"),
        ({"called_at": "2999-01-01T00:00:00Z"}, "called_at"),
        ({"called_at": "0001-01-01T00:00:00+14:00"}, "called_at"),
        ({"called_at": "2001-01-01T00:00:00Z"}, "called_at"),
        ({"called_at": "вчера"}, "called_at"),
        ({"channel": "pigeon"}, "channel"),
        ({"emergency": "perhaps"}, "emergency"),
        ({"caller_name": "я" * 201}, "caller_name"),
    ],
)
def test_what_is_missing_or_wrong_is_named(differs: dict[str, Any], field: str) -> None:
    answer = register(client_of(), **differs)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(("typed", "extension"), [("+79101234567 доб. 12", "12"), ("+79101234567 доб. ١٢", "")])
def test_an_extension_is_kept_apart(typed: str, extension: str) -> None:
    assert register(client_of(), phone=typed).status_code == 201
    contact = Contact.objects.get()
    assert (contact.phone, contact.extension) == (PHONE, extension)


def test_fields_of_the_row_cannot_be_set_from_outside() -> None:
    stranger = UserFactory.create()
    foreign_company = CompanyFactory.create()
    answer = register(
        client_of(), number="26-999999", status="closed", company=foreign_company.pk, company_id=foreign_company.pk,
        registered_by=stranger.pk, registered_at="2020-01-01T00:00:00Z", foreman=stranger.pk, returns=7, callback=1,
        closed_at="2020-01-01T00:00:00Z", intake_key="00000000-0000-0000-0000-000000000000",
    )  # fmt: skip
    assert answer.status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.company, ticket.returns, ticket.foreman) == ("registered", None, 0, None)
    assert ticket.number != "26-999999"
    assert ticket.registered_by != stranger
    assert ticket.registered_at > NOON + timedelta(days=0)
    assert ticket.intake_key.int != 0


@pytest.mark.parametrize("role", [Role.HEAD, Role.ADMIN, Role.COMPANY, Role.FOREMAN])
def test_only_who_takes_calls_registers(role: Role) -> None:
    assert register(client_of(role=role)).status_code == 403
    assert not Ticket.objects.exists()


# ── Idempotency ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_key_and_body_get_the_same_answer() -> None:
    client = client_of()
    first, again = register(client, key="a1"), register(client, key="a1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Ticket.objects.count() == 1
    assert "9101234567" not in str(IdempotencyKey.objects.get().answer)


def test_the_same_key_with_another_body_is_refused() -> None:
    client = client_of()
    register(client, key="a1")
    answer = register(client, key="a1", text="Другая беда")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert Ticket.objects.count() == 1


def test_keys_of_two_programs_do_not_meet() -> None:
    register(client_of(), key="a1")
    assert register(client_of(), key="a1").status_code == 201
    assert Ticket.objects.count() == 2


def test_a_refused_request_leaves_its_key_free() -> None:
    client = client_of()
    assert register(client, key="a1", text="").status_code == 400
    assert register(client, key="a1").status_code == 201


def test_without_a_key_each_request_is_a_ticket() -> None:
    client = client_of()
    register(client)
    register(client)
    assert Ticket.objects.count() == 2


def test_a_key_has_a_length() -> None:
    answer = register(client_of(), key="k" * 201)
    assert "Idempotency-Key" in answer.json()["errors"]
