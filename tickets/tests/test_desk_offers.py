"""What the intake form offers while it is typed: where to go on, what a person has to choose, who else is told."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from companies.models import Company
from tickets.models import Category
from tickets.tests.factories import BuildingFactory, CompanyFactory, LocalityFactory, answers_for, signed_in
from tickets.views.desk.guide import also_notify

pytestmark = pytest.mark.django_db
Kind = Company.Kind


@pytest.fixture
def client(at: Any) -> Client:
    BuildingFactory.create(street="ул. Кирова", house="20")
    return signed_in()


def part(client: Client, name: str, **given: Any) -> str:
    response = client.post(reverse(f"desk:{name}"), given, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_settlement_alone_leads_on_to_its_streets(client: Client) -> None:
    BuildingFactory.create(street="ул. Кирова", house="3", locality=LocalityFactory.create(name="г. Кондрово"))

    shown = part(client, "buildings", address="кондрово")
    assert 'data-more data-doubtful data-text="г. Кондрово, ул. Кирова, "' in shown
    assert 'data-text="г. Кондрово, ул. Кирова, 3 15"' in part(client, "buildings", address="кондрово 3 15")
    assert "data-more" not in part(client, "buildings", address="кондрово кирова 3")


def test_of_a_village_without_streets_it_is_said_how_to_go_on(client: Client) -> None:
    LocalityFactory.create(name="д. Колюпаново")

    assert "д. Колюпаново: улиц в реестре нет" in part(client, "buildings", address="колюпаново")


def test_what_may_mean_several_houses_is_not_taken_by_a_mere_enter(client: Client) -> None:
    assert "data-exact>" in part(client, "buildings", address="кирова 20")

    BuildingFactory.create(street="ул. Кирова", house="20", locality=LocalityFactory.create(name="г. Кондрово"))

    shown = part(client, "buildings", address="кирова 20")
    assert len(re.findall(r'data-value="\d', shown)) == shown.count("data-doubtful") == 2
    assert "выберите стрелкой" in shown


@pytest.mark.parametrize(
    ("listed", "kinds", "left"),
    [
        ("УК", [Kind.MANAGEMENT], ""),
        ("УК", [Kind.HOMEOWNERS], ""),
        ("УК", [Kind.SUPPLIER], "УК"),
        # The copy tells her already.
        ("УК; МО", [Kind.SUPPLIER, Kind.MANAGEMENT], "МО"),
        ("112/104 немедленно; УК", [Kind.MANAGEMENT], "112/104 немедленно"),
        ("УК (проверить внутридомовую часть)", [Kind.MANAGEMENT], ""),
        ("МО, если площадка муниципальная", [Kind.MUNICIPAL], ""),
        ("РСО/РЦ", [Kind.SUPPLIER], "РСО/РЦ"),
        ("МО", [Kind.EMERGENCY, None], "МО"),
        ("", [Kind.MANAGEMENT], ""),
    ],
)
def test_who_has_the_ticket_is_not_to_be_told_as_well(listed: str, kinds: list[str | None], left: str) -> None:
    knowing = [Company(kind=kind) if kind else None for kind in kinds]
    assert also_notify(Category(also_notify=listed), knowing=knowing) == left


def test_the_guide_leaves_out_the_recipient(client: Client, at: Any) -> None:
    house = BuildingFactory.create(street="ул. Ленина", house="1")
    answers_for(CompanyFactory.create(kind=Kind.MANAGEMENT), building=house)

    # Within the flat whoever manages the house answers; «сообщить также: УК» would be himself.
    assert "сообщить также" not in part(client, "guide", category="E01", building=house.pk, scope="here")
    assert "сообщить также: УК" in part(client, "guide", category="E01", building=house.pk, scope="house")
