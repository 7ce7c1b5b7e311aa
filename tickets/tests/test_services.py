"""The life of a ticket through the services."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Role
from accounts.writes import RuleBroken
from callbacks.models import CallbackObligation, Clock, Contact, Deadline
from callbacks.services import rules_in_force, start_attempt, waive
from tickets.models import Ticket, TicketEvent
from tickets.services import Address, StepRefused, finish_ring_back, move_ticket, register_ticket
from tickets.services.steps import NeedMissing, control_call_window
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of

pytestmark = pytest.mark.django_db

State = CallbackObligation.State


def ring(obligation: CallbackObligation, *, at, operator, **given):  # type: ignore[no-untyped-def]
    attempt = start_attempt(obligation=obligation, operator=operator, at=at)
    return finish_ring_back(attempt=attempt, operator=operator, at=at + MINUTE, **given)


def test_a_ticket_is_born_with_its_promise_of_ten_minutes() -> None:
    ticket = make_ticket()

    assert ticket.callback.due_at == NOON + 10 * MINUTE
    assert ticket.callback.state == State.OPEN
    assert ticket.number.count("-") == 1
    assert len(ticket.number) == 9


def test_the_same_form_twice_is_one_ticket() -> None:
    first = make_ticket()
    again = register_ticket(
        contact=Contact(received_at=NOON, phone="+79107654321"), category=first.category,
        address=Address(street="ул. Мира", house="1"), text="x", operator=first.registered_by,
        intake_key=first.intake_key, at=NOON,
    )  # fmt: skip

    assert again.pk == first.pk
    assert Ticket.objects.count() == Contact.objects.count() == 1


def test_handing_over_starts_the_acceptance_clock() -> None:
    ticket = make_ticket(company=CompanyFactory.create())

    clock = Deadline.objects.get(ticket_deadline__ticket=ticket, clock=Clock.ACCEPTANCE)
    assert clock.due_at == NOON + 8 * MINUTE
    assert list(ticket.events.values_list("step", flat=True)) == ["register", "assign"]


def test_the_whole_path_from_call_to_confirmed_closing() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    operator, dispatcher = ticket.registered_by, member_of(company)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + 2 * MINUTE)
    kept = ring(ticket.callback, at=NOON + 5 * MINUTE, operator=operator, outcome="reached", note="УК приняла")
    move_ticket(ticket=ticket, step="start", actor=dispatcher, at=NOON + 20 * MINUTE)
    done = move_ticket(
        ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 60 * MINUTE, works="Заменили лампу"
    )
    assert done.control_callback is not None
    ring(
        done.control_callback, at=NOON + 70 * MINUTE, operator=operator, outcome="reached", note="Горит",
        confirmed=True,
    )  # fmt: skip

    ticket.refresh_from_db()
    assert kept.state == State.KEPT
    assert ticket.status == "closed"
    assert not Deadline.objects.running().exists()
    assert list(TicketEvent.objects.values_list("to_status", flat=True)) == [
        "registered", "assigned", "accepted", "in_work", "done", "closed",
    ]  # fmt: skip


def test_not_done_returns_the_work_and_counts_it() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    dispatcher = member_of(company)
    ring(ticket.callback, at=NOON + MINUTE, operator=ticket.registered_by, outcome="reached", note="Ждите")
    move_ticket(ticket=ticket, step="start", actor=dispatcher, at=NOON + 2 * MINUTE)
    done = move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 3 * MINUTE, works="Сделали")
    assert done.control_callback is not None
    ring(
        done.control_callback, at=NOON + 4 * MINUTE, operator=ticket.registered_by, outcome="reached",
        note="Не горит", confirmed=False,
    )  # fmt: skip

    ticket.refresh_from_db()
    assert (ticket.status, ticket.returns) == ("returned", 1)
    move_ticket(ticket=ticket, step="start", actor=dispatcher, at=NOON + 6 * MINUTE)
    again = move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 7 * MINUTE, works="Теперь да")
    assert again.control_callback != done.control_callback
    assert again.promises.count() == 1


def test_closing_without_a_talk_is_refused() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    move_ticket(ticket=ticket, step="start", actor=member_of(company), at=NOON + MINUTE)
    move_ticket(
        ticket=ticket, step="done_by_phone", actor=ticket.registered_by, at=NOON + 2 * MINUTE, works="Сделано",
        said_by="Петров, 56-56-57",
    )  # fmt: skip

    with pytest.raises(RuleBroken) as refusal:
        move_ticket(ticket=ticket, step="close", actor=ticket.registered_by, at=NOON + 3 * MINUTE)
    assert refusal.value.rule == "ticket_closing_owes_nothing"


def test_a_supervisor_closes_unconfirmed_with_a_reason() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company, phone="")
    move_ticket(ticket=ticket, step="start", actor=member_of(company), at=NOON + MINUTE)
    move_ticket(
        ticket=ticket, step="done_by_phone", actor=ticket.registered_by, at=NOON + 2 * MINUTE, works="Сделано",
        said_by="Петров",
    )  # fmt: skip
    closed = move_ticket(
        ticket=ticket, step="close_unconfirmed", actor=UserFactory.create(role=Role.SUPERVISOR),
        at=NOON + 3 * MINUTE, reason="no_number", note="номер скрыт, акт приложен",
    )  # fmt: skip

    assert closed.status == "closed_unconfirmed"
    assert closed.callback.waiver is None or closed.callback.waiver == "no_number"


def test_a_duplicate_hands_its_promise_to_the_main_ticket() -> None:
    master, duplicate = make_ticket(), make_ticket(phone="+79109999999")
    move_ticket(
        ticket=duplicate, step="mark_duplicate", actor=master.registered_by, at=NOON + MINUTE, duplicate_of=master
    )

    moved = master.promises.get().obligation
    assert moved.number == "+79109999999"
    assert moved.due_at == NOON + 10 * MINUTE
    duplicate.refresh_from_db()
    assert (duplicate.status, duplicate.callback.waiver) == ("duplicate", "duplicate")


def test_cancelling_needs_the_promise_kept_first() -> None:
    ticket = make_ticket()
    given: dict[str, Any] = {"actor": ticket.registered_by, "reason": "withdrawn", "note": "позвонил и отозвал"}

    with pytest.raises(RuleBroken):
        move_ticket(ticket=ticket, step="cancel", at=NOON + MINUTE, **given)
    ring(ticket.callback, at=NOON + 2 * MINUTE, operator=ticket.registered_by, outcome="reached", note="Отозвал")
    assert move_ticket(ticket=ticket, step="cancel", at=NOON + 4 * MINUTE, **given).status == "cancelled"


def test_reopening_makes_a_new_promise_and_new_clocks() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    operator, dispatcher = ticket.registered_by, member_of(company)
    ring(ticket.callback, at=NOON + MINUTE, operator=operator, outcome="reached", note="Ждите")
    move_ticket(ticket=ticket, step="start", actor=dispatcher, at=NOON + 2 * MINUTE)
    done = move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 3 * MINUTE, works="Сделали")
    assert done.control_callback is not None
    ring(done.control_callback, at=NOON + 4 * MINUTE, operator=operator, outcome="reached", note="Да", confirmed=True)
    reopened = move_ticket(ticket=ticket, step="reopen", actor=operator, at=NOON + 30 * MINUTE, note="Опять темно")

    assert reopened.status == "assigned"
    assert CallbackObligation.objects.outstanding().get().due_at == NOON + 40 * MINUTE
    assert set(Deadline.objects.running().values_list("clock", flat=True)) == {
        "acceptance",
        "fix",
        "planned_term",
        "reopened",
    }


def test_ringing_back_while_the_organisation_is_silent_opens_a_dated_promise() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    ring(
        ticket.callback, at=NOON + 8 * MINUTE, operator=ticket.registered_by, outcome="reached",
        note="УК пока молчит", call_again_at=NOON + 40 * MINUTE,
    )  # fmt: skip

    later = ticket.promises.get().obligation
    assert (later.reason, later.due_at) == ("promised_later", NOON + 40 * MINUTE)
    assert later.next_attempt_at == NOON + 30 * MINUTE


def test_a_step_says_what_it_lacks() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    with pytest.raises(NeedMissing) as refusal:
        move_ticket(ticket=ticket, step="reject", actor=member_of(ticket.company), at=NOON + MINUTE)  # type: ignore[arg-type]
    assert refusal.value.field == "reason"


def test_the_second_of_two_is_told_not_obeyed() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    dispatcher = member_of(company)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE)
    with pytest.raises(StepRefused):
        move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE)


def test_waiving_stops_the_clock_without_calling_it_met() -> None:
    ticket = make_ticket()
    waived = waive(
        obligation=ticket.callback, waiver=CallbackObligation.Waiver.CALLER_DECLINED, note="просил не звонить",
        by=ticket.registered_by, at=NOON + MINUTE,
    )  # fmt: skip
    assert waived.deadline is not None
    waived.deadline.refresh_from_db()
    assert waived.deadline.outcome == "stopped"


@pytest.mark.parametrize(
    ("done_at", "not_before", "due_at"),
    [
        ((9, 0), (0, 9, 0), (0, 11, 0)),  # 12:00 in Kaluga: at once, within two hours
        ((16, 59), (0, 16, 59), (0, 18, 59)),  # 19:59: still today
        ((17, 0), (1, 6, 0), (1, 7, 0)),  # 20:00: the next day between 09:00 and 10:00
        ((17, 59), (1, 6, 0), (1, 8, 58)),  # spread towards noon
    ],
)
def test_the_control_call_does_not_wake_people(
    done_at: tuple[int, int], not_before: tuple[int, int, int], due_at: tuple[int, int, int]
) -> None:
    def moment(day: int, hour: int, minute: int) -> datetime:
        return NOON.replace(hour=hour, minute=minute) + timedelta(days=day)

    assert control_call_window(moment(0, *done_at), rules_in_force()) == (moment(*not_before), moment(*due_at))
