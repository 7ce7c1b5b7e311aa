"""Saying who answers for what from a day on: one house, many, a part of a street, a locality or a district.

What stood before is not written over: it ends on that day, and a new row begins.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import product

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused, write
from companies.models import Building, Company, District, Locality, Parity, Responsibility, Service


class NothingToChange(Refused):
    message = gettext_lazy("Менять нечего: так уже записано, или эти дни заняты.")
    code = "nothing_to_change"


# House, locality, street, district, service.
Key = tuple[int | None, int | None, str, int | None, int]


@dataclass(frozen=True, slots=True)
class Place:
    """One target of a responsibility: a house, a part of a street, a locality or a district."""

    building: Building | None = None
    locality: Locality | None = None
    street: str = ""
    house_from: int | None = None
    house_to: int | None = None
    parity: str = Parity.ALL
    district: District | None = None

    def meets(self, row: Responsibility) -> bool:
        """Whether a row of the same kind of target shares a house with this one."""
        if not self.street:
            return True
        meets_side = Parity.ALL in (self.parity, row.parity) or self.parity == row.parity
        starts_late = None not in (self.house_to, row.house_from) and row.house_from > self.house_to  # type: ignore[operator]
        ends_early = None not in (self.house_from, row.house_to) and row.house_to < self.house_from  # type: ignore[operator]
        return meets_side and not starts_late and not ends_early

    def is_that_of(self, row: Responsibility) -> bool:
        """A part of a street can be given to somebody else only as the whole that it was."""
        mine = (self.house_from, self.house_to, self.parity)
        return not self.street or mine == (row.house_from, row.house_to, row.parity)

    def key(self) -> tuple[int | None, int | None, str, int | None]:
        """What rows of the same target have in common."""
        ids = [target.pk if target else None for target in (self.building, self.locality, self.district)]
        return ids[0], ids[1], self.street, ids[2]

    def row(self, **given: object) -> Responsibility:
        return Responsibility(**{one.name: getattr(self, one.name) for one in fields(self)}, **given)


Places = Sequence[Place]


@dataclass(slots=True)
class Binding:
    """What a binding comes to: what begins, what ends on its first day, what stays as it was, what is in the way."""

    starts: list[Responsibility] = field(default_factory=list)
    ends: list[Responsibility] = field(default_factory=list)
    keeps: list[Responsibility] = field(default_factory=list)
    blocked: list[Responsibility] = field(default_factory=list)


def plan(
    *, places: Places, services: Iterable[Service], company: Company, since: date, until: date | None = None,
    replaces: bool = True,
) -> Binding:  # fmt: skip
    """What ``bind`` would do. ``replaces``: whoever answers until then gives way; otherwise he keeps his days."""
    made = Binding()
    wanted = list(services)
    known = _rows_there(places, wanted, since=since, until=until)
    for place, service in product(places, wanted):
        _plan_one(
            made, place, service, known[(*place.key(), service.pk)], company=company, since=since, until=until,
            replaces=replaces,
        )  # fmt: skip
    return made


def _rows_there(
    places: Places, services: list[Service], *, since: date, until: date | None
) -> dict[Key, list[Responsibility]]:
    """The rows of the same kind of target that reach into these days. Houses are asked for together."""
    rows = Responsibility.objects.filter(Q(valid_to=None) | Q(valid_to__gt=since), service__in=services)
    if until is not None:
        rows = rows.filter(valid_from__lt=until)
    houses = [place.building.pk for place in places if place.building]
    targets = Q(building__in=houses)
    for place in places:
        if place.district:
            targets |= Q(district=place.district)
        elif place.locality:
            targets |= Q(locality=place.locality, street=place.street)
    found: dict[Key, list[Responsibility]] = defaultdict(list)
    for row in rows.filter(targets).select_related("company", "service", "building__locality").order_by("valid_from"):
        found[row.building_id, row.locality_id, row.street, row.district_id, row.service_id].append(row)
    return found


def _plan_one(
    made: Binding, place: Place, service: Service, rows: list[Responsibility], *, company: Company, since: date,
    until: date | None, replaces: bool,
) -> None:  # fmt: skip
    taken = []
    for row in rows:
        if not place.meets(row):
            continue
        if row.company_id == company.pk and place.is_that_of(row):
            made.keeps.append(row)
        elif replaces and row.valid_from < since and place.is_that_of(row):
            made.ends.append(row)
            continue
        else:
            made.blocked.append(row)
        taken.append(row)
    made.starts += [
        place.row(company=company, service=service, valid_from=first, valid_to=last)
        for first, last in _free_days(taken, since=since, until=until)
    ]


def _free_days(taken: list[Responsibility], *, since: date, until: date | None) -> Iterable[tuple[date, date | None]]:
    """What is left of the days from ``since`` to ``until`` beside ``taken``, which stand in the order of their days."""
    first = since
    for row in taken:
        if row.valid_from > first:
            yield first, row.valid_from
        if row.valid_to is None:
            return
        first = max(first, row.valid_to)
    if until is None or first < until:
        yield first, until


@write
def bind(
    *, places: Places, services: Iterable[Service], company: Company, since: date, by: User, until: date | None = None,
    replaces: bool = True,
) -> Binding:  # fmt: skip
    """Let ``company`` answer for ``services`` at ``places`` from ``since`` on; raises NothingToChange.

    RuleBroken, where somebody has just given these days to another organisation.
    """
    made = plan(places=places, services=services, company=company, since=since, until=until, replaces=replaces)
    if not made.starts:
        raise NothingToChange
    for row in made.ends:
        row.valid_to = since
    Responsibility.objects.bulk_update(made.ends, ["valid_to"], batch_size=1000)
    Responsibility.objects.bulk_create(made.starts, batch_size=1000)
    told = _("Закрепление с %(since)s: записано %(starts)s, закончено %(ends)s.")
    LogEntry.objects.log_actions(
        by.pk, [company], CHANGE, single_object=True,
        change_message=told % {"since": f"{since:%d.%m.%Y}", "starts": len(made.starts), "ends": len(made.ends)},
    )  # fmt: skip
    return made


def change_responsible(*, places: Places, service: Service, company: Company, since: date, by: User) -> Binding:
    """From ``since`` on another organisation answers (смена управляющей): the old row ends, the new one begins."""
    return bind(places=places, services=[service], company=company, since=since, by=by)
