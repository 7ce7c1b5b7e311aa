"""Every error of the API is a problem: its shape, and that nothing strange becomes a crash."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from accounts import clock, problems
from tickets.models import Ticket
from tickets.tests.factories import UserFactory, client_of, make_ticket

pytestmark = pytest.mark.django_db

TICKETS = "/api/v1/tickets/"


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(told)
    assert (told["status"], told["code"]) == (status, code)
    return told


def test_nobody_is_told_to_sign_in_with_a_token() -> None:
    answer = APIClient().get(TICKETS)
    check(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_not_found_is_russian_for_people_and_english_for_programs() -> None:
    told = check(client_of().get(f"{TICKETS}26-000000/"), 404, "not_found")
    assert told["title"] == "Не найдено"


@pytest.mark.parametrize(
    "path",
    [
        "tickets/abc/",
        "tickets",
        "nothing/",
        "",
        "tickets/26-000001%00/",
        "tickets/%0A/steps/",
        "callbacks/1e5/attempts/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
def test_an_address_that_does_not_exist_is_a_problem_too(path: str, method: str) -> None:
    check(getattr(client_of(), method)(f"/api/v1/{path}"), 404, "not_found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_a_wrong_method(method: str) -> None:
    answer = getattr(client_of(), method)(TICKETS)
    check(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, POST, HEAD"


def test_a_form_is_not_json() -> None:
    check(client_of().post(TICKETS, {"text": "x"}), 415, "unsupported_media_type")


def test_an_answer_in_another_form_is_not_made() -> None:
    check(client_of().get(TICKETS, HTTP_ACCEPT="text/html"), 406, "not_acceptable")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[1,2", b"nonsense", b"\xff\xfe", b"\x00", b'{"text": "\\ud800"}', b'{"\\udfff": 1}',
        b'{"phone": NaN}', b'{"building": 1e999}', b'{"building": -Infinity}', b'{"building": ' + b"9" * 5000 + b"}",
        b"[" * 100_000, b'{"a":' * 20_000, b'"' + b"a" * 1000 + b'"', b"null", b"[]", b"17", b"true", b"[[]]",
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
@pytest.mark.parametrize("path", ["tickets/", "tickets/search/", "tickets/NUMBER/steps/comment/"])
def test_whatever_the_body_is_the_answer_is_a_sentence(path: str, body: bytes) -> None:
    number = make_ticket().number
    url = f"/api/v1/{path.replace('NUMBER', number)}"
    answer = client_of().post(url, body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Ticket.objects.count() == 1


def test_a_body_of_a_megabyte_is_too_large() -> None:
    body = json.dumps({"text": "я" * 1_000_000})
    check(client_of().post(TICKETS, body, content_type="application/json"), 413, "too_large")


@pytest.mark.parametrize("wait", [None, 1.5])
def test_too_often(monkeypatch: pytest.MonkeyPatch, wait: float | None) -> None:
    def throttled() -> None:
        raise Throttled(wait=wait)

    monkeypatch.setattr(clock, "now", throttled)
    answer = client_of().post("/api/v1/callbacks/next/")
    check(answer, 429, "throttled")
    assert answer.get("Retry-After") == ("2" if wait else None)


def test_a_database_that_is_away_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("server closed the connection; password was hunter2")

    monkeypatch.setattr(clock, "now", away)
    answer = client_of().post("/api/v1/callbacks/next/")
    check(answer, 503, "database_away")
    assert "hunter2" not in answer.content.decode()


def test_a_bug_travels_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        client_of().post("/api/v1/callbacks/next/")


def test_nested_errors_are_flat() -> None:
    told = dict(problems._fields({"a": {"b": ["x"], "c": [{"d": ["y"]}, {}]}, "e": ["z"]}))
    assert told == {"a.b": ["x"], "a.c.0.d": ["y"], "e": ["z"]}


def test_a_page_of_ours_asks_by_session_and_writes_with_the_csrf_key() -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(UserFactory.create())
    assert client.get(TICKETS).status_code == 200
    told = {"phone": "", "no_phone_reason": "hidden", "category": "P03", "text": "Темно", "address": {"street": "К"}}
    check(client.post(TICKETS, told, format="json"), 403, "csrf_failed")

    key = "a" * 32
    client.cookies["csrftoken"] = key
    told["address"] = {"street": "К", "house": "1"}
    assert client.post(TICKETS, told, format="json", HTTP_X_CSRFTOKEN=key).status_code == 201
