"""Promises as the desk reads them: with the ticket that each belongs to, and with what was said unheard."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from callbacks.models import CallbackObligation, Contact
from tickets.models import Ticket, TicketPromise

# For select_related(): a promise with its person and its holder.
PERSON = ("contact", "claimed_by", "deadline")


def read_with_tickets(found: QuerySet[CallbackObligation]) -> list[CallbackObligation]:
    """The promises of a query with their persons and, for ``ticket_shown()``, their tickets."""
    promises = list(found.select_related(*PERSON))
    tickets = tickets_of(promises, Ticket.objects.select_related("category", "company").defer("search"))
    for promise in promises:
        promise.shown_ticket = tickets.get(promise.pk)  # type: ignore[attr-defined]  # read by ticket_shown()
    return promises


def ticket_shown(promise: CallbackObligation) -> Ticket | None:
    """The ticket of a promise that came from ``read_with_tickets()``; a missed call has none yet."""
    ticket: Ticket | None = promise.shown_ticket  # type: ignore[attr-defined]
    return ticket


def tickets_of(promises: Iterable[CallbackObligation], tickets: QuerySet[Ticket]) -> dict[int, Ticket]:
    """The ticket of each promise that has one, by the promise's key.

    One index each: joined to the promises in all three ways, the question takes longer to plan than to answer.
    """
    keys = [promise.pk for promise in promises]
    if not keys:
        return {}
    further = dict(TicketPromise.objects.filter(obligation__in=keys).values_list("obligation_id", "ticket_id"))
    owners = Q(callback__in=keys) | Q(control_callback__in=keys) | Q(pk__in=further.values())
    found = {ticket.pk: ticket for ticket in tickets.filter(owners)}
    return (
        {ticket.control_callback_id: ticket for ticket in found.values() if ticket.control_callback_id}
        | {ticket.callback_id: ticket for ticket in found.values()}
        | {promise: found[ticket] for promise, ticket in further.items()}
    )


def messages_left(promises: Iterable[CallbackObligation]) -> dict[int, list[Contact]]:
    """What those who reached us unheard said or wrote, by promise: its own contact, and later ones that joined it."""
    unheard = [promise for promise in promises if promise.reason in CallbackObligation.UNHEARD]
    left = {promise.pk: [promise.contact] if promise.contact.note else [] for promise in unheard}
    # A settled one is joined no more: later messages of the number belong to another promise.
    open_to_more = {
        (promise.number, promise.extension): promise
        for promise in unheard
        if promise.occurrences > 1 and not promise.is_final
    }
    if not open_to_more:
        return left
    since = min(promise.contact.recorded_at for promise in open_to_more.values())
    later = Contact.objects.filter(
        phone__in={number for number, _extension in open_to_more}, ended_as=Contact.EndedAs.MISSED,
        recorded_at__gte=since,
    )  # fmt: skip
    for contact in later.exclude(note="").order_by("received_at", "pk"):
        promise = open_to_more.get((contact.phone, contact.extension))
        if promise and contact.pk > promise.contact_id:
            left[promise.pk].append(contact)
    return left
