"""Organisations that would not hear of new work: nobody has their portal open, or its sound is off. One rings them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q

from accounts.models import Presence, Role
from companies.models import Company, Membership
from tickets.models import Ticket
from tickets.workflow import Status

# An open portal says so twice a minute; a browser in the background is let speak once a minute. Acceptance of an
# emergency takes five minutes: more than three of silence is too long to wait for.
CLOSED_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class PortalState:
    """Where the portal of ``company`` stands: last seen there, how many tickets wait for an answer, since when.

    ``seen_at`` None: nobody has ever looked in. ``has_people`` False: there is nobody who could. ``is_closed`` and
    ``is_mute`` are said only where somebody is waited for.
    """

    company: Company
    seen_at: datetime | None
    has_people: bool
    waiting: int
    waiting_since: datetime | None
    is_closed: bool
    is_mute: bool

    @property
    def is_unheard(self) -> bool:
        return self.is_closed or self.is_mute


def portal_states(companies: Iterable[Company], at: datetime) -> dict[int, PortalState]:
    """The portals of these organisations by their id; two queries however many they are."""
    asked = {company.pk: company for company in companies}
    # A foreman cannot accept: his list being open helps nobody here.
    people = Membership.objects.filter(company__in=asked, user__is_active=True, user__role=Role.COMPANY)
    here = Q(user__presence__seen_at__gte=at - CLOSED_AFTER)
    told = Count("pk", filter=here & ~Q(user__presence__sound=""))
    heard = Count("pk", filter=here & Q(user__presence__sound=Presence.Sound.ON))
    seen = {
        row["company"]: row
        for row in people.values("company")
        .annotate(seen_at=Max("user__presence__seen_at"), told=told, heard=heard)
        .order_by("company")
    }
    silent = Ticket.objects.filter(company__in=asked, status=Status.ASSIGNED).values("company")
    waiting = {
        row["company"]: (row["count"], row["since"])
        for row in silent.annotate(count=Count("pk"), since=Min("transferred_at")).order_by("company")
    }
    return {pk: _state(company, seen.get(pk), *waiting.get(pk, (0, None)), at=at) for pk, company in asked.items()}


def _state(
    company: Company, seen: Mapping[str, Any] | None, waiting: int, since: datetime | None, *, at: datetime
) -> PortalState:
    seen_at: datetime | None = seen["seen_at"] if seen else None
    is_away = seen_at is None or seen_at < at - CLOSED_AFTER
    # Whose browser has said nothing about its sound yet has only just come.
    is_mute = not is_away and bool(seen and seen["told"] and not seen["heard"])
    return PortalState(
        company, seen_at, seen is not None, waiting, since,
        is_closed=bool(waiting) and is_away, is_mute=bool(waiting) and is_mute,
    )  # fmt: skip


def unheard_portals(at: datetime) -> list[PortalState]:
    """Those that keep work waiting where nobody would hear of it, the longest waiting first."""
    # All of them, a few hundred: asking the tickets first who has any would read every one of them.
    states = portal_states(Company.objects.all(), at)
    closed = [state for state in states.values() if state.is_unheard]
    return sorted(closed, key=lambda state: (state.waiting_since or at, state.company.pk))


def portal_of(ticket: Ticket, at: datetime) -> PortalState | None:
    """The portal of the organisation that has not answered for this ticket yet; None where nobody is waited for."""
    if ticket.company is None or ticket.status != Status.ASSIGNED:
        return None
    return portal_states([ticket.company], at)[ticket.company.pk]
