"""What the keys of counted rows are called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from companies.models import Company, District
from reports.asking import NOBODY, WEEKDAYS
from reports.figures import FIGURES
from tickets.models import Category

from .base import Line, Value


def names_of(key: str, values: Iterable[Any]) -> Mapping[Any, str]:
    """Titles of rows of a register, in one query; what has gone from it is told by its number."""
    asked = {value for value in values if value is not None}
    model, title = REGISTERS[key]
    found = {pk: title(row) for pk, row in model.objects.in_bulk(list(asked)).items()}
    return {value: found.get(value, f"№ {value}") for value in asked} | {None: NOBODY[key]()}


REGISTERS: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "company": (Company, lambda row: row.name),
    "category": (Category, lambda row: f"{row.problem} · {row.place}"),
    "district": (District, str),
    "operator": (User, str),
    "person": (User, str),
}


def weekday(number: int) -> str:
    return str(WEEKDAYS[number - 1])


def hour(number: int) -> str:
    return f"{number}:00"


def title_of(name: str) -> str:
    return str(FIGURES[name].title)


def first_of(lines: Sequence[Line]) -> dict[str, Any]:
    """What a title says of the first line: its name and the value of its first column."""
    return {"name": lines[0].label, "count": lines[0].cells[0].value}


def said(value: Value) -> str:
    """A share as a title says it."""
    return _("нет данных") if value is None else f"{value} %".replace(".", ",")


def nothing_yet() -> str:
    return _("За этот период ничего нет")


def most_first(lines: Iterable[Line], place: int = 0) -> tuple[Line, ...]:
    """By one column, the largest on top; those of nobody at the end."""

    def order(line: Line) -> tuple[bool, float, str]:
        value = line.cells[place].value if line.cells else None
        return line.key == (None,), -float(value) if isinstance(value, int | float | Decimal) else 0.0, line.label

    return tuple(sorted(lines, key=order))
