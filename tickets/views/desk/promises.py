"""Promises as the desk reads them: with the ticket that each belongs to."""

from callbacks.models import CallbackObligation, Deadline
from tickets.models import Ticket

_OWNERS = ("ticket", "controlled_ticket", "ticket_promise__ticket")
_OF_TICKET = ("category", "company")
# For select_related(): a promise with its person, its holder and its ticket, in one query.
WITH_TICKET = (
    "contact", "claimed_by", "deadline", *(f"{owner}__{part}" for owner in _OWNERS for part in _OF_TICKET),
)  # fmt: skip
# The same from a clock: of a promise, or of the work itself.
DEADLINE_WITH_TICKET = (
    "obligation", *(f"obligation__{owner}" for owner in _OWNERS), "ticket_deadline__ticket", "company",
)  # fmt: skip


def ticket_shown(promise: CallbackObligation) -> Ticket | None:
    """The ticket of a promise that was read ``WITH_TICKET``; a missed call has none yet."""
    own: Ticket | None = getattr(promise, "ticket", None) or getattr(promise, "controlled_ticket", None)
    further = getattr(promise, "ticket_promise", None)
    return own or (further.ticket if further else None)


def ticket_of_clock(deadline: Deadline) -> Ticket | None:
    """The ticket that a clock, read ``DEADLINE_WITH_TICKET``, is about."""
    work = getattr(deadline, "ticket_deadline", None)
    if work is not None:
        ticket: Ticket = work.ticket
        return ticket
    promise = getattr(deadline, "obligation", None)
    return ticket_shown(promise) if promise else None
