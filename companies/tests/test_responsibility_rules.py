"""One organisation at a time for a service, whatever the target: asked of the database itself, past the forms."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from companies.models import Building, Company, District, Locality, Service
from tickets.tests.factories import BuildingFactory, CompanyFactory, LocalityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> dict[str, Any]:
    house = BuildingFactory.create(street="ул. Кирова", house="20")
    return {
        "company": CompanyFactory.create().pk, "other": CompanyFactory.create().pk, "building": house.pk,
        "locality": house.locality_id, "district": District.objects.create(name="Тарусский район").pk,
        "village": LocalityFactory.create(name="с. Некрасово").pk,
        "service": Service.objects.get(code="management").pk, "gas": Service.objects.get(code="gas").pk,
    }  # fmt: skip


def insert(town: dict[str, Any], *, company: str = "company", service: str = "service", **given: Any) -> None:
    """A row by raw SQL; the database knows no defaults."""
    row = {
        "company_id": town[company], "service_id": town[service], "building_id": None, "locality_id": None,
        "district_id": None, "street": "", "house_from": None, "house_to": None, "parity": "all",
        "valid_from": "2026-01-01", "valid_to": None,
    } | given  # fmt: skip
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            f"INSERT INTO companies_responsibility ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )


def refused(town: dict[str, Any], **given: Any) -> str:
    with pytest.raises(IntegrityError) as broken:
        insert(town, **given)
    rule: str = broken.value.__cause__.diag.constraint_name  # type: ignore[union-attr]
    return rule


@pytest.mark.parametrize("kind", ["building", "locality", "district"])
def test_two_do_not_answer_for_the_same(town: dict[str, Any], kind: str) -> None:
    target = {f"{kind}_id": town[kind]}
    insert(town, **target, valid_to="2026-06-01")

    assert refused(town, company="other", **target, valid_from="2026-05-31") == f"responsibility_of_{kind}_once"
    # Another service, and the day on which the first one ends.
    insert(town, company="other", service="gas", **target)
    insert(town, company="other", **target, valid_from="2026-06-01")


OVERLAPS = [
    # First row, second row: house_from, house_to, parity.
    ((1, 20, "all"), (20, 40, "all"), True),
    ((1, 20, "all"), (21, 40, "all"), False),
    ((1, 20, "even"), (1, 20, "odd"), False),
    ((1, 20, "even"), (10, 30, "even"), True),
    ((1, 20, "all"), (5, 5, "odd"), True),
    ((None, None, "all"), (100, 100, "odd"), True),
    ((None, None, "even"), (None, None, "odd"), False),
    ((30, None, "all"), (None, 29, "all"), False),
    ((30, None, "all"), (None, 30, "even"), True),
]


@pytest.mark.parametrize(("first", "second", "overlap"), OVERLAPS)
def test_parts_of_a_street_share_no_house(
    town: dict[str, Any], first: tuple[Any, ...], second: tuple[Any, ...], overlap: bool
) -> None:
    names = ("house_from", "house_to", "parity")
    street = {"locality_id": town["locality"], "street": "ул. Кирова"}
    insert(town, **street, **dict(zip(names, first, strict=True)))
    again = street | dict(zip(names, second, strict=True))

    if overlap:
        assert refused(town, company="other", **again) == "responsibility_of_street_once"
    else:
        insert(town, company="other", **again)
    # Another street, and the same one of another place, are others.
    insert(town, company="other", **again | {"street": "ул. Гагарина"})
    insert(town, company="other", **again | {"locality_id": town["village"]})


def test_kinds_of_targets_do_not_meet(town: dict[str, Any]) -> None:
    for target in ("building", "locality", "district"):
        insert(town, **{f"{target}_id": town[target]})
    insert(town, company="other", locality_id=town["locality"], street="ул. Кирова")


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({}, "responsibility_has_one_target"),
        ({"building_id": "building", "locality_id": "locality"}, "responsibility_has_one_target"),
        ({"locality_id": "locality", "district_id": "district"}, "responsibility_has_one_target"),
        ({"building_id": "building", "street": "ул. Кирова"}, "responsibility_street_has_locality"),
        ({"locality_id": "locality", "house_from": 1}, "responsibility_range_has_street"),
        ({"district_id": "district", "parity": "odd"}, "responsibility_range_has_street"),
        ({"building_id": "building", "parity": "left"}, "responsibility_"),
        ({"locality_id": "locality", "street": "ул. Кирова", "house_from": 9, "house_to": 8}, "responsibility_"),
        ({"building_id": "building", "valid_to": "2026-01-01"}, "responsibility_ends_after_start"),
    ],
)
def test_a_target_is_whole(town: dict[str, Any], given: dict[str, Any], rule: str) -> None:
    row = {name: town[value] if name.endswith("_id") else value for name, value in given.items()}

    assert refused(town, **row).startswith(rule)


def raw(model: type[Model], pk: int, **values: Any) -> str:
    """The rule that an UPDATE past the forms breaks."""
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        model._default_manager.filter(pk=pk).update(**values)
    rule: str = broken.value.__cause__.diag.constraint_name  # type: ignore[union-attr]
    return rule


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"inn": "770708389"}, "company_inn_digits"),
        ({"inn": "77070838９3"}, "company_inn_digits"),
        ({"kpp": "77360100"}, "company_kpp_digits"),
        ({"ogrn": "10277001321950"}, "company_ogrn_digits"),
        ({"head_phone": "+0"}, "company_head_phone_e164"),
        ({"duty_phone": "+0"}, "company_duty_phone_e164"),
        ({"contract_from": "2026-02-01", "contract_to": "2026-01-31"}, "company_contract_ends_after_start"),
    ],
)
def test_a_company_has_real_numbers(values: dict[str, Any], rule: str) -> None:
    assert raw(Company, CompanyFactory.create().pk, **values) == rule


def test_an_organisation_stands_once(town: dict[str, Any]) -> None:
    Company.objects.filter(pk=town["company"]).update(inn="7707083893", kpp="773601001")

    assert raw(Company, town["other"], inn="7707083893", kpp="773601001") == "company_inn_once"
    # A branch has another КПП; unknown numbers are no numbers.
    Company.objects.filter(pk=town["other"]).update(inn="7707083893", kpp="402801001")
    Company.objects.update(inn="", kpp="")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"latitude": "54.5", "longitude": None}, "building_has_both_coordinates"),
        ({"latitude": None, "longitude": "36.2"}, "building_has_both_coordinates"),
        ({"latitude": "91", "longitude": "36.2"}, "building_has_both_coordinates"),
        ({"house": ""}, "building_address_not_blank"),
    ],
)
def test_a_house_is_somewhere(values: dict[str, Any], rule: str) -> None:
    assert raw(Building, BuildingFactory.create().pk, **values) == rule


def test_a_house_of_the_source_register_stands_once() -> None:
    first, second = BuildingFactory.create(), BuildingFactory.create()
    Building.objects.filter(pk=first.pk).update(register_code="1012457")

    assert raw(Building, second.pk, register_code="1012457") == "building_code_once"


def test_a_locality_stands_once_in_its_district_and_once_without() -> None:
    Locality.objects.create(name="с. Некрасово")

    with pytest.raises(IntegrityError), transaction.atomic():
        Locality.objects.create(name="с. Некрасово")
    Locality.objects.create(name="с. Некрасово", district=District.objects.create(name="Тарусский район"))


@pytest.mark.parametrize(
    ("house", "number"),
    [("20", 20), ("20к1", 20), ("17/27", 17), ("12а", 12), ("б/н", None), ("1234567890", 123456789)],
)
def test_a_house_knows_its_number(house: str, number: int | None) -> None:
    assert Building.objects.get(pk=BuildingFactory.create(house=house).pk).house_number == number
