"""Who had a ticket from when to when; two that refuse; whoever is appointed until it is decided."""

from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.writes import Refused, RuleBroken
from callbacks.models import CallbackObligation, Clock, Deadline, Escalation
from callbacks.services import escalate_overdue_batch
from companies.models import Company
from tickets.models import Holding, Ticket, TicketEvent
from tickets.services import move_ticket
from tickets.services.holdings import TooFewRefusals, chain_of, why_left
from tickets.services.steps import Appointed
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of, on_duty

pytestmark = pytest.mark.django_db


def move(ticket: Ticket, step: str, actor: User, minute: int, **given: Any) -> Ticket:
    return move_ticket(ticket=ticket, step=step, actor=actor, at=NOON + minute * MINUTE, **given)


@pytest.fixture
def operator() -> User:
    return UserFactory.create()


@pytest.fixture
def senior() -> User:
    return on_duty()


def turned_down(ticket: Ticket, operator: User, *, reasons: tuple[str, ...] = ("not_ours", "house_not_served")) -> None:
    """Each of as many organisations has had it for five minutes and sent it back."""
    for number, reason in enumerate(reasons):
        company = CompanyFactory.create()
        move(ticket, "assign", operator, 10 * number + 1, company=company)
        move(ticket, "reject", member_of(company), 10 * number + 6, reason=reason, note=f"Слова {number}")


def turns(ticket: Ticket) -> list[tuple[Company, datetime, datetime | None, str]]:
    return [(turn.company, turn.started_at, turn.ended_at, why_left(turn)) for turn in chain_of(ticket)]


class TestTheChain:
    def test_every_turn_is_kept(self, operator: User) -> None:
        first, second = CompanyFactory.create(), CompanyFactory.create()
        ticket = make_ticket(company=first)
        move(ticket, "assign", operator, 4, company=second)
        move(ticket, "reject", member_of(second), 9, reason="not_ours")
        move(ticket, "assign", operator, 11, company=first)

        assert turns(ticket) == [
            (first, NOON, NOON + 4 * MINUTE, "передана другой организации"),
            (second, NOON + 4 * MINUTE, NOON + 9 * MINUTE, "вернула в центр: не наша ответственность"),
            (first, NOON + 11 * MINUTE, None, ""),
        ]
        assert [turn.length(NOON + 20 * MINUTE) // MINUTE for turn in chain_of(ticket)] == [4, 5, 9]

    def test_a_ticket_that_nobody_had_has_none(self) -> None:
        assert turns(make_ticket()) == []

    def test_work_does_not_end_a_turn(self, operator: User) -> None:
        company = CompanyFactory.create()
        ticket = make_ticket(company=company)
        person = member_of(company)
        move(ticket, "start", person, 3)
        move(ticket, "report_done", person, 30, works="Заменили лампу")

        assert turns(ticket) == [(company, NOON, None, "")]

    def test_cancelling_ends_it(self, operator: User) -> None:
        ticket = make_ticket(company=CompanyFactory.create(), phone="")
        move(ticket, "cancel", operator, 5, reason="mistake", note="Ошиблись адресом")

        assert [(end, why) for _company, _start, end, why in turns(ticket)] == [(NOON + 5 * MINUTE, "отменена")]

    def test_the_card_shows_it(self, client: Client, operator: User) -> None:
        ticket = make_ticket(company=CompanyFactory.create(name="УК «Свет»"))
        move(ticket, "assign", operator, 4, company=CompanyFactory.create(name="ТСЖ «Дом»"), note="По договору")
        client.force_login(operator, backend="accounts.backends.PasswordBackend")

        shown = client.get(reverse("desk:card", args=[ticket.number])).text

        part = shown[shown.index("Кто держал заявку") : shown.index("Журнал заявки")]
        assert part.index("УК «Свет»") < part.index("передана другой организации — По договору")
        assert part.index("передана другой") < part.index("ТСЖ «Дом»")


class TestTheDatabase:
    def test_one_turn_at_a_time(self) -> None:
        ticket = make_ticket(company=CompanyFactory.create())

        with pytest.raises(IntegrityError, match="holding_one_open"), transaction.atomic():
            Holding.objects.create(ticket=ticket, company=CompanyFactory.create(), started_at=NOON)

    @pytest.mark.parametrize(
        "change", ["started_at = started_at - interval '1 hour'", "ended_at = NULL, left_by_id = NULL"]
    )
    def test_what_is_over_is_final(self, operator: User, change: str) -> None:
        ticket = make_ticket(company=CompanyFactory.create())
        move(ticket, "assign", operator, 4, company=CompanyFactory.create())

        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="holding_is_fixed"):
            cursor.execute(f"UPDATE tickets_holding SET {change} WHERE ended_at IS NOT NULL")

    @pytest.mark.parametrize("statement", ["DELETE FROM tickets_holding", "TRUNCATE tickets_holding"])
    def test_none_is_lost(self, statement: str) -> None:
        make_ticket(company=CompanyFactory.create())

        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            with pytest.raises(IntegrityError, match="holding_is_fixed"), transaction.atomic():
                cursor.execute(statement)
            cursor.execute("SET ROLE dispatch_app")

    def test_a_turn_ends_by_a_step_and_not_before_it_began(self) -> None:
        ticket = make_ticket(company=CompanyFactory.create())
        event = TicketEvent.objects.filter(ticket=ticket).last()
        for change in ({"ended_at": NOON}, {"ended_at": NOON - MINUTE, "left_by": event}):
            with pytest.raises(IntegrityError, match="holding_ends_by_a_step"), transaction.atomic():
                Holding.objects.filter(ticket=ticket).update(**change)

    def test_the_history_of_before_gives_the_same_turns(self, operator: User) -> None:
        ticket = make_ticket(company=CompanyFactory.create())
        turned_down(ticket, operator)
        move(ticket, "assign", operator, 40, company=CompanyFactory.create())
        known = list(Holding.objects.order_by("pk").values_list("company", "started_at", "ended_at", "left_by"))
        filled = import_module("tickets.migrations.0011_holdings_from_history").TURNS

        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE; SET LOCAL session_replication_role = replica; DELETE FROM tickets_holding")
            cursor.execute(filled)
            cursor.execute("SET LOCAL session_replication_role = origin; SET ROLE dispatch_app")

        rows = Holding.objects.order_by("started_at", "pk").values_list("company", "started_at", "ended_at", "left_by")
        assert list(rows) == known


