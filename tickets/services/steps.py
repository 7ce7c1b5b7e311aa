"""Moving a ticket: the rule from the table, the row under lock, the history line in the same transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, Clock, Deadline
from callbacks.services import promise_callback, rules_in_force, waive
from callbacks.services.retries import after_the_night
from callbacks.services.rules import Rules
from companies.models import Company
from tickets.models import SentStep, Ticket, TicketEvent, TicketPromise
from tickets.workflow import CLOSED_TO_APPOINTED, STEPS, WITH_COMPANY, Status, Step

from .beside import follow_step
from .clocks import (
    NORM_CLOCKS,
    TICKET_CLOCKS,
    acceptance_of,
    handed_over_by,
    norm_clocks,
    opening_clocks,
    own_clock,
    save_clocks,
    stop_clocks,
    title_of,
)
from .delays import is_later, promise_delay, term_of
from .holdings import ask_who_decides, check_refusals, keep_chain
from .neighbours import promise_neighbours
from .new_work import tell_of_new_work
from .news import tell_of_step
from .pressed import bounded

Reason = CallbackObligation.Reason
Waiver = CallbackObligation.Waiver


class StepRefused(Refused):
    message = _("Этот шаг сейчас невозможен: заявка уже в другом состоянии.")
    code = "step_refused"


class Appointed(StepRefused):
    message = _("Организация назначена до решения: вернуть заявку в центр нельзя.")
    code = "appointed"


class TalkFirst(StepRefused):
    """The control call is still owed: what the caller says is written down with it."""

    message = _("Сначала запишите контрольный звонок: заявитель ещё не сказал, сделана ли работа.")
    code = "talk_first"


class NeedMissing(StepRefused):
    """Something the step needs was not given; ``field`` names it."""

    code = "need_missing"
    SENTENCES = {
        "note": _("Нужно пояснение."),
        "reason": _("Выберите причину из списка."),
        "until": _("Укажите, до какого времени."),
        "company": _("Выберите организацию."),
        "planned_at": _("Укажите срок."),
        "works": _("Напишите, что сделано."),
        "said_by": _("Запишите, кто сказал и по какому номеру."),
        "duplicate_of": _("Укажите номер основной заявки."),
    }

    def __init__(self, field: str, message: str = "") -> None:
        super().__init__(message or self.SENTENCES[field])
        self.field = field


@dataclass(frozen=True, slots=True)
class Given:
    """What came with the step."""

    actor: User
    at: datetime
    note: str = ""
    reason: str = ""
    until: datetime | None = None
    company: Company | None = None
    planned_at: datetime | None = None
    works: str = ""
    act_number: str = ""
    said_by: str = ""
    duplicate_of: Ticket | None = None
    # What the caller said of the work: his mark, and why it is not done.
    mark: int | None = None
    undone: str = ""
    # From a telephone: when the button was pressed there, and the key under which the step is sent.
    pressed_at: datetime | None = None
    sent_key: UUID | None = None


@write
def move_ticket(*, ticket: Ticket, step: str, actor: User, at: datetime, **given: Any) -> Ticket:
    """Take one step of the workflow table. ``given`` holds what the step needs and asks (see ``Given``).

    Of two people pressing a button at once, the second is told, not obeyed; what one telephone sends twice under
    ``sent_key`` is one step. Raises StepRefused, NeedMissing, and RuleBroken when the database knows better (an open
    promise, no conversation).
    """
    rule = STEPS[step]
    facts = Given(actor=actor, at=at, **given)
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).with_step_details().get(pk=ticket.pk)
    if facts.sent_key and was_sent(actor=actor, key=facts.sent_key):
        return held
    _check_allowed(step, held, actor)
    _check_needs(rule, facts)
    before, term = held.status, term_of(held)
    # Whoever sent it back does not have it any more.
    holder = held.company if before != Status.REJECTED else None
    if rule.target is not None:
        held.status = rule.target
    if effect := EFFECTS.get(step):
        effect(held, facts)
    held.mark = facts.mark or held.mark
    held.save()
    event = TicketEvent.objects.create(
        ticket=held, step=step, actor=actor, from_status=before, to_status=held.status, company=held.company,
        happened_at=at, reason=facts.reason, note=facts.note.strip(), details=_details(facts, held),
    )  # fmt: skip
    follow_step(event=event, at=at)
    if facts.sent_key:
        SentStep.objects.create(user=actor, key=facts.sent_key, event=event)
    keep_chain(ticket=held, event=event)
    if step == "reject":
        ask_who_decides(ticket=held, at=at)
    if step == "reopen":
        _promise_again(held, facts)
    tell_of_step(ticket=held, step=step, holder=holder, reason=facts.reason, at=at)
    if held.term_told_at and is_later(term_of(held), than=term):
        promise_delay(ticket=held, at=at)
    alarms.tell_screens("tickets", held.number)
    return held


def was_sent(*, actor: User, key: UUID) -> bool:
    """Whether this person's telephone has sent the step of this key already."""
    return SentStep.objects.filter(user=actor, key=key).exists()


