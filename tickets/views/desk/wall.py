"""The wall: five numbers and the three worst clocks for a television, read from eight metres. It names nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from callbacks.models import CallbackObligation, Escalation
from callbacks.services.promises import TEN_MINUTES
from tickets.models import Outage, Ticket
from tickets.services import shift
from tickets.services.forecast import Forecast, read_forecast

from .roster import READERS

WORST = 3
# So long before the end of the sign-in the wall says that somebody has to sign in again.
WARNED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Worst:
    """A promise whose clock is the worst: the problem and the house, no flat."""

    due_at: datetime
    what: str
    where: str


@dataclass(frozen=True, slots=True)
class Wall:
    at: datetime
    figures: shift.Shift
    unanswered: int
    outages: int
    kept_percent: int | None
    worst: list[Worst]
    forecast: Forecast
    is_watched: bool


def read_wall(at: datetime) -> Wall:
    figures = shift.read_shift(at)
    return Wall(
        at=at,
        figures=figures,
        unanswered=Escalation.objects.unacknowledged().filter(deadline__stopped_at=None).count(),
        outages=Outage.objects.current(at).count(),
        kept_percent=_kept_today(at),
        worst=_worst(),
        forecast=read_forecast(at),
        is_watched=figures.pulse.is_watched or figures.pulse.is_starting,
    )


def _kept_today(at: datetime) -> int | None:
    """Of the ten-minute promises of this day that were due, how many were kept in time; None: there were none."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    due = CallbackObligation.objects.filter(
        promised_at__gte=midnight, promised_at__lte=at, reason__in=TEN_MINUTES, due_at__isnull=False
    ).exclude(state=CallbackObligation.State.WAIVED)
    ended = Q(due_at__lte=at) | Q(settled_at__isnull=False)
    counted = due.aggregate(due=Count("pk", filter=ended), kept=Count("pk", filter=Q(settled_at__lte=F("due_at"))))
    # Rounded down: a hundred means that none was broken.
    return counted["kept"] * 100 // counted["due"] if counted["due"] else None


def _worst() -> list[Worst]:
    owed = CallbackObligation.objects.outstanding().filter(due_at__isnull=False).select_related(*_SHOWN)
    return [
        Worst(promise.due_at, *_told(shift.ticket_owed(promise), promise))
        for promise in owed.order_by("due_at", "pk")[:WORST]
        if promise.due_at
    ]


_SHOWN = tuple(f"{owner}__category" for owner in shift.OWNERS)


def _told(ticket: Ticket | None, promise: CallbackObligation) -> tuple[str, str]:
    if ticket is None:
        return promise.get_reason_display().capitalize(), ""
    return ticket.category.problem, f"{ticket.street}, {ticket.house}"


def signed_in_until(request: PersonRequest) -> datetime | None:
    """When this sign-in ends whatever happens: an open screen does not lengthen it."""
    session = Session.objects.filter(pk=request.session.session_key).first()
    return session.expire_date if session else None


@roles_required(*READERS)
@require_safe
def wall(request: PersonRequest) -> HttpResponse:
    """The page, and the same part of it when something changed."""
    at = clock.now()
    until = signed_in_until(request)
    context = {"wall": read_wall(at), "at": at, "until": until, "ends_soon": until is not None and until - at < WARNED}
    return render(request, "desk/_wall.html" if request.htmx else "desk/wall.html", context)
