"""Beside the form: who rings, what is open at his address and next door, what is off there; joining the call to it."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from callbacks.models import CallbackObligation, Contact
from companies.models import Building, Service
from tickets.models import AddedContact, Category, Outage, OutageBuilding, Ticket
from tickets.services import Address
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    category,
    make_ticket,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
State = CallbackObligation.State
HOUR = 60 * MINUTE


@pytest.fixture
def operator(at: Any) -> User:
    return UserFactory.create()


@pytest.fixture
def client(operator: User) -> Client:
    return signed_in(operator)


@pytest.fixture
def house() -> Building:
    return BuildingFactory.create(street="ул. Кирова", house="20")


def outage_at(house: Building, operator: User, *, code: str = "heating", **given: Any) -> Outage:
    told = {
        "kind": "emergency", "where": "ул. Кирова, 1–40", "starts_at": NOON - HOUR, "ends_at": NOON + 3 * HOUR,
        "text": "Порыв на теплотрассе.", "announced_by": operator, "announced_at": NOON - HOUR,
    }  # fmt: skip
    outage = Outage.objects.create(**told | given)
    outage.services.set(Service.objects.filter(code=code))
    OutageBuilding.objects.create(outage=outage, building=house)
    return outage


def part(client: Client, name: str, **given: Any) -> str:
    response = client.post(reverse(f"desk:{name}"), given, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return str(response.content.decode())


def told(house: Building | None = None, **given: Any) -> dict[str, Any]:
    form = {
        "intake_key": str(uuid4()), "phone": "8 910 123-45-67", "category": "H01", "text": "Холодно",
        "received_at": "2026-02-02T12:01:00", "building": house.pk if house else "",
    }  # fmt: skip
    return form | given


def register(client: Client, house: Building, **given: Any) -> Any:
    return client.post(reverse("desk:intake"), told(house, **given))


# ── By the number ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_known_person_is_one_key_away_with_his_address(client: Client, house: Building) -> None:
    make_ticket(address=Address(building=house, flat="15", entrance="2"))

    shown = part(client, "known", phone="8 910 123 45 67")

    assert 'data-name="Иванова М. П." data-address="ул. Кирова, 20"' in shown
    assert f'data-building="{house.pk}"' in shown
    assert 'data-flat="15" data-entrance="2" data-floor="" data-key="F6"' in shown


def test_people_of_one_number_stand_apart(client: Client, house: Building) -> None:
    first = make_ticket(address=Address(building=house, flat="15"))
    make_ticket(address=Address(building=house, flat="15"))
    make_ticket(address=Address(building=house, flat="16"))
    Contact.objects.filter(pk=first.contact_id).update(caller_name="Иванов П.")
    shown = part(client, "known", phone="89101234567")
    assert shown.count('class="btn btn-sm person"') == 3
    assert "звонков за сутки: 3" in shown


def test_what_was_promised_and_repeats_are_said(client: Client) -> None:
    ticket = make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(repeats=2)
    shown = part(client, "known", phone="89101234567")
    assert "обещали позвонить до сегодня 12:10" in shown
    assert "повторно: 2" in shown


def test_a_known_number_asks_little(client: Client, django_assert_max_num_queries: Any) -> None:
    for _number in range(4):
        make_ticket()
    with django_assert_max_num_queries(9):
        part(client, "known", phone="89101234567")


# ── By the address ────────────────────────────────────────────────────────────────────────────────────────────────
def test_open_tickets_of_the_flat_and_of_its_neighbours_stand_apart(client: Client, house: Building) -> None:
    own = make_ticket(address=Address(building=house, flat="15"), phone="+79100000001")
    other = make_ticket(address=Address(building=house, flat="16"), phone="+79100000002")

    shown = part(client, "guide", building=house.pk, flat="15")

    here, neighbours = shown.split('id="here"')[1].split('id="neighbours"')
    assert own.number in here
    assert other.number not in here
    assert other.number in neighbours


def test_the_guide_asks_little(
    client: Client, operator: User, house: Building, django_assert_max_num_queries: Any
) -> None:
    answers_for(CompanyFactory.create(), building=house)
    outage_at(house, operator)
    for flat in range(5):
        make_ticket(address=Address(building=house, flat=str(flat)))
    with django_assert_max_num_queries(20):
        part(client, "guide", **told(house))


# ── An outage ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_outage_at_the_address_is_read_out_before_saving(client: Client, operator: User, house: Building) -> None:
    outage = outage_at(house, operator)
    shown = part(client, "guide", **told(house))
    assert "Порыв на теплотрассе." in shown
    assert f'name="outage" id="id_outage" value="{outage.pk}"' in shown
    assert 'data-key="F8"' in shown


def test_told_live_keeps_the_promise_at_once(client: Client, operator: User, house: Building) -> None:
    outage = outage_at(house, operator)

    response = register(client, house, outage=outage.pk, told_live="on", wants_news="on", text="")

    ticket = Ticket.objects.get()
    assert (ticket.outage, ticket.wants_news, ticket.text) == (outage, True, "Сообщили об отключении: ул. Кирова, 1–40")
    assert ticket.told_live_at is not None
    assert ticket.callback.state == State.SATISFIED
    assert "Об отключении сказано сразу" in client.get(response["Location"]).content.decode()


def test_what_was_not_told_is_still_owed(client: Client, operator: User, house: Building) -> None:
    outage = outage_at(house, operator)
    register(client, house, outage=outage.pk)
    ticket = Ticket.objects.get()
    assert (ticket.outage, ticket.told_live_at, ticket.callback.state) == (outage, None, State.OPEN)


def test_an_outage_says_what_happened_where_nothing_was_chosen(client: Client, operator: User, house: Building) -> None:
    outage = outage_at(house, operator, category=category("H01"))
    register(client, house, outage=outage.pk, category="")
    assert Ticket.objects.get().category.code == "H01"


def test_the_outages_organisation_has_the_work(client: Client, operator: User, house: Building) -> None:
    answers_for(CompanyFactory.create(), building=house)
    supplier = CompanyFactory.create()
    outage = outage_at(house, operator, company=supplier)
    register(client, house, outage=outage.pk)
    assert Ticket.objects.get().company == supplier


def test_an_outage_that_is_over_is_refused_and_nothing_is_lost(client: Client, operator: User, house: Building) -> None:
    outage = outage_at(house, operator)
    Outage.objects.update(ended_at=NOON)
    shown = register(client, house, outage=outage.pk).content.decode()
    assert "Это отключение уже закончилось" in shown
    assert "Холодно</textarea>" in shown
    assert not Ticket.objects.exists()


# ── An open ticket ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_second_call_about_the_same_is_offered_to_be_added(client: Client, house: Building) -> None:
    Category.objects.filter(code="H01").update(repeat_hours=24, repeat_scope="flat")
    ticket = make_ticket(code="H01", address=Address(building=house, flat="15"))

    shown = part(client, "guide", **told(house, flat="15"))

    assert f"Добавить к заявке {ticket.number}" in shown
    assert 'name="add_kind" value="repeat"' in shown


def test_a_neighbours_call_is_offered_to_be_added(client: Client, house: Building) -> None:
    make_ticket(code="H01", address=Address(building=house, flat="15"), phone="+79100000001")
    shown = part(client, "guide", **told(house, flat="16"))
    assert 'name="add_kind" value="neighbour"' in shown


def test_what_is_no_repeat_by_the_rule_is_news(client: Client, house: Building) -> None:
    Category.objects.filter(code="H01").update(repeat_hours=None, repeat_scope="")
    make_ticket(code="H01", address=Address(building=house, flat="15"))
    assert 'name="add_kind" value="news"' in part(client, "guide", **told(house, flat="15"))


def test_a_repeat_is_added_without_a_new_ticket(client: Client, house: Building) -> None:
    ticket = make_ticket(code="H01", address=Address(building=house, flat="15"))

    response = register(client, house, add_to=ticket.number, add_kind="repeat", text="")

    added = AddedContact.objects.get()
    assert (added.ticket, added.kind, added.contact.note) == (ticket, "repeat", "Звонит о том же.")
    assert Ticket.objects.get().repeats == 1
    shown = client.get(response["Location"]).content.decode()
    assert f"Добавлено к заявке <b>{ticket.number}</b>" in shown


def test_a_neighbour_is_promised_a_call_of_his_own(client: Client, house: Building) -> None:
    ticket = make_ticket(code="H01", address=Address(building=house, flat="15"), phone="+79100000001")
    response = register(client, house, add_to=ticket.number, add_kind="neighbour")
    assert "Перезвоним до <b>12:11</b>" in client.get(response["Location"]).content.decode()


def test_the_same_form_twice_adds_once(client: Client, house: Building) -> None:
    ticket = make_ticket(code="H01", address=Address(building=house, flat="15"))
    form = told(house, add_to=ticket.number)
    first = client.post(reverse("desk:intake"), form)
    second = client.post(reverse("desk:intake"), form)
    assert AddedContact.objects.count() == 1
    assert first["Location"] == second["Location"]


# ── Danger, and what else the form asks ───────────────────────────────────────────────────────────────────────────
def test_who_took_the_danger_over_stands_in_the_history(client: Client, house: Building) -> None:
    response = register(
        client, house, category="G01", handed_over="on", handed_to="дежурный Сидоров", outside_phone="56-12-34"
    )
    ticket = Ticket.objects.get()
    assert ticket.events.get(step="comment").note == "Передано в 104/112, принял: дежурный Сидоров"
    assert ticket.contact.second_phone == "+74842561234"
    assert "Не отмечено, кому передано" not in client.get(response["Location"]).content.decode()


def test_a_danger_that_nobody_took_over_is_said_aloud(client: Client, house: Building) -> None:
    response = register(client, house, category="G01")
    assert "Не отмечено, кому передано" in client.get(response["Location"]).content.decode()


def test_everything_that_was_told_is_kept(client: Client, house: Building) -> None:
    register(
        client, house, scope="riser", celsius="15", access_note="после 18, код 15К", site_phone="8 910 765 43 21",
        shares_phone="on", for_whom="за маму", second_phone="56-12-34", rings_long="on",
    )  # fmt: skip
    ticket = Ticket.objects.get()
    assert (ticket.scope, ticket.celsius, ticket.access_note) == ("riser", 15, "после 18, код 15К")
    assert (ticket.site_phone, ticket.shares_phone) == ("+79107654321", True)
    contact = ticket.contact
    assert (contact.for_whom, contact.second_phone, contact.rings_long) == ("за маму", "+74842561234", True)


@pytest.mark.parametrize("field", ["second_phone", "site_phone", "outside_phone"])
def test_a_further_number_that_is_none_is_refused_at_its_field(client: Client, house: Building, field: str) -> None:
    shown = register(client, house, category="G01", **{field: "12"}).content.decode()
    assert f'id="id_{field}_error"' in shown
    assert not Ticket.objects.exists()


def test_a_wrong_number_is_one_button(client: Client) -> None:
    response = client.post(reverse("desk:intake"), {"intake_key": str(uuid4()), "wrong_number": "1"})
    contact = Contact.objects.get()
    assert response.status_code == 302
    assert (contact.ended_as, contact.no_phone_reason) == ("wrong_number", "not_given")


def test_an_enquiry_sent_twice_is_one(client: Client) -> None:
    form = {"intake_key": str(uuid4()), "phone": "561234", "text": "Сказала часы приёма", "answered": "1"}
    client.post(reverse("desk:intake"), form)
    client.post(reverse("desk:intake"), form)
    assert Contact.objects.count() == 1


def test_another_call_in_the_same_draft_is_not_lost(client: Client, house: Building) -> None:
    key = str(uuid4())
    register(client, house, intake_key=key, text="Холодно")
    again = register(client, house, intake_key=key, text="Течёт крыша").content.decode()
    assert "По этому черновику уже записана заявка" in again
    assert key not in again
    assert "Течёт крыша</textarea>" in again


# ── From paper ────────────────────────────────────────────────────────────────────────────────────────────────────
def from_paper(client: Client, house: Building, taker: User, **given: Any) -> Any:
    form = told(house, received_at="2026-02-02T09:00:00", taken_by=taker.pk)
    return client.post(reverse("desk:paper"), form | given)


def test_a_sheet_keeps_its_own_time_and_taker(client: Client, operator: User, house: Building) -> None:
    taker = UserFactory.create()
    response = from_paper(client, house, taker)

    ticket = Ticket.objects.get()
    assert (ticket.contact.received_at, ticket.contact.taken_by) == (NOON - 3 * HOUR, taker)
    assert (ticket.contact.is_from_paper, ticket.registered_by) == (True, operator)
    # The promise is as old as the call, and honestly overdue.
    assert ticket.callback.due_at == NOON - 3 * HOUR + 10 * MINUTE
    assert ticket.callback.deadline is not None
    assert ticket.callback.deadline.next_rung_at == NOON + 12 * MINUTE
    following = client.get(response["Location"]).content.decode()
    assert 'value="2026-02-02T09:00:00"' in following
    assert f'<option value="{taker.pk}" selected>' in following
    assert ticket.number in following


def test_a_sheet_without_its_time_is_refused(client: Client, house: Building, operator: User) -> None:
    shown = from_paper(client, house, operator, received_at="").content.decode()
    assert 'id="id_received_at_error"' in shown
    assert not Ticket.objects.exists()


def test_an_empty_sheet_names_whoever_writes_it_down(client: Client, operator: User) -> None:
    assert f'<option value="{operator.pk}" selected>' in page(client, "desk:paper")
