"""The queue of callbacks on the screen: what is owed, who holds it, what a supervisor decides."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.models import CallbackObligation
from callbacks.services import claim, escalate_overdue_batch, start_attempt
from callbacks.services.attempts import finish_attempt
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    make_promise,
    make_ticket,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
State = CallbackObligation.State


def person(role: Role = Role.OPERATOR) -> tuple[Client, User]:
    user = UserFactory.create(role=role)
    return signed_in(user), user


def never_reached(operator: User) -> CallbackObligation:
    """Three honest tries over half an hour that nobody answered."""
    promise = make_promise()
    moment = NOON
    for _turn in range(3):
        attempt = start_attempt(obligation=promise, operator=operator, at=moment)
        promise = finish_attempt(attempt=attempt, outcome="no_answer", at=moment + MINUTE)
        moment += 15 * MINUTE
    assert promise.state == State.EXHAUSTED
    return promise


def test_an_empty_queue_says_what_will_appear(at: Any) -> None:
    client, _user = person()
    assert "Всем перезвонили" in page(client, "desk:queue")


def test_a_row_says_what_happened_where_and_that_the_organisation_is_silent(at: Any) -> None:
    make_ticket(company=CompanyFactory.create(name="УК «Тихая»"))
    client, _user = person()

    shown = page(client, "desk:queue")

    assert "ул. Кирова" in shown
    assert "УК «Тихая»" in shown
    assert "молчит 2:00" in shown
    assert "8:00" in shown


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
    claim(obligation=promise, operator=UserFactory.create(), at=NOON + 2 * MINUTE)
    client, _user = person()

    response = client.post(reverse("desk:claim", kwargs={"pk": promise.pk}), follow=True)

    assert "уже взял другой диспетчер" in response.content.decode()


def test_the_refresh_is_the_same_part_with_the_counter_of_the_side_bar(at: Any) -> None:
    promise = make_promise()
    client, _user = person()

    response = client.get(reverse("desk:queue"), headers={"HX-Request": "true"})

    shown = response.content.decode()
    assert f"promise-{promise.pk}" in shown
    assert 'id="count-queue" hx-swap-oob="true">1<' in shown
    assert "<html" not in shown


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
    escalate_overdue_batch(at=NOON + 11 * MINUTE)
    client, _user = person(Role.SUPERVISOR)

    # Ten with the question for the moment, which this test answers by itself.
    with django_assert_max_num_queries(9):
        page(client, "desk:queue")


# ── Nobody was reached: the supervisor decides ───────────────────────────────────────────────────────────────────
def test_those_not_reached_stand_apart_and_wait_for_the_supervisor(at: Any) -> None:
    promise = never_reached(UserFactory.create())
    at(NOON + 40 * MINUTE)
    client, _user = person()

    shown = page(client, "desk:queue")

    assert shown.index("решает старший смены") < shown.index(f"promise-{promise.pk}")
    assert reverse("desk:waive", kwargs={"pk": promise.pk}) not in shown


def test_an_operator_may_not_start_one_more_round(at: Any) -> None:
    promise = never_reached(UserFactory.create())
    at(NOON + 40 * MINUTE)
    client, _user = person()

    response = client.post(reverse("desk:claim", kwargs={"pk": promise.pk}), follow=True)

    assert "решает старший смены" in response.content.decode()
    promise.refresh_from_db()
    assert promise.state == State.EXHAUSTED


def test_the_supervisor_starts_one_more_round(at: Any) -> None:
    promise = never_reached(UserFactory.create())
    at(NOON + 40 * MINUTE)
    client, user = person(Role.SUPERVISOR)

    client.post(reverse("desk:claim", kwargs={"pk": promise.pk}))

    promise.refresh_from_db()
    assert (promise.state, promise.claimed_by) == (State.CLAIMED, user)


def test_the_supervisor_gives_up_with_a_reason_and_his_name(at: Any) -> None:
    promise = never_reached(UserFactory.create())
    at(NOON + 40 * MINUTE)
    client, user = person(Role.SUPERVISOR)

    client.post(
        reverse("desk:waive", kwargs={"pk": promise.pk}), {"waiver": "not_reached", "note": "Трижды не ответил"}
    )

    promise.refresh_from_db()
    assert (promise.state, promise.waived_by, promise.waiver_note) == (State.WAIVED, user, "Трижды не ответил")


def test_giving_up_before_three_tries_is_refused_with_a_sentence(at: Any) -> None:
    promise = make_promise()
    client, _user = person(Role.SUPERVISOR)

    response = client.post(
        reverse("desk:waive", kwargs={"pk": promise.pk}), {"waiver": "not_reached", "note": "Не хочу"}, follow=True
    )

    assert "только после трёх попыток" in response.content.decode()


# ── Alarms ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_broken_promise_sounds_on_the_supervisors_queue(at: Any) -> None:
    client, _user = person(Role.SUPERVISOR)
    ticket = make_ticket()
    moment = NOON + 10 * MINUTE
    escalate_overdue_batch(at=moment)
    at(moment)

    shown = page(client, "desk:queue")

    assert "data-alarm=" in shown
    assert ticket.number in shown


def test_an_alarm_is_answered_by_name_with_a_note(at: Any) -> None:
    client, user = person(Role.SUPERVISOR)
    ticket = make_ticket()
    escalate_overdue_batch(at=NOON + 10 * MINUTE)
    at(NOON + 11 * MINUTE)
    escalation = ticket.callback.deadline.escalations.get()  # type: ignore[union-attr]

    client.post(reverse("desk:acknowledge", kwargs={"pk": escalation.pk}), {"note": "Звоню сам"})

    escalation.refresh_from_db()
    assert (escalation.acknowledged_by, escalation.acknowledged_note) == (user, "Звоню сам")
    assert "data-alarm=" not in page(client, "desk:queue")
    assert "Звоню сам" in page(client, "desk:card", number=ticket.number)


def test_answering_twice_is_refused_with_a_sentence(at: Any) -> None:
    first, _user = person(Role.SUPERVISOR)
    second, _other = person(Role.SUPERVISOR)
    ticket = make_ticket()
    escalate_overdue_batch(at=NOON + 10 * MINUTE)
    at(NOON + 11 * MINUTE)
    url = reverse("desk:acknowledge", kwargs={"pk": ticket.callback.deadline.escalations.get().pk})  # type: ignore[union-attr]

    first.post(url)
    response = second.post(url, follow=True)

    assert "уже принял другой человек" in response.content.decode()


def test_an_alarm_of_somebody_else_is_not_there(at: Any) -> None:
    person(Role.SUPERVISOR)
    ticket = make_ticket()
    escalate_overdue_batch(at=NOON + 10 * MINUTE)
    client, _user = person()

    escalation = ticket.callback.deadline.escalations.get()  # type: ignore[union-attr]
    response = client.post(reverse("desk:acknowledge", kwargs={"pk": escalation.pk}))

    assert response.status_code == 404


def test_the_page_of_alarms_asks_little(at: Any, django_assert_max_num_queries: Any) -> None:
    client, _user = person(Role.SUPERVISOR)
    for number in range(5):
        make_ticket(phone=f"+7910111000{number}")
    escalate_overdue_batch(at=NOON + 10 * MINUTE)
    at(NOON + 11 * MINUTE)

    with django_assert_max_num_queries(6):
        assert page(client, "desk:alarms").count("data-alarm=") == 5


# ── A missed call, written down by hand ──────────────────────────────────────────────────────────────────────────
def missed(client: Client, **given: Any) -> Any:
    given = {"phone": "56-12-34", "received_at": "2026-02-02T12:01:30"} | given
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

    response = client.post(
        reverse("desk:missed"), {"phone": "56-12-34", "received_at": "2026-02-02T12:02:00"}, follow=True
    )

    assert CallbackObligation.objects.get().occurrences == 2
    assert "уже ждёт звонка" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"phone": "двенадцать"}, "Не похоже на номер"),
        ({"phone": ""}, "Нужен номер телефона или причина"),
        ({"received_at": "2026-02-02T15:00:00"}, "не может быть в будущем"),
        ({"received_at": "2025-02-02T15:00:00"}, "старше 31 дня"),
        ({"received_at": "завтра"}, "Введите правильн"),
    ],
)
def test_a_slip_keeps_what_was_typed(at: Any, given: dict[str, str], sentence: str) -> None:
    client, _user = person()

    shown = missed(client, **given).content.decode()

    assert sentence in shown
    assert given.get("phone", "56-12-34") in shown
    assert not CallbackObligation.objects.exists()
