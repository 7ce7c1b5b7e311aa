"""The life of an outage: announced, told about, accepted, over; and the calls that are owed at its end."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.writes import RuleBroken
from callbacks.models import CallbackObligation, Clock, Contact, Deadline
from callbacks.services import start_attempt
from callbacks.services.claims import NeedsSupervisor
from companies.models import Building, Service
from tickets.models import AddedContact, Outage, Ticket
from tickets.services import Address, add_to_ticket, move_ticket, record_ring_back
from tickets.services.outage_calls import StillOff, read_call_list, waive_the_rest
from tickets.services.outage_ties import OutageOver
from tickets.services.outage_work import (
    InAnotherOutage,
    NotInOutage,
    accept_outage,
    end_outage,
    join_outage,
    leave_outage,
    move_terms,
    outage_done,
    report_tickets,
)
from tickets.services.outages import (
    Announcement,
    NewsRequired,
    NoHouses,
    NothingOff,
    WrongMoment,
    announce_outage,
    call_off,
    change_outage,
    tell_news,
)
from tickets.services.repeats import TicketDead
from tickets.services.steps import NeedMissing
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_ticket,
    member_of,
    on_duty,
)

pytestmark = pytest.mark.django_db

State = CallbackObligation.State
SAID: dict[str, Any] = {"works": "Заменили участок трубы", "said_by": "Петров, 56-56-57"}


def announced(*, by: User | None = None, at: datetime = NOON, next_by: datetime | None = None, **given: Any) -> Outage:
    """No hot water in one house since noon until 17:00, the organisation named."""
    told: dict[str, Any] = {
        "kind": Outage.Kind.EMERGENCY, "services": [Service.objects.get(code="hot_water")], "where": "ул. Кирова, 1–40",
        "starts_at": NOON, "ends_at": NOON + 300 * MINUTE, "text": "Порыв на теплотрассе.",
    } | given  # fmt: skip
    told.setdefault("buildings", [BuildingFactory.create()])
    if "company" not in told:
        told["company"] = CompanyFactory.create()
    by = by or UserFactory.create()
    return announce_outage(announcement=Announcement(**told), by=by, at=at, next_by=next_by)


def called(outage: Outage, number: int, *, house: Building | None = None, at: datetime = NOON, **given: Any) -> Ticket:
    """The call of the person with this number about the outage."""
    given.setdefault("told_live", True)
    address = Address(building=house or outage.buildings.get(), flat=str(number))
    return make_ticket(code="W05", at=at, phone=f"+7910{number:07}", address=address, outage=outage, **given)


def end(outage: Outage, *, minutes: int = 60, by: User | None = None) -> Any:
    return end_outage(outage=outage, by=by or outage.announced_by, at=NOON + minutes * MINUTE, **SAID)


def control_of(ticket: Ticket) -> CallbackObligation:
    ticket.refresh_from_db()
    assert ticket.control_callback is not None
    return ticket.control_callback


# ── Announcing, and the clock of news ────────────────────────────────────────────────────────────────────────────
def test_an_announced_outage_owes_its_next_news_in_half_an_hour() -> None:
    outage = announced()
    assert outage.news_deadline is not None
    assert (outage.news_deadline.clock, outage.news_deadline.due_at) == (Clock.OUTAGE_NEWS, NOON + 30 * MINUTE)
    assert outage.news_deadline.title == "Отключение: ул. Кирова, 1–40"
    line = outage.news.get()
    assert (line.text, line.next_by) == ("Объявлено: ул. Кирова, 1–40. Домов: 1.", NOON + 30 * MINUTE)


@pytest.mark.parametrize(
    ("starts", "ends", "due"),
    [(60, 240, 240), (60, None, 90), (0, 240, 240)],
)
def test_a_planned_one_goes_by_its_plan(starts: int, ends: int | None, due: int) -> None:
    outage = announced(
        kind=Outage.Kind.PLANNED, starts_at=NOON + starts * MINUTE, ends_at=NOON + ends * MINUTE if ends else None
    )
    assert outage.news_deadline is not None
    assert outage.news_deadline.due_at == NOON + due * MINUTE


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"services": []}, NothingOff),
        ({"buildings": []}, NoHouses),
        ({"next_by": NOON}, WrongMoment),
        ({"text": " "}, RuleBroken),
        ({"ends_at": NOON}, RuleBroken),
    ],
)
def test_what_cannot_be_announced(given: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        announced(**given)
    assert not Outage.objects.exists()
    assert not Deadline.objects.exists()


def test_news_in_time_stops_the_clock_and_starts_the_next() -> None:
    outage = announced()
    first = outage.news_deadline
    assert first is not None
    tell_news(outage=outage, text="Бригада на месте", by=outage.announced_by, at=NOON + 20 * MINUTE)
    outage.refresh_from_db()
    first.refresh_from_db()
    assert first.outcome == "met"
    assert outage.news_deadline is not None
    assert outage.news_deadline.due_at == NOON + 50 * MINUTE


def test_news_that_do_not_come_are_asked_for() -> None:
    on_duty()
    outage = announced()
    break_promise(NOON + 30 * MINUTE)
    assert outage.news_deadline is not None
    rungs = outage.news_deadline.escalations.values_list("audience", "is_warning")
    assert list(rungs) == [("operator", True), ("supervisor", False)]


def test_news_need_words_and_a_moment_ahead() -> None:
    outage = announced()
    given: dict[str, Any] = {"outage": outage, "by": outage.announced_by, "at": NOON + MINUTE}
    with pytest.raises(NewsRequired):
        tell_news(text=" ", **given)
    with pytest.raises(WrongMoment):
        tell_news(text="Копают", next_by=NOON + MINUTE, **given)
    assert outage.news.count() == 1


def test_a_moved_term_is_written_down_and_owed_to_whoever_was_told_the_former() -> None:
    outage = announced()
    told, waiting = called(outage, 1), called(outage, 2, told_live=False)
    accepted = called(outage, 3)
    move_ticket(ticket=accepted, step="accept_by_phone", actor=outage.announced_by, at=NOON, said_by="Петров")
    later = NOON + 420 * MINUTE
    news = tell_news(
        outage=outage, text="Нужна вторая бригада.", by=outage.announced_by, at=NOON + MINUTE, ends_at=later
    )
    outage.refresh_from_db()
    moved = move_terms(outage=outage, by=outage.announced_by, at=NOON + MINUTE)

    assert news.text == "Нужна вторая бригада. Срок: 02.02 17:00 → 02.02 19:00."
    assert (moved.count, moved.refused) == (3, [])
    assert set(Ticket.objects.values_list("planned_at", flat=True)) == {later}
    delays = CallbackObligation.objects.filter(reason="delay")
    assert told.promises.get().obligation in delays
    assert not waiting.promises.exists()


def test_words_are_corrected_with_old_and_new() -> None:
    outage = announced()
    changed = change_outage(outage=outage, by=outage.announced_by, at=NOON + MINUTE, text="Порыв. Ждите.", cause="")
    assert changed.text == "Порыв. Ждите."
    line = outage.news.last()
    assert line is not None
    assert line.text == "Изменено. что сказать жителю: Порыв на теплотрассе. → Порыв. Ждите."
    assert line.next_by == NOON + 30 * MINUTE
    change_outage(outage=outage, by=outage.announced_by, at=NOON + MINUTE, text="Порыв. Ждите.")
    assert outage.news.count() == 2


def test_only_a_supervisor_calls_off_and_then_no_news_is_owed() -> None:
    outage = announced()
    with pytest.raises(NeedsSupervisor):
        call_off(outage=outage, by=outage.announced_by, at=NOON, reason="Ошибка")
    supervisor = UserFactory.create(role=Role.SUPERVISOR)
    with pytest.raises(NewsRequired):
        call_off(outage=outage, by=supervisor, at=NOON, reason="")
    call_off(outage=outage, by=supervisor, at=NOON + MINUTE, reason="Работы перенесли")
    assert not Deadline.objects.running().exists()
    with pytest.raises(OutageOver):
        tell_news(outage=outage, text="Поздно", by=supervisor, at=NOON + 2 * MINUTE)


# ── One word for all its tickets ─────────────────────────────────────────────────────────────────────────────────
def test_one_acceptance_accepts_every_ticket_with_its_term() -> None:
    outage = announced()
    tickets = [called(outage, number) for number in (1, 2)]
    moved = accept_outage(
        outage=outage, said_by="Петров", by=outage.announced_by, at=NOON + 5 * MINUTE, ends_at=NOON + 120 * MINUTE
    )
    assert (moved.count, moved.refused, moved.left) == (2, [], 0)
    for ticket in tickets:
        ticket.refresh_from_db()
        assert (ticket.status, ticket.planned_at) == ("accepted", NOON + 120 * MINUTE)
    assert not Deadline.objects.running().filter(clock=Clock.ACCEPTANCE).exists()


def test_a_ticket_without_an_organisation_goes_to_that_of_the_outage() -> None:
    company = CompanyFactory.create()
    outage = announced(company=None)
    ticket = called(outage, 1)
    moved = accept_outage(outage=outage, said_by="Петров", by=outage.announced_by, at=NOON + MINUTE)
    assert moved.refused == [(ticket.number, "У заявки и у отключения нет исполнителя.")]
    change_outage(outage=outage, by=outage.announced_by, at=NOON + MINUTE, company=company)
    outage.refresh_from_db()
    assert accept_outage(outage=outage, said_by="Петров", by=outage.announced_by, at=NOON + 2 * MINUTE).count == 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.company) == ("accepted", company)


def test_done_is_reported_for_all_and_the_one_that_will_not_is_named() -> None:
    outage = announced()
    tickets = [called(outage, number) for number in (1, 2, 3)]
    given: dict[str, Any] = {"actor": outage.announced_by, "at": NOON}
    move_ticket(ticket=tickets[2], step="accept_by_phone", said_by="Петров", **given)
    stuck = tickets[2]
    move_ticket(
        ticket=stuck, step="postpone", actor=member_of(outage.company), at=NOON, reason="no_material",  # type: ignore[arg-type]
        until=NOON + 600 * MINUTE,
    )  # fmt: skip

    moved = outage_done(outage=outage, by=outage.announced_by, at=NOON + 60 * MINUTE, **SAID)
    assert moved.count == 2
    assert [number for number, _why in moved.refused] == [stuck.number]
    assert set(Ticket.objects.exclude(pk=stuck.pk).values_list("status", flat=True)) == {"done"}
    outage.refresh_from_db()
    assert (outage.done_at, outage.ended_at) == (NOON + 60 * MINUTE, None)


@pytest.mark.parametrize("missing", ["works", "said_by"])
def test_the_word_of_the_organisation_says_what_and_who(missing: str) -> None:
    outage = announced()
    with pytest.raises(NeedMissing):
        end_outage(outage=outage, by=outage.announced_by, at=NOON + MINUTE, **(SAID | {missing: ""}))
    outage.refresh_from_db()
    assert outage.is_open


def test_what_a_broken_off_ending_left_is_reported_by_the_same_word_again(monkeypatch: pytest.MonkeyPatch) -> None:
    outage = announced()
    for number in (1, 2, 3):
        called(outage, number)
    monkeypatch.setattr("tickets.services.outage_work.AT_ONCE", 2)
    assert end(outage).left == 1
    outage.refresh_from_db()
    again = report_tickets(outage=outage, by=outage.announced_by, at=NOON + 61 * MINUTE, **SAID)
    assert (again.count, again.left) == (1, 0)


# ── Joining and leaving ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_ticket_joins_with_the_organisation_and_what_it_accepted() -> None:
    outage = announced()
    accept_outage(outage=outage, said_by="Петров", by=outage.announced_by, at=NOON + MINUTE)
    ticket = make_ticket(code="W05", company=CompanyFactory.create())
    joined = join_outage(ticket=ticket, outage=outage, by=outage.announced_by, at=NOON + 2 * MINUTE, wants_news=True)
    assert (joined.outage, joined.company, joined.status) == (outage, outage.company, "accepted")
    assert (joined.planned_at, joined.wants_news) == (outage.ends_at, True)
    with pytest.raises(InAnotherOutage):
        join_outage(ticket=ticket, outage=announced(), by=outage.announced_by, at=NOON + 3 * MINUTE)


def test_whoever_has_begun_the_work_keeps_it() -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(code="W05", company=company)
    move_ticket(ticket=ticket, step="accept_by_phone", actor=ticket.registered_by, at=NOON, said_by="Петров")
    joined = join_outage(ticket=ticket, outage=announced(), by=ticket.registered_by, at=NOON + MINUTE)
    assert joined.company == company


def test_what_is_over_takes_no_ticket_and_what_is_done_joins_nothing() -> None:
    outage = announced()
    ticket = called(outage, 1)
    end(outage)
    with pytest.raises(OutageOver):
        join_outage(ticket=make_ticket(), outage=outage, by=outage.announced_by, at=NOON + 61 * MINUTE)
    with pytest.raises(TicketDead):
        join_outage(ticket=ticket, outage=announced(), by=outage.announced_by, at=NOON + 61 * MINUTE)


def test_whoever_was_told_of_the_wrong_outage_is_owed_a_call() -> None:
    ticket = called(announced(), 1)
    left = leave_outage(ticket=ticket, by=ticket.registered_by, at=NOON + 5 * MINUTE)
    assert (left.outage, left.told_live_at, left.planned_at, left.term_told_at) == (None, None, None, None)
    owed = left.promises.get().obligation
    assert (owed.reason, owed.due_at) == ("promised_later", NOON + 15 * MINUTE)
    with pytest.raises(NotInOutage):
        leave_outage(ticket=ticket, by=ticket.registered_by, at=NOON + 6 * MINUTE)


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
