"""Whom to ring when it is on again: who asked for it, two of each house, and one waiver by name for the rest."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation
from callbacks.services import waive
from callbacks.services.claims import NeedsSupervisor
from tickets.models import Outage, OutageNews, Ticket, TicketPromise
from tickets.workflow import REPORTED, UnconfirmedReason

from .neighbours import is_heard_out
from .steps import NeedMissing, move_ticket

State = CallbackObligation.State
# So many of each house say whether it is on again there.
OF_EACH_HOUSE = 2
# «Not reached» and «no number» are said of one person, never of all.
WAIVED_FOR = (UnconfirmedReason.OTHER, UnconfirmedReason.CALLER_DECLINED)
# As many as one answer of a page may take; the page says how many are left.
AT_ONCE = 200


class StillOff(Refused):
    message = gettext_lazy("Обзвон начинается, когда отключение закончено.")
    code = "still_off"


@dataclass(frozen=True, slots=True)
class Line:
    """One caller of the list: his ticket, why he is to be rung (empty: he is of the rest), and how far it is."""

    ticket: Ticket
    why: str
    state: str

    @property
    def is_owed(self) -> bool:
        return self.state == "owed"


@dataclass(frozen=True, slots=True)
class CallList:
    """Everybody whose ticket the outage has, those to be rung first; ``told_live``: who knew the cause from the start.

    ``others_owed``: neighbours who are still owed a call about one of the tickets.
    """

    lines: list[Line]
    told_live: int
    others_owed: int

    @property
    def to_ring(self) -> list[Line]:
        return [line for line in self.lines if line.why]

    @property
    def counts(self) -> dict[str, int]:
        """How many callers stand at each of STATES; «rest» are owed a call that the rule does not name."""
        found = Counter("rest" if line.is_owed and not line.why else line.state for line in self.lines)
        return {name: found[name] for name in STATES}

    @property
    def rest(self) -> int:
        return self.counts["rest"] + self.counts["no_number"] + self.others_owed


STATES = ("rung", "not_reached", "waived", "owed", "rest", "no_number", "not_reported", "again")


def read_call_list(outage: Outage) -> CallList:
    """The list as it stands; one query for the callers, one for their neighbours."""
    tickets = list(
        Ticket.objects.filter(outage=outage)
        .exclude(status__in=("cancelled", "duplicate"))
        .select_related("contact", "callback", "control_callback__claimed_by", "category")
        .order_by("pk")
    )
    turns: Counter[tuple[str, str, str]] = Counter()
    lines = []
    for ticket in tickets:
        house = (ticket.locality_name, ticket.street, ticket.house)
        why = ""
        if ticket.contact.phone and ticket.wants_news:
            why = _("просит позвонить")
        elif ticket.contact.phone and turns[house] < OF_EACH_HOUSE:
            turns[house] += 1
            why = _("двое из каждого дома")
        elif ticket.callback.state in CallbackObligation.OUTSTANDING:
            # He has heard nothing from us yet: no waiver of a control call makes up for that.
            why = _("ещё не получил ответа")
        lines.append(Line(ticket, why, _state_of(ticket)))
    lines.sort(key=lambda line: (not line.why, not line.is_owed, line.ticket.street, line.ticket.house))
    return CallList(lines, sum(bool(one.told_live_at) for one in tickets), len(_owed_to_others(outage)))


def _state_of(ticket: Ticket) -> str:
    control = ticket.control_callback
    if control is None:
        return "not_reported"
    if ticket.done_at is None:
        return "again"
    match control.state:
        case State.KEPT | State.SATISFIED:
            return "rung"
        case State.WAIVED:
            return "not_reached" if control.waiver == CallbackObligation.Waiver.NOT_REACHED else "waived"
        case State.EXHAUSTED:
            return "not_reached"
        case State.NOT_CALLABLE:
            return "no_number"
        case _:
            return "owed"


def _owed_to_others(outage: Outage) -> list[TicketPromise]:
    """What is still owed to neighbours about tickets of the outage whose work was reported."""
    owed = TicketPromise.objects.filter(
        ticket__outage=outage, ticket__status__in=REPORTED, obligation__state__in=CallbackObligation.OUTSTANDING,
        obligation__contact__added__ticket=F("ticket"),
    )  # fmt: skip
    return list(owed.select_related("ticket", "obligation").order_by("pk"))


def leave_the_rest_for_later(outage: Outage) -> None:
    """Operators ring first whom the rule names: the others are offered only in the second half of their time.

    Their promises stand as they are; by then one word of the supervisor may have covered them.
    """
    rest = [line.ticket.control_callback for line in read_call_list(outage).lines if line.is_owed and not line.why]
    for control in rest:
        if control is not None and control.due_at and control.state == State.OPEN and not control.first_attempt_at:
            half = control.promised_at + (control.due_at - control.promised_at) / 2
            CallbackObligation.objects.filter(pk=control.pk, state=State.OPEN, next_attempt_at__lt=half).update(
                next_attempt_at=half
            )
    alarms.tell_screens("queue")


@dataclass(frozen=True, slots=True)
class Waived:
    """How many callers the waiver covered, which tickets it could not close, and how many are left for another turn."""

    count: int
    refused: list[tuple[str, str]]
    left: int


def waive_the_rest(*, outage: Outage, by: User, at: datetime, reason: str, note: str) -> Waived:
    """One word of a supervisor covers everybody whom the rule does not name, each by name.

    Each promise is waived by him and its ticket closed without confirmation; whoever rings later opens it again.
    Each in a transaction of its own. Raises NeedsSupervisor, StillOff, NeedMissing.
    """
    if by.role != Role.SUPERVISOR:
        raise NeedsSupervisor(str(_("Снять обещания может старший смены.")))
    if outage.ended_at is None:
        raise StillOff
    if reason not in WAIVED_FOR:
        raise NeedMissing("reason")
    if not note.strip():
        raise NeedMissing("note")
    found = read_call_list(outage)
    rest = [line.ticket for line in found.lines if not line.why and line.state in ("owed", "no_number")]
    count, refused = 0, []
    for ticket in rest[:AT_ONCE]:
        try:
            move_ticket(
                ticket=ticket, step="close_unconfirmed", actor=by, at=at, reason=reason,
                note=_("По отключению: %s") % note.strip(),
            )  # fmt: skip
            count += 1
        except Refused as refusal:
            refused.append((ticket.number, str(refusal.message)))
    for promise in _owed_to_others(outage)[:AT_ONCE]:
        try:
            _waive_neighbour(promise, by=by, at=at, reason=reason, note=note)
            count += 1
        except Refused as refusal:
            refused.append((promise.ticket.number, str(refusal.message)))
    left = read_call_list(outage).rest - len(refused)
    text = _("Снято обещаний позвонить: %(count)s. %(reason)s: %(note)s") % {
        "count": count, "reason": UnconfirmedReason(reason).label, "note": note.strip(),
    }  # fmt: skip
    if count:
        OutageNews.objects.create(outage=outage, at=at, by=by, text=text[:2000])
    alarms.tell_screens("outages")
    return Waived(count, refused, max(left, 0))


@write
def _waive_neighbour(promise: TicketPromise, *, by: User, at: datetime, reason: str, note: str) -> None:
    """His call is waived; a ticket whose own caller has confirmed already is closed by it."""
    Ticket.objects.select_for_update(no_key=True).get(pk=promise.ticket_id)
    waive(obligation=promise.obligation, waiver=CallbackObligation.Waiver(reason), by=by, at=at, note=note)
    ticket = Ticket.objects.with_step_details().get(pk=promise.ticket_id)
    if is_heard_out(ticket):
        move_ticket(ticket=ticket, step="close", actor=by, at=at, note=note)
