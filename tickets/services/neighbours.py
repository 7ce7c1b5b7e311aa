"""What is owed to those who rang about somebody else's ticket: each his own call, before it may be closed."""

from datetime import datetime

from callbacks.models import CallbackObligation
from callbacks.services import promise_callback
from callbacks.services.rules import Rules
from tickets.models import AddedContact, Ticket, TicketPromise
from tickets.workflow import REPORTED

from .clocks import title_of

State = CallbackObligation.State


def promise_neighbours(*, ticket: Ticket, at: datetime, not_before: datetime, due_at: datetime, rules: Rules) -> None:
    """The work was reported: every neighbour with a number to whom no call is owed yet will be rung about it."""
    owed = set(
        CallbackObligation.objects.outstanding()
        .filter(ticket_promise__ticket=ticket)
        .values_list("contact_id", flat=True)
    )
    added = AddedContact.objects.filter(ticket=ticket, kind=AddedContact.Kind.NEIGHBOUR).exclude(contact__phone="")
    for neighbour in added.exclude(contact__in=owed).select_related("contact").order_by("pk"):
        promise = promise_callback(
            contact=neighbour.contact, reason=CallbackObligation.Reason.CONTROL_CALL, promised_at=at, at=at,
            due_at=due_at, not_before=not_before, rules=rules, title=title_of(ticket),
        )  # fmt: skip
        TicketPromise.objects.create(ticket=ticket, obligation=promise)


def is_owed_to_others(ticket: Ticket) -> bool:
    """Whether a call about this ticket is still owed to somebody beside its own caller."""
    open_ones = CallbackObligation.objects.outstanding().filter(ticket_promise__ticket=ticket)
    return open_ones.exclude(contact=ticket.contact_id).exclude(number=ticket.contact.phone).exists()


def is_heard_out(ticket: Ticket) -> bool:
    """Whether its caller has confirmed the work before, and the last of his neighbours has been talked to now."""
    control = ticket.control_callback
    if ticket.status not in REPORTED or control is None or ticket.done_at is None:
        return False
    talked = control.state in (State.KEPT, State.SATISFIED)
    confirmed = talked and control.settled_at is not None and control.settled_at >= ticket.done_at
    return confirmed and not CallbackObligation.objects.outstanding().filter(ticket_promise__ticket=ticket).exists()
