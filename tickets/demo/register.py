"""Towns, houses, organisations and who answers for what, from register.toml; the villages from settlements.toml."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from accounts.writes import write
from companies.models import Building, Company, District, Locality, Responsibility, Service, search_text_of

FILE = Path(__file__).with_name("register.toml")
SETTLEMENTS = Path(__file__).with_name("settlements.toml")
SINCE = date(2024, 1, 1)
EVERYWHERE = ["everywhere"]
FLATS_ON_A_FLOOR = 4

Register = dict[str, list[dict[str, Any]]]


def read_register() -> Register:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@write
def load_register() -> tuple[int, int, int]:
    """Write the organisations, houses and responsibilities that are missing; returns how many of each."""
    register = read_register()
    companies = _load_companies(register)
    localities = _load_localities(register)
    buildings = _load_buildings(register, localities)
    # What somebody changed in the admin stays changed: only a new register is filled in.
    responsibilities = _load_responsibilities(register, localities) if companies or buildings else 0
    return companies, buildings, responsibilities


def _load_companies(register: Register) -> int:
    known = set(Company.objects.values_list("name", flat=True))
    added = [
        Company(
            name=row["name"], kind=row["kind"], phone=f"+748420001{number:02d}", duty_phone=f"+748420002{number:02d}",
            email=f"{row['key'].replace('_', '-')}@example.org",
        )
        for number, row in enumerate(register["company"], start=1)
        if row["name"] not in known
    ]  # fmt: skip
    return len(Company.objects.bulk_create(added))


def _load_localities(register: Register) -> dict[str, Locality]:
    settlements = tomllib.loads(SETTLEMENTS.read_text(encoding="utf-8"))["district"]
    told = [(row["name"], row["district"], row["area_code"]) for row in register["locality"]]
    told += [(name, row["name"], row["area_code"]) for row in settlements for name in row["settlements"]]
    districts = _load_districts({district for _name, district, _code in told if district})
    rows = [
        Locality(name=name, district=districts.get(district), area_code=area_code)
        for name, district, area_code in told
    ]  # fmt: skip
    Locality.objects.bulk_create(rows, ignore_conflicts=True)
    towns = rows[: len(register["locality"])]
    wanted = {(row.name, row.district_id) for row in towns}
    found = Locality.objects.filter(name__in=[row.name for row in towns])
    return {locality.name: locality for locality in found if (locality.name, locality.district_id) in wanted}


def _load_districts(names: set[str]) -> dict[str, District]:
    District.objects.bulk_create([District(name=name) for name in sorted(names)], ignore_conflicts=True)
    return {district.name: district for district in District.objects.filter(name__in=names)}


def _load_buildings(register: Register, localities: dict[str, Locality]) -> int:
    known = set(Building.objects.values_list("locality_id", "street", "house"))
    added = [
        Building(
            locality=locality, street=street["name"], house=house,
            entrances=street["entrances"], floors=street["floors"],
            flats=street["entrances"] * street["floors"] * FLATS_ON_A_FLOOR,
            search_text=search_text_of(locality.name, street["name"], house),
        )
        for locality, street, house in _houses(register, localities)
        if (locality.pk, street["name"], house) not in known
    ]  # fmt: skip
    return len(Building.objects.bulk_create(added))


def _houses(register: Register, localities: dict[str, Locality]) -> list[tuple[Locality, dict[str, Any], str]]:
    return [
        (localities[row["name"]], street, house)
        for row in register["locality"]
        for street in row["streets"]
        for house in street["houses"].split()
    ]


def _load_responsibilities(register: Register, localities: dict[str, Locality]) -> int:
    names = {row["key"]: row["name"] for row in register["company"]}
    by_name = {company.name: company for company in Company.objects.all()}
    companies = {key: by_name[name] for key, name in names.items()}
    services = {service.code: service for service in Service.objects.all()}
    buildings = {(house.locality_id, house.street, house.house): house for house in Building.objects.all()}
    rows = [
        Responsibility(
            company=companies[street["manager"]], service=services["management"], valid_from=SINCE,
            building=buildings[locality.pk, street["name"], house],
        )
        for locality, street, house in _houses(register, localities)
        if street["manager"]
    ]  # fmt: skip
    everywhere = list(Locality.objects.all())
    for supply in register["supply"]:
        is_everywhere = supply["localities"] == EVERYWHERE
        places = everywhere if is_everywhere else [localities[name] for name in supply["localities"]]
        rows += [
            Responsibility(
                company=companies[supply["company"]], service=services[code], valid_from=SINCE, locality=place,
            )
            for code in supply["services"]
            for place in places
        ]  # fmt: skip
    before = Responsibility.objects.count()
    # Whoever already answers there keeps it: the exclusion constraint says who that is.
    Responsibility.objects.bulk_create(rows, ignore_conflicts=True)
    return Responsibility.objects.count() - before
