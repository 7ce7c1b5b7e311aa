"""How many people and lines a stream of calls needs: the formulas of Erlang, in plain Python.

Calls come at random (Poisson), talks are of random length (exponential) with a known mean. ``load`` is the offered
load in erlangs: calls per second × mean talk in seconds, that is how many talks would go on at once if nobody ever
waited. Every length is in seconds, every share lies between 0 and 1.

Sources: A. K. Erlang (1917) for B and C; C. Palm (1957) and W. Whitt, «Engineering solution of a basic call-center
model» (Management Science 51, 2005) for A. Everything here grows one state at a time, by sums of positive shares
only, so nothing overflows or cancels out at two thousand operators, as factorials would.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, inf

# What is left of an endless queue when the rest can no longer change a figure.
NEGLIGIBLE = 1e-15


# ── Erlang B and C: nobody waits, or everybody waits ─────────────────────────────────────────────────────────────
def blocked(load: float, lines: int) -> float:
    """Erlang B: the share of calls that find all ``lines`` busy where nobody waits."""
    share = 1.0
    for line in range(1, lines + 1):
        share = load * share / (line + load * share)
    return share


def waits(load: float, operators: int) -> float:
    """Erlang C: the share of calls that have to wait where everybody waits as long as it takes.

    1 where the operators cannot cope: then the queue grows without end.
    """
    return _waits(blocked(load, operators), load, operators)


def _waits(refused: float, load: float, operators: int) -> float:
    if operators <= load:
        return 1.0
    return refused / (1 - load / operators * (1 - refused))


def answered_within(load: float, operators: int, *, talk: float, seconds: float) -> float:
    """The share of calls that an operator takes within ``seconds`` where everybody waits (service level, SL)."""
    return _answered_within(waits(load, operators), load, operators, talk, seconds)


def _answered_within(waiting: float, load: float, operators: int, talk: float, seconds: float) -> float:
    return 1 - waiting * exp(-(operators - load) * seconds / talk) if operators > load else 0.0


def mean_wait(load: float, operators: int, *, talk: float) -> float:
    """How long a call waits on average, those that do not wait included (ASA); endless where nobody copes."""
    return waits(load, operators) * talk / (operators - load) if operators > load else inf


# ── Erlang A: those who wait hang up, and lines run out ──────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the calls. ``blocked`` is of all; the others are of those that got a line.

    ``waits``: find every operator busy. ``abandons``: hang up before an answer. ``wait``: seconds in the queue on
    average, of those who were answered at once and of those who hung up too.
    """

    blocked: float
    waits: float
    abandons: float
    wait: float


@dataclass(frozen=True, slots=True)
class _States:
    """The steady state with so many lines. ``full``: share of time with every line taken. ``busy``: every operator."""

    lines: int
    full: float
    busy: float
    queue: float


def _grow(load: float, operators: int, leaving: float) -> Iterator[_States]:
    """The birth–death process with 0, 1, 2… lines; ``leaving`` is mean talk ÷ mean patience.

    One more line adds one more state, whose share follows from that of the last one as in Erlang B; everything else
    shrinks to make room for it.
    """
    full, busy, queue = 1.0, float(operators == 0), 0.0
    yield _States(0, full, busy, queue)
    lines = 0
    while True:
        lines += 1
        queued = max(lines - operators, 0)
        ends = lines - queued + queued * leaving
        full = load * full / (ends + load * full) if ends else 1.0
        busy = busy * (1 - full) + full * (lines >= operators)
        queue = queue * (1 - full) + full * queued
        yield _States(lines, full, busy, queue)


def with_abandonment(
    load: float, operators: int, *, talk: float, patience: float = inf, lines: int | None = None
) -> Fate:
    """Erlang A: callers wait ``patience`` seconds on average before they hang up, and there are so many ``lines``.

    A line is held by a talk and by waiting alike. Without ``lines`` there are as many as are ever needed; then
    somebody must be leaving, or the operators must cope (as in ``waits``).
    """
    if not load:
        return Fate(0.0, 0.0, 0.0, 0.0)
    if lines is None and patience == inf:
        return Fate(0.0, waits(load, operators), 0.0, mean_wait(load, operators, talk=talk))
    leaving = talk / patience
    growing = _grow(load, operators, leaving)
    if lines is None:
        last = next(states for states in growing if _is_the_rest_negligible(states, load, operators, leaving))
        return _fate(last, load, leaving, talk, endless=True)
    return _fate(next(states for states in growing if states.lines == lines), load, leaving, talk)


