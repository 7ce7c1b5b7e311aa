"""Who rings: what this number is known by, what he has with us, what we owe him; and a talk that settles it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.phones import WrongPhone, parse_phone
from accounts.writes import Refused
from callbacks.models import CallbackObligation, Contact
from tickets import services
from tickets.forms.talks import SettleForm
from tickets.models import Ticket

from .promises import read_with_tickets, ticket_shown
from .queue import TAKES_CALLS

PERSONS_SHOWN = 4
# From how many of the latest calls of a number its people are read.
CALLS_READ = 30
LONGEST_TALK = timedelta(hours=4)
LATELY = timedelta(days=1)
# What names the same place on two tickets.
PLACE = ("locality_name", "street", "house", "flat")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who rang from this number, with the address he rang about last."""

    name: str
    ticket: Ticket | None = None

    @property
    def where(self) -> str:
        """ул. Кирова, 20, кв. 15: as the address field shows a chosen house."""
        return f"{self.ticket.street}, {self.ticket.house}" if self.ticket else ""


@sensitive_post_parameters("phone")
@roles_required(*TAKES_CALLS)
@require_POST
def known(request: PersonRequest) -> HttpResponse:
    """Who rings from this number, what he already has with us, and what we owe him."""
    return _show(request, request.POST.get("phone", ""), at=clock.now())


@sensitive_post_parameters("phone", "note")
@roles_required(*TAKES_CALLS)
@require_POST
def settle(request: PersonRequest) -> HttpResponse:
    """The caller rang himself while we owed him a call: this talk fulfils what is marked."""
    at = clock.now()
    phone = request.POST.get("phone", "")
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _show(request, phone, at=at, form=form)
    started_at = max(min(form.cleaned_data["started_at"] or at, at), at - LONGEST_TALK)
    try:
        services.settle_by_inbound(
            obligations=form.cleaned_data["promises"], operator=request.user, started_at=started_at, at=at,
            note=form.cleaned_data["note"], confirmed=form.verdict,
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _show(request, phone, at=at, form=form)
    return _show(request, phone, at=at, settled=True)


def number_of(text: str) -> str:
    """The number that the typed text means, in E.164; empty while it means none."""
    try:
        return parse_phone(text[:40]).number
    except WrongPhone:
        return ""


def _show(
    request: PersonRequest, text: str, *, at: datetime, form: SettleForm | None = None, settled: bool = False
) -> HttpResponse:
    number = number_of(text)
    context: dict[str, Any] = {"at": at, "number": number, "form": form or SettleForm(), "settled": settled}
    if number:
        recent = list(Contact.objects.of_number(number).values_list("caller_name", "received_at")[:CALLS_READ])
        told = Ticket.objects.of_phone(number).select_related("contact").order_by("-registered_at")[:CALLS_READ]
        outstanding = CallbackObligation.objects.outstanding().filter(number=number)
        owed = read_with_tickets(outstanding.most_urgent_first()[:20])
        tickets = services.open_tickets_of_number(number)
        context |= {
            "persons": _persons(told, [name for name, _at in recent]),
            "lately": sum(received_at > at - LATELY for _name, received_at in recent),
            "tickets": tickets,
            "count": len(tickets),
            "owed": [(promise, ticket_shown(promise)) for promise in owed],
            "asks_verdict": any(promise.reason == CallbackObligation.Reason.CONTROL_CALL for promise in owed),
            "chosen": (form["promises"].value() or []) if form else None,
        }
    return render(request, "desk/_known.html", context)


def _persons(told: Iterable[Ticket], names: list[str]) -> list[Person]:
    """Everybody once at each of his addresses, the last caller first; then those who never told an address."""
    persons: dict[tuple[str, ...], Person] = {}
    for ticket in told:
        name = ticket.contact.caller_name
        persons.setdefault((name, *(getattr(ticket, part) for part in PLACE)), Person(name, ticket))
    named = {person.name for person in persons.values()}
    for name in names:
        if name and name not in named:
            persons.setdefault((name,), Person(name))
    return list(persons.values())[:PERSONS_SHOWN]
