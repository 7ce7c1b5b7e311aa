"""The list of an organisation's tickets, under its tabs."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import clock
from tickets.forms.crew import OwnFilterForm
from tickets.forms.portal import OwnSearchForm
from tickets.models import PortalTab, Ticket
from tickets.views.asked import asked_in_portal
from tickets.views.portal.foreman import crew_list
from tickets.views.portal.people import Asker, for_organisations

PER_PAGE = 20


@for_organisations
@require_safe
def ticket_list(request: HttpRequest, asker: Asker) -> HttpResponse:
    at = clock.now()
    if not asker.accepts:
        return crew_list(request, asker, at=at)
    own = Ticket.objects.visible_to(asker.user)
    tab = request.GET.get("tab", "")
    tab = tab if tab in PortalTab else PortalTab.NEW
    wanted = OwnFilterForm(request.GET, company=asker.company)
    narrowed = own.filter(wanted.condition)
    counts = narrowed.tab_counts(at)
    asked, warnings = asked_in_portal(asker.user, asker.company, at=at)
    found = Paginator(narrowed.for_organisation().on_tab(tab, at), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "at": at, "asker": asker, "search": OwnSearchForm(), "tab": tab, "page": found, "wanted": wanted,
        "menu_counts": {"portal": (own.tab_counts(at) if wanted.kept else counts)[PortalTab.NEW]},
        "asked": asked, "warnings": warnings,
        "tabs": [(PortalTab(value), counts[value]) for value in PortalTab.values],
        # What is new sounds, whatever somebody has chosen to look at.
        "fresh": found
        if tab == PortalTab.NEW and not wanted.kept
        else own.for_organisation().on_tab(PortalTab.NEW, at)[:PER_PAGE],
    }  # fmt: skip
    return render(request, "portal/_tickets.html" if request.headers.get("HX-Request") else "portal/list.html", context)
