"""Steps of the work and callbacks through the API."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import clock, pagination
from accounts.models import Role
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.services import claim, start_attempt
from tickets.models import Ticket, TicketEvent
from tickets.services import finish_ring_back, move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    client_of,
    make_promise,
    make_ticket,
    member_of,
)

pytestmark = pytest.mark.django_db

CALLBACKS = "/api/v1/callbacks/"
State = CallbackObligation.State


def take(client: APIClient, ticket: Ticket, step: str, key: str = "", **given: Any) -> Any:
    headers: Any = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(f"/api/v1/tickets/{ticket.number}/steps/{step}/", given, format="json", **headers)


def steps(client: APIClient, ticket: Ticket) -> dict[str, Any]:
    answer = client.get(f"/api/v1/tickets/{ticket.number}/steps/")
    assert answer.status_code == 200
    return {step["step"]: step for step in answer.json()}


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_caller_is_shown_his_steps_and_what_they_need() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    of_company, of_centre = steps(client_of(member_of(company)), ticket), steps(client_of(), ticket)

    assert list(of_company) == ["accept", "reject", "start", "comment"]
    assert of_company["reject"]["needs"] == ["reason"]
    assert "not_ours" in [reason["code"] for reason in of_company["reject"]["reasons"]]
    assert "accept_by_phone" in of_centre
    assert "accept" not in of_centre
    assert steps(client_of(role=Role.HEAD), ticket) == {}


def test_a_step_moves_the_ticket_and_leaves_a_line() -> None:
    company = CompanyFactory.create()
    ticket, dispatcher = make_ticket(company=company), member_of(company)
    planned_at = (clock.now() + timedelta(hours=3)).isoformat()
    answer = take(client_of(dispatcher), ticket, "accept", planned_at=planned_at, note="Едем")

    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    line = TicketEvent.objects.get(ticket=ticket, step="accept")
    assert (line.actor, line.note) == (dispatcher, "Едем")


def test_the_second_of_two_is_told_step_refused() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    client = client_of(member_of(company))
    take(client, ticket, "accept")
    answer = take(client, ticket, "accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "step_refused")
    assert TicketEvent.objects.filter(step="accept").count() == 1


def test_what_the_database_refuses_is_named_by_its_rule() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    answer = take(client_of(), ticket, "cancel", reason="withdrawn", note="отозвал")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["rule"]) == (409, "rule_broken", "ticket_closing_owes_nothing")


@pytest.mark.parametrize(
    ("step", "given", "field"),
    [
        ("reject", {}, "reason"),
        ("reject", {"reason": "because"}, "reason"),
        ("reject", {"reason": "other"}, "note"),
        ("reject", {"reason": "not_ours", "works": "Сделали"}, "works"),
        ("accept", {"planned_at": "2020-01-01T00:00:00Z"}, "planned_at"),
        ("accept", {"planned_at": "9999-12-31T23:59:59Z"}, "planned_at"),
        ("accept", {"note": "я" * 8001}, "note"),
        ("comment", {"note": "   "}, "note"),
    ],
)
def test_what_a_step_lacks_is_told_by_field(step: str, given: dict[str, Any], field: str) -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    answer = take(client_of(member_of(company)), ticket, step, **given)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == [field]
    ticket.refresh_from_db()
    assert ticket.status == "assigned"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "company"),
        ({"company": 10**25}, "company"),
        ({"company": "x"}, "company"),
    ],
)
def test_handing_over_needs_an_organisation(given: dict[str, Any], field: str) -> None:
    answer = take(client_of(), make_ticket(), "assign", **given)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_an_operator_hands_over() -> None:
    company = CompanyFactory.create()
    answer = take(client_of(), make_ticket(), "assign", company=company.pk)
    assert answer.json()["company"] == {"id": company.pk, "name": company.name}


def test_a_duplicate_names_the_main_ticket_by_number() -> None:
    main, other = make_ticket(), make_ticket(phone="+79109999999")
    assert take(client_of(), other, "mark_duplicate", duplicate_of=main.number).json()["status"] == "duplicate"
    assert "duplicate_of" in take(client_of(), main, "mark_duplicate", duplicate_of="26-000000").json()["errors"]


def test_a_step_of_another_role_is_forbidden_and_an_unknown_one_missing() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    assert take(client_of(member_of(company)), ticket, "close").status_code == 403
    assert take(client_of(role=Role.HEAD), ticket, "comment", note="x").status_code == 403
    assert take(client_of(), ticket, "explode").status_code == 404


def test_a_step_on_a_foreign_ticket_is_a_404() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    assert take(client_of(member_of(CompanyFactory.create())), ticket, "accept").status_code == 404
    ticket.refresh_from_db()
    assert ticket.status == "assigned"


def test_a_repeated_comment_is_written_once() -> None:
    ticket, client = make_ticket(), client_of()
    first, again = (take(client, ticket, "comment", key="c1", note="Звонил сосед") for _turn in range(2))
    assert first.json() == again.json()
    assert TicketEvent.objects.filter(step="comment").count() == 1
    assert take(client, make_ticket(), "comment", key="c1", note="Звонил сосед").status_code == 409


# ── Callbacks ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_queue_shows_the_most_urgent_first_with_danger_above_all() -> None:
    later, sooner = make_promise(at=NOON + MINUTE), make_promise(phone="+79109999999")
    danger = make_ticket(at=NOON + 5 * MINUTE, code="G01").callback
    rows = client_of().get(CALLBACKS).json()["results"]
    assert [row["id"] for row in rows] == [danger.pk, sooner.pk, later.pk]
    assert rows[0]["ticket"] == danger.ticket.number
    assert rows[1]["ticket"] is None
    assert rows[1]["phone"] == "+79109999999"


def test_the_queue_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "PAGE", 10)
    made = [make_promise(at=NOON + index * MINUTE, phone=f"+7910123{index:04}") for index in range(15)]
    danger = make_promise(at=NOON + 90 * MINUTE, phone="+79109999999", is_danger=True)
    client = client_of()
    first = client.get(CALLBACKS).json()
    second = client.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == [danger.pk, *(row.pk for row in made)]
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_promises_that_are_over_are_asked_for_by_state() -> None:
    ticket = make_ticket(phone="")
    client = client_of()
    assert client.get(CALLBACKS).json()["results"] == []
    [row] = client.get(f"{CALLBACKS}?state=not_callable").json()["results"]
    assert row["ticket"] == ticket.number
    assert client.get(f"{CALLBACKS}?state=unknown").status_code == 400


def test_the_queue_costs_the_same_however_long(django_assert_max_num_queries: Any) -> None:
    for _row in range(10):
        make_ticket()
    client = client_of()
    client.get(CALLBACKS)
    with django_assert_max_num_queries(2):
        assert len(client.get(CALLBACKS).json()["results"]) == 10


def test_the_next_call_is_claimed_and_two_never_get_the_same() -> None:
    make_promise()
    first, second = client_of(), client_of()
    taken = first.post(f"{CALLBACKS}next/")
    assert (taken.status_code, taken.json()["state"]) == (200, "claimed")
    assert second.post(f"{CALLBACKS}next/").status_code == 204


def attempt(client: APIClient, promise: CallbackObligation, **told: Any) -> Any:
    return client.post(f"{CALLBACKS}{promise.pk}/attempts/", told, format="json")


def test_a_talk_keeps_the_promise() -> None:
    promise, operator = make_promise(), UserFactory.create()
    answer = attempt(client_of(operator), promise, outcome="reached", note="Всё сказали")
    assert answer.status_code == 201, answer.content
    assert answer.json()["callback"] == {
        "id": promise.pk, "reason": "first_answer", "due_at": answer.json()["callback"]["due_at"], "state": "kept",
    }  # fmt: skip
    made = CallAttempt.objects.get()
    assert (made.operator, made.note) == (operator, "Всё сказали")


def test_an_unanswered_call_comes_back_later() -> None:
    promise = make_promise(at=clock.now())
    answer = attempt(client_of(), promise, outcome="no_answer").json()
    assert answer["callback"]["state"] == "open"
    assert answer["next_attempt_at"] > answer["ended_at"]


def test_ring_again_opens_a_dated_promise() -> None:
    ticket = make_ticket()
    later = clock.now() + timedelta(hours=1)
    answer = attempt(
        client_of(), ticket.callback, outcome="reached", note="УК молчит", promised_at=later.isoformat()
    )  # fmt: skip
    assert answer.status_code == 201
    assert ticket.promises.get().obligation.due_at == later


def reported() -> CallbackObligation:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    first = start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=NOON + MINUTE)
    finish_ring_back(attempt=first, outcome="reached", operator=ticket.registered_by, at=NOON + MINUTE, note="Ждите")
    dispatcher = member_of(company)
    move_ticket(ticket=ticket, step="start", actor=dispatcher, at=NOON + 2 * MINUTE)
    done = move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 3 * MINUTE, works="Сделали")
    assert done.control_callback is not None
    return done.control_callback


@pytest.mark.parametrize(("confirmed", "status"), [(True, "closed"), (False, "returned")])
def test_a_control_call_closes_or_returns(confirmed: bool, status: str) -> None:
    control = reported()
    answer = attempt(client_of(), control, outcome="reached", note="Посмотрел", confirmed=confirmed)
    assert answer.status_code == 201, answer.content
    assert Ticket.objects.get().status == status


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "sang"}, "outcome"),
        ({"outcome": "reached"}, "note"),
        ({"outcome": "reached", "note": "Да"}, "confirmed"),
        ({"outcome": "reached", "note": "Да", "promised_at": "2020-01-01T00:00:00Z"}, "promised_at"),
    ],
)
def test_a_refused_attempt_leaves_no_half_made_call(told: dict[str, Any], field: str) -> None:
    control = reported()
    answer = attempt(client_of(), control, **told)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    control.refresh_from_db()
    assert control.state == State.OPEN
    assert not CallAttempt.objects.in_progress().exists()


def test_a_call_that_another_one_holds_or_made_is_refused() -> None:
    promise = make_promise()
    claim(obligation=promise, operator=UserFactory.create(), at=clock.now())
    answer = attempt(client_of(), promise, outcome="busy")
    assert (answer.status_code, answer.json()["code"]) == (409, "held_by_another")

    other = make_promise(phone="+79109999999")
    client = client_of()
    attempt(client, other, outcome="reached", note="Да")
    assert attempt(client, other, outcome="busy").json()["code"] == "already_settled"


def test_a_repeated_attempt_is_made_once() -> None:
    promise, client = make_promise(), client_of()
    told = {"outcome": "reached", "note": "Сказали"}
    url = f"{CALLBACKS}{promise.pk}/attempts/"
    first, again = (client.post(url, told, format="json", HTTP_IDEMPOTENCY_KEY="k") for _turn in range(2))
    assert first.json() == again.json()
    assert CallAttempt.objects.count() == 1


def test_a_call_is_given_back() -> None:
    promise, client = make_promise(), client_of()
    client.post(f"{CALLBACKS}next/")
    assert client.post(f"{CALLBACKS}{promise.pk}/release/").status_code == 204
    promise.refresh_from_db()
    assert promise.state == State.OPEN
    answer = client.post(f"{CALLBACKS}{promise.pk}/release/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_held")


@pytest.mark.parametrize("path", ["99999999/attempts/", "99999999999999999999999999/attempts/", "99999999/release/"])
def test_a_promise_that_is_not_there_is_a_404(path: str) -> None:
    answer = client_of().post(f"{CALLBACKS}{path}", {"outcome": "busy"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["next/", "1/attempts/", "1/release/"])
@pytest.mark.parametrize("role", [Role.HEAD, Role.ADMIN, Role.COMPANY, Role.FOREMAN])
def test_only_who_takes_calls_rings_back(role: Role, path: str) -> None:
    assert client_of(role=role).post(f"{CALLBACKS}{path}", {"outcome": "busy"}, format="json").status_code == 403


@pytest.mark.parametrize(("role", "status"), [(Role.HEAD, 200), (Role.ADMIN, 200), (Role.COMPANY, 403)])
def test_the_queue_is_for_the_centre(role: Role, status: int) -> None:
    assert client_of(role=role).get(CALLBACKS).status_code == status
