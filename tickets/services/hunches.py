"""What looks like an outage that nobody has announced: several calls about one trouble from one house or street."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from tickets.models import Category, DismissedHunch, Ticket

# So many callers within so long are an outage until somebody says otherwise (DOMAIN §8).
CALLERS = 3
WINDOW = timedelta(minutes=30)
# What was dismissed is not suggested again for so long.
QUIET = timedelta(hours=2)


class ReasonRequired(Refused):
    message = gettext_lazy("Напишите, почему это не отключение.")
    code = "reason_required"


@dataclass(frozen=True, slots=True)
class Hunch:
    """Tickets of one category from one house, or with ``house`` empty from one street, the first call first."""

    category: Category
    locality_name: str
    street: str
    house: str
    tickets: list[Ticket]

    @property
    def first(self) -> Ticket:
        return self.tickets[0]

    @property
    def where(self) -> str:
        return ", ".join(part for part in (self.locality_name, self.street, self.house) if part)


def read_hunches(at: datetime) -> list[Hunch]:
    """Every suggestion of this moment, the most callers first."""
    recent = (
        Ticket.objects.live()
        .filter(registered_at__gt=at - WINDOW, registered_at__lte=at, outage=None)
        .select_related("category", "contact", "building", "company")
        .order_by("registered_at", "pk")
    )
    dismissed = {
        (one.category_id, one.locality_name, one.street, one.house)
        for one in DismissedHunch.objects.filter(until__gt=at)
    }
    streets: dict[tuple[int, str, str], list[Ticket]] = defaultdict(list)
    for ticket in recent:
        street = (ticket.category_id, ticket.locality_name, ticket.street)
        if (*street, "") not in dismissed and (*street, ticket.house) not in dismissed:
            streets[street].append(ticket)
    found = [_hunch_of(tickets) for tickets in streets.values() if callers_of(tickets) >= CALLERS]
    return sorted(found, key=lambda hunch: -len(hunch.tickets))


def _hunch_of(tickets: list[Ticket]) -> Hunch:
    """Of the house when nobody rang from another one, else of the whole street."""
    first = tickets[0]
    is_one_house = len({ticket.house for ticket in tickets}) == 1
    return Hunch(first.category, first.locality_name, first.street, first.house if is_one_house else "", tickets)


def callers_of(tickets: Iterable[Ticket]) -> int:
    """How many people these are: one who rings three times is no outage."""
    return len({ticket.contact.phone or ticket.pk for ticket in tickets})


def hunch_with(ticket_number: str, *, at: datetime) -> Hunch | None:
    """The suggestion that this ticket is part of, as long as it stands."""
    for hunch in read_hunches(at):
        if any(ticket.number == ticket_number for ticket in hunch.tickets):
            return hunch
    return None


@write
def dismiss_hunch(*, hunch: Hunch, by: User, at: datetime, reason: str) -> DismissedHunch:
    """Somebody looked, and it is no outage; not suggested again for a while. Raises ReasonRequired."""
    if not reason.strip():
        raise ReasonRequired
    alarms.tell_screens("outages")
    return DismissedHunch.objects.create(
        category=hunch.category, locality_name=hunch.locality_name, street=hunch.street, house=hunch.house,
        until=at + QUIET, by=by, reason=reason.strip()[:300],
    )  # fmt: skip
