"""The queue of callbacks on the screen: what is owed, who holds it, what a supervisor decides."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.models import CallbackObligation
from callbacks.services import claim, start_attempt
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_promise,
    make_ticket,
    page,
    signed_in,
)
from tickets.views.desk.board import Kind
from tickets.views.desk.drawing import draw_boards

pytestmark = pytest.mark.django_db
State = CallbackObligation.State


def person(role: Role = Role.OPERATOR) -> tuple[Client, User]:
    user = UserFactory.create(role=role)
    return signed_in(user), user


def test_an_empty_queue_says_what_will_appear(at: Any) -> None:
    client, _user = person()
    assert "Всем перезвонили" in page(client, "desk:queue")


def test_a_row_says_what_happened_where_and_that_the_organisation_is_silent(at: Any) -> None:
    make_ticket(company=CompanyFactory.create(name="УК «Тихая»"))
    client, _user = person()

    shown = page(client, "desk:queue")

    assert "ул. Кирова" in shown
    assert "УК «Тихая»" in shown
    # The page itself counts both: the silence since the hand-over, and what is left.
    assert 'молчит <time class="elapsed" data-since="2026-02-02T12:00:00+03:00"' in shown
    assert 'data-due="2026-02-02T12:10:00+03:00"' in shown


def test_danger_stands_above_what_is_due_earlier(at: Any) -> None:
    ordinary = make_promise(phone="+79101110001")
    danger = make_promise(at=NOON + MINUTE, phone="+79101110002", is_danger=True)
    client, _user = person()

    shown = page(client, "desk:queue")

    assert shown.index(f"promise-{danger.pk}") < shown.index(f"promise-{ordinary.pk}")


def test_a_promise_without_a_number_is_counted_and_not_queued(at: Any) -> None:
    ticket = make_ticket(phone="")
    client, _user = person()

    shown = page(client, "desk:queue")

    assert f"promise-{ticket.callback.pk}" not in shown
    assert "без номера за сутки: 1" in shown


def test_everybody_sees_who_holds_a_call(at: Any) -> None:
    colleague = UserFactory.create(first_name="Нина", last_name="Петрова")
    claim(obligation=make_promise(), operator=colleague, at=NOON + 2 * MINUTE)
    client, _user = person()

    assert "держит Нина Петрова" in page(client, "desk:queue")


def test_a_lapsed_claim_is_offered_again(at: Any) -> None:
    claim(obligation=make_promise(), operator=UserFactory.create(last_name="Петрова"), at=NOON)
    client, _user = person()

    shown = page(client, "desk:queue")

    assert "держит" not in shown
    assert "Позвонить" in shown


def test_the_next_call_is_taken_and_shown(at: Any) -> None:
    promise = make_promise()
    client, user = person()

    response = client.post(reverse("desk:next"))

    assert response["Location"] == reverse("desk:callback", kwargs={"pk": promise.pk})
    promise.refresh_from_db()
    assert promise.claimed_by == user


def test_nobody_to_ring_is_said_and_not_an_error(at: Any) -> None:
    client, _user = person()
    response = client.post(reverse("desk:next"), follow=True)
    assert "звонить некому" in response.content.decode()


def test_who_is_on_a_call_is_led_back_to_it(at: Any) -> None:
    running, waiting = make_promise(), make_promise(phone="+79101110002")
    client, user = person()
    start_attempt(obligation=running, operator=user, at=NOON + 2 * MINUTE)

    response = client.post(reverse("desk:next"))

    assert response["Location"] == reverse("desk:callback", kwargs={"pk": running.pk})
    waiting.refresh_from_db()
    assert waiting.claimed_by is None


def test_a_call_held_by_another_is_refused_with_a_sentence(at: Any) -> None:
    promise = make_promise()
    colleague = UserFactory.create(first_name="Нина", last_name="Петрова")
    claim(obligation=promise, operator=colleague, at=NOON + 2 * MINUTE)
    client, _user = person()

    response = client.post(reverse("desk:claim", kwargs={"pk": promise.pk}), follow=True)

    assert "Нина Петрова" in response.content.decode()


def test_a_screen_without_a_stream_asks_for_the_board_and_pays_nothing_when_it_is_the_same(at: Any) -> None:
    promise = make_promise()
    client, user = person()

    first = client.get(reverse("desk:board"))

    board = first.json()
    assert board["lists"]["queue"] == [f"promise-{promise.pk}"]
    assert board["counts"]["queue"] == "1"
    assert client.get(reverse("desk:board"), headers={"If-None-Match": first["ETag"]}).status_code == 304
    at(NOON + 5 * MINUTE)
    claim(obligation=promise, operator=user, at=NOON + 5 * MINUTE)
    assert client.get(reverse("desk:board"), headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_same_row_is_the_same_text_however_late_it_is(at: Any) -> None:
    make_ticket(company=CompanyFactory.create())
    early = draw_boards([Kind.OPERATOR], at=NOON + 3 * MINUTE)[Kind.OPERATOR]
    late = draw_boards([Kind.OPERATOR], at=NOON + 30 * MINUTE)[Kind.OPERATOR]
    assert early.rows == late.rows
    assert early.parts != late.parts


def test_only_a_supervisor_is_sent_what_a_supervisor_decides(at: Any) -> None:
    promise = make_promise()
    CallbackObligation.objects.filter(pk=promise.pk).update(state=State.EXHAUSTED, next_attempt_at=NOON)
    boards = draw_boards(list(Kind), at=NOON)
    decides = {kind: "Ещё круг" in board.rows[f"promise-{promise.pk}"] for kind, board in boards.items()}
    assert decides == {Kind.OPERATOR: False, Kind.SUPERVISOR: True, Kind.READER: False}


def test_looking_changes_nothing(at: Any) -> None:
    promise = make_promise()
    client, _user = person()

    page(client, "desk:queue")
    page(client, "desk:callback", pk=promise.pk)

    promise.refresh_from_db()
    assert promise.state == State.OPEN


def test_the_page_asks_little_however_long_the_queue_is(at: Any, django_assert_max_num_queries: Any) -> None:
    company = CompanyFactory.create()
    for number in range(6):
        make_ticket(phone=f"+7910111000{number}", company=company)
        make_promise(phone=f"+7910222000{number}")
    at(NOON + 11 * MINUTE)
    break_promise(NOON + 11 * MINUTE)
    client, _user = person(Role.SUPERVISOR)

    # Twenty-five with the question for the moment, which this test answers by itself; three of them, once a second for
    # all pages of a process, count what looks like an outage.
    with django_assert_max_num_queries(24):
        page(client, "desk:queue")


def test_a_row_says_which_round_and_which_try_comes_next(at: Any) -> None:
    promise = make_promise()
    CallbackObligation.objects.filter(pk=promise.pk).update(
        rounds=2, counted_attempts=4, first_attempt_at=NOON, next_attempt_at=NOON + 5 * MINUTE
    )
    client, _user = person()
    assert "2-й круг, 5-я попытка" in page(client, "desk:queue")


# ── A missed call, written down by hand ──────────────────────────────────────────────────────────────────────────
def missed(client: Client, **given: Any) -> Any:
    given = {"phone": "56-12-34", "reason": "missed_call", "received_at": "2026-02-02T12:01:30"} | given
    return client.post(reverse("desk:missed"), given)


def test_a_missed_call_owes_a_callback_from_its_arrival(at: Any) -> None:
    client, _user = person()

    assert missed(client).status_code == 302

    promise = CallbackObligation.objects.get()
    assert (promise.reason, promise.number) == ("missed_call", "+74842561234")
    assert promise.due_at == NOON + timedelta(minutes=11, seconds=30)


def test_the_same_number_joins_what_is_owed_already(at: Any) -> None:
    client, _user = person()
    missed(client)

    response = missed(client, received_at="2026-02-02T12:02:00")

    assert CallbackObligation.objects.get().occurrences == 2
    assert "уже ждёт звонка" in client.get(response["Location"]).content.decode()


def test_a_call_is_a_missed_one_unless_told(at: Any) -> None:
    client, _user = person()
    shown = page(client, "desk:missed")
    assert re.search(r'<input[^>]*value="missed_call"[^>]*checked', shown)


@pytest.mark.parametrize(
    ("reason", "note", "word"),
    [
        ("dropped_call", "", "сорвавшийся звонок"),
        ("dropped_call", "Успел сказать: течёт", "сорвавшийся звонок"),
        ("message", "Нет отопления, Кирова 20", "сообщение"),
    ],
)
def test_what_it_was_is_recorded_and_the_row_says_so(at: Any, reason: str, note: str, word: str) -> None:
    client, _user = person()

    shown = client.get(missed(client, reason=reason, note=note)["Location"]).content.decode()

    promise = CallbackObligation.objects.get()
    assert (promise.reason, promise.contact.note, promise.due_at) == (
        reason, note, NOON + timedelta(minutes=11, seconds=30),
    )  # fmt: skip
    assert f"Записано: {word}. Перезвонить до 12:11." in shown
    assert f"<p>{word}</p>" in shown
    assert (f"«{note}»" in shown) == bool(note)


def test_a_message_that_joined_a_missed_call_is_read_in_the_row(at: Any) -> None:
    client, _user = person()
    missed(client)
    missed(client, reason="message", note="Это снова я: прорвало трубу")
    missed(client, phone="56-12-35", reason="message", note="Другой дом")

    shown = page(client, "desk:queue")

    promise = CallbackObligation.objects.get(occurrences=2)
    assert promise.reason == "missed_call"
    row = shown[shown.index(f"promise-{promise.pk}") :].split("</li>")[0]
    assert "«Это снова я: прорвало трубу»" in row
    assert "Другой дом" not in row


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"phone": "двенадцать"}, "Не похоже на номер"),
        ({"phone": ""}, "Нужен номер телефона или причина"),
        ({"received_at": "2026-02-02T15:00:00"}, "не может быть в будущем"),
        ({"received_at": "2025-02-02T15:00:00"}, "старше 31 дня"),
        ({"received_at": "завтра"}, "Введите правильн"),
        ({"reason": "message", "note": " "}, "Запишите, что в сообщении"),
        ({"reason": ""}, "Обязательное поле"),
        ({"reason": "control_call"}, "Выберите корректный вариант"),
    ],
)
def test_a_slip_keeps_what_was_typed(at: Any, given: dict[str, str], sentence: str) -> None:
    client, _user = person()

    shown = missed(client, **given).content.decode()

    assert sentence in shown
    assert given.get("phone", "56-12-34") in shown
    assert not CallbackObligation.objects.exists()
