"""One centre that goes through its faults while promises come due, and the lines of its table."""

import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .faults import AFTER_RECOVERY_SECONDS, FAULTS, Fault
from .rig import Batch, Count, Letters, Rig

WINDOW_SECONDS = 20.0
QUICK_FAULT_SECONDS, FULL_FAULT_SECONDS = 10.0, (12.0, 18.0)
# Where within the window a fault may begin.
LATEST_STRIKE_SECONDS = 3.0
HEAD = (
    "| fault | keeper | due | escalated once | lost | doubled | messages lost / doubled | p99 s | max s "
    "| after recovery s | verdict |"
)


@dataclass(frozen=True)
class Arrangement:
    """One centre and the faults it goes through, in the order of the seed."""

    names: tuple[str, ...]
    keeper: bool
    seed: int
    promises: int
    is_full: bool

    def order(self, chance: random.Random) -> list[str]:
        shuffled = chance.sample(self.names, len(self.names))
        # Health is measured on a centre that nothing has happened to.
        return sorted(shuffled, key=lambda name: name != "healthy")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    fault: Fault
    keeper: bool
    batch: Batch
    count: Count
    broken: list[str]

    def wrong(self, letters: Letters) -> Iterator[str]:
        count, fault = self.count, self.fault
        if count.lost or count.doubled:
            yield "lost or doubled"
        if letters.lost or letters.doubled:
            yield "messages lost or doubled"
        if fault.usual is not None and count.percentile(0.99) > fault.usual:
            yield f"1 of 100 later than {fault.usual:g} s"
        if self.keeper and count.latest > fault.limit:
            yield f"later than {fault.limit:g} s"
        if not self.keeper and count.after_recovery > AFTER_RECOVERY_SECONDS:
            yield f"later than {AFTER_RECOVERY_SECONDS:g} s after recovery"
        yield from self.broken

    def line(self, letters: Letters) -> tuple[str, bool]:
        """The printed line, and whether it is a miss."""
        count, wrong = self.count, "; ".join(self.wrong(letters))
        cells = [
            self.fault.title, "on" if self.keeper else "off", count.due, count.raised, count.lost, count.doubled,
            f"{letters.lost} / {letters.doubled}", f"{count.percentile(0.99):.2f}", f"{count.latest:.2f}",
            f"{count.after_recovery:.2f}", f"MISS: {wrong}" if wrong else "ok",
        ]  # fmt: skip
        return f"| {' | '.join(str(cell) for cell in cells)} |", bool(wrong)


# ── Striking ───────────────────────────────────────────────────────────────────────────────────────────────────────
def attack(arrangement: Arrangement) -> list[tuple[str, bool]]:
    """The lines of one centre, each with whether it is a miss. Runs in a process of its own: Django settles once."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)
    chance = random.Random(arrangement.seed)  # noqa: S311
    rows: list[Row] = []
    lines: list[tuple[str, bool]] = []
    try:
        with Rig(var=folder, keeper=arrangement.keeper) as rig:
            try:
                for row in (_strike(rig, FAULTS[name], arrangement, chance) for name in arrangement.order(chance)):
                    rows.append(row)  # noqa: PERF402  (what was measured before a failure is kept)
            except Exception:  # what was measured is shown; what was not is a miss
                say(traceback.format_exc())
                lines = [("| the run ended early; the reason stands above |", True)]
            letters = rig.letters([row.batch for row in rows])
            lines = [row.line(found) for row, found in zip(rows, letters, strict=True)] + lines
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return lines


def _strike(rig: Rig, fault: Fault, arrangement: Arrangement, chance: random.Random) -> Row:
    """Let promises come due while ``fault`` strikes, and count."""
    from tickets.services.invariants import broken_invariants

    seconds = chance.uniform(*FULL_FAULT_SECONDS) if arrangement.is_full else QUICK_FAULT_SECONDS
    begun = time.monotonic()
    batch = rig.promise(arrangement.promises, seconds=WINDOW_SECONDS)
    rig.sleep_until(batch.first_due_at)
    time.sleep(chance.uniform(0, LATEST_STRIKE_SECONDS))
    fault.strike(rig, batch, seconds)
    whole_at = rig.now()
    rig.check()
    # Nobody knows what becomes of the last promises before they are due.
    rig.sleep_until(batch.last_due_at)
    count = rig.count(batch, whole_at=whole_at)
    row = Row(fault, arrangement.keeper, batch, count, [broken.rule for broken in broken_invariants()])
    rig.clear(batch)
    line, _ = row.line(Letters(0, 0))
    say(f"{line} {time.monotonic() - begun:.0f} s, load {os.getloadavg()[0]:.1f}")
    return row


def say(text: str) -> None:
    """Progress goes beside the table."""
    print(text, file=sys.stderr, flush=True)
