"""One row of a register of houses, understood: the house, who manages it since when, and what was not understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.writes import Refused

from . import values
from .names import CompanyName, company_name
from .places import Place, UnclearAddress, read_place, tidy_name, tidy_place
from .tables import Line

# Of the house itself, by the name of the model's field.
FACTS: dict[str, tuple[Callable[[str], object], Promise | str]] = {
    "entrances": (values.number, gettext_lazy("подъездов")),
    "floors": (values.number, gettext_lazy("этажей")),
    "flats": (values.number, gettext_lazy("квартир")),
    "built_year": (values.year, gettext_lazy("год постройки")),
    "latitude": (values.latitude, gettext_lazy("широта")),
    "longitude": (values.longitude, gettext_lazy("долгота")),
}
OF_COMPANY: dict[str, tuple[Callable[[str], str], Promise | str]] = {
    "inn": (values.tax_number, gettext_lazy("ИНН")),
    "kpp": (values.reason_code, gettext_lazy("КПП")),
    "ogrn": (values.register_number, gettext_lazy("ОГРН")),
}
SINCE = gettext_lazy("дата начала управления")
LONGEST_CODE, LONGEST_ORIGINAL = 64, 300


class BadRow(Refused):
    """A row that cannot become a house; the sentence says why."""

    code = "bad_row"


@dataclass(slots=True)
class House:
    """``notes``: what of the row was left out, and why; the house itself is written."""

    row: int
    place: Place
    code: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    company: CompanyName | None = None
    typed: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    since: date | None = None
    notes: list[str] = field(default_factory=list)


def read_house(line: Line, places: Mapping[str, int], *, locality: str = "") -> House:
    """``places``: field → position of its column; ``locality``: where houses are that do not say. Raises BadRow."""

    def cell(name: str) -> str:
        at = places.get(name)
        return values.said(line.cells[at]) if at is not None and at < len(line.cells) else ""

    house = House(line.number, _place(cell, locality), code=cell("register_code"))
    if len(house.code) > LONGEST_CODE:
        raise BadRow(_("Код дома длиннее %s знаков.") % LONGEST_CODE)
    for name, (read, title) in FACTS.items():
        if (fact := _read(read, cell(name), title, house.notes)) is not None:
            house.facts[name] = fact
    if ("latitude" in house.facts) != ("longitude" in house.facts):
        house.facts.pop("latitude", None)
        house.facts.pop("longitude", None)
        house.notes.append(_("Из координат указана одна: пропущены обе."))
    house.typed = " ".join(cell("company").split())[:LONGEST_ORIGINAL]
    house.company = company_name(house.typed)
    if house.typed and house.company is None:
        house.notes.append(_("Название организации не понято: «%s».") % house.typed)
    for name, (read_number, title) in OF_COMPANY.items():
        if found := _read(read_number, cell(name), title, house.notes):
            house.numbers[name] = str(found)
    since = _read(values.day, cell("valid_from"), SINCE, house.notes)
    house.since = since if isinstance(since, date) else None
    return house


def _place(cell: Callable[[str], str], locality: str) -> Place:
    where = tidy_name(locality) if locality else ""
    try:
        if cell("street") and cell("house"):
            return tidy_place(
                region=cell("region"), district=cell("district"), locality=cell("locality") or where,
                street=cell("street"), house=cell("house"),
            )  # fmt: skip
        return read_place(cell("address"), locality=where)
    except UnclearAddress as refusal:
        raise BadRow(str(refusal.message)) from refusal


def _read(read: Callable[[str], object], text: str, title: Promise | str, notes: list[str]) -> object:
    try:
        return read(text)
    except (ValueError, OverflowError):
        notes.append(_("Не понято, пропущено: %(title)s «%(text)s».") % {"title": title, "text": text[:60]})
        return None
