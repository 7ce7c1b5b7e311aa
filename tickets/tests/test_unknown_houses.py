"""«Дома не из реестра»: what was taken as it was said becomes a house, and its tickets are tied to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Role
from companies.models import Building, District, Locality
from tickets.models import Ticket
from tickets.services import Address
from tickets.tests.factories import BuildingFactory, LocalityFactory, make_ticket, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor() -> Client:
    return signed_in(role=Role.SUPERVISOR)


def told(**given: str) -> Ticket:
    said = {"locality": "Калуга", "street": "кирова", "house": "21", "flat": "5"} | given
    address = Address(locality=said["locality"], street=said["street"], house=said["house"], flat=said["flat"])
    return make_ticket(address=address, at=clock.now())


def add(client: Client, **given: str) -> Any:
    said = {"told_locality": "Калуга", "told_street": "кирова", "told_house": "21"}
    said |= {"locality": "г. Калуга", "street": "ул. Кирова", "house": "21"}
    return client.post(reverse("desk:unknown_houses"), said | given, follow=True)


def test_addresses_stand_once_with_their_tickets_and_as_the_register_would_say_them(supervisor: Client) -> None:
    BuildingFactory.create(house="20")
    first, second = told(flat="5"), told(flat="7")
    make_ticket(at=clock.now())

    shown = page(supervisor, "desk:unknown_houses")

    assert shown.count('class="unknown-house"') == 1
    assert "Калуга, кирова, 21" in shown
    assert first.number in shown
    assert second.number in shown
    assert 'value="г. Калуга"' in shown
    assert 'value="ул. Кирова"' in shown


def test_a_house_is_written_down_and_its_tickets_are_tied_to_it(supervisor: Client) -> None:
    BuildingFactory.create(house="20")
    ticket, elsewhere = told(), told(house="23")

    shown = add(supervisor).content.decode()

    house = Building.objects.get(street="ул. Кирова", house="21")
    ticket.refresh_from_db()
    elsewhere.refresh_from_db()
    assert ticket.building == house
    assert ticket.address == "Калуга, кирова, 21, кв. 5", "the ticket says what was said"
    assert elsewhere.building is None
    assert "г. Калуга, ул. Кирова, 21 есть в реестре, заявок с этого адреса: 1" in shown


def test_a_house_that_has_come_into_the_register_meanwhile_is_not_doubled(supervisor: Client) -> None:
    ticket = told()
    house = BuildingFactory.create(house="21")

    add(supervisor, street="Кирова")

    ticket.refresh_from_db()
    assert ticket.building == house
    assert Building.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"locality": "Нигдеево"}, "Такого населённого пункта нет"),
        ({"locality": "Воскресенск"}, "Таких несколько"),
        ({"locality": ""}, "Выберите населённый пункт"),
        ({"street": ""}, "Впишите улицу"),
        ({"house": " "}, "Впишите дом"),
    ],
)
def test_a_slip_keeps_what_was_typed(supervisor: Client, given: dict[str, str], sentence: str) -> None:
    LocalityFactory.create()
    for district in ("Кировский район", "Думиничский район"):
        Locality.objects.create(name="с. Воскресенск", district=District.objects.create(name=district))
    told()

    shown = add(supervisor, **({"street": "улица Кирова"} | given)).content.decode()

    assert sentence in shown
    assert ("улица Кирова" in shown) is ("street" not in given)
    assert not Building.objects.exists()


def test_of_two_villages_of_one_name_the_district_decides(supervisor: Client) -> None:
    for district in ("Кировский район", "Думиничский район"):
        Locality.objects.create(name="с. Воскресенск", district=District.objects.create(name=district))
    told(locality="Воскресенск", street="Воскресенск", house="3")

    add(supervisor, told_locality="Воскресенск", told_street="Воскресенск", told_house="3",
        locality="с. Воскресенск (Думиничский район)", street="с. Воскресенск", house="3")  # fmt: skip

    assert str(Building.objects.get().locality.district) == "Думиничский район"


def test_the_head_reads_and_does_not_write() -> None:
    told()
    head = signed_in(role=Role.HEAD)

    assert "Добавить в реестр" not in page(head, "desk:unknown_houses")
    assert add(head).status_code == 404


def test_nothing_unknown_says_so(supervisor: Client) -> None:
    make_ticket(address=Address(street="Давняя", house="1"), at=clock.now() - timedelta(days=100))

    assert "Все дома заявок есть в реестре" in page(supervisor, "desk:unknown_houses")


def test_the_list_costs_few_queries(supervisor: Client, django_assert_max_num_queries: Any) -> None:
    for house in range(1, 9):
        told(house=str(house))
    page(supervisor, "desk:unknown_houses")

    with django_assert_max_num_queries(8):
        page(supervisor, "desk:unknown_houses")
