"""Finding a house: what comes first, what can only be meant, how soon the index knows of a change."""

import threading
import time
from typing import Any

import pytest
from django.db import connection

from companies import street_index
from companies.addresses import Found, find, house_at
from companies.models import Building, Locality, search_text_of
from companies.settlements import settlements_named

pytestmark = pytest.mark.django_db

REGISTER = {
    ("г. Калуга", "4842"): {
        "ул. Кирова": "4 8 17к3 20 27 83",
        "ул. Кирпичная": "3 7",
        "ул. Никитина": "17/27 23 3",
        "ул. Генерала Попова": "5 10к1 15б",
        "б-р Энтузиастов": "5 7/27",
        "ул. Гагарина": "12 25",
        "ул. Степана Разина": "63а 50",
        "пер. Чугаева": "5",
        "ул. Чугаева": "5",
        "ул. 40-летия Октября": "6 8",
        "1-й Академический пр.": "11",
        "2-й Академический пр.": "11",
        "ул. Московская": "20к1 20к2 292/30",
        "ул. Телевизионная": "6а",
        "ул. Шестая": "2",
        "ул. Нижне-Гамазейная": "9",
    },
    ("г. Обнинск", "48439"): {"ул. Гагарина": "12 30", "пр. Ленина": "71", "ул. Аксёнова": "9"},
    ("г. Малоярославец", "48431"): {"ул. Гагарина": "1", "ул. Чистовича": "1"},
    ("д. Колюпаново", "4842"): {},
    ("с. Тарутино", "48432"): {"с. Тарутино": "5"},
}


@pytest.fixture(autouse=True)
def _register() -> None:
    for (name, area_code), streets in REGISTER.items():
        locality = Locality.objects.create(name=name, area_code=area_code)
        Building.objects.bulk_create(
            Building(locality=locality, street=street, house=house, search_text=search_text_of(name, street, house))
            for street, houses in streets.items()
            for house in houses.split()
        )


def shown(found: Found) -> str:
    parts = [found.locality, found.street, found.house, found.entrance and f"п{found.entrance}"]
    parts += [found.floor and f"э{found.floor}", found.flat and f"кв{found.flat}"]
    return ", ".join(part for part in parts if part) + ("" if found.building else " (новый)")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("кир 20 15", "г. Калуга, ул. Кирова, 20, кв15"),
        ("20 кирова", "г. Калуга, ул. Кирова, 20"),
        ("КИРОВА УЛ. Д.20 КВ.15", "г. Калуга, ул. Кирова, 20, кв15"),
        ("киорва 20", "г. Калуга, ул. Кирова, 20"),
        ("киова 20", "г. Калуга, ул. Кирова, 20"),
        ("кирроова 20", "г. Калуга, ул. Кирова, 20"),
        ("rbhjdf 20", "г. Калуга, ул. Кирова, 20"),
        ("kирова 20", "г. Калуга, ул. Кирова, 20"),
        ("кирова 17 корп 3", "г. Калуга, ул. Кирова, 17к3"),
        ("кирова 17/3", "г. Калуга, ул. Кирова, 17к3"),
        ("кирова 17 3", "г. Калуга, ул. Кирова, 17к3"),
        ("никитина 17/27-4", "г. Калуга, ул. Никитина, 17/27, кв4"),
        ("17 27 никитина", "г. Калуга, ул. Никитина, 17/27"),
        ("ген поп 5", "г. Калуга, ул. Генерала Попова, 5"),
        ("попова 10к1 15", "г. Калуга, ул. Генерала Попова, 10к1, кв15"),
        ("попова 15 б", "г. Калуга, ул. Генерала Попова, 15б"),
        ("попова 15Б кв 3 под 2 эт 3", "г. Калуга, ул. Генерала Попова, 15б, п2, э3, кв3"),
        ("с разина 63а", "г. Калуга, ул. Степана Разина, 63а"),
        ("степанаразина 50", "г. Калуга, ул. Степана Разина, 50"),
        ("бульв энтуз 5", "г. Калуга, б-р Энтузиастов, 5"),
        ("пер чугаева 5", "г. Калуга, пер. Чугаева, 5"),
        ("чугаева ул 5", "г. Калуга, ул. Чугаева, 5"),
        ("40 лет октября 6 12", "г. Калуга, ул. 40-летия Октября, 6, кв12"),
        ("сорок лет октября 8", "г. Калуга, ул. 40-летия Октября, 8"),
        ("сорокалетия октября 8", "г. Калуга, ул. 40-летия Октября, 8"),
        ("2-й академический 11", "г. Калуга, 2-й Академический пр., 11"),
        ("второй академический 11", "г. Калуга, 2-й Академический пр., 11"),
        ("академический 1 11", "г. Калуга, 1-й Академический пр., 11"),
        ("шестая 2", "г. Калуга, ул. Шестая, 2"),
        ("нижнегамазейная 9", "г. Калуга, ул. Нижне-Гамазейная, 9"),
        ("теле визионная 6а", "г. Калуга, ул. Телевизионная, 6а"),
        ("гагарина 12", "г. Калуга, ул. Гагарина, 12"),
        ("обнинск гагарина 12", "г. Обнинск, ул. Гагарина, 12"),
        ("гагарина 12 обн", "г. Обнинск, ул. Гагарина, 12"),
        ("аксёнова 9", "г. Обнинск, ул. Аксёнова, 9"),
        ("аксенова 9", "г. Обнинск, ул. Аксёнова, 9"),
        ("проспект ленина 71", "г. Обнинск, пр. Ленина, 71"),
        ("кирова 20 рядом с аптекой", "г. Калуга, ул. Кирова, 20"),
        ("московская 20 2", "г. Калуга, ул. Московская, 20к2"),
        ("тарутино 5", "с. Тарутино, с. Тарутино, 5"),
        # The register knows the street and not the house, or the village and no street of it.
        ("кирова 21", "г. Калуга, ул. Кирова, 21 (новый)"),
        ("кирова 21 корп 2 кв 3", "г. Калуга, ул. Кирова, 21к2, кв3 (новый)"),
        ("колюпаново 5 2", "д. Колюпаново, д. Колюпаново, 5, кв2 (новый)"),
        ("колюпаново ул луговая 5", "д. Колюпаново, ул Луговая, 5 (новый)"),
        ("д. Колюпаново, ул. Луговая, 5", "д. Колюпаново, ул Луговая, 5 (новый)"),
        ("луговая 5 колюпаново", "д. Колюпаново, Луговая, 5 (новый)"),
        ("тарутино 7", "с. Тарутино, с. Тарутино, 7 (новый)"),
    ],
)
def test_what_comes_first(typed: str, first: str) -> None:
    found = find(typed)
    assert found, typed
    assert shown(found[0]) == first, [shown(one) for one in found]


