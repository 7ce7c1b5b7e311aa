"""What a step brings about beside the work itself: notes to be read, and an end of what was shown for it."""

from datetime import datetime

from tickets.models import TicketEvent

from .notes import keep_note, read_notes
from .phones import end_phone_access

# The citizen's number was for this work and for this organisation.
ENDS_ACCESS = frozenset(
    {
        "assign", "appoint", "reject", "report_done", "done_by_phone", "not_confirmed", "close", "close_unconfirmed",
        "cancel",
    }
)  # fmt: skip


def follow_step(*, event: TicketEvent, at: datetime) -> None:
    """Part of the step that wrote ``event``."""
    if event.step == "comment" and event.actor.is_of_company:
        keep_note(event=event)
    if event.step == "answer":
        read_notes(ticket=event.ticket, by=event.actor, at=at)
    if event.step in ENDS_ACCESS:
        end_phone_access(event.ticket, at=at)
