"""Gives the tests a PostgreSQL and a Redis of their own, before Django's settings are read.

A plugin named in ``addopts`` and not a conftest: pytest-django imports the settings before any conftest. Under
pytest-xdist only the controller starts servers; its workers inherit the environment. Each run has a folder of its own,
so that any number of runs may go on at once and none of them sees the demonstration's data.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from .places import CannotStart
from .postgres import Postgres
from .processes import Child, Program, start
from .redis import Redis

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# Options after which pytest only tells something and runs nothing.
TELLING_ONLY = {"--help", "-h", "--version", "-V", "--markers", "--fixtures", "--collect-only", "--co"}

# What a run of the tests takes, with room to spare.
ROOM = 2 << 30
IN_MEMORY = Path("/dev/shm")  # noqa: S108  (what is made there has a random name and a lock)


def _home() -> Path:
    """Where the servers' folders go: into memory where there is room, since tables are emptied a thousand times."""
    if given := os.environ.get("VAR_DIR"):
        return Path(given)
    with suppress(OSError):
        if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
            return IN_MEMORY / f"dispatch-tests-{os.geteuid()}"
    return CHECKOUT / "var"


class Rig:
    """The servers of one test run, in a folder that is removed afterwards."""

    def __init__(self) -> None:
        home = _home()
        home.mkdir(parents=True, exist_ok=True)
        self._remove_abandoned(home)
        made = Path(tempfile.mkdtemp(prefix="new-", dir=home))
        made.chmod(0o755)  # the user that PostgreSQL runs as under root has to get through
        (made / "static").mkdir()
        # Held as long as we live: the next run tells by it whether this folder has been abandoned.
        self.lock: IO[bytes] = open(made / "lock", "wb")  # noqa: SIM115
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        # Only what is locked already bears a name that another run may look into.
        self.var = made.rename(home / made.name.replace("new-", "test-", 1))
        self.children: list[Child] = []

    @staticmethod
    def _remove_abandoned(home: Path) -> None:
        for folder in home.glob("test-*"):
            with suppress(OSError), open(folder / "lock", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)

    def start(self) -> None:
        # A knob turned in somebody's shell must not change what a test says.
        for knob in ("CALLBACK_PROMISE", "DEBUG", "DATABASE_ROLE"):
            os.environ.pop(knob, None)
        os.environ |= {"DEMO": "true", "DATABASE_ROLE": "owner", "LOG_LEVEL": "WARNING", "VAR_DIR": str(self.var)}
        if not os.environ.get("DATABASE_URL"):
            postgres = Postgres(self.var)
            postgres.prepare()
            self._run(postgres.program())
            postgres.ensure_roles()
            os.environ["DATABASE_URL"] = postgres.url()
        if not os.environ.get("REDIS_URL"):
            redis = Redis(self.var)
            redis.prepare()
            self._run(redis.program())
            os.environ["REDIS_URL"] = redis.url

    def _run(self, program: Program) -> None:
        log = self.var / f"{program.name}.log"
        with log.open("ab") as output:
            child = start(program, now=time.monotonic(), output=output)
        self.children.append(child)
        patience = time.monotonic() + 30
        while not program.answers():
            if child.is_gone() or time.monotonic() > patience:
                raise CannotStart(f"{program.name} did not start for the tests:\n{log.read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self) -> None:
        for child in reversed(self.children):
            child.signal(child.program.stop_signal)
        for child in self.children:
            child.popen.wait(timeout=30)
        self.children.clear()
        self.lock.close()
        shutil.rmtree(self.var, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None, None, None]:
    """A wrapper, because it has to come before pytest-django, which asks to be the very first."""
    if "PYTEST_XDIST_WORKER" not in os.environ and not TELLING_ONLY.intersection(args):
        rig = Rig()
        early_config.add_cleanup(rig.stop)
        # Belt and braces: an error between here and the end of the configuration skips pytest's clean-up.
        atexit.register(rig.stop)
        try:
            rig.start()
        except CannotStart as refusal:
            raise pytest.UsageError(str(refusal)) from refusal
    else:
        # Settings are read, servers are not asked.
        os.environ.setdefault("DEMO", "true")
    return (yield)
