"""The queue as it stands: what is owed, to whom, who holds it. Read once for all screens (drawing.py draws it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Q

from accounts.models import DutyPost, DutyShift, LineSpell, Role, User
from callbacks.models import CallbackObligation, CitizenNotice, Contact
from callbacks.services.watch import Pulse, read_pulse
from tickets.models import Outage, Ticket
from tickets.services.hunches import count_hunches

from .decisions import Decision, decision_for, last_notice
from .promises import messages_left, tickets_of

State = CallbackObligation.State
SHOWN = 50
SOON = timedelta(minutes=3)
# What a row prints; a promise and its ticket have three times as many columns.
OF_TICKET = (
    "number", "status", "is_emergency", "locality_name", "street", "house", "entrance", "floor", "flat", "repeats",
    "transferred_at", "planned_at", "callback_id", "control_callback_id", "company__name", "category__problem",
)  # fmt: skip


class Kind(StrEnum):
    """Whose board: who rings, who decides as well, who only reads."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    READER = "reader"

    @property
    def takes_calls(self) -> bool:
        return self != Kind.READER

    @property
    def decides(self) -> bool:
        return self == Kind.SUPERVISOR


def kind_of(user: User) -> Kind | None:
    """None: an organisation's person, to whom the queue is not there."""
    if not user.is_of_centre:
        return None
    return {Role.OPERATOR: Kind.OPERATOR, Role.SUPERVISOR: Kind.SUPERVISOR}.get(Role(user.role), Kind.READER)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the queue. ``is_held``: somebody has it right now. ``decision``: what a supervisor may do about it."""

    promise: CallbackObligation
    ticket: Ticket | None
    is_held: bool
    waits_until: datetime | None
    decision: Decision | None = None
    notice: CitizenNotice | None = None
    messages: Sequence[Contact] = ()

    @property
    def name(self) -> str:
        """Its element on the page."""
        return f"promise-{self.promise.pk}"

    def is_of(self, user: User) -> bool:
        return self.is_held and self.promise.claimed_by_id == user.pk


@dataclass(frozen=True, slots=True)
class Counters:
    waiting: int
    overdue: int
    soon: int
    exhausted: int
    without_number: int
    on_line: int
    outages: int
    hunches: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What is owed at ``at``, read once for all kinds."""

    at: datetime
    rows: list[Row]
    exhausted: list[Row]
    counters: Counters
    pulse: Pulse
    senior: DutyShift | None

    @property
    def more(self) -> int:
        return max(0, self.counters.waiting + self.counters.exhausted - len(self.rows) - len(self.exhausted))

    @property
    def menu_counts(self) -> dict[str, int]:
        return {"queue": self.counters.waiting + self.counters.exhausted, "outages": self.counters.outages}


def read_queue(*, at: datetime, decides: bool) -> Queue:
    """The queue at ``at``; ``decides``: with what a supervisor decides about the unreachable."""
    owed = CallbackObligation.objects.outstanding().select_related("contact", "claimed_by").most_urgent_first()
    # Two short reads: those that only a supervisor can move must not push the others off the page.
    ringing = list(owed.exclude(state=State.EXHAUSTED)[:SHOWN])
    exhausted = list(owed.filter(state=State.EXHAUSTED).prefetch_related("notices")[:SHOWN])
    said = messages_left([*ringing, *exhausted])
    printed = Ticket.objects.select_related("category", "company").only(*OF_TICKET)
    tickets = tickets_of([*ringing, *exhausted], printed)
    shifts = DutyShift.objects.on_duty(at).filter(post=DutyPost.SUPERVISOR).select_related("user")
    return Queue(
        at=at,
        rows=[_row(one, tickets.get(one.pk), at=at, messages=said.get(one.pk, ())) for one in ringing],
        exhausted=[
            _row(one, tickets.get(one.pk), at=at, messages=said.get(one.pk, ()), decides=decides) for one in exhausted
        ],
        counters=_count(at),
        pulse=read_pulse(at),
        senior=shifts.order_by("ends_at").first(),
    )


def _row(
    promise: CallbackObligation, ticket: Ticket | None, *, at: datetime, messages: Sequence[Contact],
    decides: bool = False,
) -> Row:  # fmt: skip
    is_held = promise.state == State.DIALLING or (
        promise.state == State.CLAIMED and promise.claimed_until is not None and promise.claimed_until > at
    )
    waits = promise.state == State.OPEN and promise.next_attempt_at is not None and promise.next_attempt_at > at
    is_exhausted = promise.state == State.EXHAUSTED
    return Row(
        promise=promise,
        ticket=ticket,
        is_held=is_held,
        waits_until=promise.next_attempt_at if waits else None,
        decision=decision_for(promise, ticket) if is_exhausted and decides else None,
        notice=last_notice(promise) if is_exhausted else None,
        messages=messages,
    )


def _count(at: datetime) -> Counters:
    ringing = ~Q(state=State.EXHAUSTED)
    counted = CallbackObligation.objects.outstanding().aggregate(
        waiting=Count("pk", filter=ringing),
        overdue=Count("pk", filter=Q(due_at__lte=at)),
        soon=Count("pk", filter=ringing & Q(due_at__gt=at, due_at__lte=at + SOON)),
        exhausted=Count("pk", filter=~ringing),
    )
    # Of the last day: the index by time makes it cheap, and older ones are closed on an act or by waiver.
    without_number = CallbackObligation.objects.filter(
        state=State.NOT_CALLABLE, promised_at__gt=at - timedelta(days=1)
    ).count()
    return Counters(
        **counted,
        without_number=without_number,
        on_line=LineSpell.objects.on_line().count(),
        outages=Outage.objects.current(at).count(),
        hunches=count_hunches(at),
    )
