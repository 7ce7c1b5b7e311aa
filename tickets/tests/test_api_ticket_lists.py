"""Lists of tickets over the API, by phone, and one ticket."""

import base64
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import clock, pagination
from accounts.models import Role
from callbacks.services import start_attempt
from companies.models import Company
from tickets.models import Ticket
from tickets.services import Address, finish_ring_back, move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    client_of,
    make_ticket,
    member_of,
)

from .test_api_tickets import PHONE, TICKETS

pytestmark = pytest.mark.django_db


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────
def numbers(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(f"{TICKETS}{query}")
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_the_list_is_read_page_by_page_there_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "PAGE", 10)
    operator, building = UserFactory.create(), BuildingFactory.create()
    made = [
        make_ticket(at=NOON + (index // 3) * MINUTE, operator=operator, address=Address(building=building)).number
        for index in range(25)
    ][::-1]
    client = client_of(operator)

    pages, url = [], TICKETS
    while url:
        page = client.get(url).json()
        pages.append([row["number"] for row in page["results"]])
        last, url = page, page["next"]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [number for page in pages for number in page] == made
    middle = client.get(last["previous"]).json()
    assert [row["number"] for row in middle["results"]] == pages[1]
    first = client.get(middle["previous"]).json()
    assert [row["number"] for row in first["results"]] == pages[0]
    assert first["previous"] is None
    assert client.get(first["next"]).json()["results"] == middle["results"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "bnVsbA", "WyJuIl0", "WyJuIiwieCIsInkiXQ", "WyJuIixudWxsLG51bGxd", "W1tbW1tb", "9" * 600, "é"],
)
def test_a_wrong_cursor_is_a_sentence(cursor: str) -> None:
    answer = client_of().get(f"{TICKETS}?cursor={cursor}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


@pytest.mark.parametrize(
    "moment",
    ["2026-05-22T00:42:24+21:43", "0001-01-01T00:00:00+14:00", "2026-05-22T00:42:24", "2026-05-22", 17, True, [], {}],
)
@pytest.mark.parametrize("number", [1, 10**30, -1, "x", 1.5])
def test_a_forged_cursor_is_never_a_crash(moment: Any, number: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["n", moment, number]).encode()).decode()
    assert client_of().get(f"{TICKETS}?cursor={cursor}").status_code in (200, 400)


def test_filters_narrow_the_list() -> None:
    company = CompanyFactory.create()
    old = make_ticket(company=company)
    at = clock.now()
    new = make_ticket(at=at, code="P01", text="Пахнет газом на лестнице")
    client = client_of()

    assert numbers(client) == [new.number, old.number]
    assert numbers(client, "?status=assigned") == [old.number]
    assert numbers(client, "?status=assigned&status=registered") == [new.number, old.number]
    assert numbers(client, f"?company={company.pk}") == [old.number]
    assert numbers(client, "?category=P01") == [new.number]
    assert numbers(client, f"?building={new.building_id}") == [new.number]
    assert numbers(client, "?overdue=true") == [old.number]
    assert numbers(client, "?overdue=false") == [new.number]
    assert numbers(client, "?due_before=2026-02-02T13:00:00%2B03:00") == [old.number]
    assert numbers(client, "?registered_after=2026-02-02T13:00:00%2B03:00") == [new.number]
    assert numbers(client, "?q=газ") == [new.number]
    assert numbers(client, f"?q={old.number}") == [old.number]


@pytest.mark.parametrize(
    "query",
    [
        "?status=unknown", "?company=x", "?company=99999999999999999999999", "?company=-1", "?overdue=perhaps",
        "?due_before=soon", "?due_before=0001-01-01T00:00:00%2B14:00", "?registered_after=9999-12-31T23:59:59-14:00",
        "?registered_after=2026-05-22T00:42:24%2B21:43", "?due_before=0728-05-22T00:42:24Z",
        "?q=%00", "?category=%00", "?building=1e400", "?building=NaN", "?q=" + "я" * 201, "?q=\ud800",
    ],
)  # fmt: skip
def test_a_wrong_filter_is_never_a_crash(query: str) -> None:
    answer = client_of().get(TICKETS + query.encode("utf-8", "replace").decode())
    assert answer.status_code in (200, 400), answer.content


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_however_long(rows: int, django_assert_max_num_queries: Any) -> None:
    company = CompanyFactory.create()
    for _row in range(rows):
        make_ticket(company=company)
    client = client_of()
    client.get(TICKETS)  # notes the use of the token
    with django_assert_max_num_queries(2):
        assert len(numbers(client)) == rows
    with django_assert_max_num_queries(3):
        assert len(numbers(client, "?q=свет&overdue=true&due_before=2026-02-02T13:00:00%2B03:00")) == rows


def test_an_organisation_lists_its_own_without_phones_and_names() -> None:
    company = CompanyFactory.create()
    own = make_ticket(company=company)
    make_ticket(company=CompanyFactory.create())
    make_ticket()

    [row] = client_of(member_of(company)).get(TICKETS).json()["results"]
    assert row["number"] == own.number
    assert not {"phone", "extension", "caller_name"} & set(row)
    assert PHONE not in str(row)
    [seen] = client_of().get(f"{TICKETS}?company={company.pk}").json()["results"]
    assert (seen["phone"], seen["caller_name"]) == (PHONE, "Иванова М. П.")


def test_a_foreman_lists_what_he_was_given() -> None:
    company = CompanyFactory.create()
    foreman = member_of(company, role=Role.FOREMAN)
    make_ticket(company=company)
    given = make_ticket(company=company)
    Ticket.objects.filter(pk=given.pk).update(foreman=foreman)
    assert numbers(client_of(foreman)) == [given.number]


# ── By phone ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_search_by_phone_takes_any_spelling() -> None:
    wanted = make_ticket()
    make_ticket(phone="+79109999999")
    answer = client_of().post(f"{TICKETS}search/", {"phone": "8 (910) 123-45-67"}, format="json")
    assert [row["number"] for row in answer.json()] == [wanted.number]


def test_search_by_phone_is_for_the_centre() -> None:
    client = client_of(member_of(CompanyFactory.create()))
    assert client.post(f"{TICKETS}search/", {"phone": PHONE}, format="json").status_code == 403


def test_search_by_phone_says_what_is_wrong() -> None:
    answer = client_of().post(f"{TICKETS}search/", {"phone": "02"}, format="json")
    assert list(answer.json()["errors"]) == ["phone"]


# ── One ticket ───────────────────────────────────────────────────────────────────────────────────────────────────
def with_history(company: Company) -> Ticket:
    ticket = make_ticket(company=company)
    attempt = start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=NOON + MINUTE)
    finish_ring_back(
        attempt=attempt, outcome="reached", operator=ticket.registered_by, at=NOON + 2 * MINUTE, note=f"Ждёт, {PHONE}"
    )
    return ticket