@pytest.mark.parametrize(
    ("typed", "in_order"),
    [
        # Neither another town nor turned numbers come before the house as it was typed.
        ("гагарина 1", ["г. Калуга, ул. Гагарина, 1 (новый)", "г. Малоярославец, ул. Гагарина, 1"]),
        ("гаг 1", ["г. Калуга, ул. Гагарина, 1 (новый)", "г. Малоярославец, ул. Гагарина, 1"]),
        (
            "гагарина 5 1",
            [
                "г. Калуга, ул. Гагарина, 5, кв1 (новый)", "г. Обнинск, ул. Гагарина, 5, кв1 (новый)",
                "г. Малоярославец, ул. Гагарина, 5, кв1 (новый)", "г. Малоярославец, ул. Гагарина, 1, кв5",
            ],
        ),
        ("обнинск кирова 20", ["г. Обнинск, Кирова, 20 (новый)", "г. Калуга, ул. Кирова, 20"]),
        (
            "чистовича 2 1",
            ["г. Малоярославец, ул. Чистовича, 2, кв1 (новый)", "г. Малоярославец, ул. Чистовича, 1, кв2"],
        ),
    ],
)  # fmt: skip
def test_what_was_typed_comes_before_what_is_alike(typed: str, in_order: list[str]) -> None:
    found = find(typed)
    assert [shown(one) for one in found][: len(in_order)] == in_order
    assert found[0].is_doubtful
    assert not any(one.is_sure for one in found)


@pytest.mark.parametrize(
    ("typed", "is_doubtful"),
    [
        ("кирова 20", False),
        ("кир 20 15", False),
        ("кирова 21", False),
        ("обнинск гагарина 12", False),
        # Two streets, two towns, two kinds; no house yet.
        ("кир 21", True),
        ("гагарина 12", True),
        ("чугаева 5", True),
        ("кирова", True),
    ],
)
def test_what_has_to_be_chosen_by_a_person(typed: str, is_doubtful: bool) -> None:
    assert find(typed)[0].is_doubtful == is_doubtful


@pytest.mark.parametrize("typed", ["", " ", "нигде 1", "20", "кв 5", "№", "ъ" * 300])
def test_what_means_nothing_finds_nothing(typed: str) -> None:
    assert find(typed) == []


def test_after_the_house_itself_come_houses_of_near_numbers() -> None:
    assert [one.house for one in find("кирова 20")] == ["20", "17к3", "27", "8", "4", "83"]


def test_a_number_still_being_typed_offers_its_continuations() -> None:
    assert [one.house for one in find("кирова 2")][:3] == ["2", "20", "27"]


def test_without_a_house_the_street_is_listed_in_the_order_of_its_numbers() -> None:
    assert [one.house for one in find("кирова")] == ["4", "8", "17к3", "20", "27", "83"]


