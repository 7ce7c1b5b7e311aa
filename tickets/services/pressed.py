"""When a button was pressed on a telephone that had no network, as far as we may believe it."""

from datetime import datetime

from tickets.models import Ticket


def pressed_moment(*, pressed_at: datetime | None, sent_at: datetime | None, at: datetime) -> datetime | None:
    """The moment of pressing by our clock.

    The telephone names two moments by its own clock, of pressing and of sending. Only the time between them is taken
    from it, so that a telephone that is an hour wrong still says rightly how long ago it was.
    """
    if pressed_at is None or sent_at is None:
        return pressed_at
    try:
        return at - (sent_at - pressed_at)
    except OverflowError:
        return None


def bounded(pressed_at: datetime, *, ticket: Ticket, at: datetime) -> datetime:
    """Never in the future, and never before the organisation had the ticket: what a wrong clock says is not kept."""
    earliest = min(ticket.transferred_at or ticket.registered_at, at)
    return min(max(pressed_at, earliest), at)
