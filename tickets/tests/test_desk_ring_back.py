"""The ring-back panel: taking, dialling, saying, and writing down how it ended."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.services import claim, expire_abandoned_attempts, record_missed_call
from tickets.models import Ticket
from tickets.services import finish_ring_back, move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    make_promise,
    make_ticket,
    member_of,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
State = CallbackObligation.State
Reason = CallbackObligation.Reason


@pytest.fixture
def olga() -> User:
    return UserFactory.create(first_name="Ольга")


@pytest.fixture
def client(at: Any, olga: User) -> Client:
    return signed_in(olga)


def post(client: Client, name: str, promise: CallbackObligation, **given: Any) -> Any:
    return client.post(reverse(f"desk:{name}", kwargs={"pk": promise.pk}), given)


def taken(promise: CallbackObligation, by: User) -> CallbackObligation:
    return claim(obligation=promise, operator=by, at=NOON + 2 * MINUTE)


def done_ticket(olga: User) -> Ticket:
    """Rung back once, done by the organisation, waiting for the control call."""
    company = CompanyFactory.create(name="УК «Порядок»")
    ticket = make_ticket(company=company, operator=olga)
    from callbacks.services import start_attempt

    attempt = start_attempt(obligation=ticket.callback, operator=olga, at=NOON)
    finish_ring_back(attempt=attempt, outcome="reached", operator=olga, at=NOON, note="Приняли")
    dispatcher = member_of(company)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON)
    move_ticket(ticket=ticket, step="start", actor=dispatcher, at=NOON)
    return move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + MINUTE, works="Заменили лампу")


def test_the_panel_shows_number_promise_and_silence(client: Client, olga: User) -> None:
    ticket = make_ticket(company=CompanyFactory.create(name="УК «Тихая»"))
    taken(ticket.callback, olga)

    shown = page(client, "desk:callback", pk=ticket.callback.pk)

    assert 'href="tel:+79101234567"' in shown
    assert "Иванова М. П." in shown
    assert "УК «Тихая»" in shown
    assert "Организация пока не ответила" in shown
    # Half an hour on, rounded up to a quarter: 12:02 + 30 → 12:45.
    assert "Организация пока не ответила. Позвоним до 12:45." in shown
    assert 'value="2026-02-02T12:45"' in shown


def test_who_has_not_taken_the_call_has_no_outcomes(client: Client) -> None:
    promise = make_promise()
    shown = page(client, "desk:callback", pk=promise.pk)
    assert reverse("desk:finish", kwargs={"pk": promise.pk}) not in shown
    assert "Взять звонок" in shown


def test_who_only_reads_may_not_take(at: Any) -> None:
    promise = make_promise()
    head = signed_in(role=Role.HEAD)
    assert "Взять звонок" not in page(head, "desk:callback", pk=promise.pk)
    assert post(head, "claim", promise).status_code == 404
    assert post(head, "finish", promise, result="busy").status_code == 404


def test_a_talk_keeps_the_promise(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)

    assert post(client, "finish", promise, result="talked", note="Сказала срок").status_code == 302

    promise.refresh_from_db()
    assert (promise.state, promise.settled_by.note) == (State.KEPT, "Сказала срок")  # type: ignore[union-attr]


def test_the_length_of_the_talk_is_from_dialling_to_writing_down(at: Any, client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "dial", promise)
    at(NOON + 5 * MINUTE)
    post(client, "finish", promise, result="talked", note="Сказала срок")

    attempt = CallAttempt.objects.get()
    assert (attempt.started_at, attempt.ended_at) == (NOON + 2 * MINUTE, NOON + 5 * MINUTE)


def test_dialling_is_shown_in_place(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    response = client.post(reverse("desk:dial", kwargs={"pk": promise.pk}), headers={"HX-Request": "true"})
    assert "Идёт звонок с 12:02" in response.content.decode()


def test_a_talk_without_a_note_is_asked_for_it_and_nothing_is_dialled(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)

    shown = post(client, "finish", promise, result="talked", note=" ").content.decode()

    assert "Запишите, что сказали" in shown
    assert not CallAttempt.objects.exists()


@pytest.mark.parametrize(("result", "again"), [("no_answer", 5), ("busy", 2), ("line_fault", 0)])
def test_nobody_reached_is_tried_again(client: Client, olga: User, result: str, again: int) -> None:
    promise = taken(make_promise(), olga)

    post(client, "finish", promise, result=result, call_again_at="вчера", note="")

    promise.refresh_from_db()
    assert promise.state == State.OPEN
    assert promise.next_attempt_at == NOON + (2 + again) * MINUTE


def test_a_wrong_number_goes_to_the_supervisor(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    response = post(client, "finish", promise, result="wrong_number")
    assert "решает старший смены" in client.get(response["Location"]).content.decode()


def test_who_asks_for_later_is_promised_a_moment(client: Client, olga: User) -> None:
    ticket = make_ticket()
    taken(ticket.callback, olga)

    post(client, "finish", ticket.callback, result="later", later_at="2026-02-02T18:00", later_note="После работы")

    later = CallbackObligation.objects.get(reason=Reason.PROMISED_LATER)
    # «После шести» is not before six, and as soon after it as anybody is rung.
    assert (later.next_attempt_at, later.due_at) == (NOON + timedelta(hours=6), NOON + timedelta(hours=6, minutes=10))
    ticket.callback.refresh_from_db()
    assert (ticket.callback.state, ticket.callback.settled_by.note) == (State.KEPT, "После работы")  # type: ignore[union-attr]


@pytest.mark.parametrize(("moment", "sentence"), [
    ("", "Укажите, когда позвонить"), ("2026-02-02T10:00", "должно быть в будущем"), ("потом", "Не понятно, когда"),
])  # fmt: skip
def test_later_needs_a_moment_to_come(client: Client, olga: User, moment: str, sentence: str) -> None:
    promise = taken(make_promise(), olga)
    assert sentence in post(client, "finish", promise, result="later", later_at=moment).content.decode()


def test_the_silence_of_an_organisation_opens_a_dated_promise(client: Client, olga: User) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    taken(ticket.callback, olga)

    post(client, "finish", ticket.callback, result="talked", note="Пока молчат", call_again_at="2026-02-02T12:45")

    assert CallbackObligation.objects.get(reason=Reason.PROMISED_LATER).due_at == NOON + 45 * MINUTE


def test_what_else_is_owed_to_the_number_is_settled_by_the_same_talk(client: Client, olga: User) -> None:
    first, second, foreign = make_ticket(), make_ticket(), make_promise(phone="+79109999999")
    taken(first.callback, olga)
    assert second.number in page(client, "desk:callback", pk=first.callback.pk)

    refused = post(client, "finish", first.callback, result="talked", note="Обо всём", also=[foreign.pk])
    assert refused.status_code == 200
    post(client, "finish", first.callback, result="talked", note="Обо всём", also=[second.callback.pk])

    second.callback.refresh_from_db()
    assert second.callback.state == State.KEPT


@pytest.mark.parametrize(("result", "status"), [("confirmed", "closed"), ("not_done", "returned")])
def test_a_control_call_closes_or_returns(client: Client, olga: User, result: str, status: str) -> None:
    ticket = done_ticket(olga)
    assert ticket.control_callback is not None
    taken(ticket.control_callback, olga)
    assert "Заменили лампу" in page(client, "desk:callback", pk=ticket.control_callback.pk)

    post(client, "finish", ticket.control_callback, result=result, note="Проверил", undone="again")

    ticket.refresh_from_db()
    assert ticket.status == status


def test_a_control_call_needs_a_verdict(client: Client, olga: User) -> None:
    ticket = done_ticket(olga)
    assert ticket.control_callback is not None
    taken(ticket.control_callback, olga)
    shown = post(client, "finish", ticket.control_callback, result="talked", note="Поговорили").content.decode()
    assert "подтвердил ли заявитель" in shown


def test_a_call_lost_to_another_keeps_what_was_typed(at: Any, client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    at(NOON + 5 * MINUTE)
    claim(obligation=promise, operator=UserFactory.create(first_name="Пётр"), at=NOON + 5 * MINUTE)

    shown = post(client, "finish", promise, result="talked", note="Сказала срок").content.decode()

    assert "Этому человеку сейчас звонит Пётр" in shown
    assert "Сказала срок</textarea>" in shown


def test_the_same_outcome_twice_is_told(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "finish", promise, result="talked", note="Сказала срок")
    response = post(client, "finish", promise, result="talked", note="Сказала срок")
    assert "уже исполнено" in client.get(response["Location"]).content.decode()
    assert CallAttempt.objects.count() == 1


def test_the_open_panel_holds_the_call(at: Any, client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    at(NOON + 2 * MINUTE + timedelta(seconds=40))
    assert "Звонок за вами" in post(client, "renew", promise).content.decode()
    promise.refresh_from_db()
    assert promise.claimed_until == NOON + 3 * MINUTE + timedelta(seconds=40)


def test_a_lost_call_is_said_and_asked_no_more(at: Any, client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    at(NOON + 5 * MINUTE)
    assert "Звонок не за вами, но его никто не взял" in post(client, "renew", promise).content.decode()
    claim(obligation=promise, operator=UserFactory.create(first_name="Пётр"), at=NOON + 5 * MINUTE)
    assert "Этому человеку сейчас звонит Пётр" in post(client, "renew", promise).content.decode()


def test_a_call_given_back_returns_to_the_queue(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "release", promise)
    promise.refresh_from_db()
    assert promise.state == State.OPEN


def test_a_missed_call_offers_to_write_a_ticket_and_comes_back_with_its_number(client: Client, olga: User) -> None:
    promise = taken(make_promise(reason=Reason.MISSED_CALL), olga)
    assert f"{reverse('desk:intake')}?callback={promise.pk}" in page(client, "desk:callback", pk=promise.pk)
    ticket = make_ticket()

    shown = client.get(reverse("desk:callback", kwargs={"pk": promise.pk}), {"made": ticket.number}).content.decode()

    assert f"Зарегистрирована заявка {ticket.number}." in shown


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.MISSED_CALL, "мы не успели ответить"),
        (Reason.DROPPED_CALL, "и связь оборвалась"),
        (Reason.MESSAGE, "Вы оставили нам сообщение"),
    ],
)
def test_the_panel_says_how_he_reached_us_and_what_he_said(
    client: Client, olga: User, reason: CallbackObligation.Reason, words: str
) -> None:
    promise = record_missed_call(phone="+79101234567", received_at=NOON, at=NOON, reason=reason, note="Нет отопления")
    record_missed_call(phone="+79101234567", received_at=NOON, at=NOON, reason=Reason.MESSAGE, note="Холодно очень")
    taken(promise, olga)

    shown = page(client, "desk:callback", pk=promise.pk)

    assert promise.get_reason_display() in shown
    assert words in shown
    assert shown.index("Нет отопления") < shown.index("Холодно очень")
    assert "Зарегистрировать заявку" in shown


def test_the_panel_says_which_round_it_is_and_when_the_next_try_comes(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "finish", promise, result="no_answer")
    first = page(client, "desk:callback", pk=promise.pk)
    assert "Попыток: 1." in first
    assert "Следующая попытка:" in first
    assert "12:07" in first

    CallbackObligation.objects.filter(pk=promise.pk).update(rounds=2, counted_attempts=4)
    assert "2-й круг, попыток 4." in page(client, "desk:callback", pk=promise.pk)

    CallbackObligation.objects.filter(pk=promise.pk).update(state=State.EXHAUSTED)
    shown = page(client, "desk:callback", pk=promise.pk)
    assert "решает старший смены" in shown
    assert "Следующая попытка:" not in shown


# ── The term that the organisation has named ─────────────────────────────────────────────────────────────────────
def with_a_term(olga: User) -> Ticket:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company, operator=olga)
    planned_at = NOON + timedelta(hours=6)
    return move_ticket(ticket=ticket, step="accept", actor=member_of(company), at=NOON + MINUTE, planned_at=planned_at)


def test_the_operator_is_told_to_name_the_term_and_that_it_will_be_recorded(client: Client, olga: User) -> None:
    ticket = with_a_term(olga)
    taken(ticket.callback, olga)

    shown = page(client, "desk:callback", pk=ticket.callback.pk)

    assert re.search(r"Назовите срок: .*18:00", shown)
    assert re.search(r"Срок .*18:00 будет записан как сообщённый", shown)
    post(client, "finish", ticket.callback, result="talked", note="Назвала срок")
    ticket.refresh_from_db()
    assert ticket.term_told_at == NOON + 2 * MINUTE


def test_a_term_told_once_is_not_asked_for_again(client: Client, olga: User) -> None:
    ticket = with_a_term(olga)
    taken(ticket.callback, olga)
    post(client, "finish", ticket.callback, result="later", later_at="2026-02-02T18:00")
    again = taken(CallbackObligation.objects.get(reason=Reason.PROMISED_LATER), olga)
    assert "Назовите срок" not in page(client, "desk:callback", pk=again.pk)


def test_without_a_term_there_is_none_to_tell(client: Client, olga: User) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    taken(ticket.callback, olga)
    shown = page(client, "desk:callback", pk=ticket.callback.pk)
    assert "Назовите срок" not in shown
    assert "будет записан" not in shown


# ── A long talk ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_open_panel_holds_a_talk_of_twenty_minutes(at: Any, client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "dial", promise)
    moment = NOON + 2 * MINUTE
    while moment < NOON + 22 * MINUTE:
        at(moment)
        assert "Звонок за вами" in post(client, "renew", promise).content.decode()
        moment += timedelta(seconds=20)
        assert expire_abandoned_attempts(at=moment) == 0
    at(moment)

    post(client, "finish", promise, result="talked", note="Говорили долго")

    attempt = CallAttempt.objects.get()
    assert (attempt.outcome, attempt.ended_at) == ("reached", moment)


def test_a_panel_that_was_left_in_the_midst_of_a_call_loses_it(at: Any, client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "dial", promise)
    assert expire_abandoned_attempts(at=NOON + 17 * MINUTE) == 1
    at(NOON + 18 * MINUTE)

    assert "Звонок не за вами" in post(client, "renew", promise).content.decode()
    assert CallAttempt.objects.get().outcome == "line_fault"


def test_the_panel_asks_little(client: Client, olga: User, django_assert_max_num_queries: Any) -> None:
    ticket = make_ticket(company=CompanyFactory.create(), code="W01")
    for number in range(4):
        make_ticket(text=f"Ещё {number}")
    taken(ticket.callback, olga)
    with django_assert_max_num_queries(16):
        page(client, "desk:callback", pk=ticket.callback.pk)
    with django_assert_max_num_queries(4):
        page(client, "desk:holder", pk=ticket.callback.pk)


@pytest.mark.parametrize("given", [{}, {"result": "?"}, {"result": "talked", "note": "x" * 9000}, {"also": "x"}])
def test_nonsense_is_a_sentence_and_never_a_crash(client: Client, olga: User, given: dict[str, str]) -> None:
    promise = taken(make_promise(), olga)
    assert post(client, "finish", promise, **given).status_code == 200