def _is_the_rest_negligible(states: _States, load: float, operators: int, leaving: float) -> bool:
    queued = states.lines - operators
    next_share = load / (operators + (queued + 1) * leaving) if queued > 0 else inf
    return next_share < 1 and states.full * (queued + 1) / (1 - next_share) ** 2 < NEGLIGIBLE


def _fate(states: _States, load: float, leaving: float, talk: float, *, endless: bool = False) -> Fate:
    refused = 0.0 if endless else states.full
    admitted = 1 - refused
    if admitted <= 0:
        return Fate(1.0, 0.0, 0.0, 0.0)
    # Of those who got a line: the state in which every line is taken lets nobody in.
    waiting = max(states.busy - refused, 0.0) / admitted
    # Little's law: the queue is what comes in × how long it stays.
    wait_in_talks = states.queue / (load * admitted)
    return Fate(refused, waiting, min(leaving * wait_in_talks, 1.0), wait_in_talks * talk)


# ── How many are needed ──────────────────────────────────────────────────────────────────────────────────────────
def operators_for_share(load: float, *, talk: float, share: float, seconds: float) -> int:
    """The fewest operators that answer ``share`` of the calls within ``seconds`` where nobody hangs up.

    Nobody does, on purpose: who plans with people hanging up plans for them to.
    """
    if not load:
        return 0
    refused, operators = 1.0, 0
    while True:
        operators += 1
        refused = load * refused / (operators + load * refused)
        waiting = _waits(refused, load, operators)
        if _answered_within(waiting, load, operators, talk, seconds) >= share:
            return operators


@dataclass(frozen=True, slots=True)
class Work:
    """Calls in (``calls`` an hour of ``talk`` seconds) and the ring-backs that they owe (``owed`` for each call)."""

    calls: float
    talk: float
    owed: float = 0.0
    ring_talk: float = 0.0

    @property
    def load(self) -> float:
        """Erlangs of the calls that come in."""
        return self.calls * self.talk / 3600

    @property
    def whole_load(self) -> float:
        """Erlangs of the calls and of the ring-backs together."""
        return self.calls * (self.talk + self.owed * self.ring_talk) / 3600

    @property
    def mean_talk(self) -> float:
        """Seconds of one piece of the work, be it a call or a ring-back."""
        return (self.talk + self.owed * self.ring_talk) / (1 + self.owed)


def operators_for_promise(work: Work, *, late: float, promise: float) -> int:
    """The fewest operators with whom at most ``late`` of the work waits longer than ``promise`` seconds.

    The promise: a call that nobody answers, and a caller who is owed a ring-back, are rung within ten minutes. So
    calls and ring-backs are one queue, in the order in which their time runs out (no kind goes before the other, as
    on the desk), and both take an operator's time. Then two things are asked: the operators have more capacity than
    calls and ring-backs together need, or the queue grows without end; and of that queue (Erlang C with the whole
    load and the mean length of its talks) no more than ``late`` waits beyond the promise. The second cannot hold
    without the first.
    """
    return operators_for_share(work.whole_load, talk=work.mean_talk, share=1 - late, seconds=promise)


def lines_for(load: float, operators: int, *, talk: float, patience: float = inf, share: float) -> int:
    """The fewest lines with which at most ``share`` of the calls hears «busy», waiting calls holding a line too.

    With endless patience the operators must cope; else no number of lines is enough and a ``ValueError`` says so.
    """
    if not load:
        return 0
    if patience == inf and operators <= load:
        raise ValueError("without anybody hanging up these operators never cope")
    return next(
        states.lines for states in _grow(load, operators, talk / patience) if states.lines and states.full <= share
    )
