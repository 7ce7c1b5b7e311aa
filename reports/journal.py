"""The journal of tickets (журнал учёта заявок): a line per ticket with everything that the norms ask of such a log.

The law fixes no form; docs/metrics.md and the glossary name the fields. Its rows are those of the figure «registered».
"""

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat, JSONObject, NullIf, Trim
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.phones import Phone
from callbacks.models import CallbackObligation
from tickets.models import Ticket, TicketEvent
from tickets.models.tickets import Scope

from .figures import FIGURES
from .figures.work import ACCEPTING
from .labels import address_of, label
from .listing import Badge, Column, Listing, fate_of

FIGURE = FIGURES["registered"]


class Journal(Listing):
    """Who accepted the work stands in the history alone: it is fetched with the row."""

    def prepared(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        name = NullIf(Trim(Concat("actor__first_name", Value(" "), "actor__last_name")), Value(""))
        taken = (
            TicketEvent.objects.filter(ticket=OuterRef("pk"), step__in=ACCEPTING, happened_at=OuterRef("accepted_at"))
            .order_by("-pk")
            .values(told=JSONObject(who=Coalesce(name, F("actor__username")), said_by="details__said_by"))[:1]
        )
        found: QuerySet[Any] = super().prepared(rows).annotate(accepted_told=Subquery(taken))
        return found


def _accepted_by(ticket: Any, at: datetime) -> str:
    """Whoever accepted it by name; by telephone, who said so there and who wrote it down."""
    told = ticket.accepted_told or {}
    said_by, who = told.get("said_by") or "", told.get("who") or ""
    if said_by and who:
        return _t("%(name)s, записал(а) %(who)s") % {"name": said_by, "who": who}
    return said_by or who


def _control(ticket: Ticket) -> CallbackObligation | None:
    return ticket.control_callback


def _control_who(ticket: Ticket, at: datetime) -> str:
    held = _control(ticket)
    if held is None or held.settled_at is None or held.settled_at > at:
        return ""
    return str(held.settled_by.operator if held.settled_by else held.waived_by or "")


def _control_when(ticket: Ticket, at: datetime) -> datetime | None:
    held = _control(ticket)
    return held.settled_at if held and held.settled_at and held.settled_at <= at else None


def _control_said(ticket: Ticket, at: datetime) -> str:
    held = _control(ticket)
    if held is None:
        return ""
    said = held.settled_by.note if held.settled_by and _control_when(ticket, at) else held.waiver_note
    return ": ".join(filter(None, (str(fate_of(held, at)), said)))


def _then(name: str) -> Any:
    """A moment of the ticket; what came after the moment of the list is not known to it yet."""

    def read(ticket: Ticket, at: datetime) -> datetime | None:
        moment: datetime | None = getattr(ticket, name)
        return moment if moment is not None and moment <= at else None

    return read


def _cause(ticket: Ticket, at: datetime) -> str:
    """As far as it is known: the outage that the ticket belongs to."""
    return ticket.outage.cause if ticket.outage else ""


def _place(ticket: Ticket, at: datetime) -> str:
    parts = [ticket.category.place]
    if ticket.scope != Scope.HERE:
        parts.append(label(ticket, "scope"))
    return ", ".join(filter(None, parts))


def _yes(value: bool) -> str:
    return _t("да") if value else ""


JOURNAL = Journal(
    (
        Column(_("Номер"), "ticket", lambda ticket, at: ticket.number),
        Column(_("Прежний номер"), "text", lambda ticket, at: ticket.old_number),
        Column(_("Позвонил"), "moment", lambda ticket, at: ticket.contact.received_at),
        Column(_("Зарегистрирована"), "moment", lambda ticket, at: ticket.registered_at),
        Column(_("Канал"), "text", lambda ticket, at: label(ticket.contact, "channel")),
        Column(_("Кто принял"), "text", lambda ticket, at: str(ticket.registered_by)),
        Column(_("Заявитель"), "text", lambda ticket, at: ticket.contact.caller_name),
        Column(_("За кого звонит"), "text", lambda ticket, at: ticket.contact.for_whom),
        Column(_("Телефон"), "phone", lambda ticket, at: Phone(ticket.contact.phone, ticket.contact.extension)),
        Column(_("Второй телефон"), "phone", lambda ticket, at: Phone(ticket.contact.second_phone)),
        Column(_("Телефон на месте"), "phone", lambda ticket, at: Phone(ticket.site_phone)),
        Column(_("Адрес"), "wide", lambda ticket, at: address_of(ticket)),
        Column(_("Место"), "text", _place),
        Column(_("Услуга"), "text", lambda ticket, at: str(ticket.category.service)),
        Column(_("Что случилось"), "text", lambda ticket, at: ticket.category.problem),
        Column(_("Описание"), "wide", lambda ticket, at: ticket.text),
        Column(_("Авария"), "text", lambda ticket, at: _yes(ticket.is_emergency)),
        Column(_("Причина"), "wide", _cause),
        Column(_("Случилось"), "moment", lambda ticket, at: ticket.damaged_at),
        Column(_("Кому передана"), "text", lambda ticket, at: str(ticket.company or "")),
        Column(_("Передана"), "moment", _then("transferred_at")),
        Column(_("Кто там принял"), "text", _accepted_by),
        Column(_("Принята"), "moment", _then("accepted_at")),
        Column(_("Срок, названный заявителю"), "moment", lambda ticket, at: ticket.planned_at),
        Column(_("Срок сообщён"), "moment", _then("term_told_at")),
        Column(_("Когда и как попасть"), "wide", lambda ticket, at: ticket.access_note),
        Column(_("Начата"), "moment", _then("started_at")),
        Column(_("Локализована"), "moment", _then("localised_at")),
        Column(_("Выполнена"), "moment", _then("done_at")),
        Column(_("Что сделано"), "wide", lambda ticket, at: ticket.works),
        Column(_("Номер акта"), "text", lambda ticket, at: ticket.act_number),
        Column(_("Контрольный звонок"), "moment", _control_when),
        Column(_("Кто звонил"), "text", _control_who),
        Column(_("Итог звонка"), "wide", _control_said),
        Column(_("Повторных обращений"), "text", lambda ticket, at: ticket.repeats),
        Column(_("Возвратов"), "text", lambda ticket, at: ticket.returns),
        Column(_("Оценка"), "text", lambda ticket, at: ticket.mark),
        Column(_("Состояние"), "badge", lambda ticket, at: Badge(label(ticket, "status"))),
        Column(_("Закрыта"), "moment", _then("closed_at")),
    ),
    (
        "category__service", "company", "registered_by", "contact", "outage", "control_callback__settled_by__operator",
        "control_callback__waived_by",
    ),
)  # fmt: skip
# What the page shows of it; the file has everything.
ON_PAGE = (
    _("Номер"), _("Позвонил"), _("Зарегистрирована"), _("Кто принял"), _("Заявитель"), _("Телефон"), _("Адрес"),
    _("Что случилось"), _("Кому передана"), _("Принята"), _("Выполнена"), _("Контрольный звонок"), _("Состояние"),
)  # fmt: skip


def shown() -> Journal:
    """The same rows with the columns of the page."""
    titles = {str(title) for title in ON_PAGE}
    return Journal(tuple(column for column in JOURNAL.columns if str(column.title) in titles), JOURNAL.related)