def test_the_card_holds_history_clocks_and_calls() -> None:
    ticket = with_history(CompanyFactory.create())
    card = client_of().get(f"{TICKETS}{ticket.number}/").json()
    assert [line["step"] for line in card["history"]] == ["register", "assign"]
    assert {clock["clock"] for clock in card["deadlines"]} >= {"acceptance"}
    assert card["attempts"][0]["outcome"] == "reached"
    assert (card["phone"], card["callback"]["state"]) == (PHONE, "kept")


def test_an_organisation_reads_its_ticket_without_the_citizen() -> None:
    company = CompanyFactory.create()
    ticket = with_history(company)
    for actor, note in (
        (ticket.registered_by, "сын просил не звонить"),
        (member_of(company), "звонил 8 910 123-45-67"),
    ):
        move_ticket(ticket=ticket, step="comment", actor=actor, at=NOON + 3 * MINUTE, note=note)
    Ticket.objects.filter(pk=ticket.pk).update(text="Темно, звоните 8 (910) 123-45-67")
    client = client_of(member_of(company))
    card = client.get(f"{TICKETS}{ticket.number}/").json()
    assert "123-45-67" not in str(card)
    assert "123-45-67" not in str(client.get(TICKETS).json())
    assert "сын" not in str(card)
    assert [line["step"] for line in card["history"]] == ["register", "assign", "comment"]
    assert card["attempts"][0]["outcome"] == "reached"
    assert not {"phone", "extension", "caller_name"} & set(card)
    assert PHONE not in str(card)
    assert "Иванова" not in str(card)


def test_an_organisation_does_not_read_what_another_one_did() -> None:
    former, present = CompanyFactory.create(), CompanyFactory.create()
    ticket = make_ticket(company=former)
    move_ticket(
        ticket=ticket, step="reject", actor=member_of(former), at=NOON + MINUTE, reason="other", note="спор с соседями"
    )
    move_ticket(ticket=ticket, step="assign", actor=ticket.registered_by, at=NOON + 2 * MINUTE, company=present)
    card = client_of(member_of(present)).get(f"{TICKETS}{ticket.number}/").json()
    assert [line["step"] for line in card["history"]] == ["register", "assign"]
    assert "спор" not in str(card)


@pytest.mark.parametrize("path", ["", "steps/"])
def test_a_foreign_ticket_is_as_missing_as_one_that_never_was(path: str) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    client = client_of(member_of(CompanyFactory.create()))
    foreign, never = client.get(f"{TICKETS}{ticket.number}/{path}"), client.get(f"{TICKETS}26-000000/{path}")
    assert (foreign.status_code, never.status_code) == (404, 404)
    assert foreign.json() == never.json()


def test_the_card_costs_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    ticket = with_history(CompanyFactory.create())
    client = client_of()
    client.get(TICKETS)
    with django_assert_max_num_queries(7):
        assert client.get(f"{TICKETS}{ticket.number}/").status_code == 200
