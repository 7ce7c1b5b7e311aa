"""What was overdue at some moment, told from the rows as they are stored now: due by then, and not done by then.

A live ticket is told by the clocks of its work, one line per clock; one of the former log by the term it was given,
unless that term lay ahead when it was brought over and runs as a clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from callbacks.models import COMPANY_CLOCKS, Clock
from tickets.models import Ticket, TicketDeadline


@dataclass(frozen=True, slots=True)
class Overdue:
    """One missed term as it stood at the moment asked for."""

    number: str
    old_number: str
    clock: str
    registered_at: datetime
    due_at: datetime
    late_by: timedelta
    closed_at: datetime | None
    company: str
    address: str


def overdue_as_of(at: datetime) -> Iterator[Overdue]:
    """Due at ``at`` or before, and neither done nor closed at ``at`` or before; the longest overdue first."""
    return iter(sorted(chain(_of_the_former_log(at), _of_clocks(at)), key=lambda row: (row.due_at, row.number)))


def _of_the_former_log(at: datetime) -> Iterator[Overdue]:
    rows = Ticket.objects.filter(imported_at__isnull=False, planned_at__lte=at, registered_at__lte=at)
    # Least ignores what is not there: none of both is «not yet».
    rows = rows.alias(over_at=Least("done_at", "closed_at")).filter(Q(over_at=None) | Q(over_at__gt=at))
    # Started with the import: a clock of a later repair is another matter.
    runs = TicketDeadline.objects.filter(
        ticket=OuterRef("pk"), deadline__clock=Clock.FIX, deadline__started_at=OuterRef("imported_at")
    )
    for ticket in rows.exclude(Exists(runs)).select_related("company").iterator(2_000):
        assert ticket.planned_at is not None
        yield _overdue(ticket, _("срок прежнего журнала"), ticket.planned_at, at)


def _of_clocks(at: datetime) -> Iterator[Overdue]:
    rows = TicketDeadline.objects.filter(
        deadline__clock__in=COMPANY_CLOCKS, deadline__due_at__lte=at, deadline__started_at__lte=at,
        ticket__registered_at__lte=at,
    ).filter(Q(deadline__stopped_at=None) | Q(deadline__stopped_at__gt=at))  # fmt: skip
    for row in rows.select_related("deadline", "ticket__company").iterator(2_000):
        yield _overdue(row.ticket, str(row.deadline.get_clock_display()), row.deadline.due_at, at)


def _overdue(ticket: Ticket, clock: str, due_at: datetime, at: datetime) -> Overdue:
    return Overdue(
        ticket.number, ticket.old_number, clock, ticket.registered_at, due_at, at - due_at, ticket.closed_at,
        ticket.company.name if ticket.company else "", ticket.address,
    )  # fmt: skip
