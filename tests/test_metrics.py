"""The figures: who may read them, and that they say what is in the database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from accounts import clock
from accounts.models import ApiToken, Role
from callbacks.models import Escalation
from callbacks.services import beat, sweep
from tickets.models import InvariantCheck
from tickets.tests.factories import MINUTE, NOON, UserFactory, break_promise, make_promise, make_ticket

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


# ── What they say ────────────────────────────────────────────────────────────────────────────────────────────────
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(client: Client) -> Figures:
    """Every sample of ours, as Prometheus itself would read it."""
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith("dispatch_")
        for sample in family.samples
    }


def one(figures: Figures, name: str, **labels: str) -> float:
    return figures[f"dispatch_{name}", frozenset(labels.items())]


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Twenty past twelve of a fixed day."""
    at = NOON + 20 * MINUTE
    monkeypatch.setattr(clock, "now", lambda: at)
    return at


def test_every_figure_has_a_unit_or_counts_and_says_what_it_is(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    ours = [family for family in text_string_to_metric_families(text) if family.name.startswith("dispatch_")]
    assert len(ours) >= 10
    assert all(family.documentation.endswith(".") for family in ours)
    lengths = {family.name for family in ours if {"age", "lateness"} & set(family.name.split("_"))}
    assert lengths == {
        "dispatch_heartbeat_age_seconds", "dispatch_outbox_age_seconds", "dispatch_rung_lateness_seconds",
    }  # fmt: skip


def test_clocks_and_promises_are_counted_by_kind(client: Client, at_noon: datetime) -> None:
    make_promise()
    make_promise(phone="+79100000002", at=at_noon)
    figures = read(client)
    assert one(figures, "clocks_running", clock="first_answer") == 2
    assert one(figures, "clocks_overdue", clock="first_answer") == 1
    assert one(figures, "clocks_running", clock="fix") == 0
    assert one(figures, "callbacks_owed", state="open") == 2
    assert one(figures, "callbacks_promised_today", state="open") == 2
    assert one(figures, "callbacks_promised_today", state="kept") == 0


def test_lateness_is_a_histogram_of_the_local_day(client: Client, at_noon: datetime) -> None:
    make_promise()
    break_promise(NOON + 10 * MINUTE + timedelta(seconds=4))
    rungs = Escalation.objects.count()
    late = Escalation.objects.filter(rung_due_at=NOON + 10 * MINUTE).count()
    figures = read(client)
    assert rungs > late > 0
    assert one(figures, "rung_lateness_seconds_count") == rungs
    assert one(figures, "rung_lateness_seconds_bucket", le="2.0") == 0
    assert one(figures, "rung_lateness_seconds_bucket", le="5.0") == late
    assert one(figures, "rung_lateness_seconds_bucket", le="+Inf") == rungs
    assert one(figures, "alarms_unanswered") == late


def test_yesterday_s_rungs_are_not_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_promise()
    break_promise()
    # Midnight in Kaluga is nine in the evening by UTC.
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 2, 2, 21, 0, tzinfo=UTC))
    assert one(read(client), "rung_lateness_seconds_count") == 0


def test_watchmen_and_messages_have_ages(client: Client, at_noon: datetime) -> None:
    sweep(at=at_noon - timedelta(seconds=7))
    figures = read(client)
    assert one(figures, "heartbeat_age_seconds", watchman="worker") == 7
    assert ("dispatch_heartbeat_age_seconds", frozenset({("watchman", "keeper")})) not in figures
    assert one(figures, "outbox_messages", channel="email") == 0
    assert one(figures, "outbox_age_seconds", channel="email") == 0


def test_the_last_examination_is_told(client: Client, at_noon: datetime) -> None:
    InvariantCheck.objects.create(checked_at=at_noon - 60 * MINUTE, seconds=1.5, broken=[{"rule": "I1"}])
    figures = read(client)
    assert (one(figures, "invariants_broken"), one(figures, "invariants_age_seconds")) == (1, 3600)


def test_a_database_that_is_away_is_a_figure_and_no_error(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("away")

    monkeypatch.setattr(clock, "now", away)
    assert read(client) == {("dispatch_database_up", frozenset()): 0}


def test_a_scrape_costs_few_queries(client: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    beat(name="sweep", at=clock.now())
    with django_assert_max_num_queries(24):
        assert one(read(client), "database_up") == 1
