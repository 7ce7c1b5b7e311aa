"""What the desk knows of the trouble being told: the norm, who answers and why, what is off there, who else rang."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import PersonRequest, roles_required
from companies.models import Building, Company
from tickets import services
from tickets.forms.intake import IntakeForm, guided_for
from tickets.models import AddedContact, Category, Norm, Outage, Scope, Ticket
from tickets.services.outage_ties import what_to_say
from tickets.services.portals import portal_states

from .known import number_of
from .norm_terms import norm_terms
from .queue import TAKES_CALLS

Kind = AddedContact.Kind
# What the list of categories calls the organisations of each kind.
SHORT = {
    Company.Kind.MANAGEMENT: "УК", Company.Kind.HOMEOWNERS: "УК", Company.Kind.SUPPLIER: "РСО",
    Company.Kind.MUNICIPAL: "МО",
}  # fmt: skip
# So many open tickets of a house are read; a house with more has an outage.
AT_HOUSE = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """What F8 does with this call: join it to ``outage``, or add it to the open ``ticket`` as ``kind``."""

    outage: Outage | None = None
    say: str = ""
    ticket: Ticket | None = None
    kind: str = ""
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What is open at the address: at the very flat, with its neighbours, and what is off there."""

    here: list[Ticket]
    neighbours: list[Ticket]
    outages: list[Outage]


@sensitive_post_parameters("phone", "caller_name", "text", "address")
@roles_required(*TAKES_CALLS)
@require_POST
def guide(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    form = IntakeForm(request.POST, at=at)
    form.is_valid()  # of a half-typed form only the choices are read
    return render(request, "desk/_guide.html", guide_of(form, at=at) | {"at": at, "is_answer": True})


def guide_of(form: IntakeForm, *, at: datetime) -> dict[str, Any]:
    """Everything that stands beside the form, for what is told so far."""
    told: dict[str, Any] = getattr(form, "cleaned_data", {})
    category: Category | None = told.get("category")
    around, offer = _around(form, told, category, at=at)
    context: dict[str, Any] = {
        "form": form, "category": category, "building": told.get("building"), "around": around, "offer": offer,
        "guided_for": guided_for(told),
    }  # fmt: skip
    return context | (_norm_and_company(form, told, category, at=at) if category else {})


def _norm_and_company(form: IntakeForm, told: dict[str, Any], category: Category, *, at: datetime) -> dict[str, Any]:
    """A choice of the operator's stays as long as the problem and the house do."""
    building: Building | None = told.get("building")
    outage: Outage | None = told.get("outage")
    today = timezone.localdate(at)
    routing = services.responsible_for(
        category=category, building=building, day=today, scope=told.get("scope") or Scope.HERE
    )
    norm = Norm.objects.filter(category=category).valid_on(today).first()
    kept = form.data.get("guided_for") == guided_for(told)
    found = outage.company if outage and outage.company else routing.company
    # As registering reckons: from the damage, where it is known, else from the call.
    damaged_at = told.get("damaged_at") or told.get("received_at") or at
    chosen = form.data.get("company", "") if kept else str(found.pk if found else "")
    company = Company.objects.filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    return {
        "norm": norm,
        "terms": norm_terms(norm, at=at, damaged_at=damaged_at, celsius=told.get("celsius")) if norm else [],
        "asks_celsius": bool(norm and norm.fix_minutes_by_celsius),
        "routing": routing,
        "also_notify": also_notify(category, knowing=[company or found, routing.copy]),
        "company_id": chosen,
        "portal": portal_states([company], at)[company.pk] if company else None,
        "is_emergency": bool(form.data.get("is_emergency")) if kept else category.is_emergency,
    }


def also_notify(category: Category, *, knowing: Iterable[Company | None]) -> str:
    """Who else is to be told, without those whom the ticket itself or its copy tells: «112/104 немедленно; УК»."""
    told = {SHORT.get(Company.Kind(company.kind), "") for company in knowing if company} - {""}
    others = [one.strip() for one in category.also_notify.split(";")]
    return "; ".join(one for one in others if re.split(r"[ ,(]", one)[0] not in told)


# ── What else is known there ─────────────────────────────────────────────────────────────────────────────────────
def _around(
    form: IntakeForm, told: dict[str, Any], category: Category | None, *, at: datetime
) -> tuple[Around, Offer | None]:
    building: Building | None = told.get("building")
    street, house = told.get("street", ""), told.get("house", "")
    flat, entrance = told.get("flat", ""), told.get("entrance", "")
    is_placed = building is not None or bool(street and house)
    outages = services.current_outages(
        building=building, at=at, category=category, street=street, locality=told.get("locality", "")
    ) if is_placed else []  # fmt: skip
    number = form.number.number or number_of(form.data.get("phone", ""))
    similar = services.similar_open(
        at=at, category=category, building=building, street=street, house=house, entrance=entrance, flat=flat,
        number=number,
    ) if is_placed or number else services.Similar([], [])  # fmt: skip
    open_there = _open_at(building, street, house) if is_placed else []
    here = [one for one in open_there if not flat or one.flat in ("", flat)] if flat else open_there
    known = {one.pk for one in here}
    neighbours = [one for one in [*open_there, *similar.neighbours] if one.pk not in known]
    around = Around(here, list({one.pk: one for one in neighbours}.values()), outages)
    return around, _offer(told, outages, similar, number=number, at=at)


def _open_at(building: Building | None, street: str, house: str) -> list[Ticket]:
    rows = Ticket.objects.live().with_row_details().order_by("-registered_at")
    found = rows.filter(building=building) if building else rows.filter(street=street, house=house)
    return list(found[:AT_HOUSE])


def _offer(
    told: dict[str, Any], outages: list[Outage], similar: services.Similar, *, number: str, at: datetime
) -> Offer | None:
    """What was chosen already, else the outage there, else his own open ticket, else that of a neighbour."""
    ticket: Ticket | None = told.get("add_to")
    if ticket is not None:
        kind = told.get("add_kind") or _kind(ticket, told, similar, number=number)
        return Offer(ticket=ticket, kind=kind, is_taken=True)
    chosen: Outage | None = told.get("outage")
    if chosen is not None and chosen in outages:
        return Offer(outage=chosen, say=what_to_say(chosen, at=at), is_taken=True)
    if outages:
        return Offer(outage=outages[0], say=what_to_say(outages[0], at=at))
    nearest = next(iter([*similar.own, *similar.neighbours]), None)
    return Offer(ticket=nearest, kind=_kind(nearest, told, similar, number=number)) if nearest else None


def _kind(ticket: Ticket, told: dict[str, Any], similar: services.Similar, *, number: str) -> Kind:
    """What this call is to an open ticket: a repeat by the rule of its category, else news of its own people."""
    if ticket in similar.own and told.get("category"):
        return Kind.REPEAT
    building, flat = told.get("building"), told.get("flat")
    is_same_flat = bool(flat) and building is not None and (ticket.building_id, ticket.flat) == (building.pk, flat)
    return Kind.NEWS if is_same_flat or (number and ticket.contact.phone == number) else Kind.NEIGHBOUR
