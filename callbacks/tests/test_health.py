"""The health checks: what is watched, what is away, and that a fault of one never takes the desk away."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import clock
from accounts.models import Role
from callbacks.management.commands.keep_promises import raise_rungs
from callbacks.services import beat, sweep, watch
from callbacks.services.watch import FRESH, GRACE, KEEPER, WORKER, Pulse, Reason
from callbacks.tests.owed import an_escalation, owe
from tickets.tests.factories import UserFactory, signed_in

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
LONG = GRACE + SECOND
ALL_STOPPED = ["sweep_stopped", "worker_away", "keeper_away"]


@pytest.fixture(autouse=True)
def _started_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "uptime", lambda: LONG)


@pytest.fixture
def _broker_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(watch, "broker", watch.Broker())


def ask(client: Client, name: str = "healthz") -> tuple[int, dict[str, object]]:
    answer = client.get(reverse(name))
    return answer.status_code, answer.json()


def well() -> None:
    beat(name=WORKER, at=clock.now())
    beat(name=KEEPER, at=clock.now())


def silent(name: str, *, since: timedelta = FRESH + 2 * SECOND) -> None:
    beat(name=name, at=clock.now() - since)


# ── Who watches the clocks ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("worker", "keeper", "uptime", "reasons", "is_starting"),
    [
        (0, 0, 999, [], False),
        (15, 15, 999, [], False),
        (16, 15, 999, [Reason.WORKER_AWAY], False),
        (15, 16, 999, [Reason.KEEPER_AWAY], False),
        (16, 16, 999, [Reason.SWEEP_STOPPED, Reason.WORKER_AWAY, Reason.KEEPER_AWAY], False),
        (None, 1, 999, [Reason.WORKER_AWAY], False),
        (None, None, 999, [Reason.SWEEP_STOPPED, Reason.WORKER_AWAY, Reason.KEEPER_AWAY], False),
        # A start: nobody can have beaten since it, whatever was before it.
        (None, None, 5, [], True),
        (8 * 3600, 1, 59, [], True),
        (8 * 3600, 1, 60, [Reason.WORKER_AWAY], False),
        # Who has beaten since the start and fell silent is no longer starting.
        (20, 1, 30, [Reason.WORKER_AWAY], False),
    ],
)
def test_a_silent_loop_is_a_fault_once_it_had_its_time_to_start(
    worker: int | None, keeper: int | None, uptime: int, reasons: list[Reason], is_starting: bool
) -> None:
    ages = [None if age is None else age * SECOND for age in (worker, keeper)]
    pulse = Pulse(worker_age=ages[0], keeper_age=ages[1], uptime=uptime * SECOND)
    assert (list(pulse.reasons()), pulse.is_starting) == (reasons, is_starting)


def test_the_two_loops_write_different_heartbeats() -> None:
    sweep(at=clock.now())
    assert watch.read_pulse(clock.now()).keeper_age is None
    raise_rungs(clock.now())
    assert watch.read_pulse(clock.now()).keeper_age is not None


# ── /healthz ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_it_is_well_while_everybody_works(client: Client) -> None:
    well()
    status, body = ask(client)
    assert (status, body["status"], body["reasons"]) == (200, "ok", [])
    assert list(body["ages"]) == ["sweep", "worker", "keeper", "outbox"]  # type: ignore[call-overload]


@pytest.mark.parametrize(("name", "reason"), [(WORKER, "worker_away"), (KEEPER, "keeper_away")])
def test_a_missing_watchman_is_named_though_the_other_one_watches(client: Client, name: str, reason: str) -> None:
    well()
    silent(name)
    status, body = ask(client)
    assert (status, body["status"], body["reasons"]) == (503, "unwell", [reason])
    assert body["ages"]["sweep"] < 15  # type: ignore[index]


def test_nobody_watching_is_its_own_reason(client: Client) -> None:
    silent(WORKER)
    silent(KEEPER)
    status, body = ask(client)
    assert (status, body["reasons"]) == (503, ALL_STOPPED)


def test_who_never_ran_has_no_age(client: Client) -> None:
    status, body = ask(client)
    assert (status, body["reasons"]) == (503, ALL_STOPPED)
    assert body["ages"] == {"sweep": None, "worker": None, "keeper": None, "outbox": 0.0}


def test_a_start_is_told_apart_from_a_fault(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "uptime", lambda: 5 * SECOND)
    status, body = ask(client)
    assert (status, body["status"], body["reasons"]) == (503, "starting", [])


@pytest.mark.parametrize(("waited", "reasons"), [(119, []), (121, ["outbox_stuck"])])
def test_messages_that_wait_longer_than_a_digest_are_a_fault(
    client: Client, monkeypatch: pytest.MonkeyPatch, waited: int, reasons: list[str]
) -> None:
    well()
    monkeypatch.setattr(watch, "outbox_age", lambda at: waited * SECOND)
    status, body = ask(client)
    assert (status, body["reasons"]) == (503 if reasons else 200, reasons)


def test_a_letter_that_nobody_sent_is_such_a_message(client: Client) -> None:
    well()
    owe(UserFactory.create(), about=an_escalation())
    assert ask(client)[1]["reasons"] == ["outbox_stuck"]


@pytest.mark.usefixtures("_broker_away")
def test_a_broker_that_is_away_is_asked_once_and_then_rests(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    well()
    assert ask(client)[0] == 503
    assert ask(client)[1]["reasons"] == ["broker_away"]
    asked: list[str] = []
    monkeypatch.setattr("redis.Redis.ping", lambda self: asked.append("ping"))
    assert not watch.broker.answers()
    assert asked == []


def test_a_database_that_is_away_is_unwell_and_says_no_secrets(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _take_the_database_away(monkeypatch)
    expected = (503, {"status": "unwell", "reasons": ["database_away"]})
    assert (ask(client), ask(client, "livez")) == (expected, expected)


def _take_the_database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("connection to server at db.internal failed for user dispatch_app")

    monkeypatch.setattr(clock, "now", away)


def test_it_is_cheap_and_never_cached(client: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    well()
    for name, queries in (("healthz", 5), ("livez", 1)):
        with django_assert_max_num_queries(queries):
            answer = client.get(reverse(name))
        assert "no-store" in answer["Cache-Control"]


# ── /livez ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_desk_without_any_watchman_still_serves(client: Client) -> None:
    assert ask(client, "livez") == (200, {"status": "ok"})


# ── The bar at the foot of every page ────────────────────────────────────────────────────────────────────────────
def bar(client: Client, shown: str = "") -> tuple[int, str]:
    answer = client.get(reverse("health-banner"), {"shown": shown})
    return answer.status_code, answer.content.decode()


def test_the_bar_is_silent_while_all_is_well() -> None:
    well()
    assert bar(signed_in()) == (204, "")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([WORKER], "Сроки проверяет только запасной сторож."),
        ([KEEPER], "Запасной сторож сроков остановился."),
        ([WORKER, KEEPER], "За сроками никто не следит."),
    ],
)
def test_the_bar_says_what_is_wrong_and_what_still_works(names: list[str], said: str) -> None:
    well()
    for name in names:
        silent(name)
    status, text = bar(signed_in())
    assert status == 200
    assert said in text
    assert text.count("<li>") == 1


def test_the_bar_says_how_long_letters_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    well()
    monkeypatch.setattr(watch, "outbox_age", lambda at: timedelta(minutes=4, seconds=50))
    assert "Письма не уходят уже 4 мин." in bar(signed_in())[1]


@pytest.mark.usefixtures("_broker_away")
def test_the_bar_says_that_pages_are_slower(client: Client) -> None:
    well()
    assert "Мгновенные обновления выключены." in bar(signed_in())[1]


def test_what_is_shown_already_stays_and_what_is_over_goes() -> None:
    client = signed_in()
    well()
    silent(WORKER)
    assert bar(client, shown="worker_away") == (204, "")
    well()
    assert bar(client, shown="worker_away") == (200, "")


def test_a_database_that_fails_is_said_in_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in()
    _take_the_database_away(monkeypatch)
    assert "База данных не отвечает." in bar(client)[1]


@pytest.mark.parametrize(
    ("role", "has_bar"),
    [*((role, True) for role in ("operator", "supervisor", "head", "admin")), ("company", False), ("foreman", False)],
)
def test_every_page_of_the_centre_carries_the_bar(role: str, has_bar: bool) -> None:
    page = signed_in(UserFactory.create(role=Role(role))).get(reverse("profile")).content.decode()
    assert ('id="health"' in page) is has_bar
