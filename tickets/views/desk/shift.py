"""The shift: going on the line and leaving it, who is there, what was handed over, whose portal is closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, LineSpell, Role, User
from accounts.writes import Refused
from callbacks.models import CallbackObligation
from tickets.forms.shift import LeaveForm
from tickets.models import Handover
from tickets.services import portals, shift
from tickets.services.forecast import read_forecast

from .pages import Slice
from .queue import TAKES_CALLS
from .roster import READERS


@dataclass(frozen=True, slots=True)
class Left:
    """One promise of a handing over as it stood then, with the promise of today (its person, whether it is kept)."""

    what: str
    ticket: str
    due_at: datetime | None
    promise: CallbackObligation | None


@dataclass(frozen=True, slots=True)
class Given:
    """A handing over with the promises it names."""

    handover: Handover
    left: list[Left]


@roles_required(*CENTRE_ROLES)
@require_safe
def line(request: PersonRequest) -> HttpResponse:
    """What stands in the shell of every page: this person's place on the line, and the figures of the shift."""
    return _show_line(request, at=clock.now())


def _show_line(request: PersonRequest, *, at: datetime) -> HttpResponse:
    figures = shift.read_shift(at)
    context = {
        "at": at,
        "queue": {"counters": figures, "pulse": figures.pulse},
        "unread": figures.unread,
        "takes_calls": request.user.role in TAKES_CALLS,
        "spell": _spell_of(request.user),
    }
    return render(request, "desk/_side_line.html", context)


@roles_required(*CENTRE_ROLES)
@require_safe
def now(request: PersonRequest) -> HttpResponse:
    """«Смена»: the page, and the same part of it whenever something changed."""
    context = shift_now(request.user, at=clock.now())
    return render(request, "desk/_shift.html" if request.htmx else "desk/shift.html", context)


def shift_now(user: User, *, at: datetime) -> dict[str, Any]:
    """What desk/_shift.html needs."""
    is_senior = user.role in READERS
    return {
        "at": at,
        "people": shift.people_on_line(),
        "handovers": read_handovers(list(shift.unread_handovers(at).select_related("spell__user", "read_by"))),
        "portals": portals.unheard_portals(at),
        "forecast": read_forecast(at) if is_senior else None,
        "is_senior": is_senior,
        "takes_off": user.role == Role.SUPERVISOR,
        "takes_calls": user.role in TAKES_CALLS,
    }


@roles_required(*TAKES_CALLS)
@require_POST
def go_on(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    shift.go_on_line(user=request.user, at=at)
    # Whatever page he is on, he stays there.
    return _show_line(request, at=at) if request.htmx else redirect("desk:queue")


@roles_required(*TAKES_CALLS)
def leave(request: PersonRequest) -> HttpResponse:
    """«Уйти с линии»: what stays behind is named before, a word may be left with it."""
    if _spell_of(request.user) is None:
        messages.info(request, str(shift.NotOnLine.message))
        return redirect("desk:queue")
    form = LeaveForm(request.POST or None)
    if form.is_valid():
        try:
            handover = shift.leave_line(user=request.user, at=clock.now(), note=form.cleaned_data["note"])
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Вы не на линии. Передано смене.") if handover else _("Вы не на линии."))
            return redirect("desk:queue")
    context = {
        "form": form,
        "at": clock.now(),
        "talk": shift.talk_of(request.user),
        "claims": shift.claims_of(request.user),
        "owed": [(promise, shift.ticket_owed(promise)) for promise in shift.own_promises(request.user)],
    }
    return render(request, "desk/leave.html", context)


@roles_required(Role.SUPERVISOR)
@require_POST
def take_off(request: PersonRequest, pk: int) -> HttpResponse:
    spell = get_object_or_404(LineSpell.objects.on_line().select_related("user"), pk=pk)
    try:
        shift.take_off_line(user=spell.user, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("%(name)s больше не на линии.") % {"name": spell.user})
    return redirect("desk:shift")


@roles_required(*TAKES_CALLS)
@require_POST
def take_note(request: PersonRequest, pk: int) -> HttpResponse:
    handover = get_object_or_404(Handover, pk=pk)
    try:
        shift.read_handover(handover=handover, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.warning(request, str(refusal.message))
    else:
        messages.success(request, _("Принято: вы знаете, что передали."))
    return redirect("desk:shift")


@roles_required(*READERS)
@require_safe
def handovers(request: PersonRequest) -> HttpResponse:
    """Everything that was ever handed over, the latest first."""
    found = Handover.objects.select_related("spell__user", "read_by")
    page = Slice.of(found, request.GET.get("page"))
    return render(
        request, "desk/handovers.html", {"page": page, "handovers": read_handovers(page.rows), "at": clock.now()}
    )


def read_handovers(rows: list[Handover]) -> list[Given]:
    """The promises that ``rows`` name, as they are today; one query for all of them."""
    named = {one["promise"] for handover in rows for one in handover.owed}
    today = CallbackObligation.objects.filter(pk__in=named).select_related("contact").in_bulk()
    return [Given(handover, [_left(one, today) for one in handover.owed]) for handover in rows]


def _left(one: dict[str, Any], today: dict[int, CallbackObligation]) -> Left:
    due_at = parse_datetime(one["due"]) if one["due"] else None
    return Left(one["what"], one["ticket"], due_at, today.get(one["promise"]))


def _spell_of(user: User) -> LineSpell | None:
    return LineSpell.objects.on_line().filter(user=user).first()
