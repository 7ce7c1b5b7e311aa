"""The list of tickets: one box for every question, filters, pages, views, columns, and the same as a file."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from callbacks.models import Contact
from companies.models import Company
from tickets.models import Ticket
from tickets.services import Address, move_ticket, register_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    category,
    make_ticket,
    signed_in,
)

pytestmark = pytest.mark.django_db

NUMBER = re.compile(r'href="/desk/tickets/(\d\d-\d{6})/"')


@pytest.fixture
def operator() -> User:
    return UserFactory.create()


@pytest.fixture
def client(operator: User, at: Any) -> Client:
    return signed_in(operator)


def listed(client: Client, **chosen: Any) -> str:
    return str(client.get(reverse("desk:tickets"), chosen).content.decode())


def numbers(shown: str) -> list[str]:
    """The tickets of the list, in its order."""
    return list(dict.fromkeys(NUMBER.findall(shown)))


def found(client: Client, text: str, **chosen: Any) -> list[str]:
    """What the search shows after its redirect, whose address tells nothing."""
    url = reverse("desk:tickets")
    answer = client.post(f"{url}?{'&'.join(f'{name}={value}' for name, value in chosen.items())}", {"text": text})
    assert answer.status_code == 302, answer.content.decode()
    assert not any(part in answer["Location"] for part in text.split() if len(part) > 3)
    return numbers(client.get(answer["Location"]).content.decode())


def elsewhere(**given: Any) -> Ticket:
    """A ticket that none of the searches of this module means."""
    place = Address(locality="г. Обнинск", street="пр. Маркса", house="1")
    return make_ticket(**{"phone": "+79109999999", "code": "L02", "text": "Стоит лифт", "address": place, **given})


def of_caller(name: str, **given: Any) -> Ticket:
    contact = Contact(received_at=NOON, phone="+79105553311", caller_name=name, **given)
    return register_ticket(
        contact=contact, category=category("W01"), address=Address(building=BuildingFactory.create()), text="Сухо",
        operator=UserFactory.create(), intake_key=uuid4(), at=NOON,
    )  # fmt: skip


# ── One box ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_number_leads_straight_to_its_card(client: Client) -> None:
    ticket = make_ticket()
    answer = client.post(reverse("desk:tickets"), {"text": f" № {ticket.number} "})
    assert answer["Location"] == reverse("desk:card", kwargs={"number": ticket.number})


def test_the_last_digits_of_a_number_find_it(client: Client) -> None:
    ticket, _other = make_ticket(phone="+79101111111"), elsewhere()
    assert found(client, ticket.number[-4:]) == [ticket.number]
    assert found(client, ticket.number[3:]) == [ticket.number]


@pytest.mark.parametrize(
    "text",
    [
        "8 910 123-45-67", "+7 (910) 123-45-67", "7 910 1234567", "9101234567", "+79101234567", "8910 123 45 67 доб. 5",
        "45-67", "1234567", "123-45-67", "4567",
    ],
)  # fmt: skip
def test_a_phone_is_found_in_any_spelling_and_by_its_end(client: Client, text: str) -> None:
    ticket, _other = make_ticket(phone="+79101234567"), elsewhere()
    assert found(client, text) == [ticket.number]


def test_six_local_digits_are_a_phone_of_the_town(client: Client) -> None:
    ticket, _other = make_ticket(phone="+74842565602"), elsewhere()
    assert found(client, "56-56-02") == [ticket.number]


def test_second_phone_and_the_phone_on_site_find_too(client: Client) -> None:
    second = of_caller("Орлова", second_phone="+79107770001")
    on_site = make_ticket(phone="+79101111111", site_phone="+79107770002")
    elsewhere()
    assert found(client, "7770001") == [second.number]
    assert found(client, "8 910 777-00-02") == [on_site.number]


@pytest.mark.parametrize("text", ["течёт труба", "трубы текут", "труба в подвалах", "ТРУБАМИ"])
def test_words_are_found_in_every_form(client: Client, text: str) -> None:
    ticket, _other = make_ticket(text="Течет труба в подвале: затекло, текут и трубы рядом"), elsewhere()
    assert found(client, text) == [ticket.number]


@pytest.mark.parametrize("text", ["Соловьёва", "соловьева мария", "Соловьёвой"])
def test_a_name_is_found_in_its_cases(client: Client, text: str) -> None:
    ticket, _other = of_caller("Соловьёва Мария Петровна"), elsewhere()
    assert found(client, text) == [ticket.number]


def test_whom_somebody_rang_for_is_a_name_as_well(client: Client) -> None:
    ticket, _other = of_caller("Дочь", for_whom="Королёва Анна"), elsewhere()
    assert found(client, "королёва") == [ticket.number]


def test_a_house_that_is_meant_surely_narrows_to_it(client: Client) -> None:
    street = "ул. Достоевского"
    house, next_door = (BuildingFactory.create(street=street, house=number) for number in ("20", "22"))
    here = make_ticket(address=Address(building=house, flat="15"))
    make_ticket(address=Address(building=next_door), text="Около дома 20 по улице Достоевского темно")

    assert here.number in found(client, "достоевского 20")
    assert found(client, "достоевского 20 кв 15") == [here.number]


def test_the_row_says_why_it_was_found(client: Client) -> None:
    make_ticket(phone="+79101234567")
    answer = client.post(reverse("desk:tickets"), {"text": "4567"})
    assert "нашлось: телефон" in " ".join(client.get(answer["Location"]).content.decode().split())


@pytest.mark.parametrize("text", ["12", "7", "(", "№"])
def test_a_question_that_is_too_short_is_a_sentence(client: Client, text: str) -> None:
    answer = client.post(reverse("desk:tickets"), {"text": text})
    assert answer.status_code in (200, 302)
    if text != "№":
        assert "Нужно хотя бы три цифры" in answer.content.decode()


@pytest.mark.parametrize("text", ["%%", "\x00", "'; --", '"', "и на в", "+7" + "9" * 60, "99-999999", "!!! & |"])
def test_a_wrong_question_is_never_a_crash(client: Client, text: str) -> None:
    answer = client.post(reverse("desk:tickets"), {"text": text}, follow=True)
    assert answer.status_code == 200


def test_the_text_is_in_no_address_and_is_forgotten_after_an_hour(client: Client, at: Any) -> None:
    make_ticket()
    answer = client.post(reverse("desk:tickets"), {"text": "Иванова"})
    shown = client.get(answer["Location"]).content.decode()
    assert not re.search(r'(href|action|hx-get)="[^"]*(Иванова|%D0)', shown)

    at(NOON + timedelta(hours=2))
    assert "Наберите его ещё раз" in client.get(answer["Location"]).content.decode()


def test_an_empty_search_shows_the_list_again(client: Client) -> None:
    answer = client.post(reverse("desk:tickets") + "?mine=on&q=old", {"text": ""})
    assert answer["Location"] == reverse("desk:tickets") + "?mine=on"


def test_a_search_looks_through_closed_ones_too(client: Client) -> None:
    ticket = cancelled()
    assert found(client, "подъезд") == [ticket.number]


def cancelled() -> Ticket:
    ticket = make_ticket(phone="")
    move_ticket(
        ticket=ticket, step="cancel", actor=UserFactory.create(), at=NOON + MINUTE, reason="mistake", note="Не туда"
    )
    return ticket


# ── Filters ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_list_shows_what_is_open_and_all_when_asked(client: Client) -> None:
    dropped, live = cancelled(), make_ticket()

    assert numbers(listed(client)) == [live.number]
    assert set(numbers(listed(client, status="all"))) == {dropped.number, live.number}
    assert numbers(listed(client, status="cancelled")) == [dropped.number]
    assert set(numbers(listed(client, status=["cancelled", "registered"]))) == {dropped.number, live.number}


def _narrowed(operator: User) -> tuple[Ticket, dict[str, dict[str, Any]]]:
    """A ticket, and every choice that leaves it alone of two."""
    company: Company = CompanyFactory.create()
    ticket = make_ticket(company=company, code="G01", operator=operator)
    Ticket.objects.filter(pk=ticket.pk).update(repeats=1)
    return ticket, {
        "company": {"company": company.pk}, "group": {"about": ticket.category.group}, "code": {"about": "G01"},
        "danger": {"kind": "danger"}, "mine": {"mine": "on"}, "repeated": {"repeated": "on"},
        "address": {"address": f"{ticket.street} {ticket.house}"},
    }  # fmt: skip


@pytest.mark.parametrize("name", ["company", "group", "code", "danger", "mine", "repeated", "address"])
def test_the_list_is_narrowed(client: Client, operator: User, name: str) -> None:
    ticket, choices = _narrowed(operator)
    other = elsewhere()

    assert set(numbers(listed(client))) == {ticket.number, other.number}
    assert numbers(listed(client, **choices[name])) == [ticket.number]


def test_without_an_organisation(client: Client) -> None:
    lonely, _given = make_ticket(), make_ticket(company=CompanyFactory.create())
    assert numbers(listed(client, nobody="on")) == [lonely.number]


def test_the_list_of_a_day(client: Client) -> None:
    ticket = make_ticket()
    assert ticket.number in listed(client, since="2026-02-02", until="2026-02-02")
    assert ticket.number not in listed(client, since="2026-02-03")
    assert ticket.number not in listed(client, until="2026-02-01")


def test_the_list_of_broken_terms_and_of_those_that_break_soon(at: Any, client: Client) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert ticket.number not in listed(client, overdue="on")
    assert ticket.number in listed(client, within="1")
    at(NOON + 9 * MINUTE)
    assert ticket.number in listed(client, overdue="on")


def test_the_most_urgent_first(client: Client) -> None:
    company = CompanyFactory.create()
    urgent = make_ticket(company=company, at=NOON - 20 * MINUTE)
    calm = make_ticket(company=company)
    assert numbers(listed(client)) == [calm.number, urgent.number]
    assert numbers(listed(client, order="due")) == [urgent.number, calm.number]


def test_what_narrows_stands_above_the_list_and_can_be_taken_off(client: Client) -> None:
    shown = listed(client, mine="on", status=["assigned", "accepted"])
    chips = re.findall(r'<a class="chip" href="([^"]*)"[^>]*>([^<]*)', shown)
    assert [(label, address.replace("&amp;", "&").partition("?")[2]) for address, label in chips] == [
        ("передана", "status=accepted&mine=on"),
        ("принята", "status=assigned&mine=on"),
        ("Принял я", "status=assigned&status=accepted"),
    ]
    assert "незакрытые" in listed(client)


@pytest.mark.parametrize("chosen", [
    {"page": "0"}, {"page": "-5"}, {"page": "x"}, {"after": "x"}, {"after": "9" * 30 + "-1"}, {"before": "-"},
    {"company": "x"}, {"status": "?"}, {"since": "вчера"}, {"within": "1000"}, {"q": "nothing"}, {"order": "x"},
    {"address": "\x00"}, {"about": "ж"}, {"after": "٣-٣"},
])  # fmt: skip
def test_a_wrong_choice_is_never_a_crash(client: Client, chosen: dict[str, str]) -> None:
    assert client.get(reverse("desk:tickets"), chosen).status_code == 200
    assert client.get(reverse("desk:count"), chosen).status_code == 200


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def many(count: int, **given: Any) -> list[str]:
    """Numbers of tickets as the list has them: many of one moment, as after a storm."""
    address = Address(building=BuildingFactory.create())
    made = [make_ticket(address=address, at=NOON - MINUTE * (turn // 30), **given) for turn in range(count)]
    return [ticket.number for ticket in sorted(made, key=lambda one: (one.registered_at, one.pk), reverse=True)]


def leaf(shown: str, rel: str) -> str:
    link = re.search(rf'rel="{rel}" href="([^"]+)"', shown)
    assert link, f"no {rel}"
    return link.group(1).replace("&amp;", "&")


def test_pages_lead_on_and_back_and_lose_nothing(client: Client) -> None:
    every = many(120)
    pages = [listed(client)]
    while 'rel="next"' in pages[-1]:
        pages.append(client.get(leaf(pages[-1], "next")).content.decode())

    assert [number for shown in pages for number in numbers(shown)] == every
    back = client.get(leaf(pages[2], "prev")).content.decode()
    assert numbers(back) == every[50:100]
    first = client.get(leaf(back, "prev")).content.decode()
    assert numbers(first) == every[:50]
    assert 'rel="prev"' not in first


def test_what_was_found_is_leafed_through_as_well(client: Client) -> None:
    every = many(60, phone="+79101234567")
    answer = client.post(reverse("desk:tickets"), {"text": "8 910 1234567"})
    first = client.get(answer["Location"]).content.decode()
    second = client.get(leaf(first, "next")).content.decode()
    assert numbers(first) + numbers(second) == every


def test_a_page_asks_little_and_never_counts(client: Client, django_assert_max_num_queries: Any) -> None:
    many(52)
    # Session and person, the places, the rows, the views.
    with django_assert_max_num_queries(5) as queries:
        listed(client)
    assert not any("COUNT(*)" in query["sql"] for query in queries.captured_queries)


def test_a_search_asks_little(client: Client, django_assert_max_num_queries: Any) -> None:
    many(52)
    answer = client.post(reverse("desk:tickets"), {"text": "подъезд"})
    with django_assert_max_num_queries(10):
        client.get(answer["Location"])


def test_all_are_counted_beside_the_list(client: Client) -> None:
    many(53)
    assert "всего 53" in client.get(reverse("desk:count")).content.decode()
