"""Servers on the kept tickets (bench/million.py), a folder for each size."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dispatch_center.local.places import CannotStart
from dispatch_center.local.plan import CHECKOUT
from dispatch_center.local.postgres import Postgres
from dispatch_center.local.stack import LocalStack

from .million import TICKETS, VERSION, Million
from .stage import PRODUCTION

# The last two weeks are made anew when they lie further back than this: clocks that all ran out would be no Monday.
STALE_AFTER = 3600
# As it was when bench began: other measures point VAR_DIR at servers that end with them.
OUTER = dict(os.environ)


def wanted_size() -> int:
    """How many tickets the environment asks for: SIZE=10m, 50k or a plain number; a million where it says nothing."""
    asked = os.environ.get("SIZE", "").strip().lower()
    if not asked:
        return TICKETS
    read = re.fullmatch(r"(\d{1,9})([km]?)", asked)
    tickets = int(read[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[read[2]] if read else 0
    # A thousand are hardly two weeks' work; twenty million are a hundred gigabytes.
    if not 1_000 <= tickets <= 20_000_000:
        raise CannotStart(f"SIZE={asked} is no size: say 50k, 2m or 10m, from 1k to 20m.")
    return tickets


def home_of(tickets: int) -> Path:
    size = f"{tickets // 1_000_000}m" if tickets % 1_000_000 == 0 else f"{tickets // 1_000}k"
    size = size if tickets % 1_000 == 0 else str(tickets)
    name = "bench-big" if tickets == TICKETS else f"bench-big-{size}"
    return Path(os.environ.get("VAR_DIR") or CHECKOUT / "var") / name


@contextmanager
def kept(tickets: int = TICKETS) -> Iterator[tuple[LocalStack, dict[str, Any]]]:
    """Servers on so many tickets, made when they are not there or are of another version.

    Yields what is known of them too: ``tickets``, ``load_seconds``, ``renew_seconds``, ``megabytes``, ``is_loaded`` and
    ``is_renewed``: whether that happened just now. Django is set up for them.
    """
    home = home_of(tickets)
    mark = home / "loaded.json"
    told: dict[str, Any] = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if (told.get("version"), told.get("tickets")) != (VERSION, tickets) and home.exists():
        shutil.rmtree(home)
        told = {}
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    stack = LocalStack(var=home, without={"web", "worker", "beat", "promises", "mail"})
    with stack:
        os.environ |= stack.environment() | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        import django

        django.setup()
        from accounts import clock

        million, at = Million(Postgres(home).url(), total=tickets), clock.now()
        now = {"is_loaded": not told, "is_renewed": False}
        if not told:
            told = {"version": VERSION, "tickets": tickets, "renewed_at": 0.0}
            begun = time.monotonic()
            million.load(at=at)
            told["load_seconds"] = round(time.monotonic() - begun)
        if at.timestamp() - told["renewed_at"] > STALE_AFTER:
            begun = time.monotonic()
            # Loading took its time: what is the latest has to lie before the moment at which it is asked for.
            at = clock.now()
            million.renew(at=at)
            told |= {"renewed_at": at.timestamp(), "renew_seconds": round(time.monotonic() - begun)}
            now["is_renewed"] = True
        mark.write_text(json.dumps(told), encoding="utf-8")
        megabytes = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) >> 20
        yield stack, told | now | {"megabytes": megabytes}


def rows_told_by(module: str) -> dict[str, dict[str, object]]:
    """The rows that ``python -m module`` prints, by name: servers of its own need a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=CHECKOUT, env=OUTER, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module} did not come to its end; its reason stands above.")
    return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
