"""What the organisations' own programs are told of tickets, written down in the transaction of what it tells.

Nothing of the citizen goes there: neither name nor telephone, nor any words that somebody typed about him. A program
that needs the description reads the ticket through the API, as its organisation may.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from accounts.phones import hide_phones
from callbacks.models import Audience, Deadline, Escalation
from companies.models import Company, WebhookEndpoint, WebhookEvent
from companies.services.webhooks import announce
from tickets.models import Ticket

log = structlog.get_logger(__name__)

OF_COMPANY = frozenset({Audience.COMPANY, Audience.COMPANY_HEAD})
# What a step tells the organisation that has the ticket after it.
TOLD = {
    "assign": WebhookEvent.TICKET_ASSIGNED,
    "appoint": WebhookEvent.TICKET_ASSIGNED,
    "reopen": WebhookEvent.TICKET_ASSIGNED,
    "return_to_work": WebhookEvent.TICKET_RETURNED,
    "cancel": WebhookEvent.TICKET_CANCELLED,
    "mark_duplicate": WebhookEvent.TICKET_CANCELLED,
}
# Why a ticket is no longer wanted of an organisation, where no list of reasons was asked.
GIVEN_TO_ANOTHER, DUPLICATE = "given_to_another", "duplicate"


def tell_of_step(*, ticket: Ticket, step: str, holder: Company | None, at: datetime, reason: str = "") -> None:
    """A step has been taken; ``holder`` had the ticket before it. Asks nothing where neither has webhooks."""
    event = TOLD.get(step)
    company = ticket.company
    if event is None or company is None:
        return
    told = {company.pk: event} if company.has_webhooks else {}
    if holder is not None and holder.pk != company.pk and holder.has_webhooks:
        told[holder.pk] = WebhookEvent.TICKET_CANCELLED
    if not told:
        return
    webhooks = [
        webhook
        for webhook in WebhookEndpoint.objects.filter(company__in=told, is_active=True)
        if told[webhook.company_id] in webhook.events
    ]
    if not webhooks:
        return
    clocks = [_clock(deadline) for deadline in _clocks_of(ticket, company)]
    for webhook in webhooks:
        event = told[webhook.company_id]
        facts: dict[str, Any] = {"ticket": facts_of(ticket)}
        if event == WebhookEvent.TICKET_CANCELLED:
            facts["reason"] = _why(step, reason)
        elif webhook.company_id == company.pk:
            facts["deadlines"] = clocks
        announce(webhooks=[webhook], event=event, facts=facts, at=at, about=ticket.number)


def _why(step: str, reason: str) -> str:
    return {"assign": GIVEN_TO_ANOTHER, "appoint": GIVEN_TO_ANOTHER, "mark_duplicate": DUPLICATE}.get(step, reason)


def tell_of_rungs(escalations: list[Escalation], at: datetime) -> None:
    """Rungs that ask organisations have rung: their time runs out, or has.

    Whatever goes wrong here, the rungs themselves have rung.
    """
    asked = [one for one in escalations if one.audience in OF_COMPANY and one.deadline.company_id]
    if not asked:
        return
    companies = {one.deadline.company_id for one in asked}
    listening = WebhookEndpoint.objects.listening(WebhookEvent.DEADLINE_WARNING).filter(company__in=companies)
    webhooks = defaultdict(list)
    for webhook in listening:
        webhooks[webhook.company_id].append(webhook)
    if not webhooks:
        return
    try:
        with transaction.atomic():
            _tell_of_rungs([one for one in asked if one.deadline.company_id in webhooks], webhooks, at)
    except Exception:  # the rungs matter more
        log.exception("webhooks_not_told_of_rungs", rungs=len(asked))


def _tell_of_rungs(asked: list[Escalation], webhooks: dict[int, list[WebhookEndpoint]], at: datetime) -> None:
    clocks = {one.deadline_id for one in asked}
    tickets = {
        clock: ticket
        for ticket in Ticket.objects.filter(deadlines__deadline__in=clocks)
        .select_related("category")
        .prefetch_related("deadlines")
        for clock in (link.deadline_id for link in ticket.deadlines.all())
    }
    for one in asked:
        ticket, company = tickets.get(one.deadline_id), one.deadline.company_id
        # The clock may be of something else, or of work that somebody else has by now.
        if ticket is None or company is None or ticket.company_id != company:
            continue
        facts = {
            "ticket": facts_of(ticket),
            "deadline": {**_clock(one.deadline), "rung": one.rung, "is_past": not one.is_warning},
        }
        announce(
            webhooks=webhooks[company], event=WebhookEvent.DEADLINE_WARNING, facts=facts, at=at, about=ticket.number
        )


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """A ticket as a webhook tells it."""
    return {
        "number": ticket.number,
        "url": f"{settings.PUBLIC_URL}/api/v1/tickets/{ticket.number}/",
        "status": str(ticket.status),
        "is_emergency": ticket.is_emergency,
        "registered_at": ticket.registered_at.isoformat(),
        "transferred_at": ticket.transferred_at.isoformat() if ticket.transferred_at else None,
        "category": {"code": ticket.category.code, "problem": ticket.category.problem},
        "address": {
            "building": ticket.building_id,
            "locality": hide_phones(ticket.locality_name),
            "street": hide_phones(ticket.street),
            "house": hide_phones(ticket.house),
            "entrance": ticket.entrance,
            "floor": ticket.floor,
            "flat": ticket.flat,
        },
    }


def _clocks_of(ticket: Ticket, company: Company) -> list[Deadline]:
    running = Deadline.objects.running().filter(ticket_deadline__ticket=ticket, company=company)
    return list(running.order_by("due_at"))


def _clock(deadline: Deadline) -> dict[str, str]:
    return {"clock": str(deadline.clock), "due_at": deadline.due_at.isoformat()}