@pytest.mark.parametrize(
    ("typed", "is_sure"),
    [
        ("кирова 20", True),
        ("кир 20 15", True),
        ("rbhjdf 20", True),
        ("пер чугаева 5", True),
        # Two towns, two kinds, two numbers of one name; a house that only begins so; a street that is not there.
        ("гагарина 12", False),
        ("обнинск гагарина 12", True),
        ("чугаева 5", False),
        ("академический 11", False),
        ("кирова 2", False),
        ("кирова 21", False),
        ("кирова", False),
        ("кирова 20 рядом с аптекой", False),
        ("обнинск кирова 20", False),
    ],
)
def test_what_can_only_be_meant(typed: str, is_sure: bool) -> None:
    found = find(typed)
    assert [one.is_sure for one in found] == [is_sure, *([False] * (len(found) - 1))]


def test_of_two_towns_the_callers_own_comes_first() -> None:
    assert find("гагарина 12")[0].locality == "г. Калуга"
    assert find("гагарина 12", area_code="48439")[0].locality == "г. Обнинск"


@pytest.mark.parametrize(
    ("street", "house", "locality", "meant"),
    [
        ("кирова", "20", "", "г. Калуга, ул. Кирова, 20"),
        ("Улица Кирова", "д. 20", "Калуга", "г. Калуга, ул. Кирова, 20"),
        ("Гагарина", "12", "", None),
        ("Гагарина", "12", "город Обнинск", "г. Обнинск, ул. Гагарина, 12"),
        ("чугаева", "5", "", None),
        ("переулок Чугаева", "5", "", "г. Калуга, пер. Чугаева, 5"),
        ("московская", "20 корпус 2", "", "г. Калуга, ул. Московская, 20к2"),
        ("московская", "20", "", None),
        ("", "20", "", None),
        ("кирова", "", "", None),
        # In its own fields nothing is guessed.
        ("киров", "20", "", None),
    ],
)
def test_an_address_in_its_parts(street: str, house: str, locality: str, meant: str | None) -> None:
    building = house_at(street=street, house=house, locality=locality)
    assert (str(building) if building else None) == meant


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("обнинск", {"г. Обнинск": 3}),
        ("г. Обнинск", {"г. Обнинск": 3}),
        ("j,ybycr", {"г. Обнинск": 3}),
        ("обн", {"г. Обнинск": 3}),
        ("обнинск 5", {"г. Обнинск": 3}),
        ("колюпаново", {"д. Колюпаново": 0}),
        ("калуга", {"г. Калуга": 10}),
        ("обнинск гагарина", {}),
        ("кирова", {}),
        ("о", {}),
        ("", {}),
    ],
)
def test_a_settlement_said_alone_offers_its_streets(typed: str, named: dict[str, int]) -> None:
    assert {one.title: len(one.streets) for one in settlements_named(typed)} == named


# ── The index and the register ───────────────────────────────────────────────────────────────────────────────────
def test_what_this_process_writes_is_found_at_once() -> None:
    assert find("новая 1") == []

    house = Building.objects.create(locality=Locality.objects.get(name="г. Калуга"), street="ул. Новая", house="1")
    assert find("новая 1")[0].building == house

    house.delete()
    assert find("новая 1") == []


def test_what_another_process_writes_is_found_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    find("кирова 20")
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    # SQL of somebody else: no signal reaches us. A street renamed, then a town.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE companies_building SET street = 'ул. Мира', search_text = ' г. калуга ул. мира ' || house || ' '"
            " WHERE street = 'ул. Кирова'"
        )
        cursor.execute("UPDATE companies_locality SET name = 'д. Новое' WHERE name = 'д. Колюпаново'")

    now[0] += street_index.LOOKED_AT_EVERY_SECONDS + 10
    assert shown(find("мира 20")[0]) == "г. Калуга, ул. Мира, 20"
    assert shown(find("новое 5")[0]).startswith("д. Новое")


def test_searching_costs_one_query_while_the_register_stands(django_assert_num_queries: Any) -> None:
    find("кирова 20")

    with django_assert_num_queries(1):
        find("кирова 20 15")
    with django_assert_num_queries(0):
        find("нигде 1")


def test_a_house_deleted_a_moment_ago_is_not_offered() -> None:
    find("кирова 20")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM companies_building WHERE street = 'ул. Кирова' AND house = '20'")

    assert "20" not in [one.house for one in find("кирова 20") if one.building]


@pytest.mark.django_db(transaction=True)
def test_another_connection_sees_an_import_too() -> None:
    find("кирова 20")
    failures: list[BaseException] = []

    def import_houses() -> None:
        try:
            locality = Locality.objects.get(name="г. Обнинск")
            Building.objects.bulk_create([
                Building(locality=locality, street="ул. Звёздная", house="1",
                         search_text=search_text_of("г. Обнинск", "ул. Звёздная", "1"))
            ])  # fmt: skip
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    other = threading.Thread(target=import_houses)
    other.start()
    other.join()
    assert not failures
    street_index.look_again()

    assert shown(find("звездная 1")[0]) == "г. Обнинск, ул. Звёздная, 1"
