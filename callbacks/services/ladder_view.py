"""The whole ladder of a clock as a screen shows it: whom each rung asked, what came back, who is asked next."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.models import User
from callbacks.models import Audience, Deadline, Escalation, Outbox, Rung

from .ladder import CAPPED
from .rules import moment_of


class StepState(StrEnum):
    """Where a rung stands. WAITING is the only one that somebody has to do something about."""

    SHOWN = "shown"  # a warning that rang
    ANSWERED = "answered"
    WAITING = "waiting"
    LAPSED = "lapsed"  # nobody had answered when the clock stopped
    AHEAD = "ahead"
    HELD = "held"  # its moment has come, but somebody tried in time


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was asked; ``person`` None: everybody of the centre. ``instead_of``: who has no address."""

    person: User | None
    instead_of: User | None


@dataclass(frozen=True, slots=True)
class LadderRing:
    """One ringing of a rung: ``turn`` 0 is the first, then its repeats. ``asked`` is empty where nobody was noted."""

    turn: int
    at: datetime
    asked: tuple[Asked, ...]

    @property
    def asked_everybody(self) -> bool:
        return any(one.person is None for one in self.asked)


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One rung of one clock. ``at``: when it rang, or when it will; ``until``: how long it is held back."""

    state: StepState
    at: datetime
    audience: str
    is_warning: bool
    escalation: Escalation | None = None
    rings: tuple[LadderRing, ...] = ()
    until: datetime | None = None

    @property
    def audience_label(self) -> str:
        return str(Audience(self.audience).label)

    @property
    def first_ring(self) -> LadderRing | None:
        return self.rings[0] if self.rings else None

    @property
    def answered_by_asked(self) -> bool:
        """Whether the only person asked is the one who answered: his name need not be said twice."""
        asked = self.rings[0].asked if self.rings else ()
        return bool(
            self.escalation and len(asked) == 1 and asked[0].person == self.escalation.acknowledged_by
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs of ``deadline``, in the order of the ladder."""

    deadline: Deadline
    steps: tuple[LadderStep, ...]
    at: datetime

    @property
    def waiting(self) -> list[LadderStep]:
        return [step for step in self.steps if step.state == StepState.WAITING]

    @property
    def next(self) -> LadderStep | None:
        return next((step for step in self.steps if step.state in (StepState.AHEAD, StepState.HELD)), None)

    @property
    def rang(self) -> int:
        """How many rungs rang, warnings left out."""
        return sum(step.escalation is not None and not step.is_warning for step in self.steps)

    @property
    def is_exhausted(self) -> bool:
        """The clock runs, and its ladder has nobody left to ask."""
        return self.deadline.stopped_at is None and self.deadline.rule_id is not None and self.next is None

    @property
    def is_pressing(self) -> bool:
        """The clock is overdue and somebody has not answered: shown without asking."""
        return bool(self.waiting) and self.deadline.is_overdue(self.at)


def ladder_of(deadlines: Iterable[Deadline], *, at: datetime) -> dict[int, Ladder]:
    """The ladders of these clocks as they stand at ``at``, by the clock's key, in three queries however many."""
    clocks = list(deadlines)
    if not clocks:
        return {}
    running = {clock.rule_id for clock in clocks if clock.stopped_at is None and clock.next_rung is not None}
    rungs: dict[int, list[Rung]] = defaultdict(list)
    for rung in Rung.objects.filter(rule__in=running).order_by("number"):
        rungs[rung.rule_id].append(rung)
    rang: dict[int, list[Escalation]] = defaultdict(list)
    raised = Escalation.objects.filter(deadline__in=[clock.pk for clock in clocks]).select_related("acknowledged_by")
    for escalation in raised.order_by("rung"):
        rang[escalation.deadline_id].append(escalation)
    rings = _rings([escalation for several in rang.values() for escalation in several])
    return {
        clock.pk: Ladder(
            deadline=clock,
            steps=(
                *(_rung_that_rang(escalation, clock, rings[escalation.pk]) for escalation in rang[clock.pk]),
                *_still_ahead(clock, rungs[clock.rule_id or 0], at=at),
            ),
            at=at,
        )
        for clock in clocks
    }


def _rings(escalations: list[Escalation]) -> dict[int, tuple[LadderRing, ...]]:
    """Every ringing of these rungs, as their messages on the screens tell it."""
    told: dict[int, dict[int, list[Outbox]]] = defaultdict(lambda: defaultdict(list))
    messages = Outbox.objects.filter(escalation__in=escalations, channel=Outbox.Channel.SCREEN)
    for message in messages.select_related("recipient", "stands_in_for").order_by("turn", "pk"):
        assert message.escalation_id is not None
        told[message.escalation_id][message.turn].append(message)
    rings = {}
    for escalation in escalations:
        turns = told[escalation.pk] or {0: []}
        rings[escalation.pk] = tuple(
            LadderRing(
                turn=turn,
                at=(several[0].sent_at if turn and several[0].sent_at else escalation.raised_at),
                asked=tuple(Asked(message.recipient, message.stands_in_for) for message in several),
            )
            for turn, several in turns.items()
        )
    return rings


def _rung_that_rang(escalation: Escalation, clock: Deadline, rings: tuple[LadderRing, ...]) -> LadderStep:
    if escalation.acknowledged_at is not None:
        state = StepState.ANSWERED
    elif escalation.is_warning:
        state = StepState.SHOWN
    else:
        state = StepState.WAITING if clock.stopped_at is None else StepState.LAPSED
    return LadderStep(
        state=state, at=escalation.raised_at, audience=escalation.audience, is_warning=escalation.is_warning,
        escalation=escalation, rings=rings,
    )  # fmt: skip


def _still_ahead(clock: Deadline, rungs: list[Rung], *, at: datetime) -> list[LadderStep]:
    """What is still to ring. A rung below the one that rings next rang elsewhere, before the promise moved here."""
    if clock.stopped_at is not None or clock.next_rung is None or clock.next_rung_at is None:
        return []
    steps = []
    for rung in rungs:
        if rung.number < clock.next_rung:
            continue
        own = moment_of(rung, started_at=clock.started_at, due_at=clock.due_at)
        # The ladder only goes up: nobody is asked before the one below him.
        moment = max(own, clock.next_rung_at)
        is_held = rung.number == clock.next_rung and rung.audience in CAPPED and own < clock.next_rung_at and own <= at
        steps.append(
            LadderStep(
                state=StepState.HELD if is_held else StepState.AHEAD, at=own if is_held else moment,
                audience=rung.audience, is_warning=moment < clock.due_at, until=moment if is_held else None,
            )
        )  # fmt: skip
    return steps
