"""Telling an organisation by letter that work has come to it."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from callbacks.models import Deadline
from callbacks.services.news import at_work, write_letters
from tickets.models import Ticket

from .clocks import title_of


def tell_of_new_work(*, ticket: Ticket, deadline: Deadline | None, at: datetime) -> int:
    """Letters to those of the organisation who are at work; ``deadline``: until when it has to answer."""
    if ticket.company is None or deadline is None:
        return 0
    people = at_work(ticket.company, at=at)
    if not people:
        return 0
    with override("ru"):
        facts = {
            "number": ticket.number, "title": title_of(ticket), "time": f"{timezone.localtime(deadline.due_at):%H:%M}",
        }  # fmt: skip
        word = _("АВАРИЯ. Новая заявка") if ticket.is_emergency else _("Новая заявка")
        subject = f"{word} № {ticket.number}: {ticket.category.problem}"
        body = "\n".join(
            [
                _("Заявка № %(number)s передана вашей организации.") % facts,
                _("О чём: %(title)s.") % facts,
                _("Ответьте до %(time)s: примите её или верните в центр.") % facts,
                f"{settings.PUBLIC_URL}/portal/tickets/{ticket.number}/",
            ]
        )
    return write_letters(occasion=f"work {deadline.pk}", people=people, subject=subject, body=body, at=at)
