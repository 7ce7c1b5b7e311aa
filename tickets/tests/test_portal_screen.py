"""Whether the portal is open and heard, and the letters about new work."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Presence, Role, User
from accounts.presence import keep_sound
from callbacks.calendar import REGION
from callbacks.models import Outbox
from callbacks.services import deliver_outbox_batch
from companies.models import Company, Membership
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.services.portals import CLOSED_AFTER, portal_states, unheard_portals

from .factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of, page, signed_in

pytestmark = pytest.mark.django_db

Sound = Presence.Sound


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(duty_phone="+74842551230")


def sits(company: Company, *, sound: str = "", ago: timedelta = MINUTE, **given: Any) -> User:
    user = member_of(company, **given)
    at = NOON - ago
    Presence.objects.create(user=user, seen_at=at, sound=sound, sound_at=at if sound else None)
    return user


class TestSound:
    @pytest.mark.parametrize(
        ("sounds", "is_mute"),
        [
            ((Sound.ON,), False),
            ((Sound.BLOCKED,), True),
            ((Sound.OFF,), True),
            ((Sound.OFF, Sound.ON), False),
            (("",), False),
        ],
    )
    def test_one_who_hears_is_enough(self, company: Company, sounds: tuple[str, ...], is_mute: bool) -> None:
        for sound in sounds:
            sits(company, sound=sound)
        make_ticket(company=company)

        state = portal_states([company], NOON)[company.pk]

        assert (state.is_closed, state.is_mute) == (False, is_mute)

    @pytest.mark.parametrize(("ago", "is_closed"), [(CLOSED_AFTER, False), (CLOSED_AFTER + MINUTE, True)])
    def test_a_closed_portal_is_not_called_mute(self, company: Company, ago: timedelta, is_closed: bool) -> None:
        sits(company, sound=Sound.OFF, ago=ago)
        make_ticket(company=company)

        state = portal_states([company], NOON)[company.pk]

        assert (state.is_closed, state.is_mute) == (is_closed, not is_closed)

    def test_a_foremans_open_list_is_nobody_who_could_accept(self, company: Company) -> None:
        sits(company, sound=Sound.ON, role=Role.FOREMAN)
        make_ticket(company=company)
        assert [state.company for state in unheard_portals(NOON)] == [company]

    def test_the_browser_tells(self, company: Company) -> None:
        user = member_of(company)
        signed_in(user).post(reverse("portal:screen"), {"sound": "blocked"})
        user.presence.refresh_from_db()
        assert user.presence.sound == Sound.BLOCKED

    def test_a_silent_tab_does_not_take_back_the_word_of_one_that_sounds(self, company: Company) -> None:
        user = member_of(company)
        for said, kept in (("on", "on"), ("blocked", "on"), ("off", "off"), ("blocked", "blocked")):
            keep_sound(user.pk, said)
            assert Presence.objects.get(user=user).sound == kept

    def test_the_card_says_that_nobody_hears(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.clock.now", lambda: NOON)
        sits(company, sound=Sound.OFF)
        ticket = make_ticket(company=company)

        desk = signed_in(role=Role.SUPERVISOR)

        for shown in (page(desk, "desk:card", number=ticket.number), page(desk, "desk:shift")):
            assert "кабинет открыт, звук выключен" in shown
            assert "55-12-30" in shown

    def test_the_bar_is_for_those_who_answer(self, company: Company) -> None:
        assert 'id="sound-bar"' in page(signed_in(member_of(company)), "portal:list")
        assert 'id="sound-bar"' not in page(signed_in(member_of(company, role=Role.FOREMAN)), "portal:list")


def letters() -> list[str]:
    return sorted(letter.recipient.username for letter in Outbox.objects.exclude(occasion="") if letter.recipient)


class TestLetters:
    def test_new_work_is_one_letter_at_once(self, company: Company) -> None:
        member_of(company, username="anna")
        ticket = make_ticket(company=company)
        assert letters() == ["anna"]

        deliver_outbox_batch(at=NOON, channel="email")

        assert [letter.to for letter in mail.outbox] == [["anna@example.org"]]
        said = f"{mail.outbox[0].subject}\n{mail.outbox[0].body}"
        assert ticket.number in said
        assert f"/portal/tickets/{ticket.number}/" in said
        assert "9101234567" not in said
        assert "Иванова" not in said

    def test_a_storm_is_one_letter_with_a_list(self, company: Company) -> None:
        member_of(company)
        for turn in range(5):
            make_ticket(company=company, phone=f"+7910123456{turn}")
        deliver_outbox_batch(at=NOON, channel="email")
        assert len(mail.outbox) == 1
        assert "Новое: 5" in mail.outbox[0].subject

    def test_whoever_wants_none_gets_none_and_nobody_stands_in(self, company: Company) -> None:
        user = member_of(company)
        member_of(company, post=Membership.Post.NIGHT)
        signed_in(user).post(reverse("portal:letters"))
        make_ticket(company=company)
        assert letters() == []

        signed_in(user).post(reverse("portal:letters"), {"wanted": "on"})
        make_ticket(company=company, phone="+79101234568")
        assert letters() == [user.username]

    def test_at_night_the_night_duty_is_told(self, company: Company) -> None:
        company.works_from, company.works_to = time(8), time(17)
        company.save()
        member_of(company, username="day")
        member_of(company, username="night", post=Membership.Post.NIGHT)
        make_ticket(company=company, at=datetime(2026, 2, 2, 23, 0, tzinfo=REGION))
        assert letters() == ["night"]

    def test_a_foreman_is_not_told(self, company: Company) -> None:
        member_of(company, role=Role.FOREMAN)
        make_ticket(company=company)
        assert letters() == []

    def test_handing_over_tells_the_next_one(self, company: Company) -> None:
        member_of(company, username="anna")
        ticket = make_ticket()
        assert letters() == []

        move_ticket(ticket=ticket, step="assign", actor=UserFactory.create(), company=company, at=NOON + MINUTE)
        assert letters() == ["anna"]

        other = CompanyFactory.create()
        member_of(other, username="boris")
        move_ticket(
            ticket=Ticket.objects.get(), step="assign", actor=UserFactory.create(), company=other, at=NOON + 2 * MINUTE
        )
        assert letters() == ["anna", "boris"]


class TestSearch:
    @pytest.fixture
    def ticket(self, company: Company) -> Ticket:
        return make_ticket(company=company, text="Течёт батарея на кухне")

    @pytest.mark.parametrize("words", ["батарея", "батар кух", "киров", "Кирова", "ул. Кирова"])
    def test_by_a_word_or_its_beginning(self, company: Company, ticket: Ticket, words: str) -> None:
        answer = signed_in(member_of(company)).post(reverse("portal:search"), {"words": words})
        assert ticket.number in answer.content.decode()

    def test_by_number_and_by_address(self, company: Company, ticket: Ticket) -> None:
        portal = signed_in(member_of(company))
        for words in (ticket.number, ticket.number[-6:], f"кирова {ticket.house}"):
            assert ticket.number in portal.post(reverse("portal:search"), {"words": words}).content.decode(), words

    def test_a_strangers_ticket_is_not_found(self, ticket: Ticket) -> None:
        portal = signed_in(member_of(CompanyFactory.create()))
        for words in (ticket.number, "батарея", "кирова"):
            shown = portal.post(reverse("portal:search"), {"words": words}).content.decode()
            assert f"ticket-{ticket.number}" not in shown

    @pytest.mark.parametrize("words", ["'", "a'b", ":*", "!!!", "& |", "\\", "ё" * 99, "26-", "a:b*", "<script>"])
    def test_nothing_typed_breaks_it(self, company: Company, words: str) -> None:
        answer = signed_in(member_of(company)).post(reverse("portal:search"), {"words": words})
        assert answer.status_code == 200

    def test_many_cost_no_more_than_few(self, company: Company, django_assert_max_num_queries: Any) -> None:
        for turn in range(8):
            make_ticket(company=company, phone=f"+7910123456{turn}")
        portal = signed_in(member_of(company))
        # Two of them lead behind the second wall and out again.
        with django_assert_max_num_queries(10):
            assert portal.post(reverse("portal:search"), {"words": "кирова"}).status_code == 200
