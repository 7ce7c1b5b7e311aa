"""The ticket card: facts, clocks, promises, history, and the steps that this person may take now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, User
from accounts.writes import Refused
from callbacks.models import CallAttempt, CallbackObligation, Clock, Deadline
from callbacks.services import Ladder, LadderRing, LadderStep, ladder_of
from companies.models import Company
from tickets import services
from tickets.forms.portal import DecidePhoneForm
from tickets.forms.steps import StepForm
from tickets.models import Ticket, TicketEvent
from tickets.services.holdings import chain_of, refusals_of, why_left
from tickets.services.portals import portal_of
from tickets.services.steps import NeedMissing
from tickets.workflow import (
    STEPS,
    CancelReason,
    PostponeReason,
    RejectReason,
    Status,
    UnconfirmedReason,
    steps_for,
)

from .outage_card import read_ties

NORM_CLOCKS = (Clock.LOCALISE, Clock.CHECK, Clock.FIX)
REASONS = {
    value: label
    for kind in (RejectReason, PostponeReason, CancelReason, UnconfirmedReason)
    for value, label in kind.choices
}
# What has happened, where the name of the button would read as an order.
HAPPENED = {
    "appoint": _("назначена до решения"),
    "accept": _("принята"),
    "reject": _("возвращена в центр"),
    "start": _("работа начата"),
    "plan": _("назван срок"),
    "plan_by_phone": _("срок назван по телефону"),
    "accept_by_phone": _("принято по телефону"),
    "localise": _("опасность устранена"),
    "localise_by_phone": _("опасность устранена, сообщили по телефону"),
    "postpone": _("отложена"),
    "report_done": _("работа сделана"),
    "done_by_phone": _("работа сделана, сообщили по телефону"),
    "not_confirmed": _("не подтвердилась на месте"),
    "close": _("закрыта: заявитель подтвердил"),
    "close_unconfirmed": _("закрыта без разговора"),
    "return_to_work": _("возвращена в работу"),
    "cancel": _("отменена"),
    "mark_duplicate": _("дубликат другой заявки"),
    "reopen": _("возобновлена"),
    "answer": _("ответ организации"),
    "comment": _("запись"),
    "import": _("внесена из прежнего журнала"),
}
# The steps whose button says that it cannot be undone by a click.
FINAL_STEPS = frozenset({"cancel", "close_unconfirmed"})


@dataclass(frozen=True, slots=True)
class StepButton:
    """What components/_step_buttons.html draws."""

    url: str
    title: Promise | str
    form: StepForm | None
    tone: str
    consequence: Promise | str
    icon: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history: one of ``event``, ``attempt``, ``step``.

    Of a step of the ladder of ``clock`` it is one ``ring``, or with ``is_answer`` what somebody said to it.
    """

    at: datetime
    event: TicketEvent | None = None
    attempt: CallAttempt | None = None
    step: LadderStep | None = None
    ring: LadderRing | None = None
    clock: Promise | str = ""
    is_answer: bool = False
    title: Promise | str = ""
    reason: Promise | str = ""
    planned_at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A line of «Кто держал заявку»."""

    company: Company
    started_at: datetime
    ended_at: datetime | None
    length: timedelta
    why: str
    note: str


@roles_required(*CENTRE_ROLES)
@require_safe
def card(request: PersonRequest, number: str) -> HttpResponse:
    return _show(request, _find(request, number), at=clock.now())


@roles_required(*CENTRE_ROLES)
@require_POST
def step(request: PersonRequest, number: str, step: str) -> HttpResponse:
    ticket = _find(request, number)
    if step not in STEPS or request.user.role not in STEPS[step].roles:
        raise Http404
    at = clock.now()
    form = StepForm(request.POST, step=step, ticket=ticket, actor=request.user)
    if form.is_valid():
        try:
            services.move_ticket(ticket=ticket, step=step, actor=request.user, at=at, **form.given())
        except NeedMissing as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
            messages.error(request, str(refusal.message))
        else:
            messages.success(request, _("Записано: %(step)s.") % {"step": STEPS[step].title})
            return redirect("desk:card", number=ticket.number)
    return _show(request, ticket, at=at, tried=(step, form))


def _find(request: PersonRequest, number: str) -> Ticket:
    found = Ticket.objects.visible_to(request.user).with_card_details()
    return get_object_or_404(found, number=number)


@dataclass(frozen=True, slots=True)
class TicketFile:
    """What belongs to a ticket besides its own fields: promises, clocks, their ladders, and all of it as a history."""

    promises: list[CallbackObligation]
    clocks: list[Deadline]
    ladders: dict[int, Ladder]
    history: list[Line]

    @property
    def nearest(self) -> Deadline | None:
        """The running clock that is due first."""
        every = [*self.clocks, *(promise.deadline for promise in self.promises if promise.deadline)]
        running = [one for one in every if one.stopped_at is None]
        return min(running, key=lambda one: one.due_at, default=None)


def read_file(ticket: Ticket, *, at: datetime) -> TicketFile:
    owed = list(
        CallbackObligation.objects.filter(pk__in=services.promise_ids(ticket))
        .select_related("claimed_by", "waived_by", "settled_by__operator", "deadline")
        .prefetch_related("attempts__operator")
        .order_by("promised_at", "pk")
    )
    clocks = list(
        Deadline.objects.filter(ticket_deadline__ticket=ticket).select_related("company").order_by("due_at", "pk")
    )
    every = [*clocks, *(promise.deadline for promise in owed if promise.deadline)]
    ladders = ladder_of(every, at=at)
    return TicketFile(owed, clocks, ladders, _history(ticket, owed, ladders.values()))


def _show(
    request: PersonRequest, ticket: Ticket, *, at: datetime, tried: tuple[str, StepForm] | None = None
) -> HttpResponse:
    file = read_file(ticket, at=at)
    context: dict[str, Any] = {
        "ticket": ticket,
        "at": at,
        "clocks": file.clocks,
        "promises": file.promises,
        "outstanding": CallbackObligation.OUTSTANDING,
        "ladders": file.ladders,
        "nearest": file.nearest,
        "steps": _buttons(ticket, request.user, tried),
        "history": file.history,
        "chain": [
            Turn(
                turn.company,
                turn.started_at,
                turn.ended_at,
                turn.length(at),
                why_left(turn),
                turn.left_by.note if turn.left_by else "",
            )
            for turn in chain_of(ticket)
        ],
        "refusals": [_event_line(event) for event in refusals_of(ticket)] if ticket.status == Status.REJECTED else [],
        "photos": list(ticket.photos.in_order()),
        "portal_state": portal_of(ticket, at),
        "company_notes": ticket.company_notes.unread().select_related("event__actor", "company"),
        "phone_request": ticket.phone_requests.waiting().select_related("company", "asked_by").first(),
        "deciding": DecidePhoneForm(auto_id="id_phone_%s"),
        "ties": read_ties(ticket, request.user, at=at),
        "takes_calls": request.user.role in ("operator", "supervisor"),
        "may_decide": request.user.role in STEPS["appoint"].roles,
        "siblings": ticket.contact.tickets.exclude(pk=ticket.pk).select_related("category", "company").order_by("pk"),
    }
    return render(request, "desk/card.html", context)


def _buttons(ticket: Ticket, user: User, tried: tuple[str, StepForm] | None) -> list[StepButton]:
    """The table's steps for this status and role. A form that was refused comes back with what was typed."""
    buttons = []
    codes = steps_for(status=ticket.status, role=user.role, is_appointed=ticket.is_appointed)
    if tried and tried[0] not in codes:
        # The ticket has moved on meanwhile: the typed text is shown with the step that is no longer possible.
        codes.append(tried[0])
    for code in codes:
        rule = STEPS[code]
        form = tried[1] if tried and tried[0] == code else StepForm(step=code, ticket=ticket, actor=user)
        buttons.append(
            StepButton(
                url=reverse("desk:step", kwargs={"number": ticket.number, "step": code}),
                title=rule.title,
                form=form if form.fields else None,
                tone="danger" if code in FINAL_STEPS else "",
                consequence=rule.warning,
            )
        )
    # What ends the work stands last.
    return sorted(buttons, key=lambda button: button.tone == "danger")


