"""Photos of the work: sent by whoever works there, seen by his organisation."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.writes import Refused
from tickets import services
from tickets.forms.photos import PhotoForm
from tickets.models import Ticket
from tickets.views.photo_answers import photo_answer
from tickets.views.portal.people import Asker, back, for_organisations, own_ticket
from tickets.views.portal.telephone import Told, first_error, for_telephones, told


@for_organisations
@require_POST
def add_photos(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    """The form of the card, for a browser without scripts and for the dispatcher."""
    ticket = own_ticket(asker, number)
    sentence = _added(request, asker, ticket).message
    if sentence:
        messages.error(request, sentence)
    else:
        messages.success(request, _("Фото приложены к заявке %s.") % number)
    return back(request, number)


@for_telephones
@require_POST
def sent_photo(request: HttpRequest, asker: Asker, number: str) -> HttpResponse:
    """The same from the telephone's queue: answered with a status and a sentence."""
    return told(_added(request, asker, own_ticket(asker, number)))


@for_organisations
@require_safe
def photo(request: HttpRequest, asker: Asker, number: str, name: str, small: str = "") -> HttpResponse:
    return photo_answer(own_ticket(asker, number), asker.user, name, is_small=bool(small))


def _added(request: HttpRequest, asker: Asker, ticket: Ticket) -> Told:
    at = clock.now()
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return Told(422, first_error(form))
    key: Any = form.cleaned_data["key"]
    # What was sent before is not even decoded again.
    if len(form.cleaned_data["photos"]) == 1 and services.sent_photo(actor=asker.user, key=key):
        return Told(200)
    try:
        for shot in form.shots(at=at):
            services.add_photo(ticket=ticket, shot=shot, actor=asker.user, at=at)
    except services.PhotoRefused as refusal:
        return Told(422, str(refusal.message), refusal.code)
    except Refused as refusal:
        return Told(409, str(refusal.message), refusal.code)
    return Told(200)
