"""A number or an address written down wrongly: what moves with it, who is told, and what is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.models import Role, User
from accounts.phones import Phone
from accounts.writes import RuleBroken
from callbacks.models import CallbackObligation, Deadline
from callbacks.services import promise_callback, start_attempt
from tickets.models import Ticket, TicketEvent
from tickets.services import Address, finish_ring_back, move_ticket
from tickets.services.corrections import (
    AddressRequired,
    NothingChanged,
    NumberInUse,
    ReasonRequired,
    correct_address,
    correct_phone,
)
from tickets.views.desk.papers import KEYS

from .factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    client_of,
    make_promise,
    make_ticket,
    member_of,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
State = CallbackObligation.State
NOW = NOON + 2 * MINUTE
RIGHT = Phone("+79109876543")


@pytest.fixture
def olga() -> User:
    return UserFactory.create(username="olga", first_name="Ольга")


def corrected(ticket: Ticket, olga: User, phone: Phone = RIGHT, **given: Any) -> Ticket:
    told: dict[str, Any] = {"at": NOW, "reason": "ослышались"} | given
    return correct_phone(ticket=ticket, phone=phone, actor=olga, **told)


# ── The number ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_owed_is_owed_to_the_right_number(olga: User) -> None:
    ticket = corrected(make_ticket(), olga)

    owed = CallbackObligation.objects.get(pk=ticket.callback_id)
    assert (owed.number, owed.due_at) == (RIGHT.number, NOON + 10 * MINUTE)
    assert ticket.contact.phone == "+79109876543"
    line = TicketEvent.objects.get(step="correct_phone")
    assert line.details == {"was": "8 (910) 123-45-67", "became": "8 (910) 987-65-43"}
    assert (line.actor, line.note) == (olga, "ослышались")
    # And a talk with that number keeps it.
    attempt = start_attempt(obligation=owed, operator=olga, at=NOW)
    finish_ring_back(attempt=attempt, outcome="reached", operator=olga, at=NOW + MINUTE, note="Ждёт")
    owed.refresh_from_db()
    assert owed.state == State.KEPT


def test_tries_of_a_wrong_number_begin_anew(olga: User) -> None:
    ticket = make_ticket()
    attempt = start_attempt(obligation=ticket.callback, operator=olga, at=NOW)
    finish_ring_back(attempt=attempt, outcome="wrong_number", operator=olga, at=NOW)
    assert CallbackObligation.objects.get(pk=ticket.callback_id).state == State.EXHAUSTED

    corrected(ticket, olga, at=NOW + MINUTE)

    owed = CallbackObligation.objects.get(pk=ticket.callback_id)
    assert (owed.state, owed.round_attempts, owed.next_attempt_at) == (State.OPEN, 0, NOW + MINUTE)


def test_a_call_in_progress_is_waited_for(olga: User) -> None:
    ticket = make_ticket()
    start_attempt(obligation=ticket.callback, operator=olga, at=NOW)

    with pytest.raises(NumberInUse):
        corrected(ticket, olga)


def test_somebody_elses_call_on_the_right_number_is_waited_for(olga: User) -> None:
    start_attempt(obligation=make_promise(phone=RIGHT.number), operator=olga, at=NOW)

    with pytest.raises(NumberInUse):
        corrected(make_ticket(), olga)


def test_two_open_missed_calls_of_one_number_are_refused_in_a_sentence(olga: User) -> None:
    missed = CallbackObligation.Reason.MISSED_CALL
    make_promise(phone=RIGHT.number, reason=missed)
    ticket = make_ticket()
    # He rang unheard as well, and that call hangs on the same contact.
    promise_callback(contact=ticket.contact, reason=missed, promised_at=NOON, at=NOON)

    with pytest.raises(RuleBroken, match="уже есть открытый пропущенный звонок"):
        corrected(ticket, olga)
    ticket.contact.refresh_from_db()
    assert ticket.contact.phone == "+79101234567"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({"reason": " "}, ReasonRequired), ({"phone": Phone("+79101234567")}, NothingChanged)],
)
def test_what_is_refused(olga: User, given: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        corrected(make_ticket(), olga, **given)


def test_who_had_no_number_gets_his_promise(olga: User) -> None:
    ticket = corrected(make_ticket(phone=""), olga)

    promise = ticket.promises.get().obligation
    assert (promise.number, promise.due_at) == (RIGHT.number, NOW + 10 * MINUTE)
    assert CallbackObligation.objects.get(pk=ticket.callback_id).state == State.WAIVED


def test_whose_work_is_reported_without_a_number_gets_the_control_call(olga: User) -> None:
    company = CompanyFactory.create()
    ticket, worker = make_ticket(phone="", company=company), member_of(company)
    move_ticket(ticket=ticket, step="accept", actor=worker, at=NOW)
    move_ticket(ticket=ticket, step="report_done", actor=worker, at=NOW, works="Заменили лампу")

    corrected(ticket, olga, at=NOW + MINUTE)

    control = Ticket.objects.get().control_callback
    assert control is not None
    assert (control.number, control.state) == (RIGHT.number, State.OPEN)


def test_the_organisation_never_reads_the_numbers(olga: User) -> None:
    company = CompanyFactory.create()
    ticket, worker = make_ticket(company=company), member_of(company)
    corrected(ticket, olga)

    assert not ticket.events.visible_to(worker).filter(step="correct_phone").exists()
    assert "987-65-43" not in page(signed_in(worker), "portal:card", number=ticket.number)
    assert "987-65-43" not in client_of(worker).get(f"/api/v1/tickets/{ticket.number}/").content.decode()
    assert "исправлен номер: был 8 (910) 123-45-67, стал 8 (910) 987-65-43" in page(
        signed_in(), "desk:card", number=ticket.number
    )


# ── The address ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_ticket_moves_and_its_clocks_say_where(olga: User) -> None:
    house = BuildingFactory.create(street="ул. Мира", house="5")
    ticket = make_ticket(company=CompanyFactory.create())
    was = ticket.address

    moved = correct_address(
        ticket=ticket, address=Address(building=house, flat="7"), reason="соседний дом", actor=olga, at=NOW
    ).ticket

    assert moved.address == "г. Калуга, ул. Мира, 5, кв. 7"
    assert Ticket.objects.get().building == house
    line = TicketEvent.objects.get(step="correct_address")
    assert line.details == {"was": was, "became": moved.address}
    assert all("ул. Мира, 5" in title for title in Deadline.objects.running().values_list("title", flat=True))


def test_who_answers_there_is_named_but_not_given_the_work(olga: User) -> None:
    house, other = BuildingFactory.create(street="ул. Мира", house="5"), CompanyFactory.create()
    answers_for(other, building=house, service="electricity")
    answers_for(other, building=house)
    had = CompanyFactory.create()
    ticket = make_ticket(company=had)

    moved = correct_address(ticket=ticket, address=Address(building=house), reason="соседний дом", actor=olga, at=NOW)

    assert (moved.company, moved.ticket.company) == (other, had)


@pytest.mark.parametrize(
    ("address", "reason", "refusal"),
    [
        (Address(street="ул. Мира", house="5"), "", ReasonRequired),
        (Address(street="ул. Мира"), "ослышались", AddressRequired),
        (None, "ослышались", NothingChanged),
    ],
)
def test_which_addresses_are_refused(
    olga: User, address: Address | None, reason: str, refusal: type[Exception]
) -> None:
    ticket = make_ticket()
    same = Address(building=ticket.building, flat="15")

    with pytest.raises(refusal):
        correct_address(ticket=ticket, address=address or same, reason=reason, actor=olga, at=NOW)


# ── The pages ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_number_is_corrected_from_the_ring_back(at: Any, olga: User) -> None:
    ticket = make_ticket()
    address = reverse("desk:correct_phone", kwargs={"number": ticket.number})

    answer = signed_in(olga).post(
        f"{address}?callback={ticket.callback_id}", {"phone": "8 910 987 65 43", "reason": "ошибка в цифре"}
    )

    assert answer["Location"] == reverse("desk:callback", kwargs={"pk": ticket.callback_id})
    ticket.contact.refresh_from_db()
    assert ticket.contact.phone == RIGHT.number


def test_a_wrong_number_stays_in_its_field(at: Any, olga: User) -> None:
    ticket = make_ticket()
    address = reverse("desk:correct_phone", kwargs={"number": ticket.number})

    shown = signed_in(olga).post(address, {"phone": "12", "reason": "ошибка"}).content.decode()

    assert 'value="12"' in shown
    assert "Не похоже на номер телефона" in shown


def test_an_address_is_tied_to_the_register_and_the_answerable_is_named(at: Any, olga: User) -> None:
    house, other = BuildingFactory.create(street="ул. Мира", house="5"), CompanyFactory.create(name="УК «Мир»")
    answers_for(other, building=house)
    answers_for(other, building=house, service="electricity")
    ticket = make_ticket(company=CompanyFactory.create())
    address = reverse("desk:correct_address", kwargs={"number": ticket.number})

    shown = signed_in(olga).post(
        address, {"locality": "Калуга", "street": "мира", "house": "5", "reason": "ослышались"}, follow=True
    )

    assert Ticket.objects.get().building == house
    assert "отвечает УК «Мир»" in shown.content.decode()


def test_a_house_the_register_does_not_know_is_written_as_told(at: Any, olga: User) -> None:
    ticket = make_ticket()
    address = reverse("desk:correct_address", kwargs={"number": ticket.number})

    shown = signed_in(olga).post(address, {"street": "Дальняя", "house": "1", "reason": "ослышались"}, follow=True)

    assert Ticket.objects.get().building is None
    assert "Такого дома нет в реестре" in shown.content.decode()


# ── Paper ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("shares", [True, False])
def test_the_work_order_holds_the_phone_only_where_the_caller_gives_it(at: Any, shares: bool) -> None:
    ticket = make_ticket(company=CompanyFactory.create(), shares_phone=shares, access_note="код 15к, после 18")

    shown = page(signed_in(), "desk:order", number=ticket.number)

    assert ("123-45-67" in shown) == shares
    assert ("Иванова" in shown) == shares
    for needed in (ticket.number, "кв. 15", "Нет света в подъезде", "код 15к", "Материалы"):
        assert needed in shown


def test_the_journal_page_holds_the_history(at: Any, olga: User) -> None:
    ticket = corrected(make_ticket(), olga)

    shown = page(signed_in(role=Role.HEAD), "desk:journal", number=ticket.number)

    assert "заявка зарегистрирована" in shown
    assert "исправлен номер" in shown


def test_the_map_of_keys_knows_every_key() -> None:
    """What a template of the desk gives a key is on paper as well."""
    folder = Path(settings.BASE_DIR) / "templates"
    texts = [path.read_text() for part in ("desk", "components") for path in (folder / part).rglob("*.html")]
    given = {key for text in texts for key in re.findall(r'data-key="([A-Za-z0-9]+)"', text)} - {"Escape"}
    known = {one for _title, keys in KEYS for key, _label in keys for one in key.split(", ")}

    assert given <= known
