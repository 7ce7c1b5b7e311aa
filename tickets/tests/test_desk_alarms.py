"""Alarms on the desk: what sounds, what only warns, what is over, and the answers."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import DutyPost, Role, User
from callbacks.models import CallbackObligation, Deadline, Escalation
from callbacks.services import escalate_overdue_batch, repeat_unacknowledged, waive
from companies.models import Membership
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_promise,
    make_ticket,
    member_of,
    on_duty,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
DUE = NOON + 10 * MINUTE


@pytest.fixture
def anna() -> User:
    return UserFactory.create(role=Role.SUPERVISOR, first_name="Анна", last_name="Кузнецова")


@pytest.fixture
def desk(at: Any, anna: User) -> Client:
    return signed_in(anna)


def broken(at: Any, moment: datetime = DUE, **given: Any) -> Ticket:
    """A ticket whose caller nobody rang back; the page is read a minute after ``moment``."""
    ticket = make_ticket(**given)
    break_promise(moment)
    at(moment + MINUTE)
    return ticket


def rung_of(ticket: Ticket) -> Escalation:
    return Escalation.objects.unacknowledged().get(deadline=ticket.callback.deadline)


def words(shown: str) -> str:
    return " ".join(shown.split())


# ── What sounds, and what does not ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["desk:queue", "desk:alarms"])
def test_a_broken_promise_sounds_and_stands_in_the_menu(at: Any, desk: Client, name: str) -> None:
    ticket = broken(at)

    shown = page(desk, name)

    assert f'data-alarm="escalation-{rung_of(ticket).pk}-0"' in shown
    assert ticket.number in shown
    assert 'id="count-alarms">1<' in shown


@pytest.mark.parametrize("name", ["desk:queue", "desk:alarms"])
def test_a_warning_is_shown_without_sound_and_without_a_button(at: Any, desk: Client, name: str) -> None:
    make_ticket()
    escalate_overdue_batch(at=DUE - 3 * MINUTE)
    at(DUE - 2 * MINUTE)

    shown = page(desk, name)

    assert "Скоро срок" in shown
    assert "data-alarm=" not in shown
    assert "alarm-form" not in shown
    assert 'id="count-alarms"><' in shown


def test_a_warning_is_gone_when_its_time_is_over_or_its_clock_has_stopped(at: Any, desk: Client, anna: User) -> None:
    late, settled = make_promise(), make_promise(at=NOON + MINUTE, phone="+79101110002")
    escalate_overdue_batch(at=DUE - 2 * MINUTE)
    waive(obligation=settled, waiver="other", by=anna, at=DUE - 2 * MINUTE, note="Уже знает")  # type: ignore[arg-type]
    at(DUE - MINUTE)
    assert page(desk, "desk:alarms").count("осталось") == 1

    at(DUE)

    assert late.deadline is not None
    assert "Скоро срок" not in page(desk, "desk:alarms")


def test_a_warning_cannot_be_answered(at: Any, desk: Client) -> None:
    make_ticket()
    escalate_overdue_batch(at=DUE - 3 * MINUTE)
    warning = Escalation.objects.get(is_warning=True)

    assert desk.post(reverse("desk:acknowledge", kwargs={"pk": warning.pk})).status_code == 404
    desk.post(reverse("desk:acknowledge_chosen"), {"chosen": warning.pk})

    warning.refresh_from_db()
    assert warning.acknowledged_at is None


def test_a_repeat_sounds_anew_and_says_so(at: Any, desk: Client) -> None:
    ticket = broken(at)
    for turn in (1, 2):
        repeat_unacknowledged(at=DUE + turn * 5 * MINUTE)
    at(DUE + 11 * MINUTE)

    shown = page(desk, "desk:alarms")

    assert f'data-alarm="escalation-{rung_of(ticket).pk}-2"' in shown
    assert "повтор 2" in shown
    assert "data-repeated" in shown


def test_who_stands_in_is_told_for_whom(at: Any, settings: Any) -> None:
    settings.EMAIL_HOST = "localhost"
    on_duty(first_name="Пётр", last_name="Тихий", email="")
    head = on_duty(DutyPost.HEAD, role=Role.HEAD)
    broken(at)

    assert "вам вместо: Пётр Тихий" in page(signed_in(head), "desk:alarms")


def test_what_has_stopped_is_no_longer_urgent(at: Any, desk: Client, anna: User) -> None:
    promise = make_promise()
    break_promise(DUE)
    waive(obligation=promise, waiver="other", by=anna, at=DUE + MINUTE, note="Позвонил сам")  # type: ignore[arg-type]
    at(DUE + 2 * MINUTE)

    shown = page(desk, "desk:alarms")

    assert "data-alarm=" not in shown
    assert 'id="count-alarms"><' in shown
    assert "Уже не нужно" in shown
    assert "Ждут вашего ответа" not in page(desk, "desk:queue")


def test_all_that_rang_can_be_read_again(at: Any, desk: Client) -> None:
    ticket = broken(at)
    desk.post(reverse("desk:acknowledge", kwargs={"pk": rung_of(ticket).pk}), {"note": "Звоню сама"})

    shown = desk.get(reverse("desk:alarms"), {"shown": "all"}).content.decode()

    assert "Звоню сама" in shown
    assert "предупреждение" in shown
    assert "data-alarm=" not in shown


def test_the_refresh_brings_the_counter_of_the_menu(at: Any, desk: Client) -> None:
    broken(at)

    shown = desk.get(reverse("desk:alarms"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in shown
    assert 'id="count-alarms" hx-swap-oob="true">1<' in shown


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_alarm_is_answered_by_name_with_a_note(at: Any, desk: Client, anna: User) -> None:
    ticket = broken(at)
    rung = rung_of(ticket)

    desk.post(reverse("desk:acknowledge", kwargs={"pk": rung.pk}), {"note": "Звоню сама"})

    rung.refresh_from_db()
    assert (rung.acknowledged_by, rung.acknowledged_note) == (anna, "Звоню сама")
    assert "data-alarm=" not in page(desk, "desk:queue")
    assert "Звоню сама" in page(desk, "desk:card", number=ticket.number)


def test_answering_twice_is_refused_with_a_sentence(at: Any, desk: Client) -> None:
    second = signed_in(role=Role.SUPERVISOR)
    url = reverse("desk:acknowledge", kwargs={"pk": rung_of(broken(at)).pk})

    desk.post(url)
    response = second.post(url, follow=True)

    assert "уже принял другой человек" in response.content.decode()


def test_an_alarm_of_somebody_else_is_not_there(at: Any, desk: Client) -> None:
    rung = rung_of(broken(at))
    stranger = signed_in()

    assert stranger.post(reverse("desk:acknowledge", kwargs={"pk": rung.pk})).status_code == 404
    stranger.post(reverse("desk:acknowledge_chosen"), {"chosen": rung.pk})

    rung.refresh_from_db()
    assert rung.acknowledged_at is None


def test_all_that_were_ticked_are_answered_with_one_note(at: Any, desk: Client, anna: User) -> None:
    tickets = [make_ticket(phone=f"+7910111000{number}") for number in range(3)]
    break_promise(DUE)
    at(DUE + MINUTE)
    first, second, third = (rung_of(ticket) for ticket in tickets)

    response = desk.post(
        reverse("desk:acknowledge_chosen"), {"chosen": [first.pk, second.pk], "note": "Был сбой"}, follow=True
    )

    assert "Принято тревог: 2." in response.content.decode()
    answered = Escalation.objects.filter(acknowledged_by=anna, acknowledged_note="Был сбой")
    assert {one.pk for one in answered} == {first.pk, second.pk}
    third.refresh_from_db()
    assert third.acknowledged_at is None


def test_of_those_ticked_what_others_took_is_said(at: Any, desk: Client) -> None:
    colleague = signed_in(role=Role.SUPERVISOR)
    rungs = [make_ticket(phone=f"+7910111000{number}") for number in range(2)]
    break_promise(DUE)
    at(DUE + MINUTE)
    keys = [rung_of(ticket).pk for ticket in rungs]
    colleague.post(reverse("desk:acknowledge", kwargs={"pk": keys[0]}))

    shown = desk.post(reverse("desk:acknowledge_chosen"), {"chosen": keys}, follow=True).content.decode()

    assert "Принято тревог: 1." in shown
    assert "Уже приняли другие: 1." in shown


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["9" * 30], [""], ["\x00"]])
def test_nothing_ticked_is_a_sentence_and_never_a_crash(at: Any, desk: Client, chosen: list[str]) -> None:
    response = desk.post(reverse("desk:acknowledge_chosen"), {"chosen": chosen}, follow=True)
    assert "Сначала отметьте тревоги" in response.content.decode()


def test_a_page_of_alarms_asks_little(at: Any, desk: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        make_promise(phone=f"+7910111000{number}")
    break_promise(DUE)
    at(DUE + MINUTE)

    # The session, its person, four lists with their stand-ins and the counter.
    with django_assert_max_num_queries(8):
        assert page(desk, "desk:alarms").count("data-alarm=") == 5


# ── The ladder on the card ───────────────────────────────────────────────────────────────────────────────────────
def test_the_card_shows_the_whole_ladder(at: Any, desk: Client) -> None:
    ticket = broken(at)

    shown = words(page(desk, "desk:card", number=ticket.number))

    assert "предупреждение показано всем" in shown
    assert "старший смены: Анна Кузнецова — <b>без ответа, следующий 12:15</b>" in shown
    assert "спросим: руководитель центра" in shown
    assert f'id="ladder-{ticket.callback.deadline_id}" open' in shown


def test_the_card_shows_the_answer_and_the_repeats(at: Any, desk: Client) -> None:
    ticket = broken(at)
    repeat_unacknowledged(at=DUE + 5 * MINUTE)
    at(DUE + 6 * MINUTE)
    assert "<b>без ответа, повтор 1, следующий 12:20</b>" in words(page(desk, "desk:card", number=ticket.number))

    desk.post(reverse("desk:acknowledge", kwargs={"pk": rung_of(ticket).pk}), {"note": "звоню сама"})

    shown = words(page(desk, "desk:card", number=ticket.number))
    assert "старший смены: Анна Кузнецова, ответ в 12:16, после повтора 1: «звоню сама»" in shown
    assert f'id="ladder-{ticket.callback.deadline_id}" open' not in shown


def test_the_history_tells_warning_alarm_repeat_and_answer(at: Any, desk: Client) -> None:
    ticket = broken(at)
    repeat_unacknowledged(at=DUE + 5 * MINUTE)
    at(DUE + 6 * MINUTE)
    desk.post(reverse("desk:acknowledge", kwargs={"pk": rung_of(ticket).pk}), {"note": "Звоню сама"})

    shown = words(page(desk, "desk:card", number=ticket.number))

    told = [
        "Скоро срок (обещание центра), предупреждение показано всем",
        "Срок прошёл (обещание центра), спросили — старший смены: Анна Кузнецова",
        "Никто не ответил (обещание центра), повтор 1 — старший смены: Анна Кузнецова",
        "<b>Анна Кузнецова</b>: ответ на тревогу (обещание центра, старший смены)",
    ]
    assert [shown.index(line) for line in told] == sorted(shown.index(line) for line in told)


def test_the_card_says_when_a_rung_is_held_back_and_when_nobody_is_left(at: Any, desk: Client) -> None:
    ticket = broken(at)
    clock = Deadline.objects.filter(obligation=ticket.callback)
    clock.update(next_rung_at=DUE + 40 * MINUTE)
    at(DUE + 20 * MINUTE)
    shown = words(page(desk, "desk:card", number=ticket.number))
    assert "руководитель центра: придержано до 12:50, пробовали вовремя" in shown

    break_promise(DUE + 45 * MINUTE)

    assert "больше никого" in page(desk, "desk:card", number=ticket.number)


def test_the_card_shows_what_was_agreed_and_what_was_told(at: Any, desk: Client) -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company, code="W01")
    dispatcher = member_of(company, post=Membership.Post.DISPATCHER)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE)
    Ticket.objects.filter(pk=ticket.pk).update(damaged_at=NOON - 60 * MINUTE, term_told_at=NOON + 5 * MINUTE)
    fix = Deadline.objects.get(ticket_deadline__ticket=ticket, clock="fix")
    Deadline.objects.filter(pk=fix.pk).update(agreed_at=fix.due_at + 600 * MINUTE)

    shown = words(page(desk, "desk:card", number=ticket.number))

    assert "<dt>Случилось</dt><dd>сегодня 11:00</dd>" in shown
    assert "<dt>Срок сообщён заявителю</dt><dd>сегодня 12:05</dd>" in shown
    assert "согласовано до:" in shown


def test_a_promise_without_a_clock_has_no_ladder(at: Any, desk: Client) -> None:
    ticket = make_ticket(phone="", company=CompanyFactory.create())
    assert ticket.callback.state == CallbackObligation.State.NOT_CALLABLE
    assert page(desk, "desk:card", number=ticket.number)
