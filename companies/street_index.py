"""Every street of the register in this process's memory, read anew within seconds of a change by anybody."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import log

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Coalesce

from .address_text import KINDS, STREET_KINDS, Name, name_of
from .house_numbers import HouseNumber, house_number
from .models import Building, Locality
from .words import Vocabulary, fold

# Nobody waits longer than this for a house that another process has written.
LOOKED_AT_EVERY_SECONDS = 2.0
# Looking takes at most this share of the time, however large the register.
LOOKING_SHARE = 0.05

# Changes with every row that is added, changed or deleted; reads each house once.
STAMP = """
SELECT (SELECT (count(*), bit_xor(hashtextextended(search_text, id)))::text FROM companies_building),
       (SELECT (count(*), bit_xor(hashtextextended(concat_ws('|', l.name, d.name, l.area_code), l.id)))::text
          FROM companies_locality l LEFT JOIN companies_district d ON d.id = l.district_id)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A settlement, as far as searching needs it. ``weight``: of two equal streets that of the larger town is meant."""

    pk: int
    title: str
    area_code: str
    name: Name
    district: Name
    weight: float


@dataclass(eq=False)
class Street:
    """A street of a settlement with its houses; without ``title`` a settlement of which no street is known."""

    place: Place
    title: str
    name: Name
    rows: list[tuple[int, str]] = field(default_factory=list)

    @cached_property
    def houses(self) -> list[tuple[int, HouseNumber]]:
        return [(pk, house_number(text)) for pk, text in self.rows]

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """«Шестая улица» has no other word than its number."""
        return tuple(word for word in fold(self.title).replace(".", " ").split() if word not in KINDS)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return self.name.words or self.spoken

    @cached_property
    def kinds(self) -> frozenset[str]:
        return self.name.kinds & STREET_KINDS


class StreetIndex:
    """The register at one moment. Never changed: a newer one takes its place."""

    def __init__(self, localities: Iterable[tuple[int, str, str, str]], houses: Iterable[tuple[int, int, str, str]]):
        rows: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
        sizes: dict[int, int] = defaultdict(int)
        for pk, locality, title, house in houses:
            rows[locality, title].append((pk, house))
            sizes[locality] += 1
        most = log(1 + max(sizes.values(), default=1))
        self.places = {
            pk: Place(pk, name, area_code, name_of(fold(name)), name_of(fold(district)), log(1 + sizes[pk]) / most)
            for pk, name, district, area_code in localities
        }
        self.streets = list(self._streets(rows))
        # Every settlement by the first word of its name, as one of which no street is known.
        self.settlements: dict[str, list[Street]] = defaultdict(list)
        for place in self.places.values():
            for word in place.name.words[:1]:
                self.settlements[word].append(Street(place, "", place.name))
        self.by_word: dict[str, list[Street]] = defaultdict(list)
        self.by_number: dict[str, list[Street]] = defaultdict(list)
        for street in self.streets:
            for word in set(street.words):
                self.by_word[word].append(street)
            if len(street.words) > 1:
                # Written as one word: «карламаркса».
                self.by_word["".join(street.words)].append(street)
            if not street.name.words:
                for number in street.name.numbers:
                    self.by_number[number].append(street)
        around = {word for place in self.places.values() for word in (*place.name.words, *place.district.words)}
        self.vocabulary = Vocabulary([*self.by_word, *around])

    def _streets(self, rows: dict[tuple[int, str], list[tuple[int, str]]]) -> Iterator[Street]:
        without_street = set(self.places)
        for (locality, title), houses in rows.items():
            if locality not in self.places:
                continue
            place, name = self.places[locality], name_of(fold(title))
            without_street.discard(locality)
            yield Street(place, title, name, houses)
        for locality in without_street:
            place = self.places[locality]
            yield Street(place, "", place.name)


class _Kept:
    """The present index of this process, and when the register was last looked at."""

    def __init__(self) -> None:
        self.index: StreetIndex | None = None
        self.stamp: tuple[str, str] | None = None
        self.look_at = 0.0
        self.lock = threading.Lock()


_kept = _Kept()


def street_index() -> StreetIndex:
    """The register of at most a few seconds ago. While one thread reads it anew, the others use what there is."""
    if _kept.index is not None and time.monotonic() < _kept.look_at:
        return _kept.index
    if not _kept.lock.acquire(blocking=_kept.index is None) and _kept.index is not None:
        return _kept.index
    try:
        return _look()
    finally:
        _kept.lock.release()


def _look() -> StreetIndex:
    begun = time.monotonic()
    stamp = _stamp()
    took = time.monotonic() - begun
    if _kept.index is None or stamp != _kept.stamp:
        _kept.index = StreetIndex(
            Locality.objects.values_list("pk", "name", Coalesce("district__name", Value("")), "area_code"),
            Building.objects.order_by("pk").values_list("pk", "locality_id", "street", "house"),
        )
        _kept.stamp = stamp
    _kept.look_at = time.monotonic() + max(LOOKED_AT_EVERY_SECONDS, took / LOOKING_SHARE)
    return _kept.index


def _stamp() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        row = cursor.fetchone()
    assert row is not None
    return row[0], row[1]


def look_again(**_signal: object) -> None:
    """The register was changed in this very process: whoever changed it should find it at once."""
    _kept.look_at = 0.0
