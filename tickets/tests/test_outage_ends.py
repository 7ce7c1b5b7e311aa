"""The end of an outage: whom to ring, whom one waiver covers, and who is heard again."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Role
from callbacks.models import Clock, Contact, Deadline
from callbacks.services import start_attempt
from callbacks.services.claims import NeedsSupervisor
from tickets.models import AddedContact, Outage
from tickets.services import Address, add_to_ticket, move_ticket, record_ring_back
from tickets.services.outage_calls import StillOff, read_call_list, waive_the_rest
from tickets.services.outage_ties import OutageOver
from tickets.services.outage_work import (
    report_tickets,
)
from tickets.services.steps import NeedMissing
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    UserFactory,
    make_ticket,
)
from tickets.tests.test_outages import SAID, State, announced, called, control_of, end

pytestmark = pytest.mark.django_db


# ── The end, and whom to ring ────────────────────────────────────────────────────────────────────────────────────
def test_the_end_stops_the_news_reports_the_work_and_owes_a_call_to_each() -> None:
    outage = announced()
    tickets = [called(outage, number) for number in (1, 2)]
    moved = end(outage)
    outage.refresh_from_db()
    assert (moved.count, outage.ended_at) == (2, NOON + 60 * MINUTE)
    assert not Deadline.objects.running().filter(clock=Clock.OUTAGE_NEWS).exists()
    assert {control_of(ticket).state for ticket in tickets} == {State.OPEN}
    with pytest.raises(OutageOver):
        end(outage, minutes=61)


def test_an_outage_that_has_not_begun_is_called_off_and_not_ended() -> None:
    outage = announced(kind=Outage.Kind.PLANNED, starts_at=NOON + 90 * MINUTE)
    with pytest.raises(OutageOver):
        end(outage)


def test_those_who_asked_and_two_of_each_house_are_rung_first() -> None:
    outage = announced(buildings=[BuildingFactory.create(house="1"), BuildingFactory.create(house="2")])
    one, two = outage.buildings.order_by("house")
    asked = called(outage, 1, house=one, wants_news=True)
    first = [called(outage, number, house=one) for number in (2, 3)]
    rest = called(outage, 4, house=one)
    unheard = called(outage, 5, house=one, told_live=False)
    other = called(outage, 6, house=two)
    end(outage)

    found = read_call_list(outage)
    assert {line.ticket.pk: line.why for line in found.lines} == {
        asked.pk: "просит позвонить", first[0].pk: "двое из каждого дома", first[1].pk: "двое из каждого дома",
        rest.pk: "", unheard.pk: "ещё не получил ответа", other.pk: "двое из каждого дома",
    }  # fmt: skip
    assert (found.counts["owed"], found.counts["rest"], found.told_live) == (5, 1, 5)
    # The rest is offered to operators only in the second half of its time.
    assert control_of(rest).next_attempt_at == NOON + 120 * MINUTE
    assert control_of(asked).next_attempt_at == NOON + 60 * MINUTE


def test_one_waiver_covers_the_rest_by_name_and_nobody_else() -> None:
    outage = announced()
    tickets = [called(outage, number) for number in (1, 2, 3, 4)]
    hidden = make_ticket(code="W05", phone="", outage=outage, address=Address(building=outage.buildings.get()))
    supervisor = UserFactory.create(role=Role.SUPERVISOR)
    given: dict[str, Any] = {"outage": outage, "at": NOON + 70 * MINUTE, "reason": "other", "note": "Двое подтвердили"}
    with pytest.raises(StillOff):
        waive_the_rest(by=supervisor, **given)
    end(outage)
    outage.refresh_from_db()
    with pytest.raises(NeedsSupervisor):
        waive_the_rest(by=outage.announced_by, **given)
    for missing in ({"note": " "}, {"reason": "not_reached"}):
        with pytest.raises(NeedMissing):
            waive_the_rest(by=supervisor, **(given | missing))
    waived = waive_the_rest(by=supervisor, **given)

    assert (waived.count, waived.refused, waived.left) == (3, [], 0)
    for ticket in tickets[2:]:
        control = control_of(ticket)
        assert ticket.status == "closed_unconfirmed"
        assert (control.waiver, control.waived_by) == ("other", supervisor)
        assert control.waiver_note == "По отключению: Двое подтвердили"
    hidden.refresh_from_db()
    assert hidden.status == "closed_unconfirmed"
    assert [control_of(ticket).state for ticket in tickets[:2]] == [State.OPEN, State.OPEN]
    assert read_call_list(outage).counts == {
        "rung": 0, "not_reached": 0, "waived": 3, "owed": 2, "rest": 0, "no_number": 0, "not_reported": 0, "again": 0,
    }  # fmt: skip
    line = outage.news.last()
    assert line is not None
    assert (line.by, line.text) == (supervisor, "Снято обещаний позвонить: 3. другое: Двое подтвердили")


def test_a_call_in_progress_is_not_waived_under_the_hands_of_its_operator() -> None:
    outage = announced()
    tickets = [called(outage, number) for number in (1, 2, 3)]
    end(outage)
    outage.refresh_from_db()
    start_attempt(obligation=control_of(tickets[2]), operator=outage.announced_by, at=NOON + 65 * MINUTE)
    supervisor = UserFactory.create(role=Role.SUPERVISOR)
    waived = waive_the_rest(outage=outage, by=supervisor, at=NOON + 66 * MINUTE, reason="other", note="Хватит")
    assert (waived.count, [number for number, _why in waived.refused]) == (0, [tickets[2].number])


def test_who_was_rung_confirms_and_who_rings_later_is_heard_again() -> None:
    outage = announced()
    ticket = called(outage, 1)
    end(outage)
    record_ring_back(
        obligation=control_of(ticket), outcome="reached", operator=outage.announced_by, at=NOON + 62 * MINUTE,
        note="Вода есть", confirmed=True,
    )  # fmt: skip
    assert read_call_list(outage).counts["rung"] == 1
    reopened = move_ticket(
        ticket=ticket, step="reopen", actor=outage.announced_by, at=NOON + 90 * MINUTE, note="Опять нет"
    )
    assert reopened.status == "assigned"
    assert reopened.promises.get().obligation.reason == "reopened"
    # The word about the whole outage does not answer him once more.
    outage.refresh_from_db()
    again = report_tickets(outage=outage, by=outage.announced_by, at=NOON + 95 * MINUTE, **SAID)
    assert (again.count, again.left) == (0, 0)
    assert read_call_list(outage).counts["again"] == 1


def test_a_neighbour_of_a_ticket_is_covered_by_the_waiver_too() -> None:
    outage = announced()
    tickets = [called(outage, number) for number in (1, 2, 3)]
    contact = Contact(received_at=NOON + MINUTE, phone="+79105555555")
    add_to_ticket(
        ticket=tickets[0], contact=contact, kind=AddedContact.Kind.NEIGHBOUR, operator=outage.announced_by,
        at=NOON + MINUTE, note="Тоже нет воды",
    )  # fmt: skip
    end(outage)
    outage.refresh_from_db()
    assert (read_call_list(outage).others_owed, read_call_list(outage).rest) == (1, 2)
    supervisor = UserFactory.create(role=Role.SUPERVISOR)
    waived = waive_the_rest(outage=outage, by=supervisor, at=NOON + 66 * MINUTE, reason="other", note="Вода есть")
    assert (waived.count, waived.left) == (2, 0)
    assert contact.obligations.get().waived_by == supervisor


def test_a_moment_read_before_the_row_was_free_is_no_earlier_than_the_call() -> None:
    outage = announced()
    late = called(outage, 1, at=NOON + 60 * MINUTE + timedelta(seconds=2))
    end(outage)
    late.refresh_from_db()
    assert late.done_at == late.registered_at
