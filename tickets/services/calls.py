"""Talking to the caller of a ticket: what a ring-back settles, and what it promises next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.services import finish_attempt, promise_callback, record_attempt, record_inbound_talk
from callbacks.services.attempts import lock_all
from tickets.models import Ticket, TicketPromise
from tickets.workflow import LIVE, REPORTED

from .clocks import tell_term, title_of
from .neighbours import is_heard_out, is_owed_to_others
from .steps import move_ticket, owed_of

Reason = CallbackObligation.Reason
# What a talk asks of its ticket before it knows whether it will move it.
OF_TALK = ("status", "control_callback_id", "planned_at", "contact_id")
REACHED = CallAttempt.Outcome.REACHED


class Undone(TextChoices):
    """Why the caller does not confirm the work."""

    NOBODY_CAME = "nobody_came", _("никто не приходил")
    NOT_ALL = "not_all", _("сделали не всё")
    AGAIN = "again", _("сделали, но снова не работает")
    WORSE = "worse", _("стало хуже")
    OTHER = "other", _("другое")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the caller says of finished work: it is done or not, why not, in what words, and his mark from 1 to 5."""

    confirmed: bool
    mark: int | None = None
    undone: str = ""
    words: str = ""

    def note(self, talk: str) -> str:
        """What the history of the ticket says; without words of its own, what was written of the talk."""
        words = self.words.strip() or talk.strip()
        if not self.undone or self.undone == Undone.OTHER:
            return words
        return f"{str(Undone(self.undone).label).capitalize()}. {words}".strip()


class WrongMoment(Refused):
    message = _("Время следующего звонка должно быть в будущем.")
    code = "wrong_moment"


class VerdictRequired(Refused):
    message = _("Отметьте, подтвердил ли заявитель работу.")
    code = "verdict_required"


def ticket_of(obligation: CallbackObligation) -> Ticket | None:
    """The ticket that a promise belongs to; a missed call has none yet."""
    owner = _owners([obligation]).get(obligation.pk)
    return Ticket.objects.with_step_details().get(pk=owner) if owner else None


def _owners(obligations: Iterable[CallbackObligation]) -> dict[int, int]:
    """Whose ticket each of these promises is, by its id."""
    ids = [obligation.pk for obligation in obligations]
    # One index each: the three joined by OR would read the whole table.
    return dict(
        Ticket.objects.filter(callback__in=ids).values_list("callback_id", "pk")
        .union(
            Ticket.objects.filter(control_callback__in=ids).values_list("control_callback_id", "pk"),
            TicketPromise.objects.filter(obligation__in=ids).values_list("obligation_id", "ticket_id"),
            all=True,
        )
    )  # fmt: skip


def _hold_tickets(obligations: Sequence[CallbackObligation]) -> dict[int, Ticket]:
    """The ticket of each promise that has one, locked.

    Tickets before promises and each in one order, as everywhere, or two would wait for each other.
    """
    owners = _owners(obligations)
    # What a step reads besides, the step reads itself; most talks move no ticket.
    held = Ticket.objects.select_for_update(no_key=True).only(*OF_TALK)
    tickets = {ticket.pk: ticket for ticket in held.filter(pk__in=set(owners.values())).order_by("pk")}
    return {promise: tickets[ticket] for promise, ticket in owners.items()}


@dataclass(frozen=True, slots=True)
class _Talk:
    """What one talk is about, all of it locked: every promise that it settles, the ticket of each, and which of them
    are control calls with a verdict.
    """

    settled: list[CallbackObligation]
    locked: dict[int, CallbackObligation]
    tickets: dict[int, Ticket]
    answered: list[CallbackObligation]


