"""Who serves a house: for every service whoever the nearest word of the register names, and where it names nobody."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Mod

from companies.models import Building, BuildingQuerySet, Parity, Responsibility, Service, Target


@dataclass(slots=True)
class Line:
    """One service at a house: who answers (``row``), who is named further away and differs, what is planned.

    ``ceased``: what the register says of organisations that no longer work.
    """

    service: Service
    row: Responsibility | None = None
    overridden: list[Responsibility] = field(default_factory=list)
    ceased: list[Responsibility] = field(default_factory=list)
    planned: list[Responsibility] = field(default_factory=list)


def is_gap(line: Line) -> bool:
    return line.row is None


def coverage_of(building: Building, *, day: date) -> list[Line]:
    """Every service at ``building`` on ``day``, in two queries."""
    lines = {service.pk: Line(service) for service in Service.objects.all()}
    rows = (
        Responsibility.objects.at(building)
        .filter(Q(valid_to=None) | Q(valid_to__gt=day))
        .select_related("company", "locality", "district", "building__locality")
        .order_by("valid_from", "pk")
    )
    named: dict[int, list[Responsibility]] = defaultdict(list)
    for row in rows:
        line = lines[row.service_id]
        if row.valid_from > day:
            line.planned.append(row)
        elif not row.company.is_active:
            line.ceased.append(row)
        else:
            named[row.service_id].append(row)
    nearness = list(Target)
    for service, found in named.items():
        nearest, *further = sorted(found, key=lambda row: nearness.index(row.target))
        lines[service].row = nearest
        lines[service].overridden = [row for row in further if row.company_id != nearest.company_id]
    return list(lines.values())


def _held_by(rows: QuerySet[Responsibility]) -> list[Exists]:
    """For a house of ``_with_side()``: that one of ``rows`` holds it, by each kind of target."""
    number = OuterRef("house_number")
    street = rows.filter(
        Q(house_from=None) | Q(house_from__lte=number),
        Q(house_to=None) | Q(house_to__gte=number),
        Q(parity=Parity.ALL) | Q(parity=OuterRef("side")),
        locality=OuterRef("locality"), street=OuterRef("street"),
    )  # fmt: skip
    return [
        Exists(rows.filter(building=OuterRef("pk"))),
        Exists(street),
        Exists(rows.filter(locality=OuterRef("locality"), street="")),
        Exists(rows.filter(district=OuterRef("any_district"))),
    ]


def _with_side() -> BuildingQuerySet:
    side = Case(
        When(house_number=None, then=Value("")),
        When(Q(rest=0), then=Value(Parity.EVEN)),
        default=Value(Parity.ODD), output_field=CharField(),
    )  # fmt: skip
    return (
        Building.objects.alias(rest=Mod(F("house_number"), 2))
        .alias(side=side)
        .alias(any_district=Coalesce("district", "locality__district"))
    )


def houses_of(rows: QuerySet[Responsibility]) -> BuildingQuerySet:
    """The houses that one of ``rows`` holds."""
    by_house, by_street, by_locality, by_district = _held_by(rows)
    return _with_side().filter(by_house | by_street | by_locality | by_district)


def houses_without(service: Service, *, day: date) -> BuildingQuerySet:
    """The houses at which nobody answers for ``service`` on ``day``."""
    rows = Responsibility.objects.valid_on(day).filter(service=service, company__is_active=True)
    found = _with_side()
    for held in _held_by(rows):
        found = found.filter(~held)
    return found
