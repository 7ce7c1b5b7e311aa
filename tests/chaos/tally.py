"""What came of the races: counts that processes hand each other, and the verdict."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Self

RACES_HEAD = "| races | operations | refused | operations/s | deadlocks | misses | illegal states | verdict |"


@dataclass
class Tally:
    """What one thread tried, what it was told, and what it saw that must never be seen."""

    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)
    # What can be won once: a promise settled, a rung answered.
    winners: Counter[tuple[str, int]] = field(default_factory=Counter)
    # Calls taken: promise, tries so far, from when, until when, by whom.
    claims: set[tuple[int, int, datetime, datetime, int]] = field(default_factory=set)

    def add(self, other: Self) -> None:
        self.tried += other.tried
        self.refused += other.refused
        self.misses += other.misses
        self.winners += other.winners
        self.claims |= other.claims

    def note(self, name: str, error: Exception) -> None:
        """Count how ``name`` failed: told politely, or not."""
        from django.db import DatabaseError, IntegrityError

        from accounts.writes import Refused

        # Whoever writes without a service is told by the database; a service owes a sentence.
        if isinstance(error, Refused) or (isinstance(error, IntegrityError) and name.startswith("hasty")):
            self.refused[name] += 1
            return
        cause = error.__cause__ if isinstance(error, DatabaseError) else error
        code = getattr(cause, "pgcode", None) or ""
        words = str(error).splitlines() or [""]
        self.misses[f"{name}: {type(error).__name__} {code} {words[0][:160]}"] += 1

    @property
    def won_twice(self) -> int:
        """Times that two were told they had won the same."""
        calls = sum(
            earlier[:2] == later[:2] and earlier[4] != later[4] and later[2] < earlier[3]
            for earlier, later in pairwise(sorted(self.claims))
        )
        return calls + sum(count > 1 for count in self.winners.values())


@dataclass(frozen=True)
class Result:
    """What a run of races came to; ``broken`` names the rules that stored rows break, with their number."""

    guarded: bool
    tally: Tally
    seconds: float
    deadlocks: int
    broken: dict[str, int] = field(default_factory=dict)

    @property
    def operations(self) -> int:
        return self.tally.tried.total()

    @property
    def illegal(self) -> int:
        return sum(self.broken.values()) + self.tally.won_twice

    @property
    def misses(self) -> int:
        return self.tally.misses.total()

    @property
    def verdict(self) -> str:
        if not self.guarded:
            return f"ok: caught {self.illegal} illegal" if self.illegal else "MISS: nothing was caught"
        wrong = []
        if self.illegal:
            wrong.append("illegal states")
        if self.deadlocks:
            wrong.append("deadlocks")
        if self.misses:
            wrong.append("losers not told politely")
        return f"MISS: {', '.join(wrong)}" if wrong else "ok: 0 illegal"

    @property
    def is_miss(self) -> bool:
        return self.verdict.startswith("MISS")

    def line(self) -> str:
        cells = [
            "with guards" if self.guarded else "without guards", self.operations, self.tally.refused.total(),
            f"{self.operations / self.seconds:.0f}", self.deadlocks, self.misses, self.illegal, self.verdict,
        ]  # fmt: skip
        return f"| {' | '.join(str(cell) for cell in cells)} |"

    def details(self) -> Iterator[str]:
        """What was raced, and what went wrong."""
        tried = ", ".join(
            f"{name} {count} ({self.tally.refused[name]} refused)" for name, count in sorted(self.tally.tried.items())
        )
        yield f"Tried: {tried}."
        if self.tally.won_twice:
            yield f"Won by two: {self.tally.won_twice}."
        yield from (f"Broken: {rule}: {count}." for rule, count in self.broken.items())
        if self.guarded:
            yield from (f"Missed {count} times: {what}" for what, count in self.tally.misses.most_common(20))
