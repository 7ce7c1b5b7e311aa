"""The clocks of the work: when each starts, stops, starts again, and what it says of itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from callbacks.calendar import REGION
from callbacks.models import CalendarDay, Clock, ClockRule, Deadline, Rung
from callbacks.services import change_rule, finish_attempt, start_attempt
from companies.models import Company
from tickets.models import Norm, Ticket
from tickets.services import finish_ring_back, move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_ticket,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def clocks(ticket: Ticket, **of: Any) -> dict[str, Deadline]:
    return {
        clock.clock: clock for clock in Deadline.objects.filter(ticket_deadline__ticket=ticket, **of).order_by("pk")
    }


def running(ticket: Ticket) -> set[str]:
    return set(clocks(ticket, stopped_at=None))


# ── Whose turn ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("with_company", "code", "clock", "minutes"),
    [
        (True, "P03", Clock.ACCEPTANCE, 8),
        (True, "W01", Clock.ACCEPTANCE, 5),
        (False, "P03", Clock.WAITING_CENTRE, 5),
        (False, "W01", Clock.WAITING_CENTRE, 2),
    ],
)
def test_somebody_always_has_it(with_company: bool, code: str, clock: Clock, minutes: int, company: Company) -> None:
    ticket = make_ticket(code=code, company=company if with_company else None)
    (found,) = [one for one in clocks(ticket).values() if one.clock in (Clock.ACCEPTANCE, Clock.WAITING_CENTRE)]
    assert (found.clock, found.due_at - found.started_at) == (clock, minutes * MINUTE)
    assert (found.mark, found.source) == ("D", "правило центра")


def test_what_comes_back_waits_for_the_centre_and_asks_who_gave_it_away(company: Company, dispatcher: User) -> None:
    ticket, operator = make_ticket(), UserFactory.create()
    move_ticket(ticket=ticket, step="assign", actor=operator, at=NOON + MINUTE, company=company)
    assert clocks(ticket)["waiting_centre"].outcome == "met"
    move_ticket(ticket=ticket, step="reject", actor=dispatcher, at=NOON + 3 * MINUTE, reason="not_ours")
    again = clocks(ticket, stopped_at=None)["waiting_centre"]
    assert (again.due_at, again.operator) == (NOON + 8 * MINUTE, operator)
    assert "acceptance" not in running(ticket)
    move_ticket(ticket=ticket, step="assign", actor=operator, at=NOON + 9 * MINUTE, company=CompanyFactory.create())
    again.refresh_from_db()
    assert again.outcome == "missed"
    assert {"acceptance", "waiting_centre"} & running(ticket) == {"acceptance"}


# ── The term told to the caller ──────────────────────────────────────────────────────────────────────────────────


def ring(ticket: Ticket, *, at: datetime) -> None:
    attempt = start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=at)
    finish_ring_back(attempt=attempt, outcome="reached", note="Поговорили", operator=ticket.registered_by, at=at)


def test_the_term_is_told_by_a_talk_after_the_organisation_named_it(company: Company, dispatcher: User) -> None:
    ticket = make_ticket(company=company)
    clock = clocks(ticket)["planned_term"]
    assert (clock.due_at, clock.mark) == (NOON + 30 * MINUTE, "M")
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE, planned_at=NOON + 60 * MINUTE)
    ring(ticket, at=NOON + 5 * MINUTE)
    ticket.refresh_from_db()
    clock.refresh_from_db()
    assert (ticket.term_told_at, clock.outcome) == (NOON + 5 * MINUTE, "met")


def test_a_talk_before_the_organisation_named_a_term_tells_none(company: Company) -> None:
    ticket = make_ticket(company=company)
    ring(ticket, at=NOON + 5 * MINUTE)
    ticket.refresh_from_db()
    assert ticket.term_told_at is None
    assert "planned_term" in running(ticket)


def test_nobody_can_be_told_who_left_no_number() -> None:
    assert "planned_term" not in clocks(make_ticket(phone=""))


# ── The norm and its peculiarities ───────────────────────────────────────────────────────────────────────────────


def test_a_chute_is_not_cleared_by_night() -> None:
    night = datetime(2026, 2, 2, 22, 30, tzinfo=REGION)
    fix = clocks(make_ticket(code="R01", at=night))["fix"]
    assert fix.due_at == datetime(2026, 2, 3, 9, 30, tzinfo=REGION)
    assert (fix.source, fix.mark) == ("ПП 416 п.13", "V")


@pytest.mark.parametrize(("month", "days"), [(2, 1), (7, 3)])
def test_glass_in_summer_and_in_winter(month: int, days: int) -> None:
    at = NOON.replace(year=2025, month=month)
    assert clocks(make_ticket(code="P05", at=at))["fix"].due_at == at + days * DAY


def test_a_leak_is_mended_within_three_days_of_the_damage(company: Company) -> None:
    known = clocks(make_ticket(code="W01", company=company, damaged_at=NOON - DAY))
    assert (known["fix"].started_at, known["fix"].due_at) == (NOON - DAY, NOON + 2 * DAY)
    # Localising counts from the registration all the same.
    assert known["localise"].due_at == NOON + 30 * MINUTE
    unknown = clocks(make_ticket(code="W01", phone="+79100000002"))
    assert unknown["fix"].due_at == NOON + 3 * DAY


def test_a_written_answer_counts_the_days_that_the_region_works() -> None:
    CalendarDay.objects.create(day=NOON.date() + DAY, is_working=False, note="день области")
    reply = clocks(make_ticket(code="B01"))["written_reply"]
    assert reply.due_at == datetime(2026, 2, 18, tzinfo=REGION)
    assert "fix" not in clocks(make_ticket(code="B01", phone="+79100000002"))


def test_every_norm_of_the_law_makes_clocks_that_end_after_they_start() -> None:
    for norm in Norm.objects.select_related("category"):
        found = clocks(make_ticket(code=norm.category.code))
        assert all(clock.due_at > clock.started_at for clock in found.values()), norm


# ── Stopping, postponing, starting again ─────────────────────────────────────────────────────────────────────────


def accepted(company: Company, dispatcher: User, code: str = "W01") -> Ticket:
    ticket = make_ticket(code=code, company=company)
    return move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=NOON + MINUTE)


def test_postponing_moves_no_legal_clock_and_records_what_was_agreed(company: Company, dispatcher: User) -> None:
    ticket = accepted(company, dispatcher)
    before = clocks(ticket)["fix"]
    until = NOON + 5 * DAY
    move_ticket(
        ticket=ticket, step="postpone", actor=dispatcher, at=NOON + 2 * MINUTE, reason="no_material", until=until
    )
    after = clocks(ticket)["fix"]
    assert (after.due_at, after.agreed_at) == (before.due_at, until)
    assert after.stopped_at is None


def test_done_stops_every_clock_of_the_work(company: Company, dispatcher: User) -> None:
    ticket = accepted(company, dispatcher)
    move_ticket(ticket=ticket, step="report_done", actor=dispatcher, at=NOON + 20 * MINUTE, works="Заменили кран")
    assert running(ticket) == set()
    outcomes = {name: clock.outcome for name, clock in clocks(ticket).items()}
    assert outcomes == {"acceptance": "met", "localise": "met", "fix": "met", "planned_term": "stopped"}


@pytest.mark.parametrize("step", ["cancel", "mark_duplicate"])
def test_a_ticket_that_is_given_up_stops_its_clocks(step: str) -> None:
    ticket = make_ticket(code="W01")
    given: dict[str, Any] = {"reason": "mistake", "note": "Ошиблись"}
    if step == "mark_duplicate":
        given = {"duplicate_of": make_ticket(phone="+79100000002")}
    else:
        ring(ticket, at=NOON + MINUTE)
    move_ticket(ticket=ticket, step=step, actor=ticket.registered_by, at=NOON + 2 * MINUTE, **given)
    assert running(ticket) == set()


def test_a_promise_that_moves_to_the_main_ticket_goes_on_where_it_stood(company: Company) -> None:
    ticket, master = make_ticket(company=company), make_ticket(phone="+79100000002", company=company)
    tried = start_attempt(obligation=ticket.callback, operator=ticket.registered_by, at=NOON + MINUTE)
    finish_attempt(attempt=tried, outcome="no_answer", at=NOON + MINUTE)
    break_promise(NOON + 10 * MINUTE)
    move_ticket(
        ticket=ticket, step="mark_duplicate", actor=ticket.registered_by, at=NOON + 11 * MINUTE, duplicate_of=master
    )
    moved = master.promises.get().obligation
    assert moved.deadline is not None
    assert (moved.due_at, moved.counted_attempts, moved.first_attempt_at) == (NOON + 10 * MINUTE, 1, NOON + MINUTE)
    assert (moved.deadline.first_rung, moved.deadline.next_rung) == (3, 3)
    break_promise(NOON + 60 * MINUTE)
    assert list(moved.deadline.escalations.order_by("rung").values_list("rung", flat=True)) == [3, 4]


def test_a_rule_changed_by_the_centre_holds_for_new_tickets(company: Company) -> None:
    old = make_ticket(company=company)
    change_rule(
        rule=ClockRule(clock=Clock.ACCEPTANCE, length=15 * MINUTE, note="по просьбе организаций"),
        rungs=[Rung(offset=timedelta(), audience="supervisor")], by=None, at=NOON,
    )  # fmt: skip
    new = make_ticket(company=company, phone="+79100000002")
    assert clocks(old)["acceptance"].due_at == NOON + 8 * MINUTE
    assert clocks(new)["acceptance"].due_at == NOON + 15 * MINUTE
