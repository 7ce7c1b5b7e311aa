"""The citizen's number: asked for with a reason, shown once for one look, and never in an address."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.writes import Refused
from tickets.forms.portal import AskPhoneForm
from tickets.services import phones
from tickets.views.portal.card import show_card
from tickets.views.portal.people import Asker, for_organisations, own_ticket


@never_cache
@for_organisations
@require_POST
def show(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    """The answer is the card with the number in it; a page that is read again does not have it any more."""
    ticket, at = own_ticket(asker, number), clock.now()
    try:
        shown = phones.show_phone(ticket=ticket, company=asker.company, actor=asker.user, at=at)
    except Refused as refusal:
        # A part of a page is shown only with a success; the sentence says what it is.
        status = 200 if request.headers.get("HX-Request") else 409
        ticket = own_ticket(asker, number)
        return show_card(request, asker, ticket, at=at, phone_error=str(refusal.message), status=status)
    return show_card(request, asker, ticket, at=at, phone=shown)


@for_organisations
@require_POST
def ask(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    ticket, at = own_ticket(asker, number), clock.now()
    form = AskPhoneForm(request.POST)
    if not form.is_valid():
        return show_card(request, asker, ticket, at=at, asking=form, status=422)
    try:
        phones.ask_phone(
            ticket=ticket, company=asker.company, actor=asker.user, reason=form.cleaned_data["reason"], at=at
        )
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return show_card(request, asker, own_ticket(asker, number), at=at, status=409)
    messages.success(request, _("Центр спросит жителя. Ответ появится в этой карточке."))
    return redirect("portal:card", number=number)
