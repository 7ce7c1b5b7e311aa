"""Promises as the desk reads them: with the ticket that each belongs to, and with what was said unheard."""

from collections.abc import Iterable

from callbacks.models import CallbackObligation, Contact
from tickets.models import Ticket

_OWNERS = ("ticket", "controlled_ticket", "ticket_promise__ticket")
_OF_TICKET = ("category", "company")
# For select_related(): a promise with its person, its holder and its ticket, in one query.
WITH_TICKET = (
    "contact", "claimed_by", "deadline", *(f"{owner}__{part}" for owner in _OWNERS for part in _OF_TICKET),
)  # fmt: skip


def ticket_shown(promise: CallbackObligation) -> Ticket | None:
    """The ticket of a promise that was read ``WITH_TICKET``; a missed call has none yet."""
    own: Ticket | None = getattr(promise, "ticket", None) or getattr(promise, "controlled_ticket", None)
    further = getattr(promise, "ticket_promise", None)
    return own or (further.ticket if further else None)


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
