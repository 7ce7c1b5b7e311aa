"""Writing a call down as a ticket, together with the promise to ring back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, Contact
from callbacks.services import promise_callback, record_inbound_talk, rules_in_force
from companies.models import Building, Company
from tickets.models import Category, Norm, Outage, Scope, Ticket, TicketEvent
from tickets.workflow import Status

from .clocks import acceptance_of, opening_clocks, tell_term, tie_clocks, title_of
from .holdings import begin_turn
from .new_work import tell_of_new_work
from .news import tell_of_step
from .outage_ties import follow_outage, hold_open_outage, promised_end, what_to_say

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the trouble is: a house of the register, or typed words; a snapshot is stored either way."""

    building: Building | None = None
    locality: str = ""
    street: str = ""
    house: str = ""
    entrance: str = ""
    floor: str = ""
    flat: str = ""


class NothingToTell(Refused):
    message = gettext_lazy("Сказать сразу можно только об отключении.")
    code = "nothing_to_tell"


def _once_per_key(function: Callable[P, Ticket]) -> Callable[P, Ticket]:
    """Of the same form sent twice, the second sender gets the ticket that the first one made.

    The index says so and not a question beforehand: nearly every form is sent once, and a question races.
    """

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Ticket:
        try:
            return function(*args, **kwargs)
        except IntegrityError as error:
            rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
            if rule != "tickets_ticket_intake_key_key":
                raise
            return Ticket.objects.get(intake_key=str(kwargs["intake_key"]))

    return wrapped


@_once_per_key
@write
def register_ticket(
    *,
    contact: Contact,
    category: Category,
    address: Address,
    text: str,
    operator: User,
    intake_key: UUID,
    at: datetime,
    company: Company | None = None,
    is_emergency: bool | None = None,
    damaged_at: datetime | None = None,
    scope: str = Scope.HERE,
    celsius: int | None = None,
    access_note: str = "",
    shares_phone: bool = False,
    site_phone: str = "",
    outage: Outage | None = None,
    told_live: bool = False,
    wants_news: bool = False,
) -> Ticket:
    """Write the call down as a ticket with the ten-minute promise, and hand it to ``company`` when one is given.

    The promise runs from the answered call, the norm's clocks from the registration (a repair by law from the damage:
    ``damaged_at``, or the call), acceptance from the hand-over; without an organisation the centre's own turn runs.
    ``contact`` may be unsaved: it is written in the same transaction. The same ``intake_key`` again returns the ticket
    already made: one submitted form is one ticket.

    ``outage``: the trouble is part of it; its organisation has the work, unless another is given, and what it accepted
    holds here too. ``told_live``: the caller has just heard its cause and term, so the first promise is kept by this
    very talk (with a number; nobody else is owed a call). Raises OutageOver, NothingToTell.
    """
    if outage is not None:
        outage = hold_open_outage(outage)
        company = company or outage.company
    elif told_live:
        raise NothingToTell
    rules = rules_in_force()
    norm = Norm.objects.filter(category=category).valid_on(timezone.localdate(at)).first()
    building = address.building
    ticket = Ticket(
        category=category, norm=norm, text=text.strip(), building=building,
        is_emergency=category.is_emergency if is_emergency is None else is_emergency,
        locality_name=building.locality.name if building else address.locality.strip(),
        street=building.street if building else address.street.strip(),
        house=building.house if building else address.house.strip(),
        entrance=address.entrance.strip(), floor=address.floor.strip(), flat=address.flat.strip(),
        company=company, transferred_at=at if company else None,
        status=Status.ASSIGNED if company else Status.REGISTERED,
        registered_by=operator, registered_at=at, damaged_at=damaged_at, intake_key=intake_key, contact=contact,
        scope=scope, celsius=celsius, access_note=access_note.strip(), shares_phone=shares_phone,
        site_phone=site_phone, outage=outage, wants_news=wants_news,
        planned_at=promised_end(outage, at=at) if outage else None,
        told_live_at=at if told_live and contact.phone else None,
    )  # fmt: skip
    # The promise runs from the answered call; whoever was missed and is being rung now has only just been heard.
    answered_at = at if contact.pk else min(contact.received_at, at)
    clocks = opening_clocks(ticket=ticket, at=at, damaged_at=damaged_at or answered_at, rules=rules, operator=operator)
    contact.ended_as = Contact.EndedAs.OUTAGE if outage else Contact.EndedAs.TICKET
    contact.save()
    ticket.contact = contact
    ticket.callback = promise_callback(
        contact=contact, reason=CallbackObligation.Reason.FIRST_ANSWER, promised_at=answered_at, at=at,
        is_danger=category.is_danger, rules=rules, operator=operator, title=title_of(ticket), along=clocks,
    )  # fmt: skip
    ticket.save(force_insert=True)
    tie_clocks(ticket=ticket, deadlines=clocks)
    events = [TicketEvent(ticket=ticket, step="register", actor=operator, to_status=Status.REGISTERED, happened_at=at)]
    if company:
        events.append(
            TicketEvent(
                ticket=ticket, step="assign", actor=operator, from_status=Status.REGISTERED,
                to_status=Status.ASSIGNED, company=company, happened_at=at,
            )
        )  # fmt: skip
    TicketEvent.objects.bulk_create(events)
    tell_of_new_work(ticket=ticket, deadline=acceptance_of(clocks), at=at)
    if company:
        begin_turn(ticket=ticket, company=company, at=at)
        tell_of_step(ticket=ticket, step="assign", holder=None, at=at)
    alarms.tell_screens("tickets")
    if outage is None:
        return ticket
    alarms.tell_screens("outages")
    if ticket.told_live_at:
        record_inbound_talk(
            obligations=[ticket.callback], operator=operator, started_at=answered_at, at=at,
            note=_("Сказано сразу: %s") % what_to_say(outage, at=at),
        )  # fmt: skip
        tell_term(ticket=ticket, at=at)
    follow_outage(ticket=ticket, outage=outage, actor=operator, at=at)
    return Ticket.objects.with_step_details().get(pk=ticket.pk)
