"""Rows of the list of tickets, drawn here: fifty rows of included templates take longer than finding them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.phones import format_phone
from tickets.forms.finding import FoundTicket
from tickets.models import Ticket

from .columns import Column

SHOWN_OF_TEXT = 140


def draw_rows(found: Sequence[FoundTicket], columns: Sequence[Column], *, at: datetime) -> SafeString:
    """The ``<tr>`` of each ticket, one link of it being where the keyboard stands."""
    heads = [(f"cell-{column.kind}", str(column.title)) for column in columns]
    return format_html_join(
        "\n",
        "<tr data-row>{}</tr>",
        (
            (
                format_html_join(
                    "",
                    '<td class="{}" data-title="{}">{}</td>',
                    (
                        (css, title, DRAWN.get(column.kind, _plain)(row, column.value(row.ticket), at))
                        for column, (css, title) in zip(columns, heads, strict=True)
                    ),
                ),
            )
            for row in found
        ),
    )


@cache
def _badge(language: str, status: str) -> str:
    """A status as the component draws it: there are few of them and many rows."""
    return get_template("desk/_status.html").render({"ticket": Ticket(status=status)})


@cache
def _mark(language: str, kind: str) -> str:
    label, tone, icon = {
        "danger": (_("опасность"), "late", "flame"),
        "emergency": (_("авария"), "soon", "urgent"),
    }[kind]
    return get_template("components/_status.html").render({"label": label, "tone": tone, "icon": icon})


def _clock(row: FoundTicket, due_at: Any, at: datetime) -> str:
    if due_at is None:
        return format_html('<span class="quiet">{}</span>', _("сроков нет"))
    return get_template("components/_clock.html").render({"due_at": due_at, "at": at})


def _problem(row: FoundTicket, problem: Any, at: datetime) -> SafeString:
    ticket, language = row.ticket, get_language() or ""
    kind = "danger" if ticket.callback.is_danger else "emergency" if ticket.is_emergency else ""
    repeats = _("повторов: %s") % ticket.repeats if ticket.repeats else ""
    return format_html(
        '{} <a class="row-link" href="{}">{}</a> <span class="quiet">{}</span>',
        _mark(language, kind) if kind else "", _card(ticket), problem, repeats,
    )  # fmt: skip


def _number(row: FoundTicket, number: Any, at: datetime) -> SafeString:
    link = format_html('<a class="row-link numbers" href="{}">{}</a>', _card(row.ticket), number)
    if not row.why:
        return link
    return format_html('{} <small class="why">{} {}</small>', link, _("нашлось:"), ", ".join(map(str, row.why)))


def _card(ticket: Ticket) -> str:
    return reverse("desk:card", kwargs={"number": ticket.number})


def _status(row: FoundTicket, status: Any, at: datetime) -> str:
    return _badge(get_language() or "", row.ticket.status)


def _moment(row: FoundTicket, value: Any, at: datetime) -> str:
    return get_template("desk/_moment.html").render({"value": value, "at": at}) if value else ""


def _phone(row: FoundTicket, phone: Any, at: datetime) -> SafeString:
    return format_html('<span class="phone-number">{}</span>', format_phone(phone.number, phone.extension))


def _wide(row: FoundTicket, text: Any, at: datetime) -> SafeString:
    shown = text if len(text) <= SHOWN_OF_TEXT else f"{text[: SHOWN_OF_TEXT - 1]}…"
    return format_html('<span title="{}">{}</span>', text, shown)


def _plain(row: FoundTicket, value: Any, at: datetime) -> SafeString:
    return format_html("{}", "" if value is None else value)


DRAWN: dict[str, Callable[[FoundTicket, Any, datetime], str]] = {
    "clock": _clock,
    "problem": _problem,
    "number": _number,
    "status": _status,
    "moment": _moment,
    "phone": _phone,
    "wide": _wide,
}
