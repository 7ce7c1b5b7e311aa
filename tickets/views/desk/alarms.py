"""Alarms: which broken promises this person is asked about, what will break soon, and his answer."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from accounts.writes import Refused
from callbacks import services
from callbacks.models import Escalation
from tickets.forms.callbacks import AcknowledgeForm
from tickets.views.asked import DETAILS, alarms_from, asked_now, ever_asked, no_longer_asked, warned_of

from .pages import ROWS, Slice


@roles_required(*CENTRE_ROLES)
@require_safe
def alarms(request: PersonRequest) -> HttpResponse:
    user, at = request.user, clock.now()
    wants_all = request.GET.get("shown") == "all"
    found = ever_asked(user) if wants_all else asked_now(user)
    page = Slice.of(found.select_related(*DETAILS), request.GET.get("page"))
    warnings: list[Escalation] = []
    over: list[Escalation] = []
    if not wants_all and page.number == 1:
        warnings = list(warned_of(user, at=at).select_related(*DETAILS)[:ROWS])
        over = list(no_longer_asked(user).select_related(*DETAILS)[:ROWS])
    shown = alarms_from([*page.rows, *warnings, *over], user=user)
    ends = len(page.rows) + len(warnings)
    context = {
        "at": at,
        "page": page,
        "wants_all": wants_all,
        "alarms": shown[: len(page.rows)],
        "warnings": shown[len(page.rows) : ends],
        "over": shown[ends:],
        "over_is_cut": len(over) == ROWS,
        "menu_counts": {"alarms": asked_now(user).count() or ""},
    }
    return render(request, "desk/_alarms.html" if request.htmx else "desk/alarms.html", context)


@roles_required(*CENTRE_ROLES)
@require_POST
def acknowledge(request: PersonRequest, pk: int) -> HttpResponse:
    """One answer. A warning asks for none."""
    asked = Escalation.objects.addressed_to(request.user).filter(is_warning=False)
    escalation = get_object_or_404(asked, pk=pk)
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


@roles_required(*CENTRE_ROLES)
@require_POST
def acknowledge_chosen(request: PersonRequest) -> HttpResponse:
    """One answer to all that were ticked: after an outage of our own there are many."""
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Пояснение слишком длинное: до 500 знаков."))
        return redirect(_back(request))
    # Nineteen digits would not fit a key; nobody ticks more than a page and what is folded under it.
    keys = [int(key) for key in request.POST.getlist("chosen")[: 2 * ROWS] if key.isdecimal() and len(key) < 19]
    chosen = list(Escalation.objects.addressed_to(request.user).filter(pk__in=keys, is_warning=False))
    if not chosen:
        messages.warning(request, _("Сначала отметьте тревоги, на которые отвечаете."))
        return redirect(_back(request))
    try:
        taken = services.acknowledge_all(
            escalations=chosen, by=request.user, at=clock.now(), note=form.cleaned_data["note"]
        )
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect(_back(request))
    if taken:
        messages.success(request, _("Принято тревог: %(count)s. Ваше имя записано в журнал.") % {"count": taken})
    if taken < len(chosen):
        messages.warning(request, _("Уже приняли другие: %(count)s.") % {"count": len(chosen) - taken})
    return redirect(_back(request))


def _back(request: PersonRequest) -> str:
    """The page of ours that the button stood on."""
    wanted = request.POST.get("next", "")
    return (
        wanted
        if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        else "desk:alarms"
    )
