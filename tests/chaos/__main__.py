"""Print a table: fault | due | raised once | lost | doubled | how late; end non-zero on any miss.

python -m tests.chaos [--only worker,redis] [--full] [--promises 2000]
"""

import argparse
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from .faults import FAULTS, Fault
from .rig import Count, Rig

SECONDS = 20.0
HEAD = "| fault | keeper | due | raised once | lost | doubled | letters lost / doubled | p99 s | max s | verdict |"


def run(rig: Rig, fault: Fault, *, promises: int, keeper: bool) -> tuple[Count, list[str]]:
    """Let ``promises`` come due while ``fault`` strikes; returns the count and what went wrong."""
    batch = rig.promise(promises, seconds=SECONDS, lead=5.0)
    rig.sleep_until(batch.first_due_at)
    kept: list[frozenset[int]] = []
    striking = threading.Thread(target=lambda: kept.append(fault.strike(rig, batch) or frozenset()))
    striking.start()
    striking.join()
    count = rig.count(batch, kept=kept[0])
    wrong = []
    limit = fault.limit if keeper else fault.limit_without_keeper
    if count.lost or count.doubled or count.letters_lost:
        wrong.append("lost or doubled")
    if count.latest > limit:
        wrong.append(f"later than {limit:g} s")
    from tickets.services.invariants import broken_invariants

    wrong += [broken.rule for broken in broken_invariants()]
    return count, wrong


def line(fault: Fault, count: Count, wrong: list[str], *, keeper: bool) -> str:
    cells = [
        fault.title, "on" if keeper else "off", count.due, count.raised, count.lost, count.doubled,
        f"{count.letters_lost} / {count.letters_doubled}", f"{count.percentile(0.99):.2f}", f"{count.latest:.2f}",
        "; ".join(wrong) or "ok",
    ]  # fmt: skip
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults by name, separated by commas")
    parser.add_argument("--full", action="store_true", help="again without the promise keeper, and three times over")
    parser.add_argument("--promises", type=int, default=2000)
    given = parser.parse_args()
    names = [name for name in given.only.split(",") if name] or list(FAULTS)
    unknown = sorted(set(names) - set(FAULTS))
    if unknown:
        sys.exit(f"No such fault: {', '.join(unknown)}. There are: {', '.join(FAULTS)}.")
    arrangements = [True] if not given.full else [True, False] * 3
    failed = False
    print(HEAD, "|---|---|---|---|---|---|---|---|---|---|", sep="\n", flush=True)
    for keeper in arrangements:
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        folder.chmod(0o755)
        try:
            with Rig(var=folder, keeper=keeper) as rig:
                for name in names:
                    fault = FAULTS[name]
                    if not keeper and not fault.without_keeper:
                        continue
                    count, wrong = run(rig, fault, promises=given.promises, keeper=keeper)
                    failed |= bool(wrong)
                    print(line(fault, count, wrong, keeper=keeper), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