def _hold(
    about: Sequence[CallbackObligation], verdicts: Mapping[int, Verdict], *, put_off: bool = False
) -> _Talk:  # fmt: skip
    """Lock what a talk is ``about`` and what its verdicts settle besides. Raises VerdictRequired.

    Only the control call that a ticket waits for asks for a verdict; one of a former round is just a talk. ``put_off``:
    the first one is put off by agreement, and so without a verdict.
    """
    tickets = _hold_tickets(about)
    settled = list(about)
    asked = [one for one in about if one.pk in tickets and awaits_verdict(tickets[one.pk], one)]
    if [one for one in asked if one.pk not in verdicts and not (put_off and one.pk == about[0].pk)]:
        raise VerdictRequired
    answered = [one for one in asked if one.pk in verdicts]
    for control in answered:
        known = {one.pk for one in settled}
        more = [one for one in _settled_by_verdict(tickets[control.pk], control) if one.pk not in known]
        settled += more
        tickets |= dict.fromkeys([one.pk for one in more], tickets[control.pk])
    return _Talk(settled, lock_all(one.pk for one in settled), tickets, answered)


@write
def finish_ring_back(
    *,
    attempt: CallAttempt,
    outcome: str,
    operator: User,
    at: datetime,
    note: str = "",
    call_again_at: datetime | None = None,
    call_not_before: datetime | None = None,
    confirmed: bool | None = None,
    also: Iterable[CallbackObligation] = (),
    verdicts: Mapping[int, Verdict] | None = None,
) -> CallbackObligation:
    """Write down how the ring-back ended, and what follows for its tickets.

    ``call_again_at`` opens a dated promise (the organisation is silent, or the caller asked for later, then with
    ``call_not_before``). ``verdicts`` are the answers to the control calls that were talked about, by their id; each
    needs one, unless another call was agreed. ``confirmed`` is the answer of the one that was rung, in a word.
    """
    about = _about(attempt.obligation, also, outcome)
    answers = _answers(attempt.obligation, confirmed, verdicts)
    talk = _hold(about, answers, put_off=call_again_at is not None or outcome != REACHED)
    if call_again_at is not None and call_again_at <= at:
        raise WrongMoment
    settled = finish_attempt(attempt=attempt, outcome=outcome, at=at, note=note, also=talk.settled)
    if outcome == REACHED:
        _conclude(
            talk, answers, settled, operator=operator, at=at, note=note, call_again_at=call_again_at,
            call_not_before=call_not_before,
        )  # fmt: skip
    return settled


@write
def record_ring_back(
    *, obligation: CallbackObligation, outcome: str, operator: User, at: datetime, note: str = "",
    call_again_at: datetime | None = None, call_not_before: datetime | None = None, confirmed: bool | None = None,
    also: Iterable[CallbackObligation] = (), verdicts: Mapping[int, Verdict] | None = None,
) -> CallAttempt:  # fmt: skip
    """Write down a ring-back that is over: start and end in one, or the end of the call this operator has begun.

    What ``finish_ring_back`` refuses leaves no half-made call behind.
    """
    answers = _answers(obligation, confirmed, verdicts)
    # All that it will settle, before the call itself takes the person's number.
    talk = _hold(
        _about(obligation, also, outcome), answers, put_off=call_again_at is not None or outcome != REACHED
    )  # fmt: skip
    if call_again_at is not None and call_again_at <= at:
        raise WrongMoment
    attempt = record_attempt(
        obligation=obligation, locked=talk.locked, operator=operator, outcome=outcome, at=at, note=note
    )  # fmt: skip
    if outcome == REACHED:
        _conclude(
            talk, answers, talk.locked[obligation.pk], operator=operator, at=at, note=note,
            call_again_at=call_again_at, call_not_before=call_not_before,
        )  # fmt: skip
    return attempt


def _about(
    obligation: CallbackObligation, also: Iterable[CallbackObligation], outcome: str
) -> list[CallbackObligation]:  # fmt: skip
    """What a call was about: whoever reached nobody has talked about nothing else."""
    return [obligation, *(also if outcome == REACHED else ())]


def _answers(
    obligation: CallbackObligation, confirmed: bool | None, verdicts: Mapping[int, Verdict] | None
) -> dict[int, Verdict]:
    answers = dict(verdicts or {})
    if confirmed is not None:
        answers.setdefault(obligation.pk, Verdict(confirmed))
    return answers