def _check_allowed(step: str, ticket: Ticket, actor: User) -> None:
    if not STEPS[step].allows(status=ticket.status, role=actor.role):
        raise StepRefused
    if ticket.is_appointed and step in CLOSED_TO_APPOINTED:
        raise Appointed
    # Between the look at the page and the lock the ticket may have been given to somebody else.
    if actor.is_of_company and not Ticket.objects.visible_to(actor).filter(pk=ticket.pk).exists():
        raise StepRefused


def _check_needs(rule: Step, facts: Given) -> None:
    for need in rule.needs:
        value = getattr(facts, need)
        if not (value.strip() if isinstance(value, str) else value):
            raise NeedMissing(need)
    if rule.reasons is not None and facts.reason not in rule.reasons.values:
        raise NeedMissing("reason")
    if facts.reason == "other" and not facts.note.strip():
        raise NeedMissing("note")
    for name in ("until", "planned_at"):
        moment = getattr(facts, name)
        if moment is not None and moment <= facts.at:
            raise NeedMissing(name, str(_("Срок должен быть в будущем.")))


def _details(facts: Given, ticket: Ticket) -> dict[str, str]:
    given = {
        "until": facts.until.isoformat() if facts.until else "",
        "planned_at": facts.planned_at.isoformat() if facts.planned_at else "",
        "works": facts.works.strip(),
        "act_number": facts.act_number.strip(),
        "said_by": facts.said_by.strip(),
        "duplicate_of": facts.duplicate_of.number if facts.duplicate_of else "",
        "mark": str(facts.mark or ""),
        "undone": facts.undone,
        # Shown, never reckoned with: every rule counts from the moment the step reached us.
        "pressed_at": bounded(facts.pressed_at, ticket=ticket, at=facts.at).isoformat() if facts.pressed_at else "",
    }
    return {name: value for name, value in given.items() if value}


# ── What each step changes besides the status ─────────────────────────────────────────────────────────────────────


def _assign(ticket: Ticket, facts: Given) -> None:
    stop_clocks(ticket=ticket, at=facts.at, clocks=(Clock.ACCEPTANCE,), withdrawn=True)
    stop_clocks(ticket=ticket, at=facts.at, clocks=(Clock.WAITING_CENTRE, Clock.REFUSALS))
    ticket.is_appointed = False
    ticket.company, ticket.foreman = facts.company, None
    ticket.transferred_at = facts.at
    ticket.accepted_at = ticket.planned_at = ticket.postponed_until = None
    # The clocks of the norm go on, and whoever has the work now answers for them.
    running = Deadline.objects.running().filter(ticket_deadline__ticket=ticket, clock__in=NORM_CLOCKS)
    running.update(company=facts.company)
    answer_by = _start_own_clock(Clock.ACCEPTANCE, ticket, facts, operator=facts.actor)
    tell_of_new_work(ticket=ticket, deadline=answer_by, at=facts.at)


def _appoint(ticket: Ticket, facts: Given) -> None:
    check_refusals(ticket)
    _assign(ticket, facts)
    ticket.is_appointed = True


def _start_own_clock(clock: Clock, ticket: Ticket, facts: Given, *, operator: User | None) -> Deadline:
    rules = rules_in_force()
    started = own_clock(clock, ticket=ticket, at=facts.at, rules=rules, operator=operator)
    save_clocks(ticket=ticket, deadlines=[started])
    return started


