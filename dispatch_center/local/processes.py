"""One child process: how it is started, how it is told to stop, and what is left of it when it is gone."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Program:
    """What to run, and how to know that it runs."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    # True as soon as the process serves; asked again and again, may take up to a second or two.
    answers: Callable[[], bool]
    # Clears away what a killed predecessor has left behind; runs before every start.
    tidy: Callable[[], None] = _nothing
    stop_signal: signal.Signals = signal.SIGTERM
    # PostgreSQL must never get SIGKILL from us: its last resort is SIGQUIT, which leaves a clean crash recovery.
    last_signal: signal.Signals = signal.SIGKILL
    # Lines that say only what a good start and stop always say; everything else is shown.
    boring: re.Pattern[str] | None = None
    # Set when ``argv`` itself asks the kernel for the parent-death signal.
    watches_parent: bool = False


@dataclass
class Child:
    """A running ``Program``."""

    program: Program
    popen: subprocess.Popen[bytes]
    born_at: float
    ready: bool = False
    # The read end of its output, once somebody reads it.
    output: int = -1
    unfinished_line: bytes = field(default=b"", repr=False)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_gone(self) -> bool:
        return self.popen.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        if not self.is_gone():
            self.popen.send_signal(number)

    def clear_group(self) -> None:
        """End what the dead process has left running: pool workers of a killed Celery, for example."""
        if self.program.last_signal != signal.SIGKILL:
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def fate(self) -> str:
        """How it ended, in words."""
        code = self.popen.returncode
        if code is None:
            return "is running"
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"


def start(program: Program, *, now: float, output: int | IO[bytes], folder: Path | None = None) -> Child:
    """Start ``program`` in a session of its own, so that Ctrl-C reaches only us and the order of stopping is ours.

    Should we be killed, the kernel passes the stop signal on: nothing of the stack outlives its supervisor. That
    signal is tied to the *thread* that starts the process, which therefore has to be one that lives on.
    """
    argv = list(program.argv)
    if not program.watches_parent:
        argv = ["setpriv", "--pdeathsig", program.stop_signal.name, "--", *argv]
    popen = subprocess.Popen(
        argv,
        env=dict(program.env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return Child(program=program, popen=popen, born_at=now)


def state_of(pid: int) -> tuple[str, str] | None:
    """The kernel's state letter and the birth tick of a process, or None when there is none.

    The tick tells a process from a later one that was given the same number.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]


def is_alive(pid: int, *, tick: str | None = None) -> bool:
    """Whether the process still runs; a zombie does not, although ``kill(pid, 0)`` says so."""
    state = state_of(pid)
    return state is not None and state[0] not in {"Z", "X"} and tick in {None, state[1]}
