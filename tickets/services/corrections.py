"""A number or an address that was written down wrongly: what it was, what it became, who says so and why."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.phones import Phone, format_phone
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallAttempt, CallbackObligation, Contact, Deadline
from callbacks.services import promise_callback, rules_in_force, waive
from callbacks.services.retries import after_the_night
from companies.models import Company
from tickets.models import Ticket, TicketEvent, TicketPromise
from tickets.workflow import DEAD, REPORTED

from .clocks import title_of
from .intake import Address
from .routing import responsible_for
from .steps import control_call_window, promise_ids

Reason = CallbackObligation.Reason
State = CallbackObligation.State

ADDRESS = ("building", "locality_name", "street", "house", "entrance", "floor", "flat")


class ReasonRequired(Refused):
    message = _("Напишите, почему исправляете: это останется в журнале.")
    code = "reason_required"


class NothingChanged(Refused):
    message = _("Так уже записано: исправлять нечего.")
    code = "nothing_changed"


class NumberInUse(Refused):
    message = _("По этому номеру сейчас говорят: исправьте после разговора.")
    code = "number_in_use"


class AddressRequired(Refused):
    message = _("Нужны улица и дом.")
    code = "address_required"


@write
def correct_phone(*, ticket: Ticket, phone: Phone, reason: str, actor: User, at: datetime) -> Ticket:
    """Write down the caller's right number; whatever is still owed to him is owed to that number from now on.

    A number that was never right was never tried: its tries begin anew. Who had none until now gets his promise.
    Raises ReasonRequired, NothingChanged, NumberInUse, and RuleBroken where the right number has an open missed call.
    """
    if not reason.strip():
        raise ReasonRequired
    contact = Contact.objects.select_for_update(no_key=True).get(pk=ticket.contact_id)
    was = Phone(contact.phone, contact.extension)
    if was == phone:
        raise NothingChanged
    # One call may have given several tickets: each of them says so.
    tickets = list(contact.tickets.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    _renumber(contact, phone, at=at)
    contact.phone, contact.extension, contact.no_phone_reason = phone.number, phone.extension, ""
    contact.save(update_fields=["phone", "extension", "no_phone_reason"])
    details = {
        "was": format_phone(*was) or str(Contact.NoPhone.NOT_GIVEN.label),
        "became": format_phone(*phone),
    }
    for one in tickets:
        _write_down(one, "correct_phone", actor=actor, at=at, reason=reason, details=details)
    if not was.number:
        for one in tickets:
            # As read under the lock, with the number it has now.
            one.contact = contact
            _promise_to_ring(one, actor=actor, at=at)
    alarms.tell_screens("tickets")
    alarms.tell_screens("queue")
    return next(one for one in tickets if one.pk == ticket.pk)


def _renumber(contact: Contact, phone: Phone, *, at: datetime) -> None:
    owed = contact.obligations.outstanding().select_for_update(no_key=True, of=("self",)).order_by("pk")
    held = list(owed)
    calls = CallAttempt.objects.in_progress().filter(Q(obligation__in=held) | Q(number=phone.number))
    if any(promise.state == State.DIALLING for promise in held) or calls.exists():
        raise NumberInUse
    for promise in held:
        promise.number, promise.extension = phone.number, phone.extension
        if promise.first_attempt_at is not None:
            promise.rounds += bool(promise.round_attempts)
            promise.round_attempts, promise.round_started_at = 0, None
            promise.next_attempt_at = at if promise.is_danger else after_the_night(at)
        if promise.state == State.EXHAUSTED:
            promise.state = State.OPEN
        promise.save(update_fields=[
            "number", "extension", "state", "rounds", "round_attempts", "round_started_at", "next_attempt_at",
        ])  # fmt: skip


def _promise_to_ring(ticket: Ticket, *, actor: User, at: datetime) -> None:
    """A promise that could not be kept for want of a number is made anew, and the old one released."""
    unkept = CallbackObligation.objects.filter(pk__in=promise_ids(ticket), state=State.NOT_CALLABLE)
    for promise in unkept.order_by("pk"):
        waive(obligation=promise, waiver=CallbackObligation.Waiver.NO_NUMBER, by=actor, at=at)
    if ticket.status in DEAD:
        return
    rules = rules_in_force()
    is_control = ticket.status in REPORTED
    not_before, due_at = control_call_window(at, rules) if is_control else (at, at + settings.CALLBACK_PROMISE)
    promised = promise_callback(
        contact=ticket.contact, reason=Reason.CONTROL_CALL if is_control else Reason.PROMISED_LATER, promised_at=at,
        at=at, due_at=due_at, not_before=not_before, is_danger=ticket.category.is_danger, rules=rules, operator=actor,
        title=title_of(ticket),
    )  # fmt: skip
    if not is_control:
        TicketPromise.objects.create(ticket=ticket, obligation=promised)
        return
    if ticket.control_callback is not None:
        TicketPromise.objects.create(ticket=ticket, obligation=ticket.control_callback)
    Ticket.objects.filter(pk=ticket.pk).update(control_callback=promised)


@dataclass(frozen=True, slots=True)
class Moved:
    """The ticket at its right address; ``company``: who answers there, where that is somebody else than has it."""

    ticket: Ticket
    company: Company | None


@write
def correct_address(*, ticket: Ticket, address: Address, reason: str, actor: User, at: datetime) -> Moved:
    """Write down where the trouble really is. Who has the work keeps it: handing it on is a step of its own.

    Raises ReasonRequired, NothingChanged, AddressRequired.
    """
    if not reason.strip():
        raise ReasonRequired
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).select_related("category", "company")
    moved = held.get(pk=ticket.pk)
    before, was = [getattr(moved, name) for name in ADDRESS], moved.address
    house = address.building
    moved.building = house
    moved.locality_name = house.locality.name if house else address.locality.strip()
    moved.street = house.street if house else address.street.strip()
    moved.house = house.house if house else address.house.strip()
    moved.entrance, moved.floor, moved.flat = address.entrance.strip(), address.floor.strip(), address.flat.strip()
    if not (moved.street and moved.house):
        raise AddressRequired
    if [getattr(moved, name) for name in ADDRESS] == before:
        raise NothingChanged
    moved.save(update_fields=ADDRESS)
    # Alarms of these clocks say where it is.
    of_ticket = Q(ticket_deadline__ticket=moved) | Q(obligation__in=promise_ids(moved))
    Deadline.objects.running().filter(of_ticket).update(title=title_of(moved)[:250])
    _write_down(
        moved, "correct_address", actor=actor, at=at, reason=reason, details={"was": was, "became": moved.address}
    )
    alarms.tell_screens("tickets")
    alarms.tell_screens("queue")
    day = timezone.localdate(at)
    answers = responsible_for(category=moved.category, building=house, day=day, scope=moved.scope).company
    return Moved(moved, answers if answers is not None and answers != moved.company else None)


def _write_down(ticket: Ticket, step: str, *, actor: User, at: datetime, reason: str, details: dict[str, str]) -> None:
    TicketEvent.objects.create(
        ticket=ticket, step=step, actor=actor, from_status=ticket.status, to_status=ticket.status,
        company=ticket.company, happened_at=at, note=reason.strip()[:8000], details=details,
    )  # fmt: skip
