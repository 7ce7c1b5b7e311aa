"""Recorded requests, read and translated into ours: category by a table, address onto a house of our register."""

import csv
import gzip
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from callbacks.calendar import REGION
from companies.models import Building
from tickets.models import Category
from tickets.services import Address

from .chance import pick

TABLE = Path(__file__).with_name("categories.toml")
NEEDED = ("id", "category", "category_name", "address", "opened_at")
# «улица Одинцова, 52», «Могилёвская улица, 6 к1»: a street and behind it a number that begins a house.
HAS_HOUSE = re.compile(r"[а-яёa-z]{3,}\D*\s\d+", re.IGNORECASE)
NO_HOUSE = "б/н"


class UnreadableFile(Exception):
    """The file is not a table of requests; the text says why."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it was recorded."""

    number: str
    category: str
    title: str
    address: str
    opened_at: datetime


def read_requests(path: Path, *, limit: int | None = None) -> list[Recorded]:
    """The first ``limit`` requests of a CSV file (gzip or plain), in the order of their time."""
    with _open(path) as file:
        rows = csv.DictReader(file)
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise UnreadableFile(f"{path} has no columns {', '.join(missing)}.")
        found = sorted(_recorded(rows), key=lambda request: (request.opened_at, request.number))
    return found[:limit]


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _recorded(rows: "csv.DictReader[str]") -> Iterator[Recorded]:
    for row in rows:
        try:
            opened_at = datetime.strptime(row["opened_at"], "%Y-%m-%d %H:%M").replace(tzinfo=REGION)
        except ValueError:
            raise UnreadableFile(f"Line {rows.line_num} says “{row['opened_at']}” instead of a moment.") from None
        yield Recorded(row["id"], row["category"], row["category_name"].strip(), row["address"].strip(), opened_at)


@dataclass
class Translation:
    """What a recorded request is with us, and what could not be translated."""

    categories: dict[str, Category]
    buildings: Sequence[Building]
    table: dict[str, str]
    fallback: str
    unknown_categories: Counter[str] = field(default_factory=Counter)
    unknown_addresses: Counter[str] = field(default_factory=Counter)

    @classmethod
    def load(cls) -> "Translation":
        document = tomllib.loads(TABLE.read_text(encoding="utf-8"))
        table = {theirs: ours for ours, list_of_theirs in document["ours"].items() for theirs in list_of_theirs}
        categories = {category.code: category for category in Category.objects.select_related("service")}
        buildings = list(Building.objects.with_locality().order_by("pk"))
        return cls(categories, buildings, table, document["fallback"])

    def category(self, request: Recorded) -> Category:
        code = self.table.get(request.category)
        if code is None:
            self.unknown_categories[request.category] += 1
        return self.categories[code or self.fallback]

    def address(self, request: Recorded) -> Address:
        """A house of ours, always the same one for the same words; words without a house stay words."""
        words = " ".join(request.address.split())
        if not self.buildings or not HAS_HOUSE.search(words):
            self.unknown_addresses[words] += 1
            return Address(street=words[:150] or NO_HOUSE, house=NO_HOUSE)
        house = self.buildings[pick(len(self.buildings), "house", words.lower())]
        return Address(building=house, flat=str(1 + pick(house.flats or 1, "flat", request.number)))
