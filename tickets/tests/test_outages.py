"""The life of an outage: announced, told about, accepted, over; and the calls that are owed at its end."""

from datetime import datetime
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.writes import RuleBroken
from callbacks.models import CallbackObligation, Clock, Deadline
from callbacks.services.claims import NeedsSupervisor
from companies.models import Building, Service
from tickets.models import Outage, Ticket
from tickets.services import Address, move_ticket
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
