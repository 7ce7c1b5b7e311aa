"""Talking to the caller of a ticket: what a ring-back settles, and what it promises next."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.services import finish_attempt, promise_callback, record_inbound_talk, start_attempt
from tickets.models import Ticket, TicketPromise
from tickets.workflow import LIVE, REPORTED

from .clocks import tell_term, title_of
from .steps import move_ticket, owed_of

Reason = CallbackObligation.Reason


class WrongMoment(Refused):
    message = _("Время следующего звонка должно быть в будущем.")
    code = "wrong_moment"


class VerdictRequired(Refused):
    message = _("Отметьте, подтвердил ли заявитель работу.")
    code = "verdict_required"


def ticket_of(obligation: CallbackObligation) -> Ticket | None:
    """The ticket that a promise belongs to; a missed call has none yet."""
    # One index each: the three joined by OR would read the whole table.
    owners = (
        Ticket.objects.filter(callback=obligation).values_list("pk")
        .union(
            Ticket.objects.filter(control_callback=obligation).values_list("pk"),
            TicketPromise.objects.filter(obligation=obligation).values_list("ticket_id"),
        )
        .first()
    )  # fmt: skip
    return Ticket.objects.with_step_details().get(pk=owners[0]) if owners else None


def _hold_ticket_of(obligation: CallbackObligation) -> Ticket | None:
    """The ticket of a promise, locked: ticket before promise, as everywhere, or two would wait for each other."""
    found = ticket_of(obligation)
    if found is None:
        return None
    Ticket.objects.select_for_update(no_key=True).get(pk=found.pk)
    return Ticket.objects.with_step_details().get(pk=found.pk)


@write
def finish_ring_back(
    *,
    attempt: CallAttempt,
    outcome: str,
    operator: User,
    at: datetime,
    note: str = "",
    call_again_at: datetime | None = None,
    confirmed: bool | None = None,
    also: Iterable[CallbackObligation] = (),
) -> CallbackObligation:
    """Write down how the ring-back ended, and what follows for its ticket.

    ``call_again_at`` opens a dated promise (the organisation is silent, or the caller asked for later).
    ``confirmed`` is the answer to a control call that reached the caller: True closes, False returns the work; a
    control call that was talked needs it, unless another call was agreed.
    """
    if call_again_at is not None and call_again_at <= at:
        raise WrongMoment
    obligation = attempt.obligation
    ticket = _hold_ticket_of(obligation)
    talked = outcome == CallAttempt.Outcome.REACHED
    # Only the control call that the ticket waits for asks for a verdict; one of a former round is just a talk.
    is_control = ticket is not None and awaits_verdict(ticket, obligation)
    if talked and is_control and confirmed is None and call_again_at is None:
        raise VerdictRequired
    if talked and is_control and confirmed is not None and ticket is not None:
        also = [*also, *_settled_by_verdict(ticket, obligation)]
    settled = finish_attempt(attempt=attempt, outcome=outcome, at=at, note=note, also=also)
    if not talked:
        return settled
    if ticket is not None:
        tell_term(ticket=ticket, at=at)
    if ticket is not None and is_control and confirmed is not None:
        step = "close" if confirmed else "return_to_work"
        move_ticket(ticket=ticket, step=step, actor=operator, at=at, note=note)
    elif call_again_at is not None:
        _promise_later(obligation, ticket, call_again_at=call_again_at, at=at)
    return settled


@write
def record_ring_back(
    *, obligation: CallbackObligation, outcome: str, operator: User, at: datetime, note: str = "",
    call_again_at: datetime | None = None, confirmed: bool | None = None, also: Iterable[CallbackObligation] = (),
) -> CallAttempt:  # fmt: skip
    """Write down a ring-back that is over: start and end in one, or the end of the call this operator has begun.

    What ``finish_ring_back`` refuses leaves no half-made call behind.
    """
    _hold_ticket_of(obligation)
    attempt = start_attempt(obligation=obligation, operator=operator, at=at)
    finish_ring_back(
        attempt=attempt, outcome=outcome, operator=operator, at=at, note=note, call_again_at=call_again_at,
        confirmed=confirmed, also=also,
    )  # fmt: skip
    attempt.refresh_from_db()
    return attempt


def _promise_later(
    obligation: CallbackObligation, ticket: Ticket | None, *, call_again_at: datetime, at: datetime
) -> None:
    reported = ticket is not None and awaits_verdict(ticket, obligation)
    later = promise_callback(
        contact=obligation.contact, reason=Reason.CONTROL_CALL if reported else Reason.PROMISED_LATER,
        promised_at=at, at=at, due_at=call_again_at, not_before=max(at, call_again_at - settings.CALLBACK_PROMISE),
        is_danger=obligation.is_danger, title=title_of(ticket) if ticket else "",
    )  # fmt: skip
    if ticket is None:
        return
    if reported:
        # The ticket waits for this call now; the one just made stays in the history of promises.
        TicketPromise.objects.create(ticket=ticket, obligation=obligation)
        Ticket.objects.filter(pk=ticket.pk).update(control_callback=later)
    else:
        TicketPromise.objects.create(ticket=ticket, obligation=later)


def awaits_verdict(ticket: Ticket, obligation: CallbackObligation) -> bool:
    """Whether this is the control call after which the ticket is closed or returned."""
    return ticket.status in REPORTED and ticket.control_callback_id == obligation.pk


def _settled_by_verdict(ticket: Ticket, control: CallbackObligation) -> list[CallbackObligation]:
    """What else was promised to the same person about this ticket: the verdict answers it as well."""
    return [
        owed
        for owed in owed_of(ticket)
        if owed.pk != control.pk and owed.number == control.number and owed.state != CallbackObligation.State.DIALLING
    ]


@write
def settle_by_inbound(
    *, obligations: Iterable[CallbackObligation], operator: User, started_at: datetime, at: datetime, note: str,
    confirmed: bool | None = None,
) -> CallAttempt:  # fmt: skip
    """The caller rang us first: this talk satisfies ``obligations`` (one number).

    A control call among them needs his verdict, as if we had rung: True closes its ticket, False returns the work.
    """
    settled = list(obligations)
    owners = {one.pk: ticket for one in sorted(settled, key=lambda one: one.pk) if (ticket := _hold_ticket_of(one))}
    asked = [(owners[one.pk], one) for one in settled if one.pk in owners and awaits_verdict(owners[one.pk], one)]
    if asked and confirmed is None:
        raise VerdictRequired
    for ticket, control in asked:
        known = {one.pk for one in settled}
        settled += [one for one in _settled_by_verdict(ticket, control) if one.pk not in known]
    talk = record_inbound_talk(obligations=settled, operator=operator, started_at=started_at, at=at, note=note)
    for ticket in owners.values():
        tell_term(ticket=ticket, at=at)
    for ticket, _control in asked:
        step = "close" if confirmed else "return_to_work"
        move_ticket(ticket=ticket, step=step, actor=operator, at=at, note=note)
    return talk


def owed_to_number(number: str) -> list[CallbackObligation]:
    """Every open promise to this number, whoever's name stands on it."""
    open_ones = CallbackObligation.objects.outstanding().filter(number=number) if number else ()
    return list(open_ones)


def open_tickets_of_number(number: str) -> list[Ticket]:
    """What this caller already has with us, the newest first."""
    if not number:
        return []
    found = Ticket.objects.filter(contact__phone=number, status__in=LIVE).with_row_details()
    return list(found.order_by("-registered_at")[:20])
