"""Leaving the line: what returns, what is handed over and to whom; closed portals; the wall."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import LineSpell, Presence, Role, User
from callbacks.models import CallbackObligation
from callbacks.services import claim, claim_next, start_attempt
from tickets.models import Handover, Ticket, TicketPromise
from tickets.services import move_ticket
from tickets.services.portals import portal_of, portal_states, unheard_portals
from tickets.services.shift import (
    AlreadyRead,
    NotOnLine,
    StillTalking,
    go_on_line,
    leave_line,
    people_on_line,
    read_handover,
    take_off_line,
)

from .factories import MINUTE, NOON, CompanyFactory, UserFactory, make_promise, make_ticket, member_of, page, signed_in

pytestmark = pytest.mark.django_db
Reason = CallbackObligation.Reason
NOW = NOON + 2 * MINUTE


@pytest.fixture
def olga() -> User:
    return UserFactory.create(username="olga", first_name="Ольга", last_name="Петрова")


def on_line(user: User) -> LineSpell:
    return go_on_line(user=user, at=NOON)


def promised_by(user: User, *, phone: str = "+79101234599", due: timedelta = 60 * MINUTE) -> CallbackObligation:
    """A ticket's promise to ring later, on this person's word."""
    ticket = make_ticket(phone=phone)
    promise = make_promise(
        phone=phone, reason=Reason.PROMISED_LATER, due_at=NOON + due, operator=user, title="Нет света · ул. Кирова, 20"
    )
    TicketPromise.objects.create(ticket=ticket, obligation=promise)
    return promise


# ── Leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_he_held_returns_to_the_same_place(olga: User) -> None:
    on_line(olga)
    first = make_promise(phone="+79101234501")
    make_promise(phone="+79101234502", at=NOON + MINUTE)
    claim(obligation=first, operator=olga, at=NOW)

    assert leave_line(user=olga, at=NOW) is None

    taken = claim_next(operator=UserFactory.create(), at=NOW)
    assert taken == first
    assert not LineSpell.objects.on_line().exists()


def test_what_he_promised_is_handed_over_without_a_name_or_a_number(olga: User) -> None:
    on_line(olga)
    promise = promised_by(olga)
    make_promise(phone="+79101234503", operator=olga)  # a first answer is everybody's

    handover = leave_line(user=olga, at=NOW, note="  Ключ у старшей по дому  ")

    assert handover is not None
    assert handover.note == "Ключ у старшей по дому"
    assert [one["promise"] for one in handover.owed] == [promise.pk]
    assert handover.owed[0]["ticket"] == promise.ticket_promise.ticket.number
    assert "Иванова" not in str(handover.owed)
    assert "+7910" not in str(handover.owed)


def test_nobody_leaves_in_the_midst_of_a_talk(olga: User) -> None:
    on_line(olga)
    start_attempt(obligation=make_promise(), operator=olga, at=NOW)

    with pytest.raises(StillTalking):
        leave_line(user=olga, at=NOW)

    assert LineSpell.objects.on_line().exists()


def test_who_is_not_on_the_line_cannot_leave_it(olga: User) -> None:
    with pytest.raises(NotOnLine):
        leave_line(user=olga, at=NOW)


def test_a_supervisor_takes_somebody_off_and_his_name_stays(olga: User) -> None:
    on_line(olga)
    claimed = claim(obligation=make_promise(), operator=olga, at=NOW)
    anna = UserFactory.create(role=Role.SUPERVISOR, first_name="Анна")

    handover = take_off_line(user=olga, by=anna, at=NOW)

    claimed.refresh_from_db()
    assert claimed.state == CallbackObligation.State.OPEN
    assert "Анна" in handover.note


def test_a_handing_over_is_taken_by_one(olga: User) -> None:
    on_line(olga)
    handover = leave_line(user=olga, at=NOW, note="Смотрите за Кирова, 20")
    assert handover is not None
    read_handover(handover=handover, by=UserFactory.create(), at=NOW)

    with pytest.raises(AlreadyRead):
        read_handover(handover=handover, by=UserFactory.create(), at=NOW)


def test_who_is_there_and_what_he_holds(olga: User, django_assert_num_queries: Any) -> None:
    on_line(olga)
    on_line(UserFactory.create())
    promise = make_promise()
    start_attempt(obligation=promise, operator=olga, at=NOW)

    with django_assert_num_queries(3):
        first, second = people_on_line()

    assert (first.spell.user, first.held, first.talks_since) == (olga, [promise], NOW)
    assert (second.held, second.talks_since) == ([], None)


# ── The pages ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_switch_goes_on_and_leads_off(at: Any, olga: User) -> None:
    desk = signed_in(olga)
    assert "выйти на линию" in page(desk, "desk:line")

    desk.post(reverse("desk:go_on_line"))

    assert reverse("desk:leave_line") in page(desk, "desk:line")


def test_leaving_names_what_stays_and_hands_it_over(at: Any, olga: User) -> None:
    on_line(olga)
    promised_by(olga)
    claim(obligation=make_promise(phone="+79101234501", title="Течёт крыша · ул. Мира, 5"), operator=olga, at=NOW)
    desk = signed_in(olga)
    shown = page(desk, "desk:leave_line")
    assert "Течёт крыша" in shown
    assert "Вы обещали позвонить" in shown

    desk.post(reverse("desk:leave_line"), {"note": "Ключ в аптеке"})

    other = signed_in()
    shown = page(other, "desk:shift")
    assert "Ключ в аптеке" in shown
    assert "Передано со смены: 1" in page(other, "desk:line")
    other.post(reverse("desk:read_handover", kwargs={"pk": Handover.objects.get().pk}))
    assert "Ключ в аптеке" not in page(other, "desk:shift")
    assert "Ключ в аптеке" in page(signed_in(role=Role.SUPERVISOR), "desk:handovers")


def test_the_forecast_is_for_those_who_answer_for_the_shift(at: Any) -> None:
    for number in range(6):
        make_promise(phone=f"+7910123450{number}")

    assert "сорвём" in page(signed_in(role=Role.SUPERVISOR), "desk:shift")
    assert "сорвём" not in page(signed_in(), "desk:shift")
    assert "нужн" in page(signed_in(role=Role.HEAD), "desk:roster")


def test_the_shift_asks_little_however_many_there_are(at: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        user = UserFactory.create()
        on_line(user)
        claim(obligation=make_promise(phone=f"+7910123450{number}"), operator=user, at=NOW)
        make_ticket(company=CompanyFactory.create(), phone=f"+7910123460{number}")
    for _turn in range(3):
        leaver = UserFactory.create()
        on_line(leaver)
        promised_by(leaver)
        leave_line(user=leaver, at=NOW)
    desk = signed_in(role=Role.SUPERVISOR)

    with django_assert_max_num_queries(14):
        page(desk, "desk:shift")


# ── Portals ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("unseen", "closed"), [(2 * MINUTE, False), (3 * MINUTE, False), (4 * MINUTE, True)])
def test_a_portal_is_closed_when_nobody_looked_in_for_three_minutes(unseen: timedelta, closed: bool) -> None:
    company = CompanyFactory.create()
    Presence.objects.create(user=member_of(company), seen_at=NOW - unseen)
    Presence.objects.create(user=member_of(company), seen_at=NOW - 600 * MINUTE)
    make_ticket(company=company)

    state = portal_states([company], NOW)[company.pk]

    assert (state.is_closed, state.seen_at, state.waiting) == (closed, NOW - unseen, 1)


def test_where_nothing_waits_nothing_is_closed() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    assert [state.company for state in unheard_portals(NOW)] == [company]

    move_ticket(ticket=ticket, step="accept", actor=member_of(company), at=NOW)

    assert unheard_portals(NOW) == []
    assert portal_of(Ticket.objects.get(), NOW) is None


def test_the_card_says_whom_to_ring(at: Any) -> None:
    company = CompanyFactory.create(duty_phone="+74842551230")
    Presence.objects.create(user=member_of(company), seen_at=NOON - 60 * MINUTE)
    ticket = make_ticket(company=company)

    shown = page(signed_in(), "desk:card", number=ticket.number)

    assert "кабинет закрыт с 11:00" in shown
    assert "8 (4842) 55-12-30" in shown


# ── The wall ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_wall_names_nobody(at: Any, olga: User) -> None:
    at(NOON + 12 * MINUTE)
    on_line(olga)
    make_ticket(phone="+79101234507")

    shown = page(signed_in(role=Role.SUPERVISOR), "desk:wall")

    assert "просрочено" in shown
    assert "ул. Кирова" in shown
    assert "кв. 15" not in shown
    for personal in ("Иванова", "123-45-07", "+7910", "Петрова", "Ольга"):
        assert personal not in shown


def test_the_wall_says_when_somebody_has_to_sign_in_again(at: Any) -> None:
    assert "вход до" in page(signed_in(role=Role.HEAD), "desk:wall")
