"""The queue of callbacks: what is owed, to whom, who holds it; and taking the next call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, DutyPost, DutyShift, Role, User
from accounts.writes import Refused
from callbacks import services
from callbacks.models import CallAttempt, CallbackObligation, CitizenNotice, Contact
from callbacks.services.watch import Pulse, read_pulse
from tickets.models import Ticket

from .alarms import Strip, read_strip
from .decisions import Decision, decision_for, last_notice
from .promises import WITH_TICKET, messages_left, ticket_shown

State = CallbackObligation.State
# Who takes calls and rings back.
TAKES_CALLS = (Role.OPERATOR, Role.SUPERVISOR)
SHOWN = 50
SOON = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the queue. ``is_held``: somebody has it right now."""

    promise: CallbackObligation
    ticket: Ticket | None
    is_held: bool
    is_mine: bool
    waits_until: datetime | None
    decision: Decision | None = None
    notice: CitizenNotice | None = None
    messages: Sequence[Contact] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    waiting: int
    overdue: int
    soon: int
    exhausted: int
    without_number: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Everything that the page shows and its refresh renews."""

    at: datetime
    rows: list[Row]
    exhausted: list[Row]
    counters: Counters
    strip: Strip
    mine: Row | None
    pulse: Pulse
    senior: DutyShift | None

    @property
    def more(self) -> int:
        return max(0, self.counters.waiting + self.counters.exhausted - len(self.rows) - len(self.exhausted))


def read_queue(*, user: User, at: datetime) -> Queue:
    owed = CallbackObligation.objects.outstanding()
    # Two short reads: those that only a supervisor can move must not push the others off the page.
    ringing = owed.exclude(state=State.EXHAUSTED).select_related(*WITH_TICKET).most_urgent_first()[:SHOWN]
    given_up = owed.filter(state=State.EXHAUSTED).select_related(*WITH_TICKET).prefetch_related("notices")
    exhausted = given_up.most_urgent_first()[:SHOWN]
    said = messages_left([*ringing, *exhausted])
    rows = [_row(promise, user=user, at=at, messages=said.get(promise.pk, [])) for promise in ringing]
    shifts = DutyShift.objects.on_duty(at).filter(post=DutyPost.SUPERVISOR).select_related("user")
    return Queue(
        at=at,
        rows=rows,
        exhausted=[_row(promise, user=user, at=at, messages=said.get(promise.pk, [])) for promise in exhausted],
        counters=_count(at),
        strip=read_strip(user, at=at),
        mine=next((row for row in rows if row.is_mine), None),
        pulse=read_pulse(at),
        senior=shifts.order_by("ends_at").first(),
    )


def _row(promise: CallbackObligation, *, user: User, at: datetime, messages: Sequence[Contact]) -> Row:
    is_held = promise.state == State.DIALLING or (
        promise.state == State.CLAIMED and promise.claimed_until is not None and promise.claimed_until > at
    )
    waits = promise.state == State.OPEN and promise.next_attempt_at is not None and promise.next_attempt_at > at
    is_exhausted = promise.state == State.EXHAUSTED
    ticket = ticket_shown(promise)
    return Row(
        promise=promise,
        ticket=ticket,
        is_held=is_held,
        is_mine=is_held and promise.claimed_by_id == user.pk,
        waits_until=promise.next_attempt_at if waits else None,
        decision=decision_for(promise, ticket) if is_exhausted and user.role == Role.SUPERVISOR else None,
        notice=last_notice(promise) if is_exhausted else None,
        messages=messages,
    )


def _count(at: datetime) -> Counters:
    ringing = ~Q(state=State.EXHAUSTED)
    counted = CallbackObligation.objects.outstanding().aggregate(
        waiting=Count("pk", filter=ringing),
        overdue=Count("pk", filter=Q(due_at__lte=at)),
        soon=Count("pk", filter=ringing & Q(due_at__gt=at, due_at__lte=at + SOON)),
        exhausted=Count("pk", filter=~ringing),
    )
    # Of the last day: the index by time makes it cheap, and older ones are closed on an act or by waiver.
    without_number = CallbackObligation.objects.filter(
        state=State.NOT_CALLABLE, promised_at__gt=at - timedelta(days=1)
    ).count()
    return Counters(**counted, without_number=without_number)


@roles_required(*CENTRE_ROLES)
@require_safe
def queue(request: PersonRequest) -> HttpResponse:
    """The page, and the same part of it every few seconds."""
    shown = read_queue(user=request.user, at=clock.now())
    context = {
        "queue": shown,
        "at": shown.at,
        "takes_calls": request.user.role in TAKES_CALLS,
        "menu_counts": {"queue": shown.counters.waiting + shown.counters.exhausted, "alarms": shown.strip.count or ""},
    }
    return render(request, "desk/_queue.html" if request.htmx else "desk/queue.html", context)


@roles_required(*TAKES_CALLS)
@require_POST
def take_next(request: PersonRequest) -> HttpResponse:
    running = CallAttempt.objects.in_progress().filter(operator=request.user).first()
    if running is not None:
        messages.warning(request, _("Сначала запишите, чем кончился этот звонок."))
        return redirect("desk:callback", pk=running.obligation_id)
    promise = services.claim_next(operator=request.user, at=clock.now())
    if promise is None:
        messages.info(request, _("Сейчас звонить некому: все звонки взяты или ждут своего времени."))
        return redirect("desk:queue")
    return redirect("desk:callback", pk=promise.pk)


@roles_required(*TAKES_CALLS)
@require_POST
def take(request: PersonRequest, pk: int) -> HttpResponse:
    promise = get_object_or_404(CallbackObligation, pk=pk)
    try:
        services.claim(obligation=promise, operator=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect("desk:queue")
    return redirect("desk:callback", pk=promise.pk)
