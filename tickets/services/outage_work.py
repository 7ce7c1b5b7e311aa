"""One word of the organisation for the whole outage, and what it does to each of its tickets.

Each ticket moves in a transaction of its own: a storm of them holds nobody's rows for long, and one that will not move
stops no other. What was left is done by the same word again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation
from callbacks.services import promise_callback
from companies.models import Company
from tickets.models import Outage, OutageNews, Ticket, TicketEvent, TicketPromise
from tickets.workflow import LIVE, REPORTED, Status

from .clocks import title_of
from .delays import promise_delay
from .outage_calls import leave_the_rest_for_later
from .outage_ties import OutageOver, follow_outage, hold_open_outage, promised_end, what_to_say
from .outages import lock_open, stop_news_clock
from .repeats import TicketDead
from .steps import NeedMissing, StepRefused, move_ticket

Reason = CallbackObligation.Reason

# As many as one answer of a page may take; the page says how many are left.
AT_ONCE = 200
# Its work is before the organisation or nobody: another one may still be given it.
NOT_BEGUN = (Status.REGISTERED, Status.ASSIGNED, Status.REJECTED)
UNREPORTED = tuple(status for status in LIVE if status not in REPORTED)


class InAnotherOutage(Refused):
    message = gettext_lazy("Эта заявка уже в другом отключении: сначала уберите её оттуда.")
    code = "in_another_outage"


class NotInOutage(Refused):
    message = gettext_lazy("Эта заявка не входит в отключение.")
    code = "not_in_outage"


class NobodyToDo(StepRefused):
    message = gettext_lazy("У заявки и у отключения нет исполнителя.")


@dataclass(slots=True)
class Moved:
    """What became of the tickets: how many moved, which would not (number, sentence), how many are still to do."""

    count: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0


def _each(outage: Outage, move: Callable[..., object], *, at: datetime, statuses: tuple[Status, ...]) -> Moved:
    """``move`` for every ticket of the outage in one of ``statuses``, each by itself.

    Whoever said after the end that his work is not done stays out of it: that is no longer the outage's.
    """
    moved = Moved()
    waiting = Ticket.objects.filter(outage=outage, status__in=statuses).order_by("pk")
    if outage.ended_at:
        waiting = waiting.exclude(control_callback__promised_at__gte=outage.ended_at)
    for ticket in waiting[:AT_ONCE]:
        try:
            # A call that was being registered while we waited for the outage is younger than our moment.
            move(ticket, at=max(at, ticket.transferred_at or ticket.registered_at))
        except Refused as refusal:
            moved.refused.append((ticket.number, str(refusal.message)))
        else:
            moved.count += 1
    moved.left = max(waiting.count() - len(moved.refused), 0)
    return moved


# ── Accepted, done, over ─────────────────────────────────────────────────────────────────────────────────────────
def accept_outage(*, outage: Outage, said_by: str, by: User, at: datetime, ends_at: datetime | None = None) -> Moved:
    """The organisation has taken the outage on, by telephone, with its term where it names one: so are its tickets.

    Raises OutageOver, NeedMissing.
    """
    held = _note_accepted(outage=outage, said_by=said_by, by=by, at=at, ends_at=ends_at)
    return accept_tickets(outage=held, said_by=said_by, by=by, at=at)


@write
def _note_accepted(*, outage: Outage, said_by: str, by: User, at: datetime, ends_at: datetime | None) -> Outage:
    held = lock_open(outage)
    if not said_by.strip():
        raise NeedMissing("said_by")
    held.accepted_at = held.accepted_at or at
    held.ends_at = ends_at or held.ends_at
    held.save(update_fields=["accepted_at", "ends_at"])
    _note(held, _("Принято организацией: %s") % said_by.strip(), by=by, at=at)
    return held


def accept_tickets(*, outage: Outage, said_by: str, by: User, at: datetime) -> Moved:
    return _each(outage, partial(_accept, outage=outage, said_by=said_by, by=by), at=at, statuses=NOT_BEGUN)


@write
def _accept(ticket: Ticket, *, outage: Outage, said_by: str, by: User, at: datetime) -> Ticket:
    if ticket.status in (Status.REGISTERED, Status.REJECTED):
        ticket = _hand_over(ticket, outage.company, outage=outage, by=by, at=at)
    return move_ticket(
        ticket=ticket, step="accept_by_phone", actor=by, at=at, said_by=said_by,
        planned_at=promised_end(outage, at=at), note=_("Отключение: %s") % outage,
    )  # fmt: skip


def _hand_over(ticket: Ticket, company: Company | None, *, outage: Outage, by: User, at: datetime) -> Ticket:
    if company is None:
        raise NobodyToDo
    return move_ticket(
        ticket=ticket, step="assign", actor=by, at=at, company=company, note=_("Отключение: %s") % outage
    )


def outage_done(*, outage: Outage, works: str, said_by: str, by: User, at: datetime) -> Moved:
    """The organisation says that its work is done: so it is of each ticket, and each caller is owed a control call.

    The outage itself is over only when somebody ends it. Raises OutageOver, NeedMissing.
    """
    held = _note_done(outage=outage, works=works, said_by=said_by, by=by, at=at)
    return report_tickets(outage=held, works=works, said_by=said_by, by=by, at=at)


@write
def _note_done(*, outage: Outage, works: str, said_by: str, by: User, at: datetime) -> Outage:
    held = lock_open(outage)
    _check_words(works, said_by)
    held.done_at = held.done_at or at
    held.save(update_fields=["done_at"])
    _note(held, _("Сделано: %(works)s (%(said_by)s)") % {"works": works, "said_by": said_by}, by=by, at=at)
    return held


def _check_words(works: str, said_by: str) -> None:
    for name, given in (("works", works), ("said_by", said_by)):
        if not given.strip():
            raise NeedMissing(name)


def end_outage(*, outage: Outage, works: str, said_by: str, by: User, at: datetime) -> Moved:
    """It is on again: no news is owed any more, its tickets are reported done, and the call list opens.

    Of two people who end it, the second is told, not obeyed. Raises OutageOver, NeedMissing.
    """
    held = _note_ended(outage=outage, works=works, said_by=said_by, by=by, at=at)
    return report_tickets(outage=held, works=works, said_by=said_by, by=by, at=at)


@write
def _note_ended(*, outage: Outage, works: str, said_by: str, by: User, at: datetime) -> Outage:
    held = lock_open(outage)
    _check_words(works, said_by)
    if at < held.starts_at:
        raise OutageOver(str(_("Отключение ещё не началось: его можно отменить.")))
    held.ended_at, held.done_at = at, held.done_at or at
    held.save(update_fields=["ended_at", "done_at"])
    stop_news_clock(held, at=at)
    _note(held, _("Включили: %(works)s (%(said_by)s)") % {"works": works, "said_by": said_by}, by=by, at=at)
    return held


def report_tickets(*, outage: Outage, works: str, said_by: str, by: User, at: datetime) -> Moved:
    """Report those tickets of the outage done that are not yet; also what an earlier word has left."""
    report = partial(_report, outage=outage, works=works, said_by=said_by, by=by)
    moved = _each(outage, report, at=at, statuses=UNREPORTED)
    leave_the_rest_for_later(outage)
    return moved


@write
def _report(ticket: Ticket, *, outage: Outage, works: str, said_by: str, by: User, at: datetime) -> Ticket:
    if ticket.status in NOT_BEGUN:
        ticket = _accept(ticket, outage=outage, said_by=said_by, by=by, at=at)
    return move_ticket(
        ticket=ticket, step="done_by_phone", actor=by, at=at, works=works, said_by=said_by,
        note=_("Отключение: %s") % outage,
    )  # fmt: skip


def move_terms(*, outage: Outage, by: User, at: datetime) -> Moved:
    """The promised end has moved: so has the term of each ticket, and whoever was told the former one is rung."""
    return _each(outage, partial(_move_term, outage=outage, by=by), at=at, statuses=UNREPORTED)


@write
def _move_term(ticket: Ticket, *, outage: Outage, by: User, at: datetime) -> None:
    if ticket.planned_at is None or ticket.planned_at == outage.ends_at or outage.ends_at is None:
        return
    if ticket.status in (Status.ACCEPTED, Status.IN_WORK):
        move_ticket(
            ticket=ticket, step="plan_by_phone", actor=by, at=at, planned_at=outage.ends_at,
            said_by=_("по отключению"), note=_("Отключение: %s") % outage,
        )  # fmt: skip
        return
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).with_step_details().get(pk=ticket.pk)
    Ticket.objects.filter(pk=held.pk).update(planned_at=outage.ends_at)
    _comment(held, _("Срок отключения перенесён: %s") % what_to_say(outage, at=at), by=by, at=at)
    promise_delay(ticket=held, at=at)


# ── A ticket joins and leaves ────────────────────────────────────────────────────────────────────────────────────
@write
def join_outage(*, ticket: Ticket, outage: Outage, by: User, at: datetime, wants_news: bool = False) -> Ticket:
    """An open ticket turns out to be part of an outage. What nobody has begun goes to the organisation of the outage.

    Raises OutageOver, TicketDead, InAnotherOutage.
    """
    # The outage before the ticket, as in registering: two ways round would meet in the middle.
    joined = hold_open_outage(outage)
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).with_step_details().get(pk=ticket.pk)
    if held.status not in UNREPORTED:
        raise TicketDead(str(_("Работа по этой заявке уже сделана: присоединять её поздно.")))
    if held.outage_id is not None:
        raise InAnotherOutage
    promised = held.planned_at or (promised_end(joined, at=at) if joined.accepted_at is None else None)
    Ticket.objects.filter(pk=held.pk).update(
        outage=joined, wants_news=held.wants_news or wants_news, planned_at=promised
    )
    _comment(held, _("Присоединена к отключению: %s") % joined, by=by, at=at, outage=joined.pk)
    if joined.company and held.company_id != joined.company_id and held.status in NOT_BEGUN:
        _hand_over(held, joined.company, outage=joined, by=by, at=at)
    alarms.tell_screens("outages")
    fresh = Ticket.objects.with_step_details().get(pk=held.pk)
    return follow_outage(ticket=fresh, outage=joined, actor=by, at=at)


@write
def leave_outage(*, ticket: Ticket, by: User, at: datetime) -> Ticket:
    """It was not part of the outage after all. Whoever was told so live is owed a call: he was told another cause.

    Raises NotInOutage, TicketDead.
    """
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).with_step_details().get(pk=ticket.pk)
    outage = held.outage
    if outage is None:
        raise NotInOutage
    if held.status not in UNREPORTED:
        raise TicketDead
    is_term_of_outage = held.accepted_at is None and held.planned_at == outage.ends_at
    Ticket.objects.filter(pk=held.pk).update(
        outage=None, told_live_at=None, planned_at=None if is_term_of_outage else held.planned_at,
        term_told_at=None if held.told_live_at else held.term_told_at,
    )  # fmt: skip
    _comment(held, _("Убрана из отключения: %s") % outage, by=by, at=at)
    if held.told_live_at:
        due_at = at + settings.CALLBACK_PROMISE
        promise = promise_callback(
            contact=held.contact, reason=Reason.PROMISED_LATER, promised_at=at, at=at,
            due_at=due_at, is_danger=held.category.is_danger, operator=by, title=title_of(held),
        )  # fmt: skip
        TicketPromise.objects.create(ticket=held, obligation=promise)
    alarms.tell_screens("outages")
    return Ticket.objects.with_step_details().get(pk=held.pk)


def _comment(ticket: Ticket, note: str, *, by: User, at: datetime, **details: int) -> None:
    TicketEvent.objects.create(
        ticket=ticket, step="comment", actor=by, from_status=ticket.status, to_status=ticket.status,
        company=ticket.company, happened_at=at, note=note[:8000], details=details,
    )  # fmt: skip
    alarms.tell_screens("tickets", ticket.number)


def _note(outage: Outage, text: str, *, by: User, at: datetime) -> None:
    next_by = outage.news_deadline.due_at if outage.is_open and outage.news_deadline else None
    OutageNews.objects.create(outage=outage, at=at, by=by, text=text[:2000], next_by=next_by)
    alarms.tell_screens("outages")
