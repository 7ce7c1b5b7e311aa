"""The citizen's number and the organisation: by consent or on request, each look on record, and not too many."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import AccessRecord, Role, User
from accounts.writes import RuleBroken
from callbacks.models import Outbox
from companies.models import Company
from tickets.models import PhoneRequest, PhoneStop, Ticket
from tickets.services import Address, move_ticket, phones
from tickets.workflow import Status

from .factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    make_ticket,
    member_of,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db

NUMBER = "8 (910) 123-45-67"


def at_work(company: Company, dispatcher: User, **given: Any) -> Ticket:
    ticket = make_ticket(company=company, **given)
    return move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE)


def look(ticket: Ticket, company: Company, actor: User, *, at: datetime = NOON + 2 * MINUTE) -> phones.ShownPhone:
    return phones.show_phone(ticket=ticket, company=company, actor=actor, at=at)


def asked(ticket: Ticket, company: Company, actor: User) -> PhoneRequest:
    return phones.ask_phone(ticket=ticket, company=company, actor=actor, reason="Не открывают", at=NOON + 2 * MINUTE)


class TestConsent:
    def test_an_accepted_flat_ticket_shows_it_and_writes_it_down(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher, shares_phone=True)

        shown = look(ticket, company, dispatcher)

        assert (shown.number, shown.name) == ("+79101234567", "Иванова М. П.")
        record = AccessRecord.objects.get(what=phones.WHAT)
        assert (record.actor, record.subject) == (dispatcher, ticket.number)
        assert "согласился" in record.reason

    def test_the_phone_on_site_comes_first(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher, shares_phone=True, site_phone="+79107654321")

        shown = look(ticket, company, dispatcher)

        assert (shown.number, shown.is_on_site) == ("+79107654321", True)

    def test_before_acceptance_nobody_sees_it(self, company: Company, dispatcher: User) -> None:
        with pytest.raises(phones.PhoneClosed):
            look(make_ticket(company=company, shares_phone=True), company, dispatcher)

    def test_a_house_is_nobodys_flat(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher, shares_phone=True, address=Address(building=BuildingFactory.create()))
        with pytest.raises(phones.PhoneClosed):
            look(ticket, company, dispatcher)

    @pytest.mark.parametrize("status", sorted(set(Status) - set(phones.AT_WORK)))
    def test_outside_of_the_work_it_is_closed(self, company: Company, dispatcher: User, status: str) -> None:
        ticket = make_ticket(company=company, shares_phone=True)
        ticket.status = status

        assert not phones.phone_access(ticket=ticket, company=company).may_show

    def test_without_a_number_it_says_so(self, company: Company, dispatcher: User) -> None:
        with pytest.raises(phones.NoNumber):
            look(at_work(company, dispatcher, shares_phone=True, phone=""), company, dispatcher)
        assert not AccessRecord.objects.exists()


class TestRequest:
    def test_granted_until_the_work_is_done(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher)
        operator = UserFactory.create(first_name="Ольга", last_name="Смирнова")
        request = asked(ticket, company, dispatcher)
        phones.grant_phone(request=request, by=operator, note="Согласна", at=NOON + 3 * MINUTE)

        assert look(ticket, company, dispatcher).number == "+79101234567"
        assert "Ольга Смирнова" in AccessRecord.objects.get().reason

        move_ticket(ticket=ticket, step="report_done", actor=dispatcher, works="Починили", at=NOON + 9 * MINUTE)
        assert not PhoneRequest.objects.in_force().exists()

    def test_returned_work_has_to_ask_again(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher)
        phones.grant_phone(
            request=asked(ticket, company, dispatcher), by=UserFactory.create(), note="Согласна", at=NOON + 3 * MINUTE
        )
        phones.end_phone_access(ticket, at=NOON + 4 * MINUTE)
        ticket.status = Status.RETURNED

        access = phones.phone_access(ticket=ticket, company=company)

        assert (access.may_show, access.may_ask) == (False, True)

    def test_refused_may_be_asked_again(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher)
        request = asked(ticket, company, dispatcher)
        phones.refuse_phone(request=request, by=UserFactory.create(), note="Против", at=NOON + 3 * MINUTE)

        with pytest.raises(phones.PhoneClosed):
            look(ticket, company, dispatcher)
        assert phones.phone_access(ticket=ticket, company=company).may_ask

    def test_asking_twice_is_refused(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher)
        asked(ticket, company, dispatcher)
        with pytest.raises(phones.PhoneClosed):
            asked(ticket, company, dispatcher)

    def test_of_two_answers_the_second_is_told(self, company: Company, dispatcher: User) -> None:
        request = asked(at_work(company, dispatcher), company, dispatcher)
        phones.grant_phone(request=request, by=UserFactory.create(), note="Согласна", at=NOON + 3 * MINUTE)
        with pytest.raises(phones.AlreadyDecided):
            phones.refuse_phone(request=request, by=UserFactory.create(), note="Против", at=NOON + 3 * MINUTE)

    def test_another_organisation_gets_nothing_of_it(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher)
        phones.grant_phone(
            request=asked(ticket, company, dispatcher), by=UserFactory.create(), note="Согласна", at=NOON + 3 * MINUTE
        )
        other = CompanyFactory.create()
        ticket = move_ticket(
            ticket=ticket, step="assign", actor=UserFactory.create(), company=other, at=NOON + 4 * MINUTE
        )
        move_ticket(ticket=ticket, step="accept", actor=member_of(other), at=NOON + 5 * MINUTE)

        for one in (company, other):
            assert not phones.phone_access(ticket=Ticket.objects.get(), company=one).may_show

    def test_a_reason_of_spaces_is_none(self, company: Company, dispatcher: User) -> None:
        with pytest.raises(RuleBroken, match="зачем"):
            phones.ask_phone(
                ticket=at_work(company, dispatcher), company=company, actor=dispatcher, reason="  ", at=NOON
            )

    def test_the_database_keeps_what_was_decided(self, company: Company, dispatcher: User) -> None:
        request = asked(at_work(company, dispatcher), company, dispatcher)
        phones.refuse_phone(request=request, by=UserFactory.create(), note="Против", at=NOON + 3 * MINUTE)
        for change in ("state = 'granted'", "reason = 'Другая'", "note = 'Согласна'"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE tickets_phonerequest SET {change}")


class TestLimit:
    @pytest.fixture
    def ticket(self, company: Company, dispatcher: User) -> Ticket:
        return at_work(company, dispatcher, shares_phone=True)

    @pytest.fixture
    def thirty(self, ticket: Ticket, company: Company, dispatcher: User) -> datetime:
        AccessRecord.objects.bulk_create(
            AccessRecord(actor=dispatcher, what=phones.WHAT, subject=ticket.number) for _turn in range(phones.AN_HOUR)
        )
        record = AccessRecord.objects.latest("pk")
        record.refresh_from_db()
        return record.recorded_at + MINUTE

    def test_the_thirtieth_is_shown_and_the_next_one_stops(
        self, ticket: Ticket, company: Company, dispatcher: User, thirty: datetime
    ) -> None:
        UserFactory.create(role=Role.SUPERVISOR)
        with pytest.raises(phones.TooManyPhones):
            look(ticket, company, dispatcher, at=thirty)
        with pytest.raises(phones.TooManyPhones):
            look(ticket, company, dispatcher, at=thirty)

        stop = PhoneStop.objects.get()
        assert (stop.user, stop.company) == (dispatcher, company)
        assert AccessRecord.objects.count() == phones.AN_HOUR
        letter = Outbox.objects.get(occasion=f"phones {stop.pk}")
        assert letter.recipient in User.objects.filter(role=Role.SUPERVISOR)

    def test_a_stop_outlasts_the_hour_until_somebody_lifts_it(
        self, ticket: Ticket, company: Company, dispatcher: User, thirty: datetime
    ) -> None:
        with pytest.raises(phones.TooManyPhones):
            look(ticket, company, dispatcher, at=thirty)
        late = thirty + 90 * MINUTE
        with pytest.raises(phones.TooManyPhones):
            look(ticket, company, dispatcher, at=late)

        phones.lift_stop(stop=PhoneStop.objects.get(), by=UserFactory.create(), note="Авария", at=late)
        assert look(ticket, company, dispatcher, at=late).number

    def test_an_hour_later_it_starts_anew(
        self, ticket: Ticket, company: Company, dispatcher: User, thirty: datetime
    ) -> None:
        assert look(ticket, company, dispatcher, at=thirty + 60 * MINUTE).number

    def test_a_colleague_has_his_own_count(self, ticket: Ticket, company: Company, thirty: datetime) -> None:
        assert look(ticket, company, member_of(company), at=thirty).number


class TestPages:
    def test_the_number_stands_in_the_answer_and_in_no_later_page(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher, shares_phone=True)
        portal = signed_in(dispatcher)
        before = page(portal, "portal:card", number=ticket.number)

        answer = portal.post(reverse("portal:phone", kwargs={"number": ticket.number}))

        assert "Показать телефон жителя" in before
        assert NUMBER not in before
        assert NUMBER in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert NUMBER not in page(portal, "portal:card", number=ticket.number)

    def test_the_number_reaches_no_log(
        self, company: Company, dispatcher: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        ticket = at_work(company, dispatcher, shares_phone=True)
        with caplog.at_level("DEBUG"):
            signed_in(dispatcher).post(reverse("portal:phone", kwargs={"number": ticket.number}))
        # What the development database logs of its own queries is not the application's log.
        said = [line.getMessage() for line in caplog.records if line.name != "django.db.backends"]
        assert not any("9101234567" in line for line in said)

    def test_the_paper_bears_it_only_when_asked_to(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher, shares_phone=True)
        portal = signed_in(dispatcher)
        url = reverse("portal:order", kwargs={"number": ticket.number})

        assert NUMBER not in portal.get(url).content.decode()
        assert not AccessRecord.objects.exists()
        assert NUMBER in portal.post(url).content.decode()
        assert AccessRecord.objects.count() == 1

    def test_the_request_travels_to_the_desk_and_back(self, company: Company, dispatcher: User) -> None:
        ticket = at_work(company, dispatcher)
        portal, desk = signed_in(dispatcher), signed_in()
        portal.post(reverse("portal:phone-ask", kwargs={"number": ticket.number}), {"reason": "Не открывают дверь"})

        for name, kwargs in (("desk:notes", {}), ("desk:card", {"number": ticket.number})):
            assert "Не открывают дверь" in page(desk, name, **kwargs)
        request = PhoneRequest.objects.get()
        desk.post(
            reverse("desk:phone_decide", kwargs={"pk": request.pk, "answer": "grant"}),
            {"said": "Согласна, до восьми", "next": reverse("desk:notes")},
        )

        card = page(portal, "portal:card", number=ticket.number)
        assert "Показать телефон жителя" in card
        assert "Согласна, до восьми" in card
        assert "Не открывают дверь" not in page(desk, "desk:notes")

    def test_an_answer_without_the_citizens_word_is_refused(self, company: Company, dispatcher: User) -> None:
        request = asked(at_work(company, dispatcher), company, dispatcher)
        signed_in().post(reverse("desk:phone_decide", kwargs={"pk": request.pk, "answer": "grant"}), {"said": " "})
        request.refresh_from_db()
        assert request.state == PhoneRequest.State.ASKED

    def test_supervisors_read_who_saw_what_and_why(
        self, company: Company, dispatcher: User, django_assert_max_num_queries: Any
    ) -> None:
        for turn in range(5):
            ticket = at_work(company, dispatcher, shares_phone=True, phone=f"+7910123456{turn}")
            look(ticket, company, dispatcher)
        supervisor = signed_in(role=Role.SUPERVISOR)

        with django_assert_max_num_queries(8):
            shown = page(supervisor, "desk:phones")

        assert ticket.number in shown
        assert str(company) in shown
        assert str(dispatcher) in shown
        other = supervisor.get(reverse("desk:phones"), {"company": CompanyFactory.create().pk}).content.decode()
        assert ticket.number not in other

    def test_a_stop_sounds_on_the_supervisors_screen_and_is_lifted(self, company: Company, dispatcher: User) -> None:
        stop = PhoneStop.objects.create(user=dispatcher, company=company, stopped_at=NOON)
        supervisor = signed_in(role=Role.SUPERVISOR)
        assert f'data-alarm="phone-stop-{stop.pk}"' in page(supervisor, "desk:counts")
        assert "phone-stop" not in page(signed_in(), "desk:counts")

        supervisor.post(reverse("desk:phone_lift", kwargs={"pk": stop.pk}), {"note": "Авария в трёх домах"})

        assert not PhoneStop.objects.standing().exists()
