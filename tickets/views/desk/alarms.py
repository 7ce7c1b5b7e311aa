"""Alarms: which broken promises this person is asked about, and his answer."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, User
from accounts.writes import Refused
from callbacks import services
from callbacks.models import Escalation
from tickets.forms.callbacks import AcknowledgeForm
from tickets.models import Ticket

from .pages import Slice
from .promises import DEADLINE_WITH_TICKET, ticket_of_clock

DETAILS = ("acknowledged_by", "deadline", *(f"deadline__{name}" for name in DEADLINE_WITH_TICKET))


@dataclass(frozen=True, slots=True)
class Alarm:
    """An escalation with the ticket it is about. It sounds while the clock still runs and nobody has answered."""

    escalation: Escalation
    ticket: Ticket | None

    @property
    def sounds(self) -> bool:
        return self.escalation.acknowledged_at is None and self.escalation.deadline.stopped_at is None


def alarms_of(user: User, *, limit: int) -> list[Alarm]:
    """What this person has not answered for yet, the newest first."""
    asked = Escalation.objects.unacknowledged().addressed_to(user).select_related(*DETAILS)
    return [Alarm(escalation, ticket_of_clock(escalation.deadline)) for escalation in asked[:limit]]


@roles_required(*CENTRE_ROLES)
@require_safe
def alarms(request: PersonRequest) -> HttpResponse:
    asked = Escalation.objects.addressed_to(request.user).select_related(*DETAILS)
    wants_all = request.GET.get("shown") == "all"
    page = Slice.of(asked if wants_all else asked.unacknowledged(), request.GET.get("page"))
    context = {
        "at": clock.now(),
        "page": page,
        "wants_all": wants_all,
        "alarms": [Alarm(escalation, ticket_of_clock(escalation.deadline)) for escalation in page.rows],
        "form": AcknowledgeForm(),
    }
    return render(request, "desk/_alarms.html" if request.htmx else "desk/alarms.html", context)


@roles_required(*CENTRE_ROLES)
@require_POST
def acknowledge(request: PersonRequest, pk: int) -> HttpResponse:
    escalation = get_object_or_404(Escalation.objects.addressed_to(request.user), pk=pk)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Пояснение слишком длинное: до 500 знаков."))
        return redirect(_back(request))
    try:
        services.acknowledge(escalation=escalation, by=request.user, at=clock.now(), note=form.cleaned_data["note"])
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Принято. Ваше имя записано в журнал."))
    return redirect(_back(request))


def _back(request: PersonRequest) -> str:
    """The page of ours that the button stood on."""
    wanted = request.POST.get("next", "")
    return (
        wanted
        if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        else "desk:alarms"
    )