class TestTwoRefuse:
    def test_the_supervisor_is_asked_with_both_reasons(self, operator: User, senior: User) -> None:
        ticket = make_ticket()
        turned_down(ticket, operator)

        asked = Deadline.objects.running().get(clock=Clock.REFUSALS)
        while escalate_overdue_batch(at=NOON + 17 * MINUTE):
            pass

        assert asked.started_at == NOON + 16 * MINUTE
        assert "не наша ответственность; " in asked.title
        assert "дом не обслуживаем · " in asked.title
        assert {told.recipient for told in Escalation.objects.get(deadline=asked).outbox.all()} == {senior}

    @pytest.mark.parametrize("count", [0, 1])
    def test_one_refusal_is_the_operators(self, operator: User, count: int) -> None:
        turned_down(make_ticket(), operator, reasons=("not_ours",) * count)

        assert not Deadline.objects.filter(clock=Clock.REFUSALS).exists()

    def test_the_same_one_twice_is_one(self, operator: User) -> None:
        company = CompanyFactory.create()
        ticket, person = make_ticket(company=company), member_of(company)
        move(ticket, "reject", person, 2, reason="not_ours")
        move(ticket, "assign", operator, 3, company=company)
        move(ticket, "reject", person, 5, reason="not_in_contract")

        assert not Deadline.objects.filter(clock=Clock.REFUSALS).exists()

    def test_the_card_tells_both_and_offers_the_decision(self, client: Client, operator: User, senior: User) -> None:
        ticket = make_ticket()
        turned_down(ticket, operator)
        url = reverse("desk:card", args=[ticket.number])

        client.force_login(senior, backend="accounts.backends.PasswordBackend")
        shown = client.get(url).text
        assert "не наша ответственность — Слова 0" in shown
        assert "дом не обслуживаем — Слова 1" in shown
        assert "Назначить до решения" in shown
        client.force_login(operator, backend="accounts.backends.PasswordBackend")
        assert "Чья она, решает старший смены" in client.get(url).text


