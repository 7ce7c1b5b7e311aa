"""Who answers from a day on: what stood before ends, what is planned stays, and the preview says so beforehand."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import Role, User
from accounts.writes import RuleBroken
from companies.models import Building, Company, District, Locality, Parity, Responsibility, Service
from companies.services import NothingToChange, Place, bind, change_responsible, coverage_of, houses_of, houses_without
from companies.services.bindings import plan
from tickets.tests.factories import BuildingFactory, CompanyFactory, UserFactory, answers_for

pytestmark = pytest.mark.django_db

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
Days = list[tuple[Company, date, date | None]]


@pytest.fixture
def admin() -> User:
    return UserFactory.create(role=Role.ADMIN)


@pytest.fixture
def house() -> Building:
    return BuildingFactory.create(street="ул. Кирова", house="20")


@pytest.fixture
def old(house: Building) -> Company:
    return answers_for(CompanyFactory.create(), building=house).company


@pytest.fixture
def new() -> Company:
    return CompanyFactory.create()


def service(code: str = "management") -> Service:
    return Service.objects.get(code=code)


def days(**of: Any) -> Days:
    rows = Responsibility.objects.filter(**of).order_by("valid_from").select_related("company")
    return [(row.company, row.valid_from, row.valid_to) for row in rows]


SINCE_2020 = date(2020, 1, 1)


class TestAChangeOnADate:
    def test_the_old_one_ends_and_the_new_one_begins(
        self, house: Building, old: Company, new: Company, admin: User
    ) -> None:
        change_responsible(places=[Place(building=house)], service=service(), company=new, since=JUNE, by=admin)

        assert days(building=house) == [(old, SINCE_2020, JUNE), (new, JUNE, None)]

    def test_what_is_planned_for_later_stays(self, house: Building, old: Company, new: Company, admin: User) -> None:
        later = CompanyFactory.create()
        place = [Place(building=house)]
        change_responsible(places=place, service=service(), company=later, since=JULY, by=admin)
        change_responsible(places=place, service=service(), company=new, since=JUNE, by=admin)

        assert days(building=house) == [(old, SINCE_2020, JUNE), (new, JUNE, JULY), (later, JULY, None)]

    def test_nothing_to_change_is_said(self, house: Building, old: Company, admin: User) -> None:
        with pytest.raises(NothingToChange):
            change_responsible(places=[Place(building=house)], service=service(), company=old, since=JUNE, by=admin)

        assert days(building=house) == [(old, SINCE_2020, None)]

    def test_the_very_day_on_which_another_begins_is_taken(
        self, house: Building, old: Company, new: Company, admin: User
    ) -> None:
        with pytest.raises(NothingToChange):
            change_responsible(
                places=[Place(building=house)], service=service(), company=new, since=SINCE_2020, by=admin
            )

    def test_a_part_of_a_street_changes_as_a_whole(self, house: Building, new: Company, admin: User) -> None:
        street: dict[str, Any] = {"locality": house.locality, "street": "ул. Кирова"}
        old = CompanyFactory.create()
        Responsibility.objects.create(
            company=old, service=service(), house_from=1, house_to=40, parity=Parity.EVEN, valid_from=MAY, **street
        )
        whole = Place(house_from=1, house_to=40, parity=Parity.EVEN, **street)
        part = Place(house_from=1, house_to=20, parity=Parity.EVEN, **street)
        odd = Place(house_from=1, house_to=20, parity=Parity.ODD, **street)

        with pytest.raises(NothingToChange):
            change_responsible(places=[part], service=service(), company=new, since=JUNE, by=admin)
        assert [row.company for row in plan(
            places=[part], services=[service()], company=new, since=JUNE
        ).blocked] == [old]  # fmt: skip
        change_responsible(places=[odd], service=service(), company=new, since=JUNE, by=admin)
        change_responsible(places=[whole], service=service(), company=new, since=JULY, by=admin)

        assert days(company=old) == [(old, MAY, JULY)]
        assert days(company=new, parity=Parity.EVEN) == [(new, JULY, None)]

    @pytest.mark.parametrize("kind", ["locality", "district"])
    def test_a_locality_and_a_district(self, house: Building, new: Company, admin: User, kind: str) -> None:
        target: Any = house.locality if kind == "locality" else District.objects.create(name="Ленинский округ")
        old = CompanyFactory.create()
        Responsibility.objects.create(company=old, service=service(), valid_from=MAY, **{kind: target})

        change_responsible(places=[Place(**{kind: target})], service=service(), company=new, since=JUNE, by=admin)

        assert days(**{kind: target}) == [(old, MAY, JUNE), (new, JUNE, None)]

    def test_it_is_written_down_with_the_organisation(
        self, house: Building, old: Company, new: Company, admin: User
    ) -> None:
        change_responsible(places=[Place(building=house)], service=service(), company=new, since=JUNE, by=admin)

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin, str(new.pk))
        assert "01.06.2026" in entry.get_change_message()


class TestManyHouses:
    @pytest.fixture
    def houses(self, house: Building) -> list[Building]:
        return [house, *BuildingFactory.create_batch(3, street="ул. Гагарина")]

    def test_houses_by_services(self, houses: list[Building], old: Company, new: Company, admin: User) -> None:
        places = [Place(building=one) for one in houses]
        made = bind(places=places, services=[service(), service("gas")], company=new, since=JUNE, by=admin, until=JULY)

        assert (len(made.starts), len(made.ends)) == (8, 1)
        assert set(Responsibility.objects.filter(company=new).values_list("valid_from", "valid_to")) == {(JUNE, JULY)}

    def test_without_replacing_whoever_is_there_stays(
        self, houses: list[Building], old: Company, new: Company, admin: User
    ) -> None:
        made = bind(
            places=[Place(building=one) for one in houses], services=[service()], company=new, since=JUNE, by=admin,
            replaces=False,
        )  # fmt: skip

        assert [row.company for row in made.blocked] == [old]
        assert days(building=houses[0]) == [(old, SINCE_2020, None)]
        assert Responsibility.objects.filter(company=new).count() == 3

    def test_the_preview_writes_nothing(self, houses: list[Building], old: Company, new: Company) -> None:
        made = plan(places=[Place(building=one) for one in houses], services=[service()], company=new, since=JUNE)

        assert (len(made.starts), len(made.ends), len(made.keeps), len(made.blocked)) == (4, 1, 0, 0)
        assert Responsibility.objects.count() == 1

    def test_twice_is_once(self, houses: list[Building], new: Company, admin: User) -> None:
        given: dict[str, Any] = {
            "places": [Place(building=one) for one in houses], "services": [service()], "company": new, "since": JUNE,
        }  # fmt: skip
        bind(**given, by=admin)

        assert len(plan(**given).keeps) == 4
        with pytest.raises(NothingToChange):
            bind(**given, by=admin)

    def test_it_asks_little(self, houses: list[Building], new: Company, django_assert_max_num_queries: Any) -> None:
        services = [service(), service("gas")]
        with django_assert_max_num_queries(1):
            plan(places=[Place(building=one) for one in houses], services=services, company=new, since=JUNE)

    def test_who_was_quicker_is_told_of(
        self, house: Building, new: Company, admin: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = plan(places=[Place(building=house)], services=[service()], company=new, since=JUNE)
        answers_for(CompanyFactory.create(), building=house)
        monkeypatch.setattr("companies.services.bindings.plan", lambda **_given: made)

        with pytest.raises(RuleBroken) as refused:
            bind(places=[], services=[], company=new, since=JUNE, by=admin)

        assert str(refused.value.message) == "В эти дни за эту услугу в доме уже отвечает организация."


class TestWhoServesAHouse:
    def test_every_service_has_its_line(self, house: Building, old: Company, new: Company) -> None:
        Responsibility.objects.create(company=new, service=service(), locality=house.locality, valid_from=MAY)
        Responsibility.objects.create(company=new, service=service("gas"), locality=house.locality, valid_from=JULY)
        ceased = CompanyFactory.create(is_active=False)
        answers_for(ceased, building=house, service="sewer")

        lines = {line.service.code: line for line in coverage_of(house, day=JUNE)}

        assert set(lines) == set(Service.objects.values_list("code", flat=True))
        management = lines["management"]
        assert (management.row and management.row.company, [row.company for row in management.overridden]) == (
            old, [new],
        )  # fmt: skip
        assert (lines["gas"].row, [row.valid_from for row in lines["gas"].planned]) == (None, [JULY])
        assert (lines["sewer"].row, [row.company for row in lines["sewer"].ceased]) == (None, [ceased])

    def test_it_asks_two_questions(self, house: Building, old: Company, django_assert_num_queries: Any) -> None:
        known = Building.objects.select_related("locality").get(pk=house.pk)
        with django_assert_num_queries(2):
            [str(line.row and line.row.where) for line in coverage_of(known, day=JUNE)]


TARGETS: dict[str, Any] = {
    "house": lambda house: {"building": house},
    "part of the street": lambda house: {"locality": house.locality, "street": house.street, "parity": Parity.EVEN},
    "numbers": lambda house: {"locality": house.locality, "street": house.street, "house_from": 20, "house_to": 20},
    "locality": lambda house: {"locality": house.locality},
    "own district": lambda house: {"district": house.district},
    "district of the locality": lambda house: {"district": house.locality.district},
    "another house": lambda house: {"building": BuildingFactory.create(street="ул. Гагарина")},
    "the other side": lambda house: {"locality": house.locality, "street": house.street, "parity": Parity.ODD},
    "later numbers": lambda house: {"locality": house.locality, "street": house.street, "house_from": 21},
    "another district": lambda house: {"district": District.objects.create(name="Другой")},
}
MISSES = {"another house", "the other side", "later numbers", "another district"}


@pytest.mark.parametrize("name", TARGETS)
def test_one_house_and_all_houses_are_held_alike(name: str) -> None:
    """What routing asks of one house, lists ask of all of them: the same answer."""
    district = District.objects.create(name="Тарусский район")
    village = Locality.objects.create(name="с. Некрасово", district=district)
    own = None if name == "district of the locality" else District.objects.create(name="Округ")
    house = BuildingFactory.create(locality=village, street="ул. Кирова", house="20", district=own)
    row = Responsibility.objects.create(
        company=CompanyFactory.create(), service=service(), valid_from=MAY, **TARGETS[name](house)
    )
    held = name not in MISSES

    assert Responsibility.objects.at(Building.objects.get(pk=house.pk)).filter(pk=row.pk).exists() is held
    assert houses_of(Responsibility.objects.all()).filter(pk=house.pk).exists() is held
    assert houses_without(service(), day=JUNE).filter(pk=house.pk).exists() is not held