# ── What has happened, as lines of one history ───────────────────────────────────────────────────────────────────
def _history(ticket: Ticket, owed: list[CallbackObligation], ladders: Iterable[Ladder]) -> list[Line]:
    lines = [_event_line(event) for event in ticket.events.select_related("actor", "company")]
    lines += [
        Line(attempt.ended_at, attempt=attempt)
        for promise in owed
        for attempt in promise.attempts.all()
        if attempt.ended_at
    ]
    lines += (line for ladder in ladders for step in ladder.steps for line in _lines_of(step, ladder))
    # Stable: of one moment, the event stands before the call that caused it.
    return sorted(lines, key=lambda line: line.at)


def _lines_of(step: LadderStep, ladder: Ladder) -> Iterator[Line]:
    """Every ringing of a rung, and the answer."""
    clock = ladder.deadline.get_clock_display()
    for ring in step.rings:
        yield Line(ring.at, step=step, ring=ring, clock=clock)
    if step.escalation and step.escalation.acknowledged_at:
        yield Line(step.escalation.acknowledged_at, step=step, clock=clock, is_answer=True)


def _event_line(event: TicketEvent) -> Line:
    return Line(
        event.happened_at,
        event=event,
        title=HAPPENED.get(event.step, ""),
        reason=REASONS.get(event.reason, ""),
        planned_at=parse_datetime(event.details.get("planned_at", "")),
        until=parse_datetime(event.details.get("until", "")),
    )


def norm_clocks_of(ticket: Ticket) -> list[Deadline]:
    """The running clocks of the norm, the nearest first."""
    clocks = Deadline.objects.running().filter(ticket_deadline__ticket=ticket, clock__in=NORM_CLOCKS)
    return list(clocks.order_by("due_at"))


def refusal_of(ticket: Ticket) -> Line | None:
    """The organisation's last rejection, with its reason in words."""
    event = ticket.events.filter(step="reject").last()
    return _event_line(event) if event else None
