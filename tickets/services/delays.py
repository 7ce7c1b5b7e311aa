"""The term that a caller was told has moved: he learns it from us, before he wonders (DOMAIN §6)."""

from datetime import datetime

from accounts.writes import write
from callbacks.models import CallbackObligation, Clock
from callbacks.services import promise_callback, rules_in_force
from callbacks.services.retries import after_the_night
from callbacks.services.rules import Rules
from tickets.models import Ticket, TicketPromise
from tickets.workflow import WITH_COMPANY

from .clocks import handed_over_by, title_of

DELAY = CallbackObligation.Reason.DELAY


def term_of(ticket: Ticket) -> datetime | None:
    """Until when the work is put off, else until when it is planned."""
    return ticket.postponed_until or ticket.planned_at


def is_later(term: datetime | None, *, than: datetime | None) -> bool:
    """Whether there is a term and it lies behind the former one; another organisation's first one moves it as well."""
    return term is not None and (than is None or term > than)


@write
def promise_delay(*, ticket: Ticket, at: datetime, rules: Rules | None = None) -> CallbackObligation | None:
    """Promise to tell the caller of ``ticket`` that the term he knows has moved; at most one such call at a time.

    None where nothing new is owed: he was told no term or left no number, is to be rung about it already, or the work
    is not with an organisation. By night only an emergency is worth a call.
    """
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).with_step_details().get(pk=ticket.pk)
    was_told = held.term_told_at or held.told_live_at
    if not was_told or not held.contact.phone or held.status not in WITH_COMPANY:
        return None
    if CallbackObligation.objects.outstanding().filter(ticket_promise__ticket=held, reason=DELAY).exists():
        return None
    rules = rules or rules_in_force()
    length = rules[Clock.DELAY].rule.length_for(is_emergency=held.is_emergency)
    not_before = at if held.is_emergency else after_the_night(at)
    promise = promise_callback(
        contact=held.contact, reason=DELAY, promised_at=at, at=at, due_at=not_before + length, not_before=not_before,
        rules=rules, operator=handed_over_by(held), title=title_of(held),
    )  # fmt: skip
    TicketPromise.objects.create(ticket=held, obligation=promise)
    return promise
