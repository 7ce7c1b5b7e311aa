"""What a list of the reports prints about its rows, on the screen and in the file alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.phones import Phone
from callbacks.models import CallbackObligation, Contact, Deadline, Escalation
from tickets.models import Ticket, TicketDeadline, TicketPromise
from tickets.workflow import STEPS

from .labels import label


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word and a tone, which never speaks alone."""

    label: str
    tone: str = "plain"

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class Column:
    """``kind`` says how the value is shown: ticket, text, wide (a long text), moment, length, phone or badge."""

    title: Promise | str
    kind: str
    value: Callable[[Any, datetime], Any]


@dataclass(frozen=True, slots=True)
class Cell:
    kind: str
    value: Any


@dataclass(frozen=True)
class Listing:
    """The columns of one subject, and what its rows need so that no column asks the database again."""

    columns: tuple[Column, ...]
    related: tuple[str, ...]

    def prepared(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related(*self.related)

    def cells(self, row: Any, at: datetime) -> list[Cell]:
        return [Cell(column.kind, column.value(row, at)) for column in self.columns]


# ── Reading rows ─────────────────────────────────────────────────────────────────────────────────────────────────
OF_PROMISE = ("ticket", "controlled_ticket", "ticket_promise__ticket")


def ticket_of_promise(promise: CallbackObligation) -> Ticket | None:
    """Its ticket by what was fetched with it; a missed call has none."""
    for name in ("ticket", "controlled_ticket"):
        ticket: Ticket | None = getattr(promise, name, None)
        if ticket is not None:
            return ticket
    link: TicketPromise | None = getattr(promise, "ticket_promise", None)
    return link.ticket if link else None


def _of_deadline(deadline: Deadline) -> Ticket | None:
    link: TicketDeadline | None = getattr(deadline, "ticket_deadline", None)
    if link is not None:
        return link.ticket
    promise = getattr(deadline, "obligation", None)
    return ticket_of_promise(promise) if promise else None


def fate_of(promise: CallbackObligation, at: datetime) -> Badge:
    """What had become of a promise by ``at``."""
    due, settled = promise.due_at, promise.settled_at
    if settled is not None and settled <= at:
        late = due is not None and settled > due
        # A reason given after the time had passed does not undo that it had.
        tone = "late" if late else ("kept" if promise.state == CallbackObligation.State.KEPT else "plain")
        said = label(promise, "waiver" if promise.waiver else "state")
        lateness = gettext("с опозданием")
        return Badge(f"{said}, {lateness}" if late else said, tone)
    if due is None:
        return Badge(str(CallbackObligation.State.NOT_CALLABLE.label))
    return Badge(gettext("просрочено"), "late") if due <= at else Badge(gettext("ждёт звонка"), "info")


def _escalation(escalation: Escalation, at: datetime) -> Badge:
    if escalation.acknowledged_at is None or escalation.acknowledged_at > at:
        return Badge(gettext("никто не принял"), "late")
    return Badge(gettext("принял: %s") % escalation.acknowledged_by)


def _phone(contact: Contact) -> Phone:
    return Phone(contact.phone, contact.extension)


def step_of(code: str) -> str:
    return str(STEPS[code].title) if code in STEPS else code


def answer_of(deadline: Deadline, *, accepted: bool, at: datetime) -> Badge:
    if deadline.stopped_at is None or deadline.stopped_at > at:
        late = deadline.due_at <= at
        return Badge(gettext("молчит, просрочено") if late else gettext("ещё не ответила"), "late" if late else "info")
    late = deadline.outcome == Deadline.Outcome.MISSED
    if not accepted:
        return Badge(gettext("передана другой или возвращена"))
    return Badge(gettext("принята с опозданием"), "late") if late else Badge(gettext("принята в срок"), "kept")


def repair_of(deadline: Deadline) -> Badge:
    if deadline.outcome == Deadline.Outcome.MET:
        return Badge(gettext("в срок"), "kept")
    if deadline.outcome == Deadline.Outcome.STOPPED:
        return Badge(gettext("снят"))
    return Badge(gettext("не в срок"), "late")


def _over_plan(outage: Any, at: datetime) -> Any:
    """How much longer it lasted, or has lasted by ``at``, than was promised; None when it did not."""
    end = outage.ended_at or outage.called_off_at or at
    return end - outage.ends_at if outage.ends_at and end > outage.ends_at else None


def _ticket(get: Callable[[Any], Ticket | None]) -> Column:
    return Column(_("Заявка"), "ticket", lambda row, at: getattr(get(row), "number", ""))


def _company(get: Callable[[Any], Any]) -> Column:
    return Column(_("Организация"), "text", lambda row, at: str(get(row) or ""))


LISTINGS: dict[str, Listing] = {
    "tickets": Listing(
        (
            _ticket(lambda ticket: ticket),
            Column(_("Зарегистрирована"), "moment", lambda ticket, at: ticket.registered_at),
            Column(_("Что случилось"), "text", lambda ticket, at: ticket.category.problem),
            Column(_("Адрес"), "wide", lambda ticket, at: ticket.address),
            _company(lambda ticket: ticket.company),
            Column(_("Состояние"), "badge", lambda ticket, at: Badge(label(ticket, "status"))),
            Column(_("Кто принял"), "text", lambda ticket, at: str(ticket.registered_by)),
        ),
        ("category", "company", "registered_by"),
    ),
    "promises": Listing(
        (
            _ticket(ticket_of_promise),
            Column(_("Зачем звоним"), "text", lambda promise, at: label(promise, "reason")),
            Column(_("О чём"), "wide", lambda promise, at: promise.deadline.title if promise.deadline else ""),
            Column(_("Обещано"), "moment", lambda promise, at: promise.promised_at),
            Column(_("Перезвонить до"), "moment", lambda promise, at: promise.due_at),
            Column(_("Исполнено"), "moment", lambda promise, at: promise.settled_at),
            Column(
                _("Ждал"), "length",
                lambda promise, at: promise.settled_at - promise.promised_at if promise.settled_at else None,
            ),
            Column(_("Чем кончилось"), "badge", fate_of),
            Column(
                _("Кто говорил"), "text",
                lambda promise, at: str(promise.settled_by.operator) if promise.settled_by else "",
            ),
            Column(_("Телефон"), "phone", lambda promise, at: Phone(promise.number, promise.extension)),
        ),
        ("deadline", "settled_by__operator", *OF_PROMISE),
    ),
    "contacts": Listing(
        (
            Column(_("Поступило"), "moment", lambda contact, at: contact.received_at),
            Column(_("Телефон"), "phone", lambda contact, at: _phone(contact)),
            Column(_("Заявитель"), "text", lambda contact, at: contact.caller_name),
            Column(_("Чем кончилось"), "text", lambda contact, at: label(contact, "ended_as")),
            Column(_("Запись разговора"), "wide", lambda contact, at: contact.note),
            Column(_("Кто принял"), "text", lambda contact, at: str(contact.taken_by or "")),
        ),
        ("taken_by",),
    ),
    "calls": Listing(
        (
            _ticket(lambda call: ticket_of_promise(call.obligation)),
            Column(_("Начало"), "moment", lambda call, at: call.started_at),
            Column(_("Кто звонил"), "text", lambda call, at: str(call.operator)),
            Column(_("Зачем"), "text", lambda call, at: label(call.obligation, "reason")),
            Column(_("Телефон"), "phone", lambda call, at: Phone(call.number, call.obligation.extension)),
            Column(_("Итог"), "text", lambda call, at: label(call, "outcome") or gettext("звонят")),
            Column(_("Что сказано"), "wide", lambda call, at: call.note),
        ),
        ("operator", *(f"obligation__{name}" for name in OF_PROMISE)),
    ),
    "escalations": Listing(
        (
            _ticket(lambda escalation: _of_deadline(escalation.deadline)),
            Column(_("Когда"), "moment", lambda escalation, at: escalation.raised_at),
            Column(_("Срок"), "text", lambda escalation, at: label(escalation.deadline, "clock")),
            Column(_("О чём"), "wide", lambda escalation, at: escalation.deadline.title),
            Column(_("До"), "moment", lambda escalation, at: escalation.deadline.due_at),
            Column(_("Ступень"), "text", lambda escalation, at: escalation.rung),
            Column(_("Кого спросили"), "text", lambda escalation, at: label(escalation, "audience")),
            Column(_("Кто принял"), "badge", _escalation),
        ),
        (
            "acknowledged_by", "deadline__ticket_deadline__ticket",
            *(f"deadline__obligation__{name}" for name in OF_PROMISE),
        ),
    ),
    "handovers": Listing(
        (
            _ticket(lambda handover: handover.ticket),
            _company(lambda handover: handover.deadline.company),
            Column(_("О чём"), "wide", lambda handover, at: handover.deadline.title),
            Column(_("Передана"), "moment", lambda handover, at: handover.deadline.started_at),
            Column(_("Принять до"), "moment", lambda handover, at: handover.deadline.due_at),
            Column(_("Ответ"), "moment", lambda handover, at: handover.deadline.stopped_at),
            Column(
                _("Итог"), "badge",
                lambda handover, at: answer_of(handover.deadline, accepted=handover.was_accepted, at=at),
            ),
        ),
        ("ticket", "deadline__company"),
    ),
    "repairs": Listing(
        (
            _ticket(lambda repair: repair.ticket),
            _company(lambda repair: repair.deadline.company),
            Column(_("О чём"), "wide", lambda repair, at: repair.deadline.title),
            Column(_("Начало"), "moment", lambda repair, at: repair.deadline.started_at),
            Column(_("Сделать до"), "moment", lambda repair, at: repair.deadline.due_at),
            Column(_("Сделано"), "moment", lambda repair, at: repair.deadline.stopped_at),
            Column(_("Итог"), "badge", lambda repair, at: repair_of(repair.deadline)),
        ),
        ("ticket", "deadline__company"),
    ),
    "events": Listing(
        (
            _ticket(lambda event: event.ticket),
            Column(_("Когда"), "moment", lambda event, at: event.happened_at),
            _company(lambda event: event.company),
            Column(_("Что"), "text", lambda event, at: step_of(event.step)),
            Column(_("Кто"), "text", lambda event, at: str(event.actor)),
            Column(_("Что случилось"), "text", lambda event, at: event.ticket.category.problem),
            Column(_("Адрес"), "wide", lambda event, at: event.ticket.address),
            Column(_("Пояснение"), "wide", lambda event, at: event.note or event.details.get("works", "")),
        ),
        ("ticket__category", "company", "actor"),
    ),
    "repeats": Listing(
        (
            _ticket(lambda added: added.ticket),
            Column(_("Позвонил снова"), "moment", lambda added, at: added.contact.received_at),
            Column(_("Первый раз"), "moment", lambda added, at: added.ticket.registered_at),
            Column(_("Что случилось"), "text", lambda added, at: added.ticket.category.problem),
            Column(_("Адрес"), "wide", lambda added, at: added.ticket.address),
            _company(lambda added: added.ticket.company),
            Column(_("Телефон"), "phone", lambda added, at: _phone(added.contact)),
            Column(_("Запись разговора"), "wide", lambda added, at: added.contact.note),
        ),
        ("ticket__category", "ticket__company", "contact"),
    ),
    "outages": Listing(
        (
            Column(_("Отключение"), "outage", lambda outage, at: (outage.pk, outage.where)),
            Column(_("Вид"), "text", lambda outage, at: label(outage, "kind")),
            _company(lambda outage: outage.company),
            Column(_("С"), "moment", lambda outage, at: outage.starts_at),
            Column(_("Обещали до"), "moment", lambda outage, at: outage.ends_at),
            Column(_("Включили"), "moment", lambda outage, at: outage.ended_at),
            Column(_("Дольше обещанного"), "length", _over_plan),
            Column(_("Причина"), "wide", lambda outage, at: outage.cause),
        ),
        ("company",),
    ),
    "spells": Listing(
        (
            Column(_("Кто"), "text", lambda spell, at: str(spell.user)),
            Column(_("С"), "moment", lambda spell, at: spell.started_at),
            Column(_("До"), "moment", lambda spell, at: spell.ended_at),
            Column(
                _("На линии"), "length",
                lambda spell, at: spell.ended_at - spell.started_at if spell.ended_at else None,
            ),
        ),
        ("user",),
    ),
    "access": Listing(
        (
            Column(_("Когда"), "moment", lambda record, at: record.recorded_at),
            Column(_("Кто"), "text", lambda record, at: str(record.actor)),
            Column(_("Что смотрел"), "text", lambda record, at: record.what),
            Column(_("Чьи данные"), "text", lambda record, at: record.subject),
            Column(_("Зачем"), "wide", lambda record, at: record.reason),
        ),
        ("actor",),
    ),
}  # fmt: skip
