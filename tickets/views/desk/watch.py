"""«Надёжность»: whether the centre can keep its promises, for those who answer for it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import DutyShift
from callbacks import alarms
from callbacks.models import Audience, Escalation, Outbox
from callbacks.services import ChannelState, channel_states, watch
from callbacks.services.recipients import channels_of
from callbacks.services.watch import Health
from tickets.models import InvariantCheck
from tickets.services.invariants import QUERIES, is_being_checked

from .roster import READERS


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Alarms of one rung that nobody has answered; ``running``: those whose clock has not stopped yet."""

    rung: int
    audience: str
    count: int
    running: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to people in words."""

    title: str
    state: ChannelState


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything that the page shows and its refresh renews."""

    at: datetime
    health: Health
    channels: list[Channel]
    unanswered: list[Unanswered]
    without_address: list[DutyShift]
    check: InvariantCheck | None
    is_checking: bool
    rules: int

    @property
    def is_well(self) -> bool:
        return not self.health.reasons


def read_watch(at: datetime) -> Watch:
    return Watch(
        at=at,
        health=watch.read_health(at),
        channels=[Channel(str(Outbox.Channel(state.channel).label), state) for state in channel_states(at)],
        unanswered=_unanswered(),
        without_address=_without_address(at),
        check=InvariantCheck.objects.first(),
        is_checking=is_being_checked(),
        rules=len(QUERIES),
    )


def _unanswered() -> list[Unanswered]:
    rows = (
        Escalation.objects.unacknowledged()
        .values("rung", "audience")
        .annotate(count=Count("pk"), running=Count("pk", filter=Q(deadline__stopped_at=None)), oldest=Min("raised_at"))
        .order_by("rung", "audience")
    )
    return [
        Unanswered(row["rung"], str(Audience(row["audience"]).label), row["count"], row["running"], row["oldest"])
        for row in rows
    ]


def _without_address(at: datetime) -> list[DutyShift]:
    """Shifts of now whose person can be told on no channel."""
    shifts = DutyShift.objects.on_duty(at).filter(user__is_active=True).select_related("user").order_by("post", "pk")
    return [shift for shift in shifts if not channels_of(shift.user)]


def _expected(request: PersonRequest) -> int | None:
    """The check after which a new one was asked for, as the address says; None: nobody waits."""
    after = request.GET.get("after", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None


@roles_required(*READERS)
@require_safe
def show(request: PersonRequest) -> HttpResponse:
    """The page, and the same part of it every few seconds."""
    shown = read_watch(clock.now())
    after = _expected(request)
    is_waiting = after is not None and (shown.check.pk if shown.check else 0) == after
    context = {"watch": shown, "at": shown.at, "is_waiting": is_waiting or shown.is_checking}
    return render(request, "desk/_watch.html" if request.htmx else "desk/watch.html", context)


@roles_required(*READERS)
@require_POST
def check(request: PersonRequest) -> HttpResponse:
    """Ask the worker to examine the stored rows now; the page shows the finding by itself."""
    if not watch.broker.answers():
        messages.error(request, _("Проверка не началась: очередь заданий не отвечает. Позовите администратора."))
        return redirect("desk:watch")
    at = clock.now()
    last = InvariantCheck.objects.values_list("pk", flat=True).first() or 0
    alarms.ring_at(at, now=at, task="tickets.check_invariants")
    return redirect(f"{reverse('desk:watch')}?after={last}")
