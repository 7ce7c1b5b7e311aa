"""All tickets, narrowed by what matters; and the search by number, telephone and words."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from tickets.forms.filters import SearchForm, TicketFilter
from tickets.models import Ticket

from .pages import Slice

FOUND_AT_MOST = 50


@roles_required(*CENTRE_ROLES)
@require_safe
def tickets(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    rows = Ticket.objects.visible_to(request.user).with_row_details().with_nearest_clock()
    chosen = TicketFilter(request.GET, queryset=rows.order_by("-registered_at", "-pk"), at=at)
    context = {
        "at": at,
        "filter": chosen,
        "is_narrowed": any(request.GET.get(name) for name in chosen.filters),
        "page": Slice.of(chosen.qs, request.GET.get("page")),
    }
    return render(request, "desk/tickets.html", context)


@roles_required(*CENTRE_ROLES)
@sensitive_post_parameters("text")
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: PersonRequest) -> HttpResponse:
    """By POST: a telephone number must stand in no address and in no log."""
    form = SearchForm(request.POST or None)
    found: list[Ticket] | None = None
    if form.is_valid():
        rows = Ticket.objects.visible_to(request.user).with_row_details().with_nearest_clock()
        found = list(form.narrow(rows).order_by("-registered_at", "-pk")[: FOUND_AT_MOST + 1])
        if len(found) == 1 and form.is_number():
            return redirect("desk:card", number=found[0].number)
    context = {
        "at": clock.now(),
        "form": form,
        "found": found[:FOUND_AT_MOST] if found is not None else None,
        "has_more": bool(found) and len(found or ()) > FOUND_AT_MOST,
    }
    return render(request, "desk/search.html", context)
