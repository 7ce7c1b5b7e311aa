"""Calls that look like an outage, and reading which houses one covers."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Role
from callbacks.models import Contact
from companies.models import Company, Locality
from tickets.models import AddedContact, Ticket
from tickets.services import Address, add_to_ticket
from tickets.services.hunches import QUIET, ReasonRequired, dismiss_hunch, hunch_with, read_hunches
from tickets.services.outage_houses import houses_of_filter, houses_of_lines
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    LocalityFactory,
    UserFactory,
    answers_for,
    make_ticket,
)
from tickets.tests.test_outage_ties import off
from tickets.views.desk import board
from tickets.views.desk.board import read_queue
from tickets.views.desk.drawing import draw_parts

pytestmark = pytest.mark.django_db

Kind = AddedContact.Kind


def calls(*houses: str, code: str = "W05", phones: int | None = None, ago: int = 5) -> list[str]:
    """A call from each of these houses of Kirova street; ``phones``: from so many numbers. The tickets' numbers."""
    return [
        make_ticket(
            code=code, at=NOON - ago * MINUTE, phone=f"+7910{number % (phones or 99):07}",
            address=Address(locality="г. Калуга", street="ул. Кирова", house=house),
        ).number
        for number, house in enumerate(houses)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("houses", "expected"),
    [
        (("20", "20"), []),
        (("20", "20", "20"), [("ул. Кирова", "20")]),
        (("20", "20", "22"), [("ул. Кирова", "")]),
    ],
)
def test_three_callers_of_a_house_or_a_street_look_like_an_outage(
    houses: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    numbers = calls(*houses)
    found = read_hunches(NOON)
    assert [(hunch.street, hunch.house) for hunch in found] == expected
    assert [ticket.number for hunch in found for ticket in hunch.tickets] == (numbers if expected else [])


@pytest.mark.parametrize(("ago", "count"), [(29, 1), (30, 0)])
def test_only_calls_of_the_last_half_hour_count(ago: int, count: int) -> None:
    calls("20", "20", "20", ago=ago)
    assert len(read_hunches(NOON)) == count


def test_one_who_rings_three_times_is_no_outage() -> None:
    calls("20", "20", "20", phones=2)
    assert read_hunches(NOON) == []


def test_different_troubles_are_no_outage_and_known_ones_no_news() -> None:
    calls("20", "20")
    calls("20", code="W04")
    outage = off(BuildingFactory.create())
    for number in range(3):
        make_ticket(code="H01", phone=f"+7920{number:07}", at=NOON - MINUTE, outage=outage)
    assert read_hunches(NOON) == []


def test_what_somebody_looked_at_is_not_suggested_again_for_a_while() -> None:
    numbers = calls("20", "20", "20")
    hunch = hunch_with(numbers[1], at=NOON)
    assert hunch is not None
    assert hunch.where == "г. Калуга, ул. Кирова, 20"
    by = UserFactory.create()
    with pytest.raises(ReasonRequired):
        dismiss_hunch(hunch=hunch, by=by, at=NOON, reason=" ")
    dismissed = dismiss_hunch(hunch=hunch, by=by, at=NOON, reason="Краны в подвале, слесарь на месте")
    assert dismissed.until == NOON + QUIET
    assert read_hunches(NOON) == []
    calls("22", "24", "26")
    assert [(one.street, one.house) for one in read_hunches(NOON)] == [("ул. Кирова", "")]


@pytest.mark.parametrize(("kind", "count"), [(Kind.NEIGHBOUR, 1), (Kind.REPEAT, 0), (Kind.NEWS, 0)])
@pytest.mark.parametrize("opened_ago", [5, 90])
def test_neighbours_added_to_a_ticket_have_rung_as_well(kind: Kind, count: int, opened_ago: int) -> None:
    (number,) = calls("20", ago=opened_ago)
    for neighbour in range(3):
        add_to_ticket(
            ticket=Ticket.objects.get(number=number), contact=Contact(phone=f"+7930{neighbour:07}", received_at=NOON),
            kind=kind, operator=UserFactory.create(), at=NOON, note="Тоже нет воды",
        )  # fmt: skip
    found = read_hunches(NOON)
    assert [hunch.house for hunch in found] == ["20"] * count
    assert [hunch.callers for hunch in found] == [3 + (opened_ago == 5)] * count


@pytest.mark.parametrize(("houses", "queries"), [(("20", "22"), 3), (("20", "20", "20", "22"), 4)])
def test_the_question_costs_a_few_queries(  # type: ignore[no-untyped-def]
    django_assert_num_queries, houses: tuple[str, ...], queries: int
) -> None:
    calls(*houses)
    with django_assert_num_queries(queries):
        read_hunches(NOON)


def test_every_screen_of_the_centre_is_told_how_many_there_are() -> None:
    cache.clear()
    assert "похоже на отключение" not in draw_parts(read_queue(at=NOON, decides=False), board.Kind.OPERATOR)["line"]
    numbers = calls("20", "20", "20")
    cache.clear()
    assert "похоже на отключение: 1" in draw_parts(read_queue(at=NOON, decides=False), board.Kind.OPERATOR)["line"]

    hunch = hunch_with(numbers[0], at=NOON)
    assert hunch is not None
    dismiss_hunch(hunch=hunch, by=UserFactory.create(), at=NOON, reason="Проверили")
    assert "похоже на отключение" not in draw_parts(read_queue(at=NOON, decides=False), board.Kind.OPERATOR)["line"]


def test_whoever_takes_the_third_call_is_told_before_the_next_one(client: Client) -> None:
    at = clock.now()
    numbers = [make_ticket(code="W05", at=at, phone=f"+7910{number:07}").number for number in range(3)]
    client.force_login(UserFactory.create(role=Role.OPERATOR))
    page = client.get(reverse("desk:registered", kwargs={"number": numbers[2]})).content.decode()
    assert "Похоже на отключение" in page
    assert f"{reverse('desk:outage_new')}?like={numbers[0]}" in page


# ── Which houses ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def town() -> Locality:
    town: Locality = LocalityFactory.create()
    for house in ("1", "2", "3", "4", "10", "10а", "12/1", "41"):
        BuildingFactory.create(locality=town, street="ул. Кирова", house=house)
    for street in ("ул. Кирова Большая", "1-й Академический проезд", "пл. Мира"):
        for house in ("1", "2"):
            BuildingFactory.create(locality=town, street=street, house=house)
    return town


@pytest.mark.parametrize(
    ("line", "houses"),
    [
        ("ул. Кирова 1–4", ["1", "2", "3", "4"]),
        ("Кирова 1 - 40 чётные", ["2", "4", "10", "10а", "12/1"]),
        ("улица кирова, 1-40 нечет", ["1", "3"]),
        ("кирова ул. 10а, 12/1; 41", ["10а", "12/1", "41"]),
        ("Кирова 2, 10–12", ["2", "10", "10а", "12/1"]),
        ("Кирова большая", ["1", "2"]),
        ("Академический проезд 1-й 2", ["2"]),
        ("мира все", ["1", "2"]),
    ],
)
def test_a_line_names_houses_of_a_street(town: Locality, line: str, houses: list[str]) -> None:
    found = houses_of_lines(line, locality=town)
    assert ([house for _street, here in found.by_street for house in here], found.unknown) == (houses, [])


def test_what_the_register_does_not_know_is_said(town: Locality) -> None:
    found = houses_of_lines("Кирова 2, 99\nНекрасова 1–5\n\nКирова 2", locality=town)
    assert [house.house for house in found.buildings] == ["2"]
    assert found.unknown == ["ул. Кирова, 99: нет в реестре", "«Некрасова 1–5»: такой улицы в реестре нет"]


def test_houses_by_whose_management_they_are(town: Locality) -> None:
    company: Company = CompanyFactory.create()
    mine = BuildingFactory.create(locality=town, street="ул. Мира", house="5")
    answers_for(company, building=mine)
    answers_for(company, building=BuildingFactory.create(), service="hot_water")
    given = {"day": NOON.date(), "company": company}
    assert houses_of_filter(**given).buildings == [mine]  # type: ignore[arg-type]
    assert houses_of_filter(**given, street="ул. Кирова").buildings == []  # type: ignore[arg-type]
    assert houses_of_filter(day=NOON.date(), street="ул. Мира").buildings == []
    assert len(houses_of_filter(day=NOON.date(), locality=town, street="пл. Мира").buildings) == 2


def test_a_number_that_no_text_of_the_database_holds_is_of_no_suggestion() -> None:
    assert hunch_with("26-000001\0", at=NOON) is None
