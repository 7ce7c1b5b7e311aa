"""The portal (кабинет организации): an organisation's own tickets, and nothing of who rang."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.models import Role, User
from accounts.writes import Refused
from callbacks.services import acknowledge
from companies.models import Company
from tickets import services
from tickets.forms.callbacks import AcknowledgeForm
from tickets.forms.crew import ForemanForm
from tickets.forms.steps import StepForm
from tickets.models import PortalTab, Ticket, TicketEvent
from tickets.services.steps import NeedMissing
from tickets.views.asked import DETAILS, Alarm, alarms_from, asked_of_organisation, open_in_organisation
from tickets.workflow import STEPS, WITH_COMPANY, steps_for

P = ParamSpec("P")
PER_PAGE = 20
SHOWN_ALARMS = 50


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, for which organisation."""

    user: User
    company: Company

    @property
    def accepts(self) -> bool:
        """The dispatcher answers to the centre; a foreman works."""
        return self.user.role == Role.COMPANY


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
    "accept": "check", "start": "player-play", "report_done": "circle-check", "reject": "arrow-back-up",
    "postpone": "player-pause", "plan": "calendar", "comment": "message",
}  # fmt: skip
# The step that comes next, whatever else is allowed.
NEXT_STEPS = ("accept", "start", "report_done")
View = Callable[Concatenate[HttpRequest, Asker, P], HttpResponse]


def for_organisations(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only people of organisations come in; a person of none yet is told so."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = request.user
        assert user.is_authenticated
        if not user.is_of_company:
            raise PermissionDenied
        company = Company.objects.filter(memberships__user=user).first()
        if company is None:
            return render(request, "portal/no_company.html", status=403)
        return view(request, Asker(user, company), *args, **kwargs)

    return login_required(wrapped)


@for_organisations
@require_safe
def ticket_list(request: HttpRequest, asker: Asker) -> HttpResponse:
    at = clock.now()
    own = Ticket.objects.visible_to(asker.user)
    tab = request.GET.get("tab", "")
    tab = tab if tab in PortalTab else PortalTab.NEW
    counts = own.tab_counts(at)
    asked, warnings = _asked(asker, at=at)
    found = Paginator(own.for_organisation().on_tab(tab, at), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "at": at, "asker": asker, "tab": tab, "page": found, "menu_counts": {"portal": counts[PortalTab.NEW]},
        "asked": asked, "warnings": warnings,
        "tabs": [(PortalTab(value), counts[value]) for value in PortalTab.values],
        "fresh": found if tab == PortalTab.NEW else own.for_organisation().on_tab(PortalTab.NEW, at)[:PER_PAGE],
    }  # fmt: skip
    return render(request, "portal/_tickets.html" if request.headers.get("HX-Request") else "portal/list.html", context)


@for_organisations
@require_safe
def card(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    return _card(request, asker, _own(asker, number), at=clock.now())


@for_organisations
@require_POST
def step(request: HttpRequest, asker: Asker, number: str, step: str) -> HttpResponse:
    ticket = _own(asker, number)
    if step not in STEPS:
        raise Http404
    if asker.user.role not in STEPS[step].roles:
        raise PermissionDenied
    at = clock.now()
    form = StepForm(request.POST, step=step, ticket=ticket, actor=asker.user)
    if not form.is_valid():
        return _card(request, asker, ticket, at=at, tried=(step, form), status=422)
    try:
        services.move_ticket(ticket=ticket, step=step, actor=asker.user, at=at, **form.given())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        field = refusal.field if isinstance(refusal, NeedMissing) else None
        form.add_error(field if field in form.fields else None, str(refusal.message))
        return _card(request, asker, _own(asker, number), at=at, tried=(step, form), status=409)
    messages.success(request, _("Заявка %(number)s: %(step)s") % {"number": number, "step": STEPS[step].title})
    return _back(request, number)


@for_organisations
@require_POST
def give(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    ticket = _own(asker, number)
    if not asker.accepts:
        raise PermissionDenied
    at = clock.now()
    form = ForemanForm(ticket, request.POST)
    if not form.is_valid():
        return _card(request, asker, ticket, at=at, giving=form, status=422)
    try:
        services.give_to_foreman(ticket=ticket, foreman=form.cleaned_data["foreman"], actor=asker.user, at=at)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return _card(request, asker, _own(asker, number), at=at, giving=form, status=409)
    messages.success(request, _("Заявку %(number)s ведёт %(foreman)s") % {
        "number": number, "foreman": form.cleaned_data["foreman"],
    })  # fmt: skip
    return _back(request, number)


@for_organisations
@require_POST
def answer(request: HttpRequest, asker: Asker, pk: int) -> HttpResponse:
    """«I know, and this is what I do»: by whoever was asked by name, about work that his organisation has."""
    asked = asked_of_organisation(asker.user, asker.company).filter(is_warning=False)
    escalation = get_object_or_404(asked, pk=pk)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Пояснение слишком длинное: до 500 знаков."))
        return _back(request)
    try:
        acknowledge(escalation=escalation, by=asker.user, at=clock.now(), note=form.cleaned_data["note"])
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Ответ принят. Центр видит ваше имя и что вы делаете."))
    return _back(request)


def _asked(asker: Asker, *, at: datetime) -> tuple[list[Alarm], list[Alarm]]:
    """What waits for this person's answer, and what will be late soon."""
    found = open_in_organisation(asker.user, asker.company, at=at)
    alarms = alarms_from(found.select_related(*DETAILS)[:SHOWN_ALARMS], user=asker.user)
    return [one for one in alarms if one.asks], [one for one in alarms if not one.asks]


def _own(asker: Asker, number: str) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(asker.user).for_organisation(), number=number)


def _back(request: HttpRequest, number: str = "") -> HttpResponse:
    """To the tab that the button was pressed on, else to the card."""
    tab = request.POST.get("tab", "")
    if tab in PortalTab:
        return redirect(f"{reverse('portal:list')}?tab={tab}")
    return redirect("portal:card", number=number) if number else redirect("portal:list")


def _card(
    request: HttpRequest,
    asker: Asker,
    ticket: Ticket,
    *,
    at: datetime,
    tried: tuple[str, StepForm] | None = None,
    giving: ForemanForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = asker.user
    may_give = asker.accepts and ticket.status in WITH_COMPANY
    context: dict[str, Any] = {
        "at": at, "asker": asker, "ticket": ticket,
        "steps": list(_buttons(ticket, user, tried=tried, opened=request.GET.get("step", ""))),
        "giving": (giving or ForemanForm(ticket)) if may_give else None,
        "clocks": ticket.deadlines.select_related("deadline").order_by("deadline__due_at"),
        "history": _history(ticket, user),
    }  # fmt: skip
    return render(request, "portal/card.html", context, status=status)


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
