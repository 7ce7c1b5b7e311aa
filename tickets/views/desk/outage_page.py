"""One outage: what to tell, its houses, news and clock, its calls, whom to ring at the end, and what may be done."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from accounts.writes import Refused
from companies.models import Building
from tickets.models import Outage, Ticket
from tickets.services.outage_calls import read_call_list
from tickets.services.outage_houses import Found
from tickets.services.outage_ties import what_to_say
from tickets.services.steps import NeedMissing

from .outage_acts import ACTS, Act, Result, State, buttons_of
from .queue import TAKES_CALLS

# Before it is over the newest calls are enough; afterwards the list is for working through.
TICKETS_SHOWN = 30
LINES_SHOWN = 100
NEWS_SHOWN = 50
# So many of those that would not move are named; each is a click away in the list.
NAMED = 10


@roles_required(*CENTRE_ROLES)
@require_safe
def outage(request: PersonRequest, pk: int) -> HttpResponse:
    return show(request, _find(pk), at=clock.now())


def _find(pk: int) -> Outage:
    found = Outage.objects.select_related("company", "category", "news_deadline", "announced_by")
    return get_object_or_404(found, pk=pk)


def show(
    request: PersonRequest, outage: Outage, *, at: datetime, tried: tuple[str, Form] | None = None
) -> HttpResponse:
    calls = read_call_list(outage) if outage.ended_at else None
    tickets = Ticket.objects.filter(outage=outage).with_row_details().with_nearest_clock().order_by("-registered_at")
    houses = Building.objects.with_locality().filter(outages=outage)
    context: dict[str, Any] = {
        "outage": outage,
        "at": at,
        "say": what_to_say(outage, at=at),
        "services": list(outage.services.all()),
        "streets": Found(list(houses)).by_street,
        "news": list(outage.news.select_related("by").order_by("-pk")[:NEWS_SHOWN]),
        "tickets": list(tickets[:TICKETS_SHOWN]),
        "count": tickets.count(),
        "told_live": tickets.filter(told_live_at__isnull=False).count(),
        "want_news": tickets.filter(wants_news=True).count(),
        "calls": calls,
        "lines": calls.to_ring[:LINES_SHOWN] if calls else [],
        "takes_calls": request.user.role in TAKES_CALLS,
    }
    if request.htmx and tried is None:
        return render(request, "desk/_outage.html", context | {"is_answer": True})
    context["acts"] = buttons_of(State(outage, calls, at), request.user, tried)
    return render(request, "desk/outage.html", context)


@roles_required(*TAKES_CALLS)
@require_POST
def take(request: PersonRequest, pk: int, act: str) -> HttpResponse:
    """One act of the table about one outage."""
    outage = _find(pk)
    if act not in ACTS or request.user.role not in ACTS[act].by:
        raise Http404
    at = clock.now()
    form = ACTS[act].form(request.POST, outage=outage, auto_id=f"id_{act}_%s")  # type: ignore[call-arg]
    if form.is_valid():
        try:
            result = ACTS[act].run(outage=outage, by=request.user, at=at, **form.given())  # type: ignore[attr-defined]
        except NeedMissing as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            _tell(request, ACTS[act], result)
            return redirect("desk:outage", pk=outage.pk)
    return show(request, _find(pk), at=at, tried=(act, form))


def _tell(request: PersonRequest, act: Act, result: Result) -> None:
    """What came of it, those tickets that would not move by their numbers."""
    if result is None:
        messages.success(request, _("Записано: %(what)s.") % {"what": act.title})
        return
    told = {"what": act.title, "count": result.count}
    messages.success(request, _("Записано: %(what)s. Заявок: %(count)s.") % told)
    if result.left:
        messages.warning(request, _("Осталось заявок: %s. Нажмите ещё раз.") % result.left)
    if result.refused:
        named = "; ".join(f"{number}: {why}" for number, why in result.refused[:NAMED])
        more = len(result.refused) - NAMED
        text = _("Не получилось: %s") % named
        messages.error(request, f"{text}; {_('и ещё %s') % more}" if more > 0 else text)