def _accept(ticket: Ticket, facts: Given) -> None:
    # A skipped step must not lose its time stamp: going straight to work accepts as well.
    ticket.accepted_at = ticket.accepted_at or facts.at
    ticket.planned_at = facts.planned_at or ticket.planned_at
    stop_clocks(ticket=ticket, at=facts.at, clocks=(Clock.ACCEPTANCE,))


def _reject(ticket: Ticket, facts: Given) -> None:
    stop_clocks(ticket=ticket, at=facts.at, clocks=(Clock.ACCEPTANCE,))
    # Nobody has it: the centre must find somebody else, and soon.
    _start_own_clock(Clock.WAITING_CENTRE, ticket, facts, operator=handed_over_by(ticket))


def _start(ticket: Ticket, facts: Given) -> None:
    _accept(ticket, facts)
    ticket.started_at = ticket.started_at or facts.at
    ticket.postponed_until = None


def _plan(ticket: Ticket, facts: Given) -> None:
    ticket.planned_at = facts.planned_at


def _postpone(ticket: Ticket, facts: Given) -> None:
    # The legal clock does not move: the agreed term stands beside it.
    ticket.postponed_until = facts.until
    running = Deadline.objects.running().filter(ticket_deadline__ticket=ticket, clock=Clock.FIX)
    running.update(agreed_at=facts.until)


def _localise(ticket: Ticket, facts: Given) -> None:
    ticket.localised_at = ticket.localised_at or facts.at
    stop_clocks(ticket=ticket, at=facts.at, clocks=(Clock.LOCALISE,))


def _done(ticket: Ticket, facts: Given) -> None:
    ticket.done_at = facts.at
    ticket.works, ticket.act_number = facts.works.strip(), facts.act_number.strip()
    stop_clocks(ticket=ticket, at=facts.at, clocks=(Clock.PLANNED_TERM,), withdrawn=True)
    stop_clocks(ticket=ticket, at=facts.at, clocks=TICKET_CLOCKS)
    if ticket.control_callback is not None:
        # The control call of the former round stays in the history of promises.
        TicketPromise.objects.create(ticket=ticket, obligation=ticket.control_callback)
    rules = rules_in_force()
    not_before, due_at = control_call_window(facts.at, rules)
    ticket.control_callback = promise_callback(
        contact=ticket.contact, reason=Reason.CONTROL_CALL, promised_at=facts.at, at=facts.at,
        due_at=due_at, not_before=not_before, rules=rules, title=title_of(ticket),
    )  # fmt: skip
    promise_neighbours(ticket=ticket, at=facts.at, not_before=not_before, due_at=due_at, rules=rules)


def control_call_window(done_at: datetime, rules: Rules) -> tuple[datetime, datetime]:
    """Not before and due: so long after the work; what is reported in the evening is asked the next morning.

    Mornings are spread between ten and noon by the minute of the report, so that they do not all come due at once.
    """
    due = done_at + rules[Clock.CONTROL_CALL].rule.length_for(is_emergency=False)
    eight = after_the_night(due)
    if eight == due:
        return done_at, due
    spread = timedelta(minutes=2 * done_at.minute)
    return eight + timedelta(hours=1), eight + timedelta(hours=2) + spread


def _return(ticket: Ticket, facts: Given) -> None:
    if ticket.control_callback and ticket.control_callback.state in CallbackObligation.OUTSTANDING:
        raise TalkFirst
    ticket.returns = F("returns") + 1
    ticket.done_at = None
    again = norm_clocks(ticket=ticket, at=facts.at, damaged_at=facts.at, rules=rules_in_force(), operator=facts.actor)
    save_clocks(ticket=ticket, deadlines=again)


def _close(ticket: Ticket, facts: Given) -> None:
    ticket.closed_at = facts.at
    stop_clocks(ticket=ticket, at=facts.at, clocks=TICKET_CLOCKS, withdrawn=True)


def _close_unconfirmed(ticket: Ticket, facts: Given) -> None:
    _waive_all(ticket, Waiver(facts.reason), facts)
    _close(ticket, facts)


