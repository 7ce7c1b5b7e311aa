"""What the value of a choice is called, looked up once: Django's own way asks the catalogue for all of them each time.

Of a million rows that alone took minutes.
"""

from functools import cache
from typing import Any

from django.db.models import Model
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tickets.models import Ticket


def label(row: Model, field: str) -> str:
    """``row.get_<field>_display()``, as a text; empty where there is no value."""
    value = getattr(row, field)
    return "" if value is None else _labels(type(row), field, get_language()).get(value, str(value))


@cache
def _labels(model: type[Model], field: str, language: str | None) -> dict[object, str]:
    known: Any = model._meta.get_field(field)  # noqa: SLF001  (Django's documented API of models)
    return {value: str(title) for value, title in known.flatchoices}


def address_of(ticket: Ticket) -> str:
    """``ticket.address`` with its words looked up once; reports/tests/test_journal.py holds them together."""
    parts = [ticket.locality_name, ticket.street, ticket.house]
    if ticket.entrance or ticket.floor or ticket.flat:
        for word, value in zip(_words_of(get_language()), (ticket.entrance, ticket.floor, ticket.flat), strict=True):
            if value:
                parts.append(word % value)
    return ", ".join(part for part in parts if part)


@cache
def _words_of(language: str | None) -> tuple[str, str, str]:
    return _("под. %s"), _("эт. %s"), _("кв. %s")
