"""What an organisation writes to the centre: it waits until somebody of the centre has read it, by name."""

from datetime import datetime

from accounts.models import User
from accounts.writes import write
from callbacks import alarms
from tickets.models import CompanyNote, Ticket, TicketEvent


def keep_note(*, event: TicketEvent) -> None:
    """A comment of the organisation's person is to be read; part of the step that wrote it."""
    assert event.company_id is not None
    CompanyNote.objects.create(
        event=event, ticket=event.ticket, company_id=event.company_id, written_at=event.happened_at
    )
    alarms.tell_screens("notes", event.ticket.number)


@write
def read_notes(*, ticket: Ticket, by: User, at: datetime) -> int:
    """Somebody has read all that the organisations wrote about this ticket; returns how much of it was new."""
    read = CompanyNote.objects.unread().filter(ticket=ticket).update(read_by=by, read_at=at)
    if read:
        alarms.tell_screens("notes", ticket.number)
    return read


def unread_count() -> int:
    return CompanyNote.objects.unread().count()