def _cancel(ticket: Ticket, facts: Given) -> None:
    # Nobody can be rung who left no number; everybody else has to be.
    if ticket.callback.state == CallbackObligation.State.NOT_CALLABLE:
        waive(obligation=ticket.callback, waiver=Waiver.NO_NUMBER, by=facts.actor, at=facts.at)
    _close(ticket, facts)


def _mark_duplicate(ticket: Ticket, facts: Given) -> None:
    """The promise made to this caller moves to the main ticket: same person, same minute, same rung."""
    master = facts.duplicate_of
    if master is None or master.pk == ticket.pk or master.status not in (*WITH_COMPANY, Status.REGISTERED):
        raise NeedMissing("duplicate_of", str(_("Основная заявка должна быть другой и ещё открытой.")))
    for owed in owed_of(ticket):
        waive(obligation=owed, waiver=Waiver.DUPLICATE, by=facts.actor, at=facts.at)
        if owed.deadline is not None:
            # Where its ladder stood when it stopped: a rung may have rung since we looked.
            owed.deadline.refresh_from_db()
            moved = promise_callback(
                contact=ticket.contact, reason=Reason(owed.reason), promised_at=owed.promised_at, due_at=owed.due_at,
                at=facts.at, is_danger=owed.is_danger, goes_on=owed, operator=facts.actor, title=owed.deadline.title,
                not_before=owed.next_attempt_at,
            )  # fmt: skip
            TicketPromise.objects.create(ticket=master, obligation=moved)
    ticket.duplicate_of = master
    _close(ticket, facts)


def _reopen(ticket: Ticket, facts: Given) -> None:
    ticket.closed_at = ticket.done_at = ticket.accepted_at = ticket.term_told_at = None
    ticket.transferred_at = facts.at
    ticket.is_appointed = False


def _promise_again(ticket: Ticket, facts: Given) -> None:
    """A reopened ticket owes a new call, and its clocks start anew."""
    rules = rules_in_force()
    promise = promise_callback(
        contact=ticket.contact, reason=Reason.REOPENED, promised_at=facts.at, at=facts.at, rules=rules,
        operator=facts.actor, title=title_of(ticket),
    )  # fmt: skip
    TicketPromise.objects.create(ticket=ticket, obligation=promise)
    clocks = opening_clocks(ticket=ticket, at=facts.at, damaged_at=facts.at, rules=rules, operator=facts.actor)
    save_clocks(ticket=ticket, deadlines=clocks)
    tell_of_new_work(ticket=ticket, deadline=acceptance_of(clocks), at=facts.at)


def owed_of(ticket: Ticket) -> list[CallbackObligation]:
    """Every promise of the ticket that is not final yet, those without a number included."""
    return list(
        CallbackObligation.objects.exclude(state__in=CallbackObligation.FINAL)
        .filter(pk__in=promise_ids(ticket))
        .select_related("deadline")
        .order_by("pk")
    )


def promise_ids(ticket: Ticket) -> list[int]:
    own = [pk for pk in (ticket.callback_id, ticket.control_callback_id) if pk]
    return own + list(ticket.promises.values_list("obligation_id", flat=True))


def _waive_all(ticket: Ticket, waiver: CallbackObligation.Waiver, facts: Given) -> None:
    for owed in owed_of(ticket):
        # A number that does not exist is its own reason, whatever the step's.
        reason = Waiver.NO_NUMBER if owed.state == CallbackObligation.State.NOT_CALLABLE else waiver
        waive(obligation=owed, waiver=reason, by=facts.actor, at=facts.at, note=facts.note)


EFFECTS: dict[str, Callable[[Ticket, Given], None]] = {
    "assign": _assign,
    "appoint": _appoint,
    "accept": _accept,
    "accept_by_phone": _accept,
    "reject": _reject,
    "start": _start,
    "plan": _plan,
    "plan_by_phone": _plan,
    "localise": _localise,
    "localise_by_phone": _localise,
    "postpone": _postpone,
    "report_done": _done,
    "done_by_phone": _done,
    "not_confirmed": _done,
    "close": _close,
    "close_unconfirmed": _close_unconfirmed,
    "return_to_work": _return,
    "cancel": _cancel,
    "mark_duplicate": _mark_duplicate,
    "reopen": _reopen,
}
