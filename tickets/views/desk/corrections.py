"""Correcting the caller's number or the address of a ticket, with the reason that its history keeps."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.writes import Refused
from tickets.forms.shift import AddressForm, PhoneForm
from tickets.models import Ticket
from tickets.services import corrections

from .queue import TAKES_CALLS


@roles_required(*TAKES_CALLS)
def phone(request: PersonRequest, number: str) -> HttpResponse:
    ticket = _find(request, number)
    form = PhoneForm(request.POST or None, ticket=ticket)
    if form.is_valid():
        told = form.cleaned_data
        try:
            corrections.correct_phone(
                ticket=ticket, phone=told["phone"], reason=told["reason"], actor=request.user, at=clock.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Номер исправлен."))
            return redirect(_back(request, ticket))
    return _show(request, ticket, {"form": form, "is_phone": True})


@roles_required(*TAKES_CALLS)
def address(request: PersonRequest, number: str) -> HttpResponse:
    ticket = _find(request, number)
    form = AddressForm(request.POST or None, ticket=ticket)
    if form.is_valid():
        told = form.address()
        try:
            moved = corrections.correct_address(
                ticket=ticket, address=told, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Адрес исправлен: %(address)s.") % {"address": moved.ticket.address})
            if told.building is None:
                messages.warning(request, _("Такого дома нет в реестре: записан как назвали."))
            if moved.company is not None:
                hint = _("По этому адресу отвечает %(company)s: передайте заявку.") % {"company": moved.company}
                messages.warning(request, hint)
                return redirect("desk:card", number=ticket.number)
            return redirect(_back(request, ticket))
    return _show(request, ticket, {"form": form, "is_phone": False})


def _find(request: PersonRequest, number: str) -> Ticket:
    found = Ticket.objects.visible_to(request.user).with_card_details()
    return get_object_or_404(found, number=number)


def _back(request: PersonRequest, ticket: Ticket) -> str:
    """Where he came from: the ring-back that is in his hands, else the card."""
    promise = request.GET.get("callback", "")
    if promise.isascii() and promise.isdigit() and len(promise) < 18:
        return reverse("desk:callback", kwargs={"pk": int(promise)})
    return reverse("desk:card", kwargs={"number": ticket.number})


def _show(request: PersonRequest, ticket: Ticket, context: dict[str, Any]) -> HttpResponse:
    return render(request, "desk/correct.html", {"ticket": ticket, "back": _back(request, ticket), **context})