def _conclude(
    talk: _Talk, answers: Mapping[int, Verdict], settled: CallbackObligation, *, operator: User, at: datetime,
    note: str, call_again_at: datetime | None, call_not_before: datetime | None,
) -> None:  # fmt: skip
    """Somebody was talked to: what follows for the tickets, and what is promised next."""
    _follow(talk, answers, operator=operator, at=at, note=note)
    if call_again_at is not None and settled.pk not in [control.pk for control in talk.answered]:
        _promise_later(
            settled, talk.tickets.get(settled.pk), operator=operator, at=at, call_again_at=call_again_at,
            not_before=call_not_before,
        )  # fmt: skip
    _close_heard_out(talk, operator=operator, at=at, note=note)


def _follow(talk: _Talk, answers: Mapping[int, Verdict], *, operator: User, at: datetime, note: str) -> None:
    """What was said about each ticket: the term that its caller knows now, and his verdict."""
    for promise in talk.settled:
        ticket = talk.tickets.get(promise.pk)
        if ticket is not None and tells_term(ticket, promise):
            tell_term(ticket=ticket, at=at)
    for control in talk.answered:
        _answer(talk.tickets[control.pk], answers[control.pk], operator=operator, at=at, note=note)


def _close_heard_out(talk: _Talk, *, operator: User, at: datetime, note: str) -> None:
    """The last of the neighbours has been rung about what its caller has confirmed before."""
    reported = {ticket.pk for ticket in talk.tickets.values() if ticket.status in REPORTED}
    for ticket in Ticket.objects.with_step_details().filter(pk__in=reported).order_by("pk") if reported else ():
        if is_heard_out(ticket):
            move_ticket(ticket=ticket, step="close", actor=operator, at=at, note=note)


def _answer(ticket: Ticket, verdict: Verdict, *, operator: User, at: datetime, note: str) -> None:
    if verdict.confirmed and is_owed_to_others(ticket):
        # It stays reported until the last of them has been rung; its own control call is over.
        told = gettext("Заявитель подтвердил. Осталось позвонить соседям. %(note)s") % {"note": verdict.note(note)}
        move_ticket(ticket=ticket, step="comment", actor=operator, at=at, note=told, mark=verdict.mark)
        return
    move_ticket(
        ticket=ticket, step="close" if verdict.confirmed else "return_to_work", actor=operator, at=at,
        note=verdict.note(note), mark=verdict.mark, undone=verdict.undone,
    )  # fmt: skip


def _promise_later(
    obligation: CallbackObligation, ticket: Ticket | None, *, operator: User, at: datetime, call_again_at: datetime,
    not_before: datetime | None,
) -> None:  # fmt: skip
    reported = ticket is not None and awaits_verdict(ticket, obligation)
    later = promise_callback(
        contact=obligation.contact, reason=Reason.CONTROL_CALL if reported else Reason.PROMISED_LATER,
        promised_at=at, at=at, due_at=call_again_at, is_danger=obligation.is_danger, operator=operator,
        not_before=max(at, not_before or call_again_at - settings.CALLBACK_PROMISE),
        title=title_of(Ticket.objects.with_step_details().get(pk=ticket.pk)) if ticket else "",
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


def tells_term(ticket: Ticket, obligation: CallbackObligation) -> bool:
    """Whether a talk that settles this promise tells the caller the term: what is done, or is asked, has none."""
    return obligation.reason != Reason.CONTROL_CALL and ticket.status not in REPORTED


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
    about = list(obligations)
    answers = {} if confirmed is None else {one.pk: Verdict(confirmed) for one in about}
    talk = _hold(about, answers)
    attempt = record_inbound_talk(
        obligations=talk.settled, operator=operator, started_at=started_at, at=at, note=note
    )  # fmt: skip
    _follow(talk, answers, operator=operator, at=at, note=note)
    _close_heard_out(talk, operator=operator, at=at, note=note)
    return attempt


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
