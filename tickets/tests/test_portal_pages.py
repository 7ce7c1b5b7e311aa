"""The portal: an organisation's own tickets, and nothing of who rang."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.clock import now
from accounts.models import Role, User
from callbacks.models import Contact
from companies.models import Company
from tickets.models import PortalTab, Ticket
from tickets.services import give_to_foreman, move_ticket, record_ring_back
from tickets.templatetags.portal import TAKEN, until
from tickets.tests.factories import MINUTE, WALL, CompanyFactory, UserFactory, make_ticket, member_of
from tickets.workflow import STEPS, RejectReason, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(name="УК «Свет»")


@pytest.fixture
def dispatcher(company: Company) -> User:
    return member_of(company, first_name="Марина", last_name="Фомина")


@pytest.fixture
def portal(client: Client, dispatcher: User) -> Client:
    return signed_in(client, dispatcher)


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    return client


def of(company: Company, *, minutes_ago: int = 3, **given: Any) -> Ticket:
    return make_ticket(company=company, at=now() - minutes_ago * MINUTE, **given)


def moved(ticket: Ticket, *steps: str, actor: User, **given: Any) -> Ticket:
    for step in steps:
        needs = {"works": "Заменили"} if step == "report_done" else given
        ticket = move_ticket(ticket=ticket, step=step, actor=actor, at=now(), **needs)
    return ticket


def url(ticket: Ticket, step: str = "") -> str:
    if step:
        return reverse("portal:step", kwargs={"number": ticket.number, "step": step})
    return reverse("portal:card", kwargs={"number": ticket.number})


def listed(portal: Client, tab: str) -> set[str]:
    """The numbers of the tickets on a tab."""
    page = portal.get(reverse("portal:list"), {"tab": tab}).context["page"]
    return {ticket.number for ticket in page}


def not_done(ticket: Ticket, said: str) -> None:
    """The centre rings, and the caller says that nothing was mended."""
    ticket.refresh_from_db()
    assert ticket.control_callback is not None
    record_ring_back(
        obligation=ticket.control_callback, outcome="reached", operator=UserFactory.create(), at=now(), note=said,
        confirmed=False,
    )  # fmt: skip


class TestTabs:
    def test_each_ticket_stands_where_its_work_stands(self, portal: Client, company: Company, dispatcher: User) -> None:
        new = of(company)
        accepted = moved(of(company), "accept", actor=dispatcher)
        started = moved(of(company), "accept", "start", actor=dispatcher)
        done = moved(of(company), "accept", "report_done", actor=dispatcher)
        returned = moved(of(company), "accept", "report_done", actor=dispatcher)
        not_done(returned, "Не сделали")
        rejected = moved(of(company), "reject", actor=dispatcher, reason=RejectReason.NOT_OURS)

        assert listed(portal, "new") == {new.number}
        assert listed(portal, "work") == {accepted.number, started.number}
        assert listed(portal, "returned") == {returned.number}
        assert listed(portal, "done") == {done.number}
        for tab in PortalTab.values:
            assert rejected.number not in listed(portal, tab)

    def test_what_expires_within_two_hours_stands_apart(self, portal: Client, company: Company) -> None:
        soon = of(company, code="P03", minutes_ago=22 * 60 + 5)
        later = of(company, code="E03", minutes_ago=22 * 60 + 5)
        for ticket in (soon, later):
            moved(ticket, "accept", actor=company.memberships.get().user)

        assert listed(portal, "expiring") == {soon.number}

    def test_the_counts_are_those_of_the_lists(self, portal: Client, company: Company, dispatcher: User) -> None:
        for _turn in range(3):
            of(company)
        moved(of(company), "accept", actor=dispatcher)
        of(CompanyFactory.create())

        tabs = portal.get(reverse("portal:list")).context["tabs"]

        for tab, count in tabs:
            assert len(listed(portal, tab)) == count, tab

    def test_the_most_urgent_comes_first(self, portal: Client, company: Company) -> None:
        calm, urgent = of(company, code="P03"), of(company, code="W01")

        page = portal.get(reverse("portal:list")).context["page"]

        assert [ticket.number for ticket in page] == [urgent.number, calm.number]

    def test_an_unknown_tab_shows_the_new_ones(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        assert listed(portal, "nonsense") == {ticket.number}

    @pytest.mark.parametrize("page", ["2", "999", "-1", "x"])
    def test_long_lists_have_pages(self, portal: Client, company: Company, page: str) -> None:
        for _turn in range(22):
            of(company)

        answer = portal.get(reverse("portal:list"), {"page": page})

        assert answer.status_code == 200
        assert len(answer.context["page"]) <= 20


@pytest.mark.parametrize("tab", PortalTab.values)
def test_a_list_takes_twelve_queries_and_the_wall(
    portal: Client,
    company: Company,
    dispatcher: User,
    tab: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _turn in range(4):
        of(company)
        moved(of(company, minutes_ago=22 * 60 + 5), "accept", actor=dispatcher)
        moved(of(company), "accept", "report_done", actor=dispatcher)

    with django_assert_max_num_queries(12 + WALL):
        portal.get(reverse("portal:list"), {"tab": tab})


def test_a_card_takes_fourteen_queries_and_the_wall(
    portal: Client, company: Company, dispatcher: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = moved(of(company), "accept", "start", actor=dispatcher)

    with django_assert_max_num_queries(20 + WALL):
        portal.get(url(ticket))


class TestTheCitizenIsHidden:
    def test_no_page_holds_the_name_or_the_number(self, portal: Client, company: Company) -> None:
        ticket = of(company, text="Звоните +7 (910) 123-45-67 или 56-56-02, Иванова")
        Contact.objects.filter(pk=ticket.contact_id).update(caller_name="Секретная Личность")

        for page in (portal.get(reverse("portal:list")), portal.get(url(ticket))):
            shown = page.content.decode()
            assert "[номер скрыт]" in shown
            for secret in ("9101234567", "123-45-67", "56-56-02, Иванова", "Секретная"):
                assert secret not in shown

    def test_the_contact_is_not_even_read(self, portal: Client, company: Company) -> None:
        ticket = of(company)
        for path in (reverse("portal:list"), url(ticket)):
            with CaptureQueriesContext(connection) as asked:
                portal.get(path)
            assert not [query for query in asked.captured_queries if "callbacks_contact" in query["sql"]]

    def test_what_the_centre_wrote_for_itself_is_not_shown(
        self, portal: Client, company: Company, dispatcher: User
    ) -> None:
        ticket = moved(of(company), "accept", actor=dispatcher)
        move_ticket(ticket=ticket, step="comment", actor=UserFactory.create(), at=now(), note="Скандалит")
        move_ticket(ticket=ticket, step="comment", actor=dispatcher, at=now(), note="Ключ у соседки")

        shown = portal.get(url(ticket)).content.decode()

        assert "Скандалит" not in shown
        assert "Ключ у соседки" in shown

    def test_why_work_came_back_is_shown(self, portal: Client, company: Company, dispatcher: User) -> None:
        ticket = moved(of(company), "accept", "report_done", actor=dispatcher)
        not_done(ticket, "Течёт опять")

        assert "Течёт опять" in portal.get(url(ticket)).content.decode()

    def test_what_happened_elsewhere_is_not_shown(self, portal: Client, company: Company) -> None:
        former = CompanyFactory.create(name="УК «Прежняя»")
        ticket = make_ticket(company=former, at=now())
        someone = member_of(former)
        move_ticket(ticket=ticket, step="reject", actor=someone, at=now(), reason="not_ours", note="Судимся с ними")
        move_ticket(ticket=ticket, step="assign", actor=UserFactory.create(), at=now(), company=company)

        assert "Судимся" not in portal.get(url(ticket)).content.decode()


class TestForeign:
    def test_a_foreign_ticket_looks_like_a_missing_one(self, portal: Client) -> None:
        foreign = of(CompanyFactory.create())
        missing = reverse("portal:card", kwargs={"number": "26-999999"})

        answers = [portal.get(url(foreign)), portal.get(missing)]

        assert [answer.status_code for answer in answers] == [404, 404]
        # Each request has a number of its own.
        bodies = [re.sub(r"[0-9a-f-]{36}", "", answer.content.decode().split("<main")[1]) for answer in answers]
        assert bodies[0] == bodies[1]

    def test_a_foreign_ticket_cannot_be_moved(self, portal: Client) -> None:
        foreign = of(CompanyFactory.create())

        assert portal.post(url(foreign, "accept")).status_code == 404
        assert Ticket.objects.get(pk=foreign.pk).status == Status.ASSIGNED

    def test_the_centre_has_its_own_desk(self, client: Client) -> None:
        for role in (Role.OPERATOR, Role.SUPERVISOR, Role.HEAD, Role.ADMIN):
            assert signed_in(client, UserFactory.create(role=role)).get(reverse("portal:list")).status_code == 403

    def test_a_person_of_no_organisation_is_told_so(self, client: Client) -> None:
        answer = signed_in(client, UserFactory.create(role=Role.COMPANY)).get(reverse("portal:list"))

        assert answer.status_code == 403
        assert "не приписаны" in answer.content.decode()


class TestSteps:
    def test_accepting_from_the_list_comes_back_to_it(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        answer = portal.post(url(ticket, "accept"), {"tab": "new"})

        assert answer["Location"] == "/portal/?tab=new"
        assert Ticket.objects.get(pk=ticket.pk).status == Status.ACCEPTED

    def test_rejecting_needs_a_reason_and_keeps_what_was_typed(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        answer = portal.post(url(ticket, "reject"), {"note": "Дом новый"})

        assert answer.status_code == 422
        assert "Дом новый" in answer.content.decode()
        assert Ticket.objects.get(pk=ticket.pk).status == Status.ASSIGNED

    def test_another_reason_needs_its_words(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        answer = portal.post(url(ticket, "reject"), {"reason": "other"})

        assert answer.status_code == 409
        assert "Нужно пояснение." in answer.content.decode()

    def test_work_from_start_to_end(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        portal.post(url(ticket, "accept"))
        portal.post(url(ticket, "start"))
        portal.post(url(ticket, "report_done"), {"works": "Заменили лампы", "act_number": "17"})

        ticket.refresh_from_db()
        assert (ticket.status, ticket.works, ticket.act_number) == (Status.DONE, "Заменили лампы", "17")

    def test_a_second_press_is_told_not_obeyed(self, portal: Client, company: Company) -> None:
        ticket = of(company)
        portal.post(url(ticket, "accept"))

        answer = portal.post(url(ticket, "accept"))

        assert answer.status_code == 409
        assert "уже в другом состоянии" in answer.content.decode()

    def test_a_term_in_the_past_is_refused(self, portal: Client, company: Company) -> None:
        ticket = of(company)
        portal.post(url(ticket, "accept"))

        answer = portal.post(url(ticket, "plan"), {"planned_at": "2020-01-01T10:00"})

        assert answer.status_code == 409
        assert "в будущем" in answer.content.decode()

    def test_the_centres_steps_are_not_the_organisations(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        assert portal.post(url(ticket, "cancel"), {"reason": "mistake", "note": "x"}).status_code == 403

    def test_only_what_may_be_done_now_is_a_button(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        assert {step.code for step in portal.get(url(ticket)).context["steps"]} == {
            "accept", "reject", "start", "comment",
        }  # fmt: skip

    def test_reading_changes_nothing(self, portal: Client, company: Company) -> None:
        ticket = of(company)

        assert portal.get(url(ticket, "accept")).status_code == 405
        assert Ticket.objects.get(pk=ticket.pk).status == Status.ASSIGNED


class TestForeman:
    @pytest.fixture
    def foreman(self, company: Company) -> User:
        return member_of(company, role=Role.FOREMAN, first_name="Виктор", last_name="Громов")

    def give(self, ticket: Ticket) -> str:
        return reverse("portal:give", kwargs={"number": ticket.number})

    def test_he_sees_what_he_was_given(self, portal: Client, client: Client, company: Company, foreman: User) -> None:
        given, other = of(company), of(company)

        assert portal.post(self.give(given), {"foreman": foreman.pk}).status_code == 302

        page = signed_in(client, foreman)
        assert listed(page, "new") == {given.number}
        assert page.get(url(other)).status_code == 404

    def test_the_history_names_him(self, portal: Client, company: Company, foreman: User) -> None:
        ticket = of(company)

        portal.post(self.give(ticket), {"foreman": foreman.pk})

        event = ticket.events.get(step="give")
        assert event.details == {"foreman": "Виктор Громов"}
        assert (event.from_status, event.to_status, event.company) == ("assigned", "assigned", company)

    def test_a_foreign_foreman_is_refused(self, portal: Client, company: Company) -> None:
        ticket = of(company)
        stranger = member_of(CompanyFactory.create(), role=Role.FOREMAN)

        assert portal.post(self.give(ticket), {"foreman": stranger.pk}).status_code == 422
        assert Ticket.objects.get(pk=ticket.pk).foreman is None

    def test_what_is_done_is_given_to_nobody(
        self, portal: Client, company: Company, dispatcher: User, foreman: User
    ) -> None:
        ticket = moved(of(company), "accept", "report_done", actor=dispatcher)

        assert portal.post(self.give(ticket), {"foreman": foreman.pk}).status_code == 409

    def test_he_gives_nothing_to_others(
        self, client: Client, company: Company, dispatcher: User, foreman: User
    ) -> None:
        ticket = of(company)
        give_to_foreman(ticket=ticket, foreman=foreman, actor=dispatcher, at=now())

        assert signed_in(client, foreman).post(self.give(ticket), {"foreman": foreman.pk}).status_code == 403

    def test_he_works_but_does_not_answer_to_the_centre(
        self, client: Client, company: Company, dispatcher: User, foreman: User
    ) -> None:
        ticket = of(company)
        give_to_foreman(ticket=ticket, foreman=foreman, actor=dispatcher, at=now())
        page = signed_in(client, foreman)

        assert page.post(url(ticket, "accept")).status_code == 403
        assert page.post(url(ticket, "start")).status_code == 302
        assert page.post(url(ticket, "report_done"), {"works": "Починил"}).status_code == 302


class TestRefresh:
    def test_the_refresh_is_the_list_alone(self, portal: Client, company: Company) -> None:
        of(company)

        shown = portal.get(reverse("portal:list"), headers={"HX-Request": "true"}).content.decode()

        assert "<html" not in shown
        assert 'hx-trigger="every 5s, refresh"' in shown
        assert 'id="count-portal" hx-swap-oob="true">1<' in shown

    @pytest.mark.parametrize("tab", ["new", "work"])
    def test_a_new_ticket_rings_on_every_tab(self, portal: Client, company: Company, tab: str) -> None:
        ticket = of(company)

        assert f'data-alarm="new-{ticket.number}-' in portal.get(reverse("portal:list"), {"tab": tab}).content.decode()


def test_every_step_has_its_words_in_the_history() -> None:
    beside = {"register", "give", "correct_address", "import", "photo", "ask_phone", "grant_phone", "refuse_phone"}
    assert set(TAKEN) == set(STEPS) | beside


def test_a_time_today_is_a_time_only() -> None:
    noon = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert until(noon + timedelta(hours=2), noon) == "14:00"
    assert until(noon + timedelta(days=1), noon) == "24.11 12:00"
