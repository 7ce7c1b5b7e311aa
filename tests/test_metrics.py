"""Who may read the figures: a collector on this machine, and an administrator."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken, Role
from tickets.tests.factories import UserFactory, make_ticket

pytestmark = pytest.mark.django_db

ELSEWHERE: Any = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize(
    ("meta", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": ""}, 404),
        (ELSEWHERE, 404),
        # A proxy on this machine speaks for strangers.
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.7"}, 404),
        (ELSEWHERE | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
    ],
)
def test_only_who_asks_from_this_machine_by_himself(client: Client, meta: dict[str, Any], status: int) -> None:
    assert client.get("/metrics", **meta).status_code == status


@pytest.mark.parametrize("role", Role.values)
def test_elsewhere_only_an_administrator(client: Client, role: str) -> None:
    user = UserFactory.create(role=role)
    expected = 200 if role == Role.ADMIN else 404
    _token, secret = ApiToken.issue(user=user, name="x")
    by_token = client.get("/metrics", **ELSEWHERE, HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.force_login(user)
    assert (by_token.status_code, client.get("/metrics", **ELSEWHERE).status_code) == (expected, expected)


def test_a_wrong_token_does_not_help_an_administrator_s_session(client: Client) -> None:
    client.force_login(UserFactory.create(role=Role.ADMIN))
    assert client.get("/metrics", **ELSEWHERE, HTTP_AUTHORIZATION="Bearer x").status_code == 404


def test_figures_hold_no_personal_data(client: Client) -> None:
    ticket = make_ticket()
    client.get(f"/api/v1/tickets/{ticket.number}/")
    told = client.get("/metrics").content.decode()
    assert "django_http_requests_total" in told
    assert "+7910" not in told
    assert ticket.number not in told
