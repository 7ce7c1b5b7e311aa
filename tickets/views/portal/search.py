"""Finding one's own tickets by number, address or a word, whatever tab they stand on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import clock
from tickets.forms.portal import OwnSearchForm
from tickets.models import Ticket
from tickets.views.portal.people import Asker, for_organisations

# Whoever finds more has to say it more exactly.
MOST = 50


@sensitive_post_parameters("words")
@for_organisations
@require_POST
def search(request: HttpRequest, asker: Asker) -> HttpResponse:
    form = OwnSearchForm(request.POST)
    found: list[Ticket] = []
    if form.is_valid():
        own = Ticket.objects.visible_to(asker.user)
        page = own.find_own(form.cleaned_data["words"]).order_by("-registered_at", "-pk")[: MOST + 1]
        found = list(own.for_organisation().of_page(page))
    context = {
        "at": clock.now(), "asker": asker, "search": form, "found": found[:MOST], "has_more": len(found) > MOST,
        "most": MOST,
    }  # fmt: skip
    return render(request, "portal/found.html", context, status=200 if form.is_valid() else 422)
