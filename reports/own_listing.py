"""The rows behind an organisation's own figures, as its people may read them.

A ticket that has gone to somebody else since keeps its line, because it was counted, and shows no more than its
number and its times.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.phones import hide_phones
from companies.models import Company
from tickets.models import Ticket

from .listing import LISTINGS, Badge, Column, Listing, answer_of, repair_of, step_of

Read = Callable[[Any], Ticket]


def own_listing(subject: str, company: Company) -> Listing:
    """The columns of ``subject`` for the people of ``company``: no name of the centre's, no telephone."""
    get: Read = (lambda row: row) if subject == "tickets" else (lambda row: row.ticket)

    def ours(row: Any) -> bool:
        return get(row).company_id == company.pk

    def told(value: Callable[[Ticket], str]) -> Callable[[Any, datetime], str]:
        return lambda row, at: value(get(row)) if ours(row) else str(_("передана другой организации"))

    first = (
        Column(_("Заявка"), "own_ticket", lambda row, at: (get(row).number, ours(row))),
        Column(_("Что случилось"), "text", told(lambda ticket: ticket.category.problem)),
        Column(_("Адрес"), "wide", told(lambda ticket: ticket.address)),
    )
    related = ("category",) if subject == "tickets" else ("ticket__category", *LISTINGS[subject].related)
    return Listing(first + REST[subject], related)


REST: dict[str, tuple[Column, ...]] = {
    "tickets": (
        Column(_("Зарегистрирована"), "moment", lambda ticket, at: ticket.registered_at),
        Column(_("Закрыта"), "moment", lambda ticket, at: ticket.closed_at),
        Column(_("Состояние"), "badge", lambda ticket, at: Badge(str(ticket.get_status_display()))),
        Column(_("Оценка"), "text", lambda ticket, at: str(ticket.mark or "")),
        Column(_("Повторных"), "text", lambda ticket, at: str(ticket.repeats or "")),
    ),
    "handovers": (
        Column(_("Передана"), "moment", lambda row, at: row.deadline.started_at),
        Column(_("Принять до"), "moment", lambda row, at: row.deadline.due_at),
        Column(_("Ответ"), "moment", lambda row, at: row.deadline.stopped_at),
        Column(_("Итог"), "badge", lambda row, at: answer_of(row.deadline, accepted=row.was_accepted, at=at)),
    ),
    "repairs": (
        Column(_("Сделать до"), "moment", lambda row, at: row.deadline.due_at),
        Column(_("Сделано"), "moment", lambda row, at: row.deadline.stopped_at),
        Column(_("Итог"), "badge", lambda row, at: repair_of(row.deadline)),
    ),
    "events": (
        Column(_("Когда"), "moment", lambda event, at: event.happened_at),
        Column(_("Что"), "text", lambda event, at: step_of(event.step)),
        Column(_("Пояснение"), "wide", lambda event, at: hide_phones(event.note or event.details.get("works", ""))),
    ),
}
