"""Nobody was reached: what the supervisor decides on the queue, and what operators see of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role, User
from callbacks.models import CallbackObligation, CitizenNotice
from callbacks.services import finish_attempt, start_attempt
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise, make_ticket, page, signed_in

pytestmark = pytest.mark.django_db
State = CallbackObligation.State


def given_up(promise: CallbackObligation) -> CallbackObligation:
    """Three honest tries over half an hour that nobody answered."""
    operator = UserFactory.create()
    for turn in range(3):
        attempt = start_attempt(obligation=promise, operator=operator, at=NOON + turn * 15 * MINUTE)
        promise = finish_attempt(attempt=attempt, outcome="no_answer", at=NOON + (turn * 15 + 1) * MINUTE)
    assert promise.state == State.EXHAUSTED
    return promise


def wrong_number() -> CallbackObligation:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON)
    return finish_attempt(attempt=attempt, outcome="wrong_number", at=NOON)


@pytest.fixture
def later(at: Any) -> None:
    at(NOON + 40 * MINUTE)


@pytest.fixture
def supervisor() -> User:
    return UserFactory.create(role=Role.SUPERVISOR)


@pytest.fixture
def client(later: None, supervisor: User) -> Client:
    return signed_in(supervisor)


@pytest.fixture
def _gateway_is_there(settings: Settings) -> None:
    settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = "https://gateway.example.org/", "s" * 32


def url(name: str, promise: CallbackObligation) -> str:
    return reverse(f"desk:{name}", kwargs={"pk": promise.pk})


def decide(client: Client, name: str, promise: CallbackObligation, **given: str) -> str:
    """What the queue says after the decision."""
    response = client.post(url(name, promise), given)
    assert response["Location"] == reverse("desk:queue")
    promise.refresh_from_db()
    return client.get(response["Location"]).content.decode()


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_supervisor_is_offered_three_ways_and_to_ring_himself(client: Client) -> None:
    promise = given_up(make_promise())

    shown = page(client, "desk:queue")

    assert shown.index("решает старший смены") < shown.index(f"promise-{promise.pk}")
    assert "1-й круг, попыток 3" in shown
    for word in ("Ещё круг", "Не дозвонились", "Позвонить самому"):
        assert word in shown
    assert all(url(name, promise) in shown for name in ("another_round", "waive", "claim"))


def test_operators_see_them_without_buttons(later: None) -> None:
    promise = given_up(make_promise())

    shown = page(signed_in(), "desk:queue")

    assert f"promise-{promise.pk}" in shown
    assert "1-й круг, попыток 3" in shown
    assert not any(url(name, promise) in shown for name in ("another_round", "notice", "waive", "claim"))


@pytest.mark.parametrize("name", ["another_round", "notice", "waive"])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.HEAD, Role.ADMIN, Role.COMPANY])
def test_nobody_else_decides(later: None, role: Role, name: str) -> None:
    promise = given_up(make_promise())
    assert signed_in(role=role).post(url(name, promise)).status_code == 404
    promise.refresh_from_db()
    assert promise.state == State.EXHAUSTED


def test_the_list_asks_little_however_long_it_is(client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(4):
        given_up(make_ticket(phone=f"+7910111000{number}").callback)
    # Three of them, once a second for all pages of a process, count what looks like an outage.
    with django_assert_max_num_queries(24):
        page(client, "desk:queue")


# ── One more round ───────────────────────────────────────────────────────────────────────────────────────────────


def test_one_press_gives_the_call_back_to_the_operators(client: Client) -> None:
    promise = given_up(make_promise())

    shown = decide(client, "another_round", promise)

    assert (promise.state, promise.rounds, promise.claimed_by) == (State.OPEN, 2, None)
    assert "звонок вернулся диспетчерам" in shown
    assert "2-й круг, попыток 3" in shown


def test_the_second_press_is_told(client: Client) -> None:
    promise = given_up(make_promise())
    decide(client, "another_round", promise)
    assert "Решать ещё нечего" in decide(client, "another_round", promise)
    assert promise.rounds == 2


def test_the_supervisor_may_ring_himself(client: Client, supervisor: User) -> None:
    promise = given_up(make_promise())
    assert client.post(url("claim", promise))["Location"] == url("callback", promise)
    promise.refresh_from_db()
    assert (promise.state, promise.claimed_by) == (State.CLAIMED, supervisor)


def test_an_operator_may_not(later: None) -> None:
    promise = given_up(make_promise())
    assert "решает старший смены" in decide(signed_in(), "claim", promise)
    assert promise.state == State.EXHAUSTED


# ── A message ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("_gateway_is_there")
def test_the_message_is_written_beforehand_and_names_the_ticket(client: Client) -> None:
    ticket = make_ticket()
    promise = given_up(ticket.callback)
    text = f"Мы звонили вам по заявке {ticket.number} и не дозвонились. Позвоните нам: 8 (4842) 56-56-02."
    assert text in page(client, "desk:queue")

    shown = decide(client, "notice", promise, text=text)

    notice = CitizenNotice.objects.get()
    assert (notice.obligation, notice.text) == (promise, text)
    assert promise.state == State.EXHAUSTED
    assert "сообщение отправляется" in shown
    # One in a round.
    assert url("notice", promise) not in shown


@pytest.mark.usefixtures("_gateway_is_there")
@pytest.mark.parametrize(
    ("became", "words"),
    [
        ({"sent_at": NOON + 65 * MINUTE}, "сообщение отправлено"),
        ({"last_error": "HTTP 503", "next_try_at": NOON + 65 * MINUTE}, "сообщение пока не ушло: HTTP 503. Ещё раз"),
        ({"last_error": "HTTP 400", "abandoned_at": NOON + 65 * MINUTE}, "сообщение не ушло: HTTP 400"),
    ],
)
@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR])
def test_the_row_says_what_became_of_it(
    at: Any, client: Client, role: Role, became: dict[str, Any], words: str
) -> None:
    promise = given_up(make_promise())
    decide(client, "notice", promise, text="Позвоните нам")
    CitizenNotice.objects.update(**became)
    at(NOON + 66 * MINUTE)

    shown = page(signed_in(role=role), "desk:queue")

    assert words in shown
    assert ("13:05" in shown) == (became.get("abandoned_at") is None)


def test_without_a_gateway_a_hint_stands_there(client: Client, settings: Settings) -> None:
    settings.NOTIFY_HOOK_URL = ""
    promise = given_up(make_promise())
    shown = page(client, "desk:queue")
    assert "шлюз не подключён" in shown
    assert url("notice", promise) not in shown
    assert "шлюз сообщений не подключён" in decide(client, "notice", promise, text="Позвоните нам")


@pytest.mark.usefixtures("_gateway_is_there")
@pytest.mark.parametrize("text", ["", "  ", "д" * 301])
def test_a_message_without_words_or_with_too_many_is_not_sent(client: Client, text: str) -> None:
    shown = decide(client, "notice", given_up(make_promise()), text=text)
    assert 'data-level="error"' in shown
    assert not CitizenNotice.objects.exists()


# ── «Not reached» ────────────────────────────────────────────────────────────────────────────────────────────────


def test_giving_up_needs_a_reason_and_leaves_a_name(client: Client, supervisor: User) -> None:
    promise = given_up(make_promise())
    assert "Нужно пояснение" in decide(client, "waive", promise, waiver="not_reached", note="")
    assert promise.state == State.EXHAUSTED

    decide(client, "waive", promise, waiver="not_reached", note="Трижды не ответил")

    assert (promise.state, promise.waived_by, promise.waiver_note) == (State.WAIVED, supervisor, "Трижды не ответил")


def test_a_wrong_number_is_let_go_as_that(client: Client) -> None:
    promise = wrong_number()
    shown = page(client, "desk:queue")
    assert "1-й круг, попыток 0" in shown
    assert "Снять с причиной" in shown
    assert 'value="not_reached"' not in shown

    decide(client, "waive", promise, waiver="wrong_number", note="Живёт другой человек")

    assert (promise.state, promise.waiver) == (State.WAIVED, "wrong_number")


def test_giving_up_before_three_tries_is_refused_with_a_sentence(client: Client) -> None:
    promise = wrong_number()
    assert "только после трёх попыток" in decide(client, "waive", promise, waiver="not_reached", note="Не хочу")
    assert promise.state == State.EXHAUSTED
