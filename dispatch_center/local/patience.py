"""How often a process may die before the whole run is given up."""

from collections import deque
from dataclasses import dataclass, field

# Five starts in a row that lead nowhere will not lead anywhere the sixth time.
FRUITLESS_STARTS = 5
# One that starts well and dies again and again is no service either; a rehearsal of faults stays below this.
DEATHS_A_MINUTE = 20
SHORTEST_PAUSE = 0.3
LONGEST_PAUSE = 8.0
# Whoever lived for less has not really started, whatever it answered.
A_LIFE = 2.0


@dataclass
class Patience:
    """The memory of one process's deaths."""

    fruitless: int = 0
    deaths: deque[float] = field(default_factory=deque)

    def pause_after_death(self, *, at: float, lived: float, was_ready: bool) -> float | None:
        """Seconds to wait before the next start, or None when it is time to give up."""
        self.deaths.append(at)
        while self.deaths[0] < at - 60:
            self.deaths.popleft()
        self.fruitless = 0 if was_ready and lived >= A_LIFE else self.fruitless + 1
        if self.fruitless >= FRUITLESS_STARTS or len(self.deaths) > DEATHS_A_MINUTE:
            return None
        return min(SHORTEST_PAUSE * 2.0 ** max(0, self.fruitless - 1), LONGEST_PAUSE)
