"""Organisations whose portal nobody has open while work waits to be accepted there: one rings them instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from accounts.presence import AWAY_AFTER
from companies.models import Company, Membership
from tickets.models import Ticket
from tickets.workflow import Status


@dataclass(frozen=True, slots=True)
class PortalState:
    """Where the portal of ``company`` stands: last seen there, how many tickets wait for an answer, since when.

    ``seen_at`` None: nobody has ever looked in. ``has_people`` False: there is nobody who could.
    """

    company: Company
    seen_at: datetime | None
    has_people: bool
    waiting: int
    waiting_since: datetime | None
    is_closed: bool


def portal_states(companies: Iterable[Company], at: datetime) -> dict[int, PortalState]:
    """The portals of these organisations by their id; two queries however many they are."""
    asked = {company.pk: company for company in companies}
    people = Membership.objects.filter(company__in=asked, user__is_active=True).values("company")
    seen = {
        row["company"]: row["seen_at"]
        for row in people.annotate(seen_at=Max("user__presence__seen_at")).order_by("company")
    }
    silent = Ticket.objects.filter(company__in=asked, status=Status.ASSIGNED).values("company")
    waiting = {
        row["company"]: (row["count"], row["since"])
        for row in silent.annotate(count=Count("pk"), since=Min("transferred_at")).order_by("company")
    }
    return {
        pk: _state(company, seen.get(pk), pk in seen, *waiting.get(pk, (0, None)), at=at)
        for pk, company in asked.items()
    }


def _state(
    company: Company, seen_at: datetime | None, has_people: bool, waiting: int, since: datetime | None, *, at: datetime
) -> PortalState:
    is_away = seen_at is None or seen_at < at - AWAY_AFTER
    return PortalState(company, seen_at, has_people, waiting, since, is_closed=bool(waiting) and is_away)


def closed_portals(at: datetime) -> list[PortalState]:
    """Those that keep work waiting behind a closed portal, the longest waiting first."""
    # All of them, a few hundred: asking the tickets first who has any would read every one of them.
    states = portal_states(Company.objects.all(), at)
    closed = [state for state in states.values() if state.is_closed]
    return sorted(closed, key=lambda state: (state.waiting_since or at, state.company.pk))


def portal_of(ticket: Ticket, at: datetime) -> PortalState | None:
    """The portal of the organisation that has not answered for this ticket yet; None where nobody is waited for."""
    if ticket.company is None or ticket.status != Status.ASSIGNED:
        return None
    return portal_states([ticket.company], at)[ticket.company.pk]
