"""The health check: ready means that promises are being watched."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts import clock
from callbacks.services import beat

pytestmark = pytest.mark.django_db


def ask(client: Client) -> tuple[int, dict[str, object]]:
    answer = client.get(reverse("healthz"))
    return answer.status_code, answer.json()


@pytest.mark.parametrize("keeper", ["sweep", "keeper"])
def test_it_is_well_while_any_sweep_turns(client: Client, keeper: str) -> None:
    beat(name=keeper, at=clock.now() - timedelta(seconds=14))
    status, body = ask(client)
    assert (status, body["status"]) == (200, "ok")


def test_the_younger_heartbeat_counts(client: Client) -> None:
    beat(name="sweep", at=clock.now() - timedelta(hours=1))
    beat(name="keeper", at=clock.now())
    assert ask(client)[0] == 200


def test_a_sweep_that_stopped_is_unwell(client: Client) -> None:
    beat(name="sweep", at=clock.now() - timedelta(seconds=16))
    status, body = ask(client)
    assert (status, body["reason"]) == (503, "sweep_stopped")


def test_a_sweep_that_never_ran_is_unwell(client: Client) -> None:
    beat(name="outbox", at=clock.now())
    assert ask(client) == (503, {"status": "unwell", "reason": "sweep_never_ran"})


def test_a_database_that_is_away_is_unwell_and_says_no_secrets(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("connection to server at db.internal failed for user dispatch_app")

    monkeypatch.setattr(clock, "now", away)
    assert ask(client) == (503, {"status": "unwell", "reason": "database_away"})


def test_it_is_cheap_and_never_cached(client: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    beat(name="sweep", at=clock.now())
    with django_assert_max_num_queries(2):
        answer = client.get(reverse("healthz"))
    assert "no-store" in answer["Cache-Control"]
