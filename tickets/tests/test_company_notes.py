"""What an organisation writes to the centre: marked as its own, unread until somebody has read it, and answered."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Role, User
from companies.models import Company
from tickets.models import CompanyNote, Ticket
from tickets.services import move_ticket

from .factories import MINUTE, NOON, UserFactory, make_ticket, member_of, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(company: Company) -> Ticket:
    return make_ticket(company=company)


def write_note(ticket: Ticket, actor: User, note: str = "Ключ у соседки") -> None:
    move_ticket(ticket=ticket, step="comment", actor=actor, note=note, at=NOON + MINUTE)


def test_a_note_waits_for_a_reader(ticket: Ticket, dispatcher: User) -> None:
    write_note(ticket, dispatcher)
    desk = signed_in()
    assert 'id="count-notes" hx-swap-oob="true">1<' in page(desk, "desk:counts")
    card = page(desk, "desk:card", number=ticket.number)
    assert "Организация пишет" in card
    assert "Ключ у соседки" in page(desk, "desk:notes")

    desk.post(reverse("desk:notes_read", kwargs={"number": ticket.number}))

    assert CompanyNote.objects.get().read_by is not None
    assert 'id="count-notes" hx-swap-oob="true"><' in page(desk, "desk:counts")
    assert "Организация пишет" not in page(desk, "desk:card", number=ticket.number)


def test_a_foremans_note_waits_as_well(ticket: Ticket, company: Company) -> None:
    foreman = member_of(company, role=Role.FOREMAN)
    Ticket.objects.update(foreman=foreman)
    write_note(ticket, foreman)
    assert CompanyNote.objects.unread().count() == 1


def test_the_centres_own_notes_do_not(ticket: Ticket) -> None:
    write_note(ticket, UserFactory.create())
    assert not CompanyNote.objects.exists()


def test_an_answer_reads_them_and_is_seen_by_the_organisation(ticket: Ticket, dispatcher: User) -> None:
    write_note(ticket, dispatcher)
    operator = UserFactory.create()

    move_ticket(ticket=ticket, step="answer", actor=operator, note="Будет дома после шести", at=NOON + 2 * MINUTE)

    assert not CompanyNote.objects.unread().exists()
    portal = signed_in(dispatcher)
    assert "Будет дома после шести" in page(portal, "portal:card", number=ticket.number)
    assert "Центр ответил" in page(portal, "portal:list")

    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + 3 * MINUTE)
    assert "Центр ответил" not in portal.get(reverse("portal:list"), {"tab": "work"}).content.decode()


def test_the_reason_of_a_refusal_stands_on_the_desk(ticket: Ticket, dispatcher: User) -> None:
    signed_in(dispatcher).post(
        reverse("portal:step", kwargs={"number": ticket.number, "step": "reject"}),
        {"reason": "not_ours", "note": "Дом передан другой компании"},
    )
    card = page(signed_in(), "desk:card", number=ticket.number)
    assert "не наша ответственность" in card
    assert "Дом передан другой компании" in card


def test_whoever_rings_back_reads_what_the_organisation_wrote_last(ticket: Ticket, dispatcher: User) -> None:
    operator = UserFactory.create()
    for turn in range(4):
        write_note(ticket, dispatcher, f"Запись {turn}")
    write_note(ticket, operator, "Заявитель раздражён")
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE)
    move_ticket(
        ticket=ticket, step="postpone", actor=dispatcher, at=NOON + 2 * MINUTE, reason="no_material",
        until=NOON + 60 * MINUTE, note="Ждём кран со склада",
    )  # fmt: skip

    panel = page(signed_in(operator), "desk:say", pk=ticket.callback.pk)

    assert "Организация пишет" in panel
    places = [panel.index(words) for words in ("Ждём кран со склада", "Запись 3", "Запись 2")]
    assert places == sorted(places)
    assert "Запись 1" not in panel
    assert "Заявитель раздражён" not in panel


def test_whoever_rings_back_is_shown_nothing_where_nothing_was_written(ticket: Ticket) -> None:
    assert "Организация пишет" not in page(signed_in(), "desk:say", pk=ticket.callback.pk)


def test_the_page_of_notes_asks_little(company: Company, dispatcher: User, django_assert_max_num_queries: Any) -> None:
    for turn in range(6):
        write_note(make_ticket(company=company, phone=f"+7910123456{turn}"), dispatcher)
    desk = signed_in()
    with django_assert_max_num_queries(8):
        page(desk, "desk:notes")
