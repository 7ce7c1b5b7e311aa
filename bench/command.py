"""A command of manage.py in a process of its own, from its start to its end, and what it took."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatch_center.local.plan import manage


@dataclass(frozen=True, slots=True)
class Taken:
    """``seconds`` by the clock, ``cpu_seconds`` that the process computed, the most memory it held, what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: int
    printed: str


def measured(*words: str, env: Mapping[str, str], log: Path) -> Taken:
    """Raises RuntimeError when the command fails. What it says goes to ``log``, which tells of this run only."""
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(manage(*words), cwd=log.parent, env=env, stdout=output, stderr=subprocess.STDOUT)
        _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, printed = time.monotonic() - begun, log.read_text(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{words[0]} did not come to its end: {printed[-1500:]}")
    return Taken(round(seconds, 1), round(used.ru_utime + used.ru_stime, 1), used.ru_maxrss >> 10, printed)
