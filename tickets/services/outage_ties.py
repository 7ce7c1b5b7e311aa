"""What ties a ticket to an outage: the row held while it is joined, the words for its caller, what it takes over."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused
from tickets.models import Outage, Ticket
from tickets.workflow import Status

from .steps import move_ticket


class OutageOver(Refused):
    message = gettext_lazy("Это отключение уже закончилось или отменено: запишите заявку без него.")
    code = "outage_over"


def hold_open_outage(outage: Outage) -> Outage:
    """The outage as it is now, kept from ending until this transaction is over. Raises OutageOver.

    Shared: many calls are joined at once, and only its end waits for them.
    """
    held = Outage.objects.raw("SELECT * FROM tickets_outage WHERE id = %s FOR SHARE", [outage.pk])[0]
    if not held.is_open:
        raise OutageOver
    return held


def what_to_say(outage: Outage, *, at: datetime) -> str:
    """What a caller is told: the text of the outage, and until when it is promised to last."""
    if outage.ends_at is None or outage.ends_at <= at:
        return outage.text
    until = timezone.localtime(outage.ends_at)
    time = until.strftime("%H:%M" if until.date() == timezone.localtime(at).date() else "%d.%m %H:%M")
    text = outage.text.rstrip()
    text = text if text.endswith((".", "!", "?", "…")) else f"{text}."
    return _("%(text)s Обещают включить до %(time)s.") % {"text": text, "time": time}


def promised_end(outage: Outage, *, at: datetime) -> datetime | None:
    """The term that its tickets take over: none when nobody promised one, or it has passed."""
    return outage.ends_at if outage.ends_at and outage.ends_at > at else None


def follow_outage(*, ticket: Ticket, outage: Outage, actor: User, at: datetime) -> Ticket:
    """What the organisation has accepted for the whole outage it has accepted for this ticket as well."""
    if outage.accepted_at is None or ticket.status != Status.ASSIGNED or ticket.company_id != outage.company_id:
        return ticket
    return move_ticket(
        ticket=ticket, step="accept_by_phone", actor=actor, at=at, planned_at=promised_end(outage, at=at),
        said_by=_("принято по отключению в %s") % f"{timezone.localtime(outage.accepted_at):%H:%M}",
        note=_("Отключение: %s") % outage,
    )  # fmt: skip
