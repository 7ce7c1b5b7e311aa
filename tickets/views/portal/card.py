"""One ticket in the portal: what happened, what may be done about it, and who of the organisation does it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.models import User
from accounts.writes import Refused
from tickets import services
from tickets.forms.crew import ForemanForm
from tickets.forms.photos import shots_of_work
from tickets.forms.portal import AskPhoneForm
from tickets.forms.steps import StepForm
from tickets.models import MOST_PHOTOS, Ticket, TicketEvent
from tickets.services.phones import ShownPhone, phone_access
from tickets.services.steps import NeedMissing
from tickets.views.portal.foreman import crew_steps
from tickets.views.portal.people import Asker, back, for_organisations, own_ticket
from tickets.workflow import REPORTED, STEPS, WITH_COMPANY, steps_for


@dataclass(frozen=True, slots=True)
class StepButton:
    """A step that may be taken now; without fields it is a plain button."""

    code: str
    title: Promise | str
    url: str
    form: StepForm | None
    consequence: Promise | str
    icon: str
    tone: str
    is_opened: bool


ICONS = {
    "localise": "droplet", "not_confirmed": "eye",
    "accept": "check", "start": "player-play", "report_done": "circle-check", "reject": "arrow-back-up",
    "postpone": "player-pause", "plan": "calendar", "comment": "message",
}  # fmt: skip
# The step that comes next, whatever else is allowed.
NEXT_STEPS = ("accept", "start", "report_done")


@for_organisations
@require_safe
def card(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    return show_card(request, asker, own_ticket(asker, number), at=clock.now())


@for_organisations
@require_POST
def step(request: HttpRequest, asker: Asker, number: str, step: str) -> HttpResponse:
    ticket = own_ticket(asker, number)
    if step not in STEPS:
        raise Http404
    if asker.user.role not in STEPS[step].roles:
        raise PermissionDenied
    at = clock.now()
    form = StepForm(request.POST, step=step, ticket=ticket, actor=asker.user)
    if not form.is_valid():
        return show_card(request, asker, ticket, at=at, tried=(step, form), status=422)
    try:
        if step == "report_done":
            shots = shots_of_work(request.FILES, given_key=request.POST.get("key", ""))
            services.report_with_photos(ticket=ticket, shots=shots, actor=asker.user, at=at, **form.given())
        else:
            services.move_ticket(ticket=ticket, step=step, actor=asker.user, at=at, **form.given())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        field = refusal.field if isinstance(refusal, NeedMissing) else None
        form.add_error(field if field in form.fields else None, str(refusal.message))
        return show_card(request, asker, own_ticket(asker, number), at=at, tried=(step, form), status=409)
    messages.success(request, _("Заявка %(number)s: %(step)s") % {"number": number, "step": STEPS[step].title})
    return back(request, number)


@for_organisations
@require_POST
def give(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    ticket = own_ticket(asker, number)
    if not asker.accepts:
        raise PermissionDenied
    at = clock.now()
    form = ForemanForm(ticket, request.POST)
    if not form.is_valid():
        return show_card(request, asker, ticket, at=at, giving=form, status=422)
    try:
        services.give_to_foreman(ticket=ticket, foreman=form.cleaned_data["foreman"], actor=asker.user, at=at)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return show_card(request, asker, own_ticket(asker, number), at=at, giving=form, status=409)
    messages.success(request, _("Заявку %(number)s ведёт %(foreman)s") % {
        "number": number, "foreman": form.cleaned_data["foreman"],
    })  # fmt: skip
    return back(request, number)


def show_card(
    request: HttpRequest,
    asker: Asker,
    ticket: Ticket,
    *,
    at: datetime,
    tried: tuple[str, StepForm] | None = None,
    giving: ForemanForm | None = None,
    asking: AskPhoneForm | None = None,
    phone: ShownPhone | None = None,
    phone_error: str = "",
    status: int = 200,
) -> HttpResponse:
    """``tried``, ``giving``, ``asking``: a form that was refused; ``phone``: the number, for this one look."""
    user = asker.user
    may_give = asker.accepts and ticket.status in WITH_COMPANY
    photos = list(ticket.photos.visible_to(user).in_order())
    opened = request.GET.get("step", "")
    context: dict[str, Any] = {
        "at": at, "asker": asker, "ticket": ticket, "photos": photos, "key": uuid4(),
        # A telephone keeps the page as it was read, and never one with the citizen's number in it.
        "keeps": request.method == "GET" and status == HTTPStatus.OK and phone is None,
        "takes_photos": ticket.status in (*WITH_COMPANY, *REPORTED) and len(photos) < MOST_PHOTOS,
        "steps": list(
            _buttons(ticket, user, tried=tried, opened=opened)
            if asker.accepts
            else crew_steps(ticket, asker, tried=tried, opened=opened)
        ),
        "giving": (giving or ForemanForm(ticket)) if may_give else None,
        "clocks": ticket.deadlines.select_related("deadline").order_by("deadline__due_at"),
        "history": _history(ticket, user),
        "access": phone_access(ticket=ticket, company=asker.company), "asking": asking or AskPhoneForm(),
        "phone": phone, "phone_error": phone_error,
    }  # fmt: skip
    template = "portal/card.html" if asker.accepts else "portal/crew/card.html"
    return render(request, template, context, status=status)


def _buttons(ticket: Ticket, user: User, *, tried: tuple[str, StepForm] | None, opened: str) -> Iterator[StepButton]:
    """The steps that ``user`` may take on ``ticket`` now; ``tried`` is the one that has just been refused."""
    codes = steps_for(status=ticket.status, role=user.role, is_appointed=ticket.is_appointed)
    following = next((code for code in NEXT_STEPS if code in codes), "")
    for code in sorted(codes, key=lambda code: code != following):
        is_tried = tried is not None and tried[0] == code
        form = tried[1] if tried is not None and is_tried else StepForm(step=code, ticket=ticket, actor=user)
        yield StepButton(
            code=code, title=STEPS[code].title, form=form if form.fields else None, consequence=STEPS[code].warning,
            url=reverse("portal:step", kwargs={"number": ticket.number, "step": code}), icon=ICONS.get(code, ""),
            tone="primary" if code == following else "", is_opened=is_tried or code == opened,
        )  # fmt: skip


def _history(ticket: Ticket, user: User) -> list[TicketEvent]:
    """What happened while the organisation had the ticket, without what the centre wrote for itself."""
    lines = list(ticket.events.visible_to(user).select_related("actor"))
    for line in lines:
        line.note = line.note_for(user)
    return lines