class TestAppointing:
    @pytest.fixture
    def ticket(self, operator: User) -> Ticket:
        ticket = make_ticket()
        turned_down(ticket, operator)
        return ticket

    def test_it_answers_and_cannot_send_the_work_back(self, ticket: Ticket, senior: User) -> None:
        company = CompanyFactory.create()
        move(ticket, "appoint", senior, 20, company=company, note="До решения министерства")
        ticket.refresh_from_db()

        assert (ticket.status, ticket.company, ticket.is_appointed) == ("assigned", company, True)
        assert not Deadline.objects.running().filter(clock=Clock.REFUSALS).exists()
        assert Deadline.objects.running().filter(clock=Clock.ACCEPTANCE, company=company).exists()
        with pytest.raises(Appointed):
            move(ticket, "reject", member_of(company), 21, reason="not_ours")

    def test_the_portal_does_not_offer_it(self, client: Client, ticket: Ticket, senior: User) -> None:
        company = CompanyFactory.create()
        move(ticket, "appoint", senior, 20, company=company, note="До решения")
        client.force_login(member_of(company), backend="accounts.backends.PasswordBackend")

        shown = client.get(reverse("portal:card", args=[ticket.number])).text

        assert "steps/accept/" in shown
        assert "steps/reject/" not in shown

    def test_the_database_refuses_it_as_well(self, ticket: Ticket, senior: User) -> None:
        move(ticket, "appoint", senior, 20, company=CompanyFactory.create(), note="До решения")

        with pytest.raises(IntegrityError, match="ticket_appointed_is_not_rejected"), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(status="rejected")

    def test_deciding_otherwise_ends_it(self, ticket: Ticket, senior: User, operator: User) -> None:
        move(ticket, "appoint", senior, 20, company=CompanyFactory.create(), note="До решения")
        decided = CompanyFactory.create()
        move(ticket, "assign", operator, 60, company=decided)
        ticket.refresh_from_db()

        assert not ticket.is_appointed
        assert turns(ticket)[-1] == (decided, NOON + 60 * MINUTE, None, "")
        move(ticket, "reject", member_of(decided), 61, reason="not_ours")

    def test_needs_two_refusals(self, operator: User, senior: User) -> None:
        ticket = make_ticket()
        turned_down(ticket, operator, reasons=("not_ours",))

        with pytest.raises(TooFewRefusals):
            move(ticket, "appoint", senior, 20, company=CompanyFactory.create(), note="До решения")

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.HEAD, Role.ADMIN])
    def test_is_the_supervisors(self, ticket: Ticket, role: Role) -> None:
        with pytest.raises(Refused):
            move(ticket, "appoint", UserFactory.create(role=role), 20, company=CompanyFactory.create(), note="Я решил")


class TestAFurtherTicket:
    """Several organisations for one call: a ticket each, the caller is one."""

    @pytest.fixture
    def desk(self, client: Client, operator: User) -> Client:
        client.force_login(operator, backend="accounts.backends.PasswordBackend")
        return client

    def test_the_form_knows_who_and_where(self, desk: Client) -> None:
        ticket = make_ticket()

        form = desk.get(reverse("desk:intake"), {"beside": ticket.number}).context["form"]

        assert form["beside"].value() == ticket.number
        assert form["building"].value() == ticket.building_id
        assert (form["phone"].value(), form["caller_name"].value()) == ("8 (910) 123-45-67", "Иванова М. П.")
        assert (form["flat"].value(), form["text"].value()) == ("15", None)

    def test_it_hangs_on_the_same_contact_with_a_promise_of_its_own(self, desk: Client) -> None:
        first = make_ticket(company=CompanyFactory.create())
        told = {
            name: value for name, value in (
                (field.html_name, field.value())
                for field in desk.get(reverse("desk:intake"), {"beside": first.number}).context["form"]
            ) if value not in (None, "", False)
        }  # fmt: skip

        desk.post(reverse("desk:intake"), told | {"category": "E03", "text": "И света нет на лестнице"})

        second = Ticket.objects.exclude(pk=first.pk).get()
        assert second.contact_id == first.contact_id
        assert second.callback_id != first.callback_id
        assert CallbackObligation.objects.filter(contact=first.contact).count() == 2
        shown = desk.get(reverse("desk:card", args=[first.number])).text
        assert reverse("desk:card", args=[second.number]) in shown

    def test_the_card_and_the_saved_call_lead_there(self, desk: Client) -> None:
        ticket = make_ticket()
        link = f"{reverse('desk:intake')}?beside={ticket.number}"

        for route in ("desk:card", "desk:registered"):
            assert f'href="{link}" data-key="F6"' in desk.get(reverse(route, args=[ticket.number])).text

    def test_an_unknown_number_is_an_empty_form(self, desk: Client) -> None:
        assert desk.get(reverse("desk:intake"), {"beside": "26-999999"}).context["form"]["beside"].value() is None


def test_the_rules_have_their_sentences() -> None:
    for rule in ("ticket_appointed_is_not_rejected", "holding_is_fixed", "holding_one_open"):
        assert str(RuleBroken(rule))
