"""What an organisation prints: the work order for its crew, and the act that the citizen signs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import clock
from accounts.writes import Refused
from callbacks.models import Deadline
from tickets.services import phones
from tickets.services.clocks import NORM_CLOCKS
from tickets.views.portal.people import Asker, for_organisations, own_ticket


@never_cache
@for_organisations
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    """«Наряд-заказ». Posted, it bears the citizen's number where the organisation may see it: that is one look more."""
    ticket, at = own_ticket(asker, number), clock.now()
    shown = None
    if request.method == "POST":
        try:
            shown = phones.show_phone(ticket=ticket, company=asker.company, actor=asker.user, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal.message))
            return redirect("portal:card", number=number)
    clocks = Deadline.objects.filter(ticket_deadline__ticket=ticket, clock__in=NORM_CLOCKS).order_by("due_at", "pk")
    context = {
        "ticket": ticket, "asker": asker, "clocks": list(clocks), "at": at, "phone": shown,
        "access": phones.phone_access(ticket=ticket, company=asker.company),
        "photos": list(ticket.photos.visible_to(asker.user).in_order()),
    }  # fmt: skip
    return render(request, "portal/order.html", context)


@for_organisations
@require_safe
def act(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    """«Акт выполненных работ»: filled in with what was reported, with room for what was not."""
    ticket = own_ticket(asker, number)
    photos = list(ticket.photos.visible_to(asker.user).in_order())
    return render(request, "portal/act.html", {"ticket": ticket, "asker": asker, "photos": photos, "at": clock.now()})
