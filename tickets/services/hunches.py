"""What looks like an outage that nobody has announced: several calls about one trouble from one house or street."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from tickets.models import AddedContact, Category, DismissedHunch, Ticket

# So many callers within so long are an outage until somebody says otherwise (DOMAIN §8).
CALLERS = 3
WINDOW = timedelta(minutes=30)
# What was dismissed is not suggested again for so long.
QUIET = timedelta(hours=2)
COUNT, COUNTED_EVERY_SECONDS = "hunches", 1
# What names the trouble and the street of a call, and its house.
CALL = ("category", "locality_name", "street", "house")
Street = tuple[int, str, str]


@dataclass(slots=True)
class _Calls:
    """Calls about one trouble from one street: the tickets, and who rang (one who rings three times is no outage)."""

    tickets: set[int] = field(default_factory=set)
    callers: set[str | int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.callers)


class ReasonRequired(Refused):
    message = gettext_lazy("Напишите, почему это не отключение.")
    code = "reason_required"


@dataclass(frozen=True, slots=True)
class Hunch:
    """Tickets of one category from one house, or with ``house`` empty from one street, the first call first.

    ``callers``: how many people rang, with the neighbours that were added to these tickets.
    """

    category: Category
    locality_name: str
    street: str
    house: str
    tickets: list[Ticket]
    callers: int

    @property
    def first(self) -> Ticket:
        return self.tickets[0]

    @property
    def where(self) -> str:
        return ", ".join(part for part in (self.locality_name, self.street, self.house) if part)


def count_hunches(at: datetime) -> int:
    """How many suggestions there are, for a counter on every screen: looked at now and then."""
    count: int | None = cache.get(COUNT)
    if count is None:
        count = len(_suspected(at))
        cache.set(COUNT, count, COUNTED_EVERY_SECONDS)
    return count


def read_hunches(at: datetime, **place: Any) -> list[Hunch]:
    """Every suggestion of this moment, the most callers first; ``place``: only of this category and street."""
    suspected = _suspected(at, **place)
    if not suspected:
        return []
    callers = {pk: len(calls) for calls in suspected for pk in calls.tickets}
    streets: dict[Street, list[Ticket]] = defaultdict(list)
    told = Ticket.objects.filter(pk__in=callers).select_related("category", "contact", "building", "company")
    for ticket in told.order_by("registered_at", "pk"):
        streets[ticket.category_id, ticket.locality_name, ticket.street].append(ticket)
    found = [_hunch_of(tickets, callers[tickets[0].pk]) for tickets in streets.values()]
    return sorted(found, key=lambda hunch: -hunch.callers)


def _suspected(at: datetime, **place: Any) -> list[_Calls]:
    """The calls of each street where enough people rang about one trouble.

    A neighbour added to somebody's ticket has rung about it as well: whoever takes what the desk offers him must not
    hide an outage by it.
    """
    recent = {"registered_at__gt": at - WINDOW, "registered_at__lte": at}
    tickets = Ticket.objects.live().filter(outage=None, **place)
    own = tickets.filter(**recent).values_list(*CALL, "pk", "contact__phone", "contact")
    added = AddedContact.objects.filter(
        kind=AddedContact.Kind.NEIGHBOUR, contact__received_at__gt=at - WINDOW, contact__received_at__lte=at,
        ticket__in=tickets,
    ).values_list(*(f"ticket__{name}" for name in CALL), "ticket", "contact__phone", "contact")  # fmt: skip
    dismissed = set(
        DismissedHunch.objects.filter(until__gt=at).values_list("category", "locality_name", "street", "house")
    )
    streets: dict[Street, _Calls] = defaultdict(_Calls)
    for category, locality, street, house, ticket, phone, contact in [*own, *added]:
        where = (category, locality, street)
        if (*where, "") not in dismissed and (*where, house) not in dismissed:
            streets[where].tickets.add(ticket)
            streets[where].callers.add(phone or contact)
    return [calls for calls in streets.values() if len(calls) >= CALLERS]


def _hunch_of(tickets: list[Ticket], callers: int) -> Hunch:
    """Of the house when nobody rang from another one, else of the whole street."""
    first = tickets[0]
    is_one_house = len({ticket.house for ticket in tickets}) == 1
    house = first.house if is_one_house else ""
    return Hunch(first.category, first.locality_name, first.street, house, tickets, callers)


def hunch_with(ticket_number: str, *, at: datetime) -> Hunch | None:
    """The suggestion that this ticket is part of, as long as it stands."""
    # It is asked for by what an address says, and no text of PostgreSQL holds a NUL.
    numbered = Ticket.objects.filter(number=ticket_number.replace("\0", ""))
    place = numbered.values("category", "locality_name", "street").first()
    for hunch in read_hunches(at, **place) if place else []:
        if any(ticket.number == ticket_number for ticket in hunch.tickets):
            return hunch
    return None


@write
def dismiss_hunch(*, hunch: Hunch, by: User, at: datetime, reason: str) -> DismissedHunch:
    """Somebody looked, and it is no outage; not suggested again for a while. Raises ReasonRequired."""
    if not reason.strip():
        raise ReasonRequired
    alarms.tell_screens("outages")
    cache.delete(COUNT)
    return DismissedHunch.objects.create(
        category=hunch.category, locality_name=hunch.locality_name, street=hunch.street, house=hunch.house,
        until=at + QUIET, by=by, reason=reason.strip()[:300],
    )  # fmt: skip
