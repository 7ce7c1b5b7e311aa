"""Which houses an outage covers: by ranges of a street, «ул. Кирова 1–40 чётные», or by a filter of the register."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from companies.address_text import Name, name_of
from companies.house_numbers import house_number
from companies.models import Building, Company, Locality, Responsibility
from companies.services import houses_of
from companies.words import fold

from .routing import HOUSE_SERVICE

# More than a town is no outage but a war; the database is not asked for it.
MOST = 5000
RANGE = re.compile(r"(\d+)\s*[-–—]\s*(\d+)$")
EVEN, ODD = re.compile(r"^ч[её]т"), re.compile(r"^неч[её]т")
PARITY = re.compile(r"\b(неч[её]т\w*|ч[её]т\w*)\b\.?", re.IGNORECASE)


@dataclass(slots=True)
class Found:
    """The houses of what was asked for, and what of it the register does not know."""

    buildings: list[Building] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def by_street(self) -> list[tuple[str, list[str]]]:
        """Streets with their houses in the order of their numbers, for people to look over."""
        streets: dict[str, list[str]] = defaultdict(list)
        for house in self.buildings:
            streets[f"{house.locality.name}, {house.street}"].append(house.house)
        return [(street, sorted(houses, key=natural)) for street, houses in sorted(streets.items())]


def natural(house: str) -> tuple[int, str]:
    """2 before 10, 10 before 10а."""
    digits = re.match(r"\d+", house)
    return (int(digits.group()) if digits else 0, house)


def houses_of_lines(text: str, *, locality: Locality) -> Found:
    """Every line is a street and, where not all of it is meant, its houses: numbers and ranges, even or odd ones."""
    found = Found()
    chosen: dict[int, Building] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        street, rest = _street_of(line, locality)
        if street is None:
            found.unknown.append(_("«%s»: такой улицы в реестре нет") % line)
            continue
        houses = list(Building.objects.with_locality().filter(locality=locality, street=street)[:MOST])
        meant, missing = _meant(houses, rest)
        chosen |= {house.pk: house for house in meant}
        found.unknown += [_("%(street)s, %(house)s: нет в реестре") % {"street": street, "house": one}
                          for one in missing]  # fmt: skip
    found.buildings = list(chosen.values())
    return found


def _street_of(line: str, locality: Locality) -> tuple[str | None, str]:
    """The street of the register that the line begins with, and what follows it; the longest name wins."""
    streets = set(Building.objects.filter(locality=locality).values_list("street", flat=True).distinct())
    known = {_key(name_of(fold(street))): street for street in streets}
    words = line.replace(",", " ").replace(":", " ").split()
    for length in range(len(words), 0, -1):
        street = known.get(_key(name_of(fold(" ".join(words[:length])))))
        if street is not None:
            return street, " ".join(words[length:])
    return None, ""


def _key(name: Name) -> tuple[frozenset[str], frozenset[str]]:
    """Whatever order its words come in, and with or without what it is."""
    return frozenset(name.words), name.numbers


def _meant(houses: Iterable[Building], rest: str) -> tuple[list[Building], list[str]]:
    """Those of a street's houses that the rest of the line means, and what it names in vain."""
    parity = PARITY.search(rest)
    wants_even = bool(parity and EVEN.match(parity.group(1)))
    wants_odd = bool(parity and ODD.match(parity.group(1)))
    spec = re.sub(r"\s*[-–—]\s*", "-", PARITY.sub(" ", rest))
    parts = [part for part in re.split(r"[\s;]+", spec) if part and part != "все"]
    every = list(houses)
    meant: dict[int, Building] = {}
    missing = []
    for part in parts or ["0-999999"]:
        span = RANGE.match(part)
        found = [house for house in every if _is_in(house, part, span)]
        if not found:
            missing.append(part)
        meant |= {house.pk: house for house in found}
    kept = [
        house
        for house in meant.values()
        if not (wants_even or wants_odd) or natural(house.house)[0] % 2 == (0 if wants_even else 1)
    ]
    return kept, missing


def _is_in(house: Building, part: str, span: re.Match[str] | None) -> bool:
    if span is None:
        return house_number(house.house) == house_number(part)
    return int(span[1]) <= natural(house.house)[0] <= int(span[2])


def houses_of_filter(
    *, day: date, locality: Locality | None = None, street: str = "", company: Company | None = None
) -> Found:
    """Houses of the register by locality, street and whose management they are; nothing asked for finds nothing."""
    if locality is None and company is None:
        return Found()
    houses = Building.objects.with_locality()
    if company is not None:
        managed = Responsibility.objects.valid_on(day).filter(company=company, service__code=HOUSE_SERVICE)
        houses = houses_of(managed).with_locality()
    if locality is not None:
        houses = houses.filter(locality=locality)
    if street.strip():
        houses = houses.filter(street__iexact=street.strip())
    return Found(list(houses[: MOST + 1]))
