"""``python -m bench``: one JSON line per measure."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from dispatch_center.local.places import CannotStart

from .address import Addresses
from .big import Big
from .desk import Desk
from .imports import Imports
from .intake import Intake
from .portal import Portal
from .promise import Promises
from .registers import Registers
from .reports import Reports
from .stage import servers

Bench = (
    type[Intake]
    | type[Promises]
    | type[Desk]
    | type[Addresses]
    | type[Big]
    | type[Registers]
    | type[Imports]
    | type[Portal]
    | type[Reports]
)
# The queue before the storm that leaves it longer, the idle sweep after it.
MEASURES: dict[str, tuple[Bench, Callable[[Any], dict[str, object]]]] = {
    "intake_form_4": (Intake, Intake.form),
    "intake_api_4": (Intake, Intake.api),
    "intake_form_32": (Intake, Intake.form_of_many),
    "intake_api_32": (Intake, Intake.api_of_many),
    "desk_push": (Desk, Desk.push),
    "desk_request": (Desk, Desk.request),
    "desk_errors": (Desk, Desk.errors),
    "desk_queue_1m": (Big, Big.queue),
    "desk_search_1m": (Big, Big.search),
    "report_year": (Reports, Reports.year),
    "report_today": (Reports, Reports.today),
    "report_cells_disagree": (Reports, Reports.cells),
    "export_million": (Reports, Reports.export),
    "portal_wall": (Portal, Portal.wall),
    "portal_wall_desk": (Portal, Portal.desk),
    "admin_registers_100k": (Registers, Registers.pages),
    "address_search": (Addresses, Addresses.search),
    "import_register_vladivostok": (Imports, Imports.vladivostok),
    "import_register_again": (Imports, Imports.again),
    "import_register_50k": (Imports, Imports.large),
    "import_tickets_100k": (Imports, Imports.tickets),
    "promise_claim": (Promises, Promises.claim),
    "promise_escalate": (Promises, Promises.escalate),
    "promise_idle": (Promises, Promises.idle),
}


def module(bench: Bench) -> str:
    """«reports» of bench/reports.py, whose measures do not all begin alike."""
    return bench.__module__.rpartition(".")[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the centre on servers of its own.")
    parser.add_argument(
        "--only", default="", help="measures whose names begin so, or a module of them, by commas: intake_form,reports"
    )
    wanted = [name.strip() for name in parser.parse_args().only.split(",") if name.strip()] or [""]
    chosen = [
        name for name, (bench, _) in MEASURES.items() if name.startswith(tuple(wanted)) or module(bench) in wanted
    ]
    if not chosen:
        print(f"No measure begins with {', '.join(wanted)}; there are {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    try:
        with servers() as stack:
            benches: dict[Bench, Any] = {}
            for name in chosen:
                bench, measure = MEASURES[name]
                if bench not in benches:
                    try:
                        benches[bench] = bench(stack)
                    except LookupError as absence:
                        print(f"bench: {absence}", file=sys.stderr)
                        continue
                try:
                    row = measure(benches[bench])
                except LookupError as absence:
                    print(f"bench: {absence}", file=sys.stderr)
                    continue
                print(json.dumps(row, ensure_ascii=False), flush=True)
    except (CannotStart, RuntimeError) as refusal:
        print(f"bench: {refusal}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
