"""Serves this building ∩ answers for this category: the table, what the desk says, and who is near if nobody does."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from companies.models import Building, Company, District, Locality, Parity, Responsibility, Service
from tickets.services import responsible_for
from tickets.services.routing import CANDIDATES
from tickets.tests.factories import NOON, BuildingFactory, CompanyFactory, LocalityFactory, UserFactory, category

pytestmark = pytest.mark.django_db

# Lights out in the stairwell: whoever manages the house.
DARKNESS = "E03"
DAY = NOON.date()


@pytest.fixture
def house() -> Building:
    district = District.objects.create(name="Ленинский округ")
    return BuildingFactory.create(street="ул. Кирова", house="20к1", district=district)


def answers(service: str = "management", **target: Any) -> Company:
    company = target.pop("company", None) or CompanyFactory.create()
    given = {"valid_from": "2020-01-01"} | target
    Responsibility.objects.create(company=company, service=Service.objects.get(code=service), **given)
    return company


def route(house: Building | None, code: str = DARKNESS, **given: Any) -> Any:
    if house is not None:
        house = Building.objects.select_related("locality").get(pk=house.pk)
    return responsible_for(category=category(code), building=house, day=DAY, **given)


def targets(house: Building) -> dict[str, dict[str, Any]]:
    return {
        "building": {"building": house},
        "street": {"locality": house.locality, "street": house.street, "house_from": 10, "house_to": 30},
        "locality": {"locality": house.locality},
        "district": {"district": house.district},
    }


WHY = {
    "building": "отвечает за этот дом по реестру",
    "street": "отвечает за эту часть улицы",
    "locality": "отвечает за весь населённый пункт",
    "district": "отвечает за весь район",
}


@pytest.mark.parametrize("nearest", list(WHY))
def test_the_nearest_target_wins(house: Building, nearest: str) -> None:
    kinds = list(WHY)
    known = {kind: answers(**targets(house)[kind]) for kind in kinds[kinds.index(nearest) :]}

    found = route(house)

    assert found.company == known[nearest]
    assert found.why == WHY[nearest]


@pytest.mark.parametrize(
    ("part", "served"),
    [
        ({"house_from": 20, "house_to": 20}, True),
        ({"house_from": 21}, False),
        ({"house_to": 19}, False),
        ({"house_from": 2, "house_to": 40, "parity": Parity.EVEN}, True),
        ({"house_from": 2, "house_to": 40, "parity": Parity.ODD}, False),
        ({"parity": Parity.EVEN}, True),
        ({}, True),
    ],
)
def test_a_part_of_the_street(house: Building, part: dict[str, Any], served: bool) -> None:
    company = answers(locality=house.locality, street=house.street, **part)

    assert route(house).company == (company if served else None)


def test_a_house_without_a_number_belongs_to_the_whole_street_only(house: Building) -> None:
    nameless = BuildingFactory.create(street="ул. Кирова", house="б/н")
    answers(locality=house.locality, street="ул. Кирова", house_from=1)
    assert route(nameless).company is None

    Responsibility.objects.all().delete()
    whole = answers(locality=house.locality, street="ул. Кирова")
    assert route(nameless).company == whole


def test_the_localitys_district_counts_where_the_house_has_none() -> None:
    region = District.objects.create(name="Тарусский район")
    village = Locality.objects.create(name="с. Некрасово", district=region)
    far = BuildingFactory.create(locality=village)
    company = answers(district=region)
    town = BuildingFactory.create(locality=village, district=District.objects.create(name="Город"))

    assert route(far).company == company
    # Its own district outweighs it.
    assert route(town).company is None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"valid_from": DAY}, True),
        ({"valid_from": "2026-02-03"}, False),
        ({"valid_to": DAY}, False),
        ({"valid_to": "2026-02-03"}, True),
    ],
)
def test_only_whoever_answers_today(house: Building, given: dict[str, Any], found: bool) -> None:
    company = answers(building=house, **given)

    assert (route(house).company == company) is found


class TestNobody:
    def test_an_organisation_that_ceased_is_named(self, house: Building) -> None:
        ceased = answers(building=house)
        Company.objects.filter(pk=ceased.pk).update(is_active=False)

        found = route(house)

        assert found.company is None
        assert f"{ceased} больше не работает" in str(found.why)

    def test_the_next_target_stands_in_for_one_that_ceased(self, house: Building) -> None:
        Company.objects.filter(pk=answers(building=house).pk).update(is_active=False)
        company = answers(locality=house.locality)

        assert route(house).company == company

    def test_who_does_it_near_by_comes_first_then_his_kind_then_anybody(self, house: Building) -> None:
        elsewhere = BuildingFactory.create(locality=LocalityFactory.create(name="г. Обнинск"))
        far = answers(building=elsewhere)
        of_kind = answers(service="gas", building=BuildingFactory.create(street="ул. Гагарина"))
        near = answers(building=BuildingFactory.create(street="ул. Гагарина"))
        answers(service="gas", locality=house.locality, company=CompanyFactory.create(kind=Company.Kind.SUPPLIER))

        found = route(house)

        assert found.company is None
        assert found.candidates == (near, of_kind, far)
        assert str(found.why) == (
            f"Никто не отвечает за эту услугу в этом доме. Ближе всего: {near}, {of_kind}, {far}."
            " Выберите организацию сами."
        )

    def test_the_list_is_short(self, house: Building) -> None:
        for _number in range(CANDIDATES + 3):
            answers(building=BuildingFactory.create(street="ул. Гагарина"))

        assert len(route(house).candidates) == CANDIDATES

    def test_an_unknown_house_is_offered_those_of_the_right_kind(self) -> None:
        company = answers(building=BuildingFactory.create())

        found = route(None)

        assert (found.company, found.candidates) == (None, (company,))
        assert str(found.why).startswith("Дома нет в реестре.")

    def test_nobody_at_all(self, house: Building) -> None:
        found = route(house)

        assert (found.company, found.candidates) == (None, ())
        assert str(found.why) == "Никто не отвечает за эту услугу в этом доме: выберите организацию сами."

    def test_the_desk_puts_them_before_all_others(self, client: Client, house: Building) -> None:
        near = answers(building=BuildingFactory.create(street="ул. Гагарина"))
        client.force_login(UserFactory.create(), backend="accounts.backends.PasswordBackend")

        shown = client.post(reverse("desk:guide"), {"building": house.pk, "category": DARKNESS}).text

        group = shown[shown.index('<optgroup label="Ближе всего">') : shown.index("</optgroup>")]
        assert near.name in group
        assert f"Ближе всего: {near}" in shown
        assert reverse("register:house", args=[house.pk]) in shown


def test_what_it_asks_is_little(house: Building, django_assert_num_queries: Any) -> None:
    darkness, known = category(DARKNESS), Building.objects.select_related("locality").get(pk=house.pk)
    for kind, target in targets(house).items():
        answers(**target, company=CompanyFactory.create(name=f"УК «{kind}»"))

    with django_assert_num_queries(1):
        responsible_for(category=darkness, building=known, day=DAY)
