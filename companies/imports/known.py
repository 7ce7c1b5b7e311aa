"""The register as it stands, held in memory by the keys under which a file may mean the same thing."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from companies.models import Building, Company, District, Locality, Responsibility, Service
from companies.words import fold

from .names import company_name
from .places import house_key, locality_key, street_key

MANAGEMENT = "management"


@dataclass(slots=True)
class Term:
    """Since when and until when a company manages a house; ``pk`` is None until the row is written."""

    company: int
    valid_from: date
    valid_to: date | None
    pk: int | None = None


@dataclass
class Known:
    """``by_address``: (locality, street, house) → house; the keys are those of imports/places.py."""

    districts: dict[str, int] = field(default_factory=dict)
    localities: dict[tuple[str, str], int] = field(default_factory=dict)
    towns: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    companies: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    by_number: dict[tuple[str, str], int] = field(default_factory=dict)
    by_code: dict[str, int] = field(default_factory=dict)
    by_address: dict[tuple[int, str, str], int] = field(default_factory=dict)
    terms: dict[int, list[Term]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls) -> "Known":
        known = cls()
        titles = dict(District.objects.values_list("pk", "name"))
        known.districts = {fold(name): pk for pk, name in titles.items()}
        for pk, name, district in Locality.objects.values_list("pk", "name", "district_id"):
            known.add_locality(pk, name, titles.get(district, ""))
        for pk, name, original, inn, kpp in Company.objects.values_list("pk", "name", "original_name", "inn", "kpp"):
            known.add_company(pk, name, original, inn, kpp)
        houses = Building.objects.values_list("pk", "locality_id", "street", "house", "register_code")
        for pk, locality, street, house, code in houses.iterator(5_000):
            known.add_house(pk, (locality, street_key(street), house_key(house)), code)
        managed = Responsibility.objects.filter(service__code=MANAGEMENT, building__isnull=False).order_by("valid_from")
        rows = managed.values_list("building_id", "company_id", "valid_from", "valid_to", "pk")
        for building, company, since, until, pk in rows.iterator(5_000):
            known.terms[building].append(Term(company, since, until, pk))
        return known

    def add_locality(self, pk: int, name: str, district: str) -> None:
        key = locality_key(name)
        self.localities[key, fold(district)] = pk
        self.towns[key].append(pk)

    def locality(self, name: str, district: str) -> int | None:
        """The one that is meant; a town that is named without its district is so only where there is no other."""
        key = locality_key(name)
        found = self.localities.get((key, fold(district)))
        if found is None and (not district or district_is_of_town(name)) and len(self.towns.get(key, ())) == 1:
            return self.towns[key][0]
        return found

    def add_company(self, pk: int, name: str, original: str, inn: str, kpp: str) -> None:
        self.names[pk] = name
        for spelling in (original, name):
            if known := company_name(spelling):
                self.companies[known.key] = pk
        if inn:
            self.by_number[inn, kpp] = pk

    def add_house(self, pk: int, address: tuple[int, str, str], code: str) -> None:
        self.by_address.setdefault(address, pk)
        if code:
            self.by_code[code] = pk


def district_is_of_town(locality: str) -> bool:
    """Whether a district that is named beside ``locality`` lies inside it."""
    return fold(locality).startswith(("г.", "г "))


def management() -> Service:
    """What a managing company answers for; there from the first norms on, and made where there are none yet."""
    return Service.objects.get_or_create(code=MANAGEMENT, defaults={"title": "Управление домом"})[0]
