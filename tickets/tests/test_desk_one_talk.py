"""The panel where one talk settles several promises; what is read again beside what is typed; what comes next."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from callbacks.models import CallbackObligation, Contact
from callbacks.services import claim, record_inbound_talk, start_attempt
from tickets.models import Outage, Ticket
from tickets.services import move_ticket
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
from tickets.tests.test_talks import control_of, done_ticket

pytestmark = pytest.mark.django_db
State = CallbackObligation.State


@pytest.fixture
def olga() -> User:
    return UserFactory.create(first_name="Ольга")


@pytest.fixture
def client(at: Any, olga: User) -> Client:
    at(NOON + 5 * MINUTE)
    return signed_in(olga)


def post(client: Client, name: str, promise: CallbackObligation, **given: Any) -> Any:
    return client.post(reverse(f"desk:{name}", kwargs={"pk": promise.pk}), given)


def taken(promise: CallbackObligation, by: User) -> CallbackObligation:
    return claim(obligation=promise, operator=by, at=NOON + 5 * MINUTE)


# ── A verdict for each finished work ─────────────────────────────────────────────────────────────────────────────
def test_a_mark_is_written_down_with_the_verdict(client: Client, olga: User) -> None:
    ticket = done_ticket()
    taken(control_of(ticket), olga)
    post(client, "finish", control_of(ticket), result="confirmed", mark="4")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.mark) == ("closed", 4)
    assert ticket.events.get(step="close").details == {"mark": "4"}
    talk = control_of(ticket).settled_by
    assert talk is not None
    assert talk.note == "Подтвердил: работа сделана."


def test_work_that_is_not_done_goes_back_with_its_reason(client: Client, olga: User) -> None:
    ticket = done_ticket()
    taken(control_of(ticket), olga)
    given = {"result": "not_done", "undone": "not_all", "undone_words": "Одна лампа не горит", "undone_mark": "2"}
    post(client, "finish", control_of(ticket), **given)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.mark, ticket.returns) == ("returned", 2, 1)
    assert ticket.events.get(step="return_to_work").note == "Сделали не всё. Одна лампа не горит"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"result": "not_done"}, "Выберите, что не так."),
        ({"result": "not_done", "undone": "other"}, "Напишите, что не так."),
        ({"result": "confirmed", "mark": "6"}, "Выберите корректный вариант"),
    ],
)
def test_a_verdict_without_its_reason_is_asked_for_it(
    client: Client, olga: User, given: dict[str, str], sentence: str
) -> None:
    ticket = done_ticket()
    taken(control_of(ticket), olga)
    assert sentence in post(client, "finish", control_of(ticket), **given).content.decode()
    assert control_of(ticket).state == State.CLAIMED


def test_another_finished_work_of_this_person_has_a_verdict_of_its_own(client: Client, olga: User) -> None:
    ticket, finished = make_ticket(), done_ticket()
    control = control_of(finished)
    taken(ticket.callback, olga)
    shown = page(client, "desk:callback", pk=ticket.callback.pk)
    assert f'name="verdict_{control.pk}"' in shown
    assert f'name="also" value="{control.pk}"' not in shown

    given = {"result": "talked", "note": "И о лампе", f"verdict_{control.pk}": "not_done"}
    refused = post(client, "finish", ticket.callback, **given)
    assert "Напишите, что не так." in refused.content.decode()
    post(client, "finish", ticket.callback, **given, **{f"words_{control.pk}": "Снова темно"})

    finished.refresh_from_db()
    assert finished.status == "returned"
    assert finished.events.get(step="return_to_work").note == "Снова темно"


def test_what_was_not_asked_stays_owed(client: Client, olga: User) -> None:
    ticket, finished = make_ticket(), done_ticket()
    taken(ticket.callback, olga)
    post(client, "finish", ticket.callback, result="talked", note="Только о новом")
    assert control_of(finished).state == State.OPEN


def test_a_further_promise_about_the_same_ticket_is_ticked_at_once(client: Client, olga: User) -> None:
    ticket = done_ticket(first_call=True)
    later = CallbackObligation.objects.get(reason="promised_later")
    other = make_ticket()
    taken(later, olga)
    shown = page(client, "desk:callback", pk=later.pk)
    assert f'name="also" value="{other.callback.pk}">' in shown
    assert f'name="verdict_{control_of(ticket).pk}"' in shown


def test_what_somebody_else_has_in_hand_is_shown_and_not_offered(client: Client, olga: User) -> None:
    first, second = make_ticket(), make_ticket()
    taken(first.callback, olga)
    # Her lease lapsed, and she has taken it again since.
    pyotr = UserFactory.create(first_name="Пётр")
    CallbackObligation.objects.filter(pk=second.callback.pk).update(
        state=State.CLAIMED, claimed_by=pyotr, claimed_until=NOON + 6 * MINUTE
    )
    shown = page(client, "desk:callback", pk=first.callback.pk)
    assert "звонит Пётр" in shown
    assert f'name="also" value="{second.callback.pk}"' not in shown


# ── Nobody was talked to ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("result", "note"),
    [("voicemail", "Автоответчик."), ("child", "Ребёнок. Мама на работе"), ("stranger", "Посторонний.")],
)
def test_who_is_not_the_caller_is_a_try_and_no_talk(client: Client, olga: User, result: str, note: str) -> None:
    promise = taken(make_promise(), olga)
    post(client, "finish", promise, result=result, not_him_note="Мама на работе" if result == "child" else "")

    promise.refresh_from_db()
    attempt = promise.attempts.get()
    assert (promise.state, promise.counted_attempts) == (State.OPEN, 1)
    assert (attempt.outcome, attempt.note) == ("no_answer", note)


# ── Later ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("words", "sentence"),
    [("после 18", "18:00"), ("завтра с 9", "03.02 09:00"), ("потом", "Не понятно, когда"), ("", "")],
)
def test_what_is_typed_says_what_it_would_promise(client: Client, words: str, sentence: str) -> None:
    shown = client.post(reverse("desk:later"), {"later_at": words}).content.decode()
    assert sentence in shown.replace("завтра 09:00", "03.02 09:00")
    assert ("Позвоним" in shown) == (words in ("после 18", "завтра с 9"))


def test_words_are_kept_with_the_call(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "finish", promise, result="later", later_at="завтра после 10")
    later = CallbackObligation.objects.get(reason="promised_later")
    assert later.next_attempt_at == NOON + timedelta(hours=22)
    assert later.deadline is not None
    assert later.deadline.operator == olga


# ── Read again, beside what is typed ─────────────────────────────────────────────────────────────────────────────
def test_who_has_the_person_is_said_as_it_changes(client: Client, olga: User) -> None:
    first, second = make_promise(), make_promise(at=NOON + MINUTE)
    pyotr = UserFactory.create(first_name="Пётр")
    taken(first, olga)
    assert "Звонок за вами" in page(client, "desk:holder", pk=first.pk)

    CallbackObligation.objects.filter(pk=first.pk).update(claimed_until=NOON)
    assert "его никто не взял" in page(client, "desk:holder", pk=first.pk)

    start_attempt(obligation=second, operator=pyotr, at=NOON + 5 * MINUTE)
    shown = page(client, "desk:holder", pk=first.pk)
    assert "С этим человеком говорит Пётр, с 12:05" in shown
    assert "по другому обещанию" in shown


def test_the_sentence_follows_the_organisation(client: Client, olga: User) -> None:
    company = CompanyFactory.create(name="УК «Свет»")
    ticket = make_ticket(company=company)
    taken(ticket.callback, olga)
    address = reverse("desk:say", kwargs={"pk": ticket.callback.pk})
    silent = client.get(address, {"call_again_at": "2026-02-02T12:45"}).content.decode()
    assert "УК «Свет». Организация пока не ответила. Позвоним до 12:45." in silent
    assert "не ответила." in client.get(address, {"call_again_at": "потом"}).content.decode()

    move_ticket(
        ticket=ticket, step="accept", actor=member_of(company), at=NOON + 5 * MINUTE, planned_at=NOON + 6 * 60 * MINUTE
    )
    assert "Заявку приняли: УК «Свет». Обещают сделать до 18:00." in client.get(address).content.decode()


def test_an_outage_says_cause_and_term_first(client: Client, olga: User) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    outage = Outage.objects.create(
        kind="emergency", where="ул. Кирова", starts_at=NOON, ends_at=NOON + 180 * MINUTE, announced_by=olga,
        announced_at=NOON, text="Порыв трубы, воду отключили.",
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(outage=outage)
    shown = page(client, "desk:say", pk=ticket.callback.pk)
    assert "Это отключение. Порыв трубы, воду отключили. Обещают включить до 15:00." in shown


def test_the_delay_is_said_first(client: Client, olga: User) -> None:
    company = CompanyFactory.create(name="УК «Свет»")
    ticket, dispatcher = make_ticket(company=company), member_of(company)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON, planned_at=NOON + 60 * MINUTE)
    Ticket.objects.filter(pk=ticket.pk).update(term_told_at=NOON)
    move_ticket(
        ticket=ticket, step="postpone", actor=dispatcher, at=NOON, reason="no_material", until=NOON + 90 * MINUTE
    )
    promise = CallbackObligation.objects.get(reason="delay")
    shown = page(client, "desk:callback", pk=promise.pk)
    assert "Срок перенесли. Работу отложили: УК «Свет». Обещают сделать до 13:30." in shown
    assert "Назовите срок" in shown


def test_names_beside_the_callers_and_further_phones_are_shown(client: Client, olga: User) -> None:
    ticket = make_ticket(site_phone="+79101110003")
    Contact.objects.filter(pk=ticket.contact_id).update(
        for_whom="за маму, Иванову А. С.", second_phone="+79101110002", rings_long=True
    )
    shown = page(client, "desk:callback", pk=ticket.callback.pk)
    for words in ("за маму, Иванову А. С.", "+79101110002", "звонить долго", "+79101110003"):
        assert words in shown


# ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_after_a_call_the_next_one_is_one_key_away(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    make_promise(phone="+79100000002")
    make_promise(phone="+79100000003", at=NOON - 20 * MINUTE)
    response = post(client, "finish", promise, result="talked", note="Сказала срок")
    assert response["Location"] == reverse("desk:recorded", kwargs={"pk": promise.pk})

    shown = client.get(response["Location"]).content.decode()

    assert "Ждут звонка: <b>2</b>" in shown
    assert "просрочено 1" in shown
    assert 'data-key="F4"' in shown
    assert "Сказала срок" in shown
    assert f'content="callback-{promise.pk}"' in shown


@pytest.mark.parametrize(("given", "follows"), [
    ({"result": "later", "later_at": "завтра с 9"}, "Позвоним, когда просили: завтра 09:00."),
    ({"result": "talked", "note": "Ждём", "call_again_at": "2026-02-02T12:45"}, "Позвоним снова до: сегодня 12:45."),
    ({"result": "busy"}, "Следующая попытка: сегодня 12:07."),
])  # fmt: skip
def test_after_a_call_it_says_when_we_ring_again(
    client: Client, olga: User, given: dict[str, str], follows: str
) -> None:
    promise = taken(make_ticket().callback, olga)
    response = post(client, "finish", promise, **given)
    assert follows in client.get(response["Location"]).content.decode()


def test_a_wrong_number_or_address_is_corrected_from_the_panel(client: Client, olga: User) -> None:
    ticket = make_ticket()
    promise = taken(ticket.callback, olga)
    shown = page(client, "desk:callback", pk=promise.pk)
    for name in ("correct_phone", "correct_address"):
        assert f"{reverse(f'desk:{name}', kwargs={'number': ticket.number})}?callback={promise.pk}" in shown


def test_with_nothing_to_ring_it_says_so(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    post(client, "finish", promise, result="talked", note="Сказала срок")
    assert "Сейчас звонить некому" in page(client, "desk:coming")


def test_what_was_typed_stays_when_somebody_else_has_settled_it(client: Client, olga: User) -> None:
    promise = taken(make_promise(), olga)
    record_inbound_talk(
        obligations=[promise], operator=UserFactory.create(), started_at=NOON + 5 * MINUTE, at=NOON + 5 * MINUTE,
        note="Позвонил сам",
    )  # fmt: skip
    shown = post(client, "finish", promise, result="talked", note="Рассказала всё").content.decode()
    assert "уже исполнено" in shown
    assert "Рассказала всё</textarea>" in shown
