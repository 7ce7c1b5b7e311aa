"""``python -m bench``: one JSON line per measure."""

import argparse
import json
import sys

from dispatch_center.local.places import CannotStart

from .intake import Intake
from .stage import servers

MEASURES = {"intake_form_4": Intake.form, "intake_api_4": Intake.api}


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
            intake = Intake(stack)
            for name in chosen:
                print(json.dumps(MEASURES[name](intake), ensure_ascii=False), flush=True)
    except (CannotStart, RuntimeError) as refusal:
        print(f"bench: {refusal}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
