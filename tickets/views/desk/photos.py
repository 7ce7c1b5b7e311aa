"""The photos of a ticket, for the centre's people."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from tickets.models import Ticket
from tickets.views.photo_answers import photo_answer


@roles_required(*CENTRE_ROLES)
@require_safe
def photo(request: PersonRequest, number: str, name: str, small: str = "") -> HttpResponse:
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), number=number)
    return photo_answer(ticket, request.user, name, is_small=bool(small))
