"""The columns that a list of tickets may show, on the screen and in a file alike."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.phones import Phone
from tickets.models import Ticket
from tickets.workflow import Status


@dataclass(frozen=True, slots=True)
class Column:
    """``kind`` says how rows.py draws the value: clock, problem, number, status, moment, phone, wide…."""

    key: str
    title: Promise | str
    kind: str
    value: Callable[[Any], Any]

    @property
    def is_personal(self) -> bool:
        """Whether it names a person, or the way to reach him."""
        return self.key in ("caller", "phone")


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    value: Any


# Django's own look-up of a label builds the list of all of them for every row.
STATUSES = dict(Status.choices)
COLUMNS = {
    column.key: column
    for column in (
        Column("clock", _("Срок"), "clock", lambda ticket: ticket.next_due_at),
        Column("problem", _("Что случилось"), "problem", lambda ticket: ticket.category.problem),
        Column("address", _("Адрес"), "place", lambda ticket: ticket.address),
        Column("company", _("Исполнитель"), "text", lambda ticket: str(ticket.company or "")),
        Column("number", _("Номер"), "number", lambda ticket: ticket.number),
        Column("registered", _("Принята"), "moment", lambda ticket: ticket.registered_at),
        Column("status", _("Состояние"), "status", lambda ticket: str(STATUSES[ticket.status])),
        Column("caller", _("Заявитель"), "text", lambda ticket: ticket.contact.caller_name),
        Column("phone", _("Телефон"), "phone", lambda ticket: Phone(ticket.contact.phone, ticket.contact.extension)),
        Column("text", _("Описание"), "wide", lambda ticket: ticket.text),
        Column("works", _("Что сделано"), "wide", lambda ticket: ticket.works),
        Column("operator", _("Кто принял"), "text", lambda ticket: str(ticket.registered_by)),
        Column("planned", _("Плановый срок"), "moment", lambda ticket: ticket.planned_at),
        Column("done", _("Выполнена"), "moment", lambda ticket: ticket.done_at),
        Column("closed", _("Закрыта"), "moment", lambda ticket: ticket.closed_at),
        Column("repeats", _("Повторов"), "count", lambda ticket: ticket.repeats),
        Column("returns", _("Возвратов"), "count", lambda ticket: ticket.returns),
        Column("mark", _("Оценка"), "count", lambda ticket: ticket.mark),
    )
}
USUAL = ("clock", "problem", "address", "company", "number", "registered", "status")


def columns_of(keys: Iterable[str]) -> list[Column]:
    """The known ones among ``keys``, each once, in their order; the usual ones when none is known.

    The number is always there: it is what a row is opened and named by.
    """
    known = [key for key in dict.fromkeys(keys) if key in COLUMNS] or USUAL
    return [COLUMNS[key] for key in dict.fromkeys((*known, "number"))]


def cells_of(ticket: Ticket, columns: Sequence[Column]) -> list[Cell]:
    return [Cell(column, column.value(ticket)) for column in columns]


def as_written(value: Any) -> Any:
    """A value for a cell of a file: what has no number or no name is left empty."""
    return None if value == Phone("") or value == "" else value


def file_name(at: datetime) -> str:
    return f"zayavki-{at:%Y-%m-%d}"
