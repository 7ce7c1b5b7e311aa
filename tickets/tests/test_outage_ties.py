"""Calls that are part of an outage, and calls about what is known already."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from callbacks.models import CallbackObligation, Clock, Contact, Deadline
from companies.models import Building, Company, Service
from tickets.models import AddedContact, Category, Outage, OutageBuilding, Scope, Ticket
from tickets.services import (
    Address,
    add_to_ticket,
    current_outages,
    move_ticket,
    record_ring_back,
    register_ticket,
    responsible_for,
    similar_open,
)
from tickets.services.intake import NothingToTell
from tickets.services.outage_ties import OutageOver
from tickets.services.repeats import NoteRequired, TicketDead
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    break_promise,
    category,
    make_promise,
    make_ticket,
    on_duty,
)

pytestmark = pytest.mark.django_db

State = CallbackObligation.State
Kind = AddedContact.Kind


def off(building: Building, *, service: str = "hot_water", **given: Any) -> Outage:
    """An accident that leaves ``building`` without hot water since a quarter before noon."""
    given.setdefault("announced_by", UserFactory.create())
    given = {
        "kind": "emergency", "where": "ул. Кирова, 1–40", "starts_at": NOON - 15 * MINUTE,
        "ends_at": NOON + 300 * MINUTE, "text": "Порыв на теплотрассе, бригада на месте.",
        "announced_at": NOON - 10 * MINUTE,
    } | given  # fmt: skip
    outage = Outage.objects.create(**given)
    outage.services.add(Service.objects.get(code=service))
    OutageBuilding.objects.create(outage=outage, building=building)
    return outage


def repeats_in(code: str, *, hours: int | None = 24, scope: str = "flat") -> Category:
    """The category with this rule of repeats."""
    Category.objects.filter(code=code).update(repeat_hours=hours, repeat_scope=scope if hours else "")
    return category(code)


# ── A ticket of an outage ────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_told_live_keeps_its_promise_at_once_and_is_counted_apart() -> None:
    outage = off(BuildingFactory.create(), company=CompanyFactory.create())
    ticket = make_ticket(code="W05", outage=outage, told_live=True)

    assert (ticket.company, ticket.outage) == (outage.company, outage)
    assert ticket.contact.ended_as == Contact.EndedAs.OUTAGE
    assert ticket.callback.state == State.SATISFIED
    assert ticket.callback.settled_by is not None
    assert "Порыв на теплотрассе, бригада на месте. Обещают включить до 17:00" in ticket.callback.settled_by.note
    assert ticket.told_live_at == ticket.term_told_at == NOON
    assert ticket.planned_at == outage.ends_at
    running = set(Deadline.objects.running().values_list("clock", flat=True))
    assert not running & {Clock.FIRST_ANSWER, Clock.PLANNED_TERM}


def test_a_call_joined_without_being_told_is_still_owed_an_answer() -> None:
    ticket = make_ticket(code="W05", outage=off(BuildingFactory.create()), wants_news=True)
    assert (ticket.callback.state, ticket.told_live_at, ticket.wants_news) == (State.OPEN, None, True)


def test_without_a_number_nothing_is_kept() -> None:
    ticket = make_ticket(code="W05", phone="", outage=off(BuildingFactory.create()), told_live=True)
    assert (ticket.callback.state, ticket.told_live_at) == (State.NOT_CALLABLE, None)


def test_what_was_accepted_for_the_outage_is_accepted_for_the_ticket() -> None:
    outage = off(BuildingFactory.create(), company=CompanyFactory.create(), accepted_at=NOON - 5 * MINUTE)
    ticket = make_ticket(code="W05", outage=outage)
    assert (ticket.status, ticket.accepted_at, ticket.planned_at) == ("accepted", NOON, outage.ends_at)


def test_only_an_outage_can_be_told_live() -> None:
    with pytest.raises(NothingToTell):
        make_ticket(told_live=True)


def test_an_outage_that_is_over_takes_no_more_calls() -> None:
    outage = off(BuildingFactory.create())
    Outage.objects.filter(pk=outage.pk).update(ended_at=NOON)
    with pytest.raises(OutageOver):
        make_ticket(outage=outage)
    assert not Contact.objects.exists()


# ── What is off at an address ────────────────────────────────────────────────────────────────────────────────────
def test_an_outage_is_found_by_its_house_its_street_and_its_service() -> None:
    house, neighbour = BuildingFactory.create(house="20"), BuildingFactory.create(house="22")
    outage = off(house)
    assert current_outages(building=house, at=NOON) == [outage]
    assert current_outages(building=house, at=NOON, category=category("W05")) == [outage]
    assert current_outages(building=house, at=NOON, category=category("W04")) == []
    assert current_outages(building=neighbour, at=NOON) == []
    assert current_outages(building=None, street="ул. Кирова", at=NOON) == [outage]
    assert current_outages(building=None, street="ул. Кирова", locality="г. Обнинск", at=NOON) == []
    assert current_outages(building=None, at=NOON) == []
    assert current_outages(building=house, at=NOON - 16 * MINUTE) == []


def test_an_outage_of_one_category_is_about_no_other_trouble_of_its_service() -> None:
    house = BuildingFactory.create()
    outage = off(house, service="management", category=category("L01"))
    assert current_outages(building=house, at=NOON, category=category("L01")) == [outage]
    assert current_outages(building=house, at=NOON, category=category("P03")) == []


# ── Whose work it is, as far as it reaches ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("scope", "whose", "copied"),
    [
        (None, "supplier", None),
        (Scope.HERE, "manager", None),
        (Scope.RISER, "manager", None),
        (Scope.ENTRANCE, "manager", None),
        (Scope.HOUSE, "supplier", "manager"),
        (Scope.STREET, "supplier", "manager"),
    ],
)
def test_a_riser_is_the_managers_and_a_house_the_suppliers(scope: str | None, whose: str, copied: str | None) -> None:
    house = BuildingFactory.create()
    companies = {"manager": CompanyFactory.create(), "supplier": CompanyFactory.create(kind=Company.Kind.SUPPLIER)}
    answers_for(companies["manager"], building=house)
    answers_for(companies["supplier"], building=house, service="hot_water")
    routing = responsible_for(category=category("W05"), building=house, day=NOON.date(), scope=scope)
    assert routing.company == companies[whose]
    assert routing.copy == (companies[copied] if copied else None)


@pytest.mark.parametrize("code", ["G01", "Y03", "P03"])
def test_where_there_is_danger_or_nothing_to_lead_on_the_category_decides(code: str) -> None:
    house = BuildingFactory.create()
    manager, other = CompanyFactory.create(), CompanyFactory.create(kind=Company.Kind.SUPPLIER)
    answers_for(manager, building=house)
    for service in ("gas", "sewer"):
        answers_for(other, building=house, service=service)
    found = {
        responsible_for(category=category(code), building=house, day=NOON.date(), scope=scope).company
        for scope in Scope
    }
    assert found == {manager if code == "P03" else other}


# ── Repeats and neighbours ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("scope", "entrance", "flat", "is_own"),
    [("house", "", "", True), ("entrance", "2", "", True), ("entrance", "1", "", False), ("entrance", "", "", False),
     ("flat", "", "15", True), ("flat", "", "16", False), ("flat", "", "", False)],
)  # fmt: skip
def test_a_repeat_is_known_by_the_scope_of_its_category(scope: str, entrance: str, flat: str, is_own: bool) -> None:
    house = BuildingFactory.create()
    ticket = make_ticket(address=Address(building=house, entrance="2", flat="15"))
    found = similar_open(
        at=NOON, category=repeats_in("P03", scope=scope), building=house, entrance=entrance, flat=flat,
        number="+79109999999",
    )  # fmt: skip
    assert (found.own, found.neighbours) == (([ticket], []) if is_own else ([], [ticket]))


@pytest.mark.parametrize(("hours", "minutes", "is_own"), [(2, 120, True), (2, 121, False), (None, 0, False)])
def test_a_repeat_is_one_within_the_hours_of_its_category(hours: int | None, minutes: int, is_own: bool) -> None:
    ticket = make_ticket()
    found = similar_open(
        at=NOON + minutes * MINUTE, category=repeats_in("P03", hours=hours), building=ticket.building,
        number="+79101234567",
    )  # fmt: skip
    assert bool(found.own) == is_own


def test_neighbours_are_of_the_house_first_and_then_of_the_street() -> None:
    house, next_door = BuildingFactory.create(house="20"), BuildingFactory.create(house="22")
    far = make_ticket(address=Address(building=next_door))
    near = make_ticket(address=Address(street="ул. Кирова", locality="г. Калуга", house="20"), at=NOON - MINUTE)
    make_ticket(code="L01", address=Address(building=house))
    make_ticket(address=Address(street="ул. Кирова", locality="г. Обнинск", house="20"))
    found = similar_open(at=NOON, category=category("P03"), building=house)
    assert (found.own, found.neighbours) == ([], [near, far])
    assert similar_open(at=NOON, category=category("P03"), building=house, exclude=near).neighbours == [far]


def test_without_a_category_the_callers_own_tickets_are_found_by_their_rules() -> None:
    repeats_in("P03")
    ticket = make_ticket()
    assert similar_open(at=NOON, number="+79101234567").own == [ticket]
    assert similar_open(at=NOON, number="+79109999999").own == []


def again(
    ticket: Ticket, *, kind: Kind = Kind.REPEAT, phone: str = "+79101234567", minutes: int = 5, **given: Any
) -> AddedContact:
    moment = NOON + minutes * MINUTE
    contact = Contact(received_at=moment, phone=phone, no_phone_reason="" if phone else "hidden", **given)
    return add_to_ticket(
        ticket=ticket, contact=contact, kind=kind, operator=ticket.registered_by, at=moment, note="Всё ещё темно"
    )


def test_a_repeat_counts_is_written_down_and_satisfies_what_was_owed() -> None:
    ticket = make_ticket()
    missed = make_promise(at=NOON + MINUTE, reason=CallbackObligation.Reason.MISSED_CALL)
    other = make_ticket(phone="+79101234567")
    added = again(ticket)

    ticket.refresh_from_db()
    missed.refresh_from_db()
    other.callback.refresh_from_db()
    assert (ticket.repeats, added.contact.ended_as) == (1, "added")
    assert (ticket.callback.state, missed.state, other.callback.state) == ("satisfied", "satisfied", "open")
    event = ticket.events.last()
    assert event is not None
    assert (event.note, event.details) == ("Повторное обращение, 1-е: Всё ещё темно", {"added": "repeat"})


def test_at_the_second_repeat_the_supervisor_is_asked_at_once_and_once() -> None:
    on_duty()
    ticket = make_ticket()
    clocks = Deadline.objects.filter(clock=Clock.REPEATS)
    again(ticket)
    assert not clocks.exists()
    again(ticket, minutes=6)
    again(ticket, minutes=7)
    asked = clocks.get()
    break_promise(asked.due_at)
    assert asked.ticket_deadline.ticket == ticket
    assert asked.due_at == NOON + 6 * MINUTE + MINUTE / 60
    assert list(asked.escalations.values_list("audience", flat=True)) == ["supervisor"]


def test_the_clock_of_repeats_stops_with_the_work() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    again(ticket)
    again(ticket, minutes=6)
    given: dict[str, Any] = {"actor": ticket.registered_by, "said_by": "Петров", "at": NOON + 8 * MINUTE}
    move_ticket(ticket=ticket, step="accept_by_phone", **given)
    move_ticket(ticket=ticket, step="done_by_phone", works="Сделано", **given)
    assert not Deadline.objects.running().filter(clock=Clock.REPEATS).exists()


def test_whoever_we_ring_back_is_added_without_having_rung_himself() -> None:
    ticket = make_ticket()
    missed = make_promise(at=NOON + MINUTE, reason=CallbackObligation.Reason.MISSED_CALL, phone="+79105555555")
    added = add_to_ticket(
        ticket=ticket, contact=missed.contact, kind=Kind.NEIGHBOUR, operator=ticket.registered_by,
        at=NOON + 5 * MINUTE, note="Тоже темно",
    )  # fmt: skip
    missed.refresh_from_db()
    assert (missed.state, added.contact.ended_as) == ("open", "added")
    assert ticket.promises.get().obligation.due_at == NOON + 15 * MINUTE


def test_a_neighbour_is_promised_a_call_of_his_own() -> None:
    ticket = make_ticket()
    again(ticket, kind=Kind.NEIGHBOUR, phone="+79105555555")
    promise = ticket.promises.get().obligation
    assert (promise.number, promise.due_at) == ("+79105555555", NOON + 15 * MINUTE)
    ticket.refresh_from_db()
    assert (ticket.repeats, ticket.callback.state) == (0, "open")


def test_a_neighbour_is_rung_about_the_work_before_the_ticket_is_closed() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    first = again(ticket, kind=Kind.NEIGHBOUR, phone="+79105555555")
    operator = ticket.registered_by
    given: dict[str, Any] = {"operator": operator, "outcome": "reached", "note": "Поговорили"}
    record_ring_back(obligation=ticket.callback, at=NOON + 6 * MINUTE, **given)
    record_ring_back(obligation=first.contact.obligations.get(), at=NOON + 7 * MINUTE, **given)
    moved: dict[str, Any] = {"actor": operator, "said_by": "Петров", "at": NOON + 8 * MINUTE}
    move_ticket(ticket=ticket, step="accept_by_phone", **moved)
    done = move_ticket(ticket=ticket, step="done_by_phone", works="Сделано", **moved)
    assert done.control_callback is not None
    record_ring_back(obligation=done.control_callback, at=NOON + 9 * MINUTE, confirmed=True, **given)

    ticket.refresh_from_db()
    owed = first.contact.obligations.get(reason="control_call")
    assert (ticket.status, owed.state) == ("done", "open")
    record_ring_back(obligation=owed, at=NOON + 10 * MINUTE, **given)
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_a_repeat_after_the_work_leaves_the_control_call_to_be_answered() -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    given: dict[str, Any] = {"actor": ticket.registered_by, "said_by": "Петров", "at": NOON + MINUTE}
    move_ticket(ticket=ticket, step="accept_by_phone", **given)
    done = move_ticket(ticket=ticket, step="done_by_phone", works="Сделано", **given)
    again(ticket)
    assert done.control_callback is not None
    done.control_callback.refresh_from_db()
    assert done.control_callback.state == "open"


def test_a_dead_ticket_takes_no_calls_and_a_call_needs_words() -> None:
    ticket = make_ticket()
    contact = Contact(received_at=NOON, phone="+79101234567")
    given: dict[str, Any] = {"contact": contact, "kind": Kind.NEWS, "operator": ticket.registered_by, "at": NOON}
    with pytest.raises(NoteRequired):
        add_to_ticket(ticket=ticket, note=" ", **given)
    master = make_ticket(phone="+79105555555")
    move_ticket(ticket=ticket, step="mark_duplicate", actor=ticket.registered_by, at=NOON, duplicate_of=master)
    with pytest.raises(TicketDead):
        add_to_ticket(ticket=ticket, note="Темно", **given)


def test_the_same_form_adds_one_call() -> None:
    ticket, key = make_ticket(), uuid4()
    assert again(ticket, intake_key=key) == again(ticket, intake_key=key)
    ticket.refresh_from_db()
    assert (ticket.repeats, AddedContact.objects.count()) == (1, 1)


def test_what_was_asked_at_intake_is_kept() -> None:
    operator: User = UserFactory.create()
    ticket = register_ticket(
        contact=Contact(received_at=NOON, phone="+79101234567"), category=category("H01"), operator=operator, at=NOON,
        address=Address(building=BuildingFactory.create()), text="Холодно", intake_key=uuid4(), scope=Scope.HOUSE,
        celsius=11, access_note="после 18, код 12", shares_phone=True, site_phone="+79105555555",
    )  # fmt: skip
    kept = Ticket.objects.get(pk=ticket.pk)
    assert (kept.scope, kept.celsius, kept.access_note) == ("house", 11, "после 18, код 12")
    assert (kept.shares_phone, kept.site_phone) == (True, "+79105555555")


@pytest.mark.parametrize(("celsius", "minutes"), [(14, 960), (12, 960), (11, 480), (8, 240), (3, 240), (None, 60)])
def test_the_colder_the_room_the_sooner_it_is_mended(celsius: int | None, minutes: int) -> None:
    heating = category("H01")
    heating.norms.update(fix_minutes=60, fix_minutes_by_celsius=[[12, 960], [10, 480], [8, 240]])
    ticket = make_ticket(code="H01", celsius=celsius)
    clock = Deadline.objects.get(ticket_deadline__ticket=ticket, clock=Clock.FIX)
    assert clock.due_at - clock.started_at == minutes * MINUTE
