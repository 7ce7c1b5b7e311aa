"""``python -m bench``: one JSON line per measure."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from dispatch_center.local.places import CannotStart

from .intake import Intake
from .promise import Promises
from .stage import servers

Bench = type[Intake] | type[Promises]
# The queue before the storm that leaves it longer, the idle sweep after it.
MEASURES: dict[str, tuple[Bench, Callable[[Any], dict[str, object]]]] = {
    "intake_form_4": (Intake, Intake.form),
    "intake_api_4": (Intake, Intake.api),
    "promise_claim": (Promises, Promises.claim),
    "promise_escalate": (Promises, Promises.escalate),
    "promise_idle": (Promises, Promises.idle),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the centre on servers of its own.")
    parser.add_argument("--only", default="", help="measures whose names begin so, separated by commas: intake_form")
    wanted = [name.strip() for name in parser.parse_args().only.split(",") if name.strip()] or [""]
    chosen = [name for name in MEASURES if name.startswith(tuple(wanted))]
    if not chosen:
        print(f"No measure begins with {', '.join(wanted)}; there are {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    try:
        with servers() as stack:
            benches: dict[Bench, Intake | Promises] = {}
            for name in chosen:
                bench, measure = MEASURES[name]
                if bench not in benches:
                    benches[bench] = bench(stack)
                print(json.dumps(measure(benches[bench]), ensure_ascii=False), flush=True)
    except (CannotStart, RuntimeError) as refusal:
        print(f"bench: {refusal}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
