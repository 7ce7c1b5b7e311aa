"""Starts the processes of the stack in order, keeps them alive, and stops them in reverse order."""

import json
import os
import selectors
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from .console import Console
from .patience import Patience
from .places import CannotStart
from .processes import Child, Program, is_alive, start, state_of

TURN = 0.1
READY_WITHIN = 60.0
# Ten seconds in all: the application first, then the servers it writes to.
APPLICATION_STOPS_WITHIN = 6.5
SERVER_STOPS_WITHIN = 3.0
SERVERS = {"postgres", "redis"}


class StopAsked(Exception):
    """Ctrl-C, SIGTERM, or the program that started us is gone."""


class KeepsDying(Exception):
    """A process cannot be kept alive; the text says which."""


@dataclass
class Station:
    """One program and its place in the run."""

    program: Program
    patience: Patience = field(default_factory=Patience)
    child: Child | None = None
    starts: int = 0
    start_again_at: float | None = None

    @property
    def is_ready(self) -> bool:
        return self.child is not None and self.child.ready


class Supervisor:
    """Everything but the questions “do you answer?” happens in the one thread that calls these methods.

    The kernel ties the parent-death signal to the thread that starts a process, so that must be the main one.
    """

    def __init__(self, *, folder: Path, state_file: Path, console: Console, with_parent: bool = False) -> None:
        self.folder = folder
        self.state_file = state_file
        self.console = console
        self.parent = os.getppid() if with_parent else None
        self.stations: dict[str, Station] = {}
        self.notes: dict[str, str] = {}
        self.selector = selectors.DefaultSelector()
        self.stop_reason = ""
        self.impatient = False
        self.stopping = False

    # ── Signals ──────────────────────────────────────────────────────────────────────────────────────────────────
    def listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # A second Ctrl-C means “never mind the last requests”.
        self.impatient = bool(self.stop_reason) and number == signal.SIGINT
        self.stop_reason = self.stop_reason or signal.Signals(number).name

    # ── Starting ─────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self, program: Program) -> None:
        self._spawn(self.stations.setdefault(program.name, Station(program)))

    def wait_until_ready(self, *names: str, within: float = READY_WITHIN) -> None:
        deadline = time.monotonic() + within
        while not all(self.stations[name].is_ready for name in names):
            if time.monotonic() > deadline:
                silent = ", ".join(name for name in names if not self.stations[name].is_ready)
                raise KeepsDying(f"{silent} did not answer within {within:.0f} seconds")
            self.turn()

    def run_to_end(self, program: Program) -> None:
        """Run a preparing step, while everything already started is being kept alive."""
        child = self._launch(program)
        try:
            while not child.is_gone():
                self.turn()
        finally:
            if not child.is_gone():
                child.signal(program.stop_signal)
                with suppress(subprocess.TimeoutExpired):
                    child.popen.wait(5)
            self._close(child)
        if child.popen.returncode:
            raise CannotStart(f"{program.name} {child.fate()}; its last lines above say why.")

    def keep_running(self) -> None:
        while True:
            self.turn()

    def _launch(self, program: Program) -> Child:
        # The write end stays with the child alone, so that the end of the pipe is the end of the family.
        read_end, write_end = os.pipe()
        try:
            child = start(program, now=time.monotonic(), output=write_end, folder=self.folder)
        finally:
            os.close(write_end)
        os.set_blocking(read_end, False)
        self.selector.register(read_end, selectors.EVENT_READ, child)
        child.output = read_end
        return child

    def _spawn(self, station: Station) -> None:
        station.start_again_at = None
        station.program.tidy()
        station.child = self._launch(station.program)
        station.starts += 1
        threading.Thread(target=_ask_until_ready, args=[station.child], daemon=True).start()
        self.write_state()

    # ── The turn of the wheel ────────────────────────────────────────────────────────────────────────────────────
    def turn(self) -> None:
        """Pass on what was printed, notice who died, start again who is due."""
        before = [name for name, station in self.stations.items() if station.is_ready]
        self._pump(TURN)
        if not self.stop_reason and self.parent not in {None, os.getppid()}:
            self.stop_reason = "the end of the program that started it"
        if self.stop_reason and not self.stopping:
            raise StopAsked(self.stop_reason)
        now = time.monotonic()
        for station in self.stations.values():
            if station.child and station.child.is_gone():
                self._bury(station, now)
            elif station.start_again_at is not None and now >= station.start_again_at and not self.stopping:
                self._spawn(station)
        if before != [name for name, station in self.stations.items() if station.is_ready]:
            self.write_state()

    def _pump(self, wait: float) -> None:
        for key, _events in self.selector.select(wait):
            self._read(key.data)

    def _read(self, child: Child) -> None:
        try:
            block = os.read(child.output, 65536)
        except BlockingIOError:
            return
        if not block:
            self._close(child)
            return
        *lines, child.unfinished_line = (child.unfinished_line + block).split(b"\n")
        self._show(child, lines)

    def _show(self, child: Child, lines: list[bytes]) -> None:
        boring = child.program.boring
        for line in lines:
            text = line.decode("utf-8", "replace")
            if boring is None or not boring.search(text):
                self.console.line(child.program.name, text)

    def _close(self, child: Child) -> None:
        """Print what is still in the pipe and forget it."""
        if child.output < 0:
            return
        with suppress(BlockingIOError):
            while block := os.read(child.output, 65536):
                child.unfinished_line += block
        self._show(child, child.unfinished_line.splitlines())
        child.unfinished_line = b""
        self.selector.unregister(child.output)
        os.close(child.output)
        child.output = -1

    def _bury(self, station: Station, now: float) -> None:
        child = station.child
        assert child is not None
        self._close(child)
        child.clear_group()
        station.child = None
        if self.stopping:
            return
        name = station.program.name
        pause = station.patience.pause_after_death(at=now, lived=now - child.born_at, was_ready=child.ready)
        if pause is None:
            raise KeepsDying(f"{name} {child.fate()} and cannot be kept alive")
        self.console.say(f"{name} (process {child.pid}) {child.fate()}; starting it again in {pause:.1f} s.")
        station.start_again_at = now + pause
        self.write_state()

    # ── Stopping ─────────────────────────────────────────────────────────────────────────────────────────────────
    def stop(self) -> None:
        """In reverse order: nobody takes new work, then nobody works, then the servers write their last lines."""
        self.stopping = True
        names = list(reversed(self.stations))
        self._stop_group([name for name in names if name not in SERVERS], APPLICATION_STOPS_WITHIN)
        for name in names:
            if name in SERVERS:
                self._stop_group([name], SERVER_STOPS_WITHIN)
        self.state_file.unlink(missing_ok=True)

    def _stop_group(self, names: list[str], within: float) -> None:
        children = [child for name in names if (child := self.stations[name].child)]
        for which in ("stop_signal", "last_signal"):
            for child in children:
                child.signal(getattr(child.program, which))
            deadline = time.monotonic() + within
            while any(not child.is_gone() for child in children) and time.monotonic() < deadline:
                # PostgreSQL is always given its time: a clean stop is what saves a recovery at the next start.
                if self.impatient and which == "stop_signal" and not SERVERS.intersection(names):
                    break
                self._pump(0.05)
            within = SERVER_STOPS_WITHIN
        for name in names:
            if self.stations[name].child:
                self._bury(self.stations[name], time.monotonic())

    # ── What others may know ─────────────────────────────────────────────────────────────────────────────────────
    def write_state(self) -> None:
        """Who runs under which number: for the next start after a kill, for tests, and for the curious."""
        running: dict[str, Any] = {}
        for name, station in self.stations.items():
            if station.child is None:
                continue
            state = state_of(station.child.pid)
            running[name] = {
                "pid": station.child.pid,
                "tick": state[1] if state else "",
                "ready": station.is_ready,
                "starts": station.starts,
                "stop_signal": station.program.stop_signal.name,
                "last_signal": station.program.last_signal.name,
            }
        text = json.dumps({"supervisor": os.getpid(), "processes": running, **self.notes}, indent=1)
        fresh = self.state_file.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.state_file)


def _ask_until_ready(child: Child) -> None:
    while not child.is_gone():
        # Whatever goes wrong with the question, it has not been answered: ask again.
        with suppress(Exception):
            child.ready = child.program.answers()
        if child.ready:
            return
        time.sleep(0.05)


def stop_leftovers(state_file: Path, console: Console) -> None:
    """End what a killed supervisor has left running, as its own record names it."""
    try:
        record = json.loads(state_file.read_text(encoding="utf-8"))["processes"]
    except (OSError, ValueError, KeyError):
        return
    left = {name: entry for name, entry in record.items() if is_alive(entry["pid"], tick=entry["tick"])}
    if left:
        console.say(f"Stopping what the last run has left: {', '.join(left)}.")
    for which in ("stop_signal", "last_signal"):
        for entry in left.values():
            if is_alive(entry["pid"], tick=entry["tick"]):
                with suppress(ProcessLookupError):
                    os.kill(entry["pid"], signal.Signals[entry[which]])
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline and any(is_alive(e["pid"], tick=e["tick"]) for e in left.values()):
            time.sleep(0.05)
    state_file.unlink(missing_ok=True)
