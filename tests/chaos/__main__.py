"""Break things while promises come due, then let everybody race for the same rows; end non-zero on any miss.

python -m tests.chaos [--only worker,redis,races] [--full] [--promises 2000] [--operations 4000] [--seed 1]
"""

import argparse
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from .attack import HEAD, Arrangement, attack
from .faults import FAULTS
from .races import race
from .tally import RACES_HEAD

RACES = "races"
SEEDS = 3
QUICK_OPERATIONS, FULL_OPERATIONS = 4_000, 100_000


def rule_below(head: str) -> str:
    return "|" + "---|" * (head.count("|") - 1)


def run_faults(names: tuple[str, ...], given: argparse.Namespace) -> bool:
    """Print the table of faults; whether anything was missed."""
    seeds = range(given.seed, given.seed + (SEEDS if given.full else 1))
    arrangements = [
        Arrangement(names, keeper, seed, given.promises, given.full)
        for seed in seeds
        for keeper in ([True, False] if given.full else [True])
    ]
    missed = False
    print(HEAD, rule_below(HEAD), sep="\n", flush=True)
    for arrangement in arrangements:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            for line, is_miss in process.submit(attack, arrangement).result():
                print(line, flush=True)
                missed |= is_miss
        print(f"Seed {arrangement.seed}; load of the machine at the end: {os.getloadavg()[0]:.1f}.\n", flush=True)
    return missed


def run_races(given: argparse.Namespace) -> bool:
    """Print the table of races; whether anything was missed."""
    print("", RACES_HEAD, rule_below(RACES_HEAD), sep="\n", flush=True)
    results = []
    for result in race(operations=given.operations, seed=given.seed):
        results.append(result)
        print(result.line(), flush=True)
    print("", *(line for result in results for line in result.details()), sep="\n", flush=True)
    return any(result.is_miss for result in results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults by name, separated by commas, and “races”")
    parser.add_argument("--full", action="store_true", help="with and without the promise keeper, by three seeds")
    parser.add_argument("--promises", type=int, default=2000)
    parser.add_argument("--operations", type=int, default=0, help="racing operations per database")
    parser.add_argument("--seed", type=int, default=1, help="of the order and the timing of faults")
    given = parser.parse_args()
    given.operations = given.operations or (FULL_OPERATIONS if given.full else QUICK_OPERATIONS)
    known = (*FAULTS, RACES)
    names = [name for name in given.only.split(",") if name] or list(known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"No such fault: {', '.join(unknown)}. There are: {', '.join(known)}.")
    faults = tuple(name for name in names if name != RACES)
    missed = run_faults(faults, given) if faults else False
    if RACES in names:
        missed |= run_races(given)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
