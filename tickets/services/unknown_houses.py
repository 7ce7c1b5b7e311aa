"""Houses that callers named and the register does not know: what is told of them, and writing them into it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max

from accounts.writes import write
from callbacks import alarms
from companies.models import Building, Locality
from tickets.models import Ticket

# What nobody has rung about for so long is no gap of the register any more.
LOOKED_BACK = timedelta(days=90)
# So many tickets of an address are named.
NAMED = 5


@dataclass(frozen=True, slots=True)
class UnknownHouse:
    """One address as it was taken down, with the tickets from it, the newest first."""

    locality: str
    street: str
    house: str
    tickets: int = 0
    last_at: datetime | None = None
    numbers: tuple[str, ...] = ()


def unknown_houses(*, at: datetime, limit: int) -> list[UnknownHouse]:
    """The addresses without a house of the register, those with the latest call first."""
    found = (
        Ticket.objects.filter(building=None, registered_at__gte=at - LOOKED_BACK)
        .values_list("locality_name", "street", "house")
        .annotate(tickets=Count("pk"), last_at=Max("registered_at"), numbers=ArrayAgg("number", order_by="-pk"))
        .order_by("-last_at")
    )
    return [
        UnknownHouse(locality, street, house, count, last_at, tuple(numbers[:NAMED]))
        for locality, street, house, count, last_at, numbers in found[:limit]
    ]


@write
def add_house(*, locality: Locality, street: str, house: str, told: UnknownHouse) -> tuple[Building, int]:
    """Write a house into the register, or find it there, and tie to it the tickets that were taken as ``told``.

    What the tickets say of their address stays as it was said.
    """
    building = Building.objects.at_address(street=street, house=house, locality=locality.name)
    if building is None or building.locality_id != locality.pk:
        building, _is_new = Building.objects.get_or_create(locality=locality, street=street, house=house)
    tied = Ticket.objects.filter(
        building=None, locality_name=told.locality, street=told.street, house=told.house
    ).update(building=building)  # fmt: skip
    alarms.tell_screens("tickets")
    return building, tied
