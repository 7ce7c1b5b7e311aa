"""«Пишут организации»: what they wrote, and the telephones they ask for; each waits for somebody's name."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from accounts.writes import Refused
from tickets.forms.portal import DecidePhoneForm
from tickets.models import CompanyNote, PhoneRequest, Ticket
from tickets.services import notes as notes_service
from tickets.services import phones

from .queue import TAKES_CALLS

# The oldest stand first; what is read and decided makes room for the rest.
SHOWN = 50
ANSWERS = {"grant": phones.grant_phone, "refuse": phones.refuse_phone}


@roles_required(*CENTRE_ROLES)
@require_safe
def notes(request: PersonRequest) -> HttpResponse:
    found = CompanyNote.objects.unread()
    asked = waiting_requests()
    context = {
        "at": clock.now(),
        "notes": found.select_related("event__actor", "company", "ticket__category").order_by("written_at")[:SHOWN],
        "note_count": found.count(),
        "asked": [(one, DecidePhoneForm(auto_id=f"id_phone_{one.pk}_%s")) for one in asked[:SHOWN]],
        "takes_calls": request.user.role in TAKES_CALLS,
    }
    return render(request, "desk/_notes.html" if request.htmx else "desk/notes.html", context)


@roles_required(*TAKES_CALLS)
@require_POST
def read(request: PersonRequest, number: str) -> HttpResponse:
    """«Прочитано»: all that was written about this ticket."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), number=number)
    notes_service.read_notes(ticket=ticket, by=request.user, at=clock.now())
    return redirect(_back(request, number))


@roles_required(*TAKES_CALLS)
@require_POST
def decide(request: PersonRequest, pk: int, answer: str) -> HttpResponse:
    """The citizen was asked: he agrees, or he does not."""
    asked = get_object_or_404(PhoneRequest.objects.select_related("ticket"), pk=pk)
    if answer not in ANSWERS:
        raise Http404
    form = DecidePhoneForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Напишите, что сказал житель: без его слова телефон не дают и в нём не отказывают."))
        return redirect(_back(request, asked.ticket.number))
    try:
        ANSWERS[answer](request=asked, by=request.user, note=form.cleaned_data["said"], at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Ответ записан; организация его видит."))
    return redirect(_back(request, asked.ticket.number))


def waiting_requests() -> QuerySet[PhoneRequest]:
    found = PhoneRequest.objects.waiting().select_related("ticket__category", "ticket__contact", "company", "asked_by")
    return found.order_by("asked_at", "pk")


def _back(request: PersonRequest, number: str) -> str:
    """Where he pressed it: the list or the card."""
    back = request.POST.get("next", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return f"/desk/tickets/{number}/"
