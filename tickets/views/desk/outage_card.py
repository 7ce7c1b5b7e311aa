"""On the card of a ticket: the outage that it is part of or may join, and further calls that were joined to it."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from tickets.forms.outages import JoinForm
from tickets.models import AddedContact, Outage, Ticket
from tickets.services.outage_ties import what_to_say
from tickets.services.outage_work import UNREPORTED

from .outages import offered_to
from .queue import TAKES_CALLS


@dataclass(frozen=True, slots=True)
class Ties:
    """``outage`` with what to ``say`` of it, or ``form`` to join one of those ``offered``."""

    outage: Outage | None
    say: str
    offered: list[Outage]
    form: JoinForm | None
    may_leave: bool
    added: list[AddedContact]


def read_ties(ticket: Ticket, user: User, *, at: datetime) -> Ties:
    is_open = ticket.status in UNREPORTED
    takes_calls = user.role in TAKES_CALLS
    offered = offered_to(ticket, at=at) if is_open and takes_calls else []
    return Ties(
        outage=ticket.outage,
        say=what_to_say(ticket.outage, at=at) if ticket.outage and ticket.outage.is_open else "",
        offered=offered,
        form=JoinForm(offered=offered, auto_id="id_join_%s") if offered else None,
        may_leave=bool(ticket.outage) and is_open and takes_calls,
        added=list(
            AddedContact.objects.filter(ticket=ticket)
            .select_related("contact__taken_by")
            .prefetch_related("contact__obligations")
            .order_by("pk")
        ),
    )
