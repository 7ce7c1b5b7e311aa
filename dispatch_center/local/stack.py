"""A whole private stack for browser journeys, rehearsals of faults and measurements.

    with LocalStack(var=folder, env={"CALLBACK_PROMISE": "0.1"}) as stack:
        requests.get(stack.url + "/healthz")
        stack.kill("redis")
        stack.wait_ready("redis")

It runs ``manage.py run_local`` as a user would, so that what is tested is what is used.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .places import CannotStart
from .plan import HOST, free_port, manage
from .postgres import Postgres
from .processes import is_alive
from .redis import Redis


class LocalStack:
    """``var`` is the folder of its data; it may be used again, and then the data are still there.

    ``without`` leaves programs out (``{"web", "worker", "beat", "promises", "mail"}``), for those who want to start
    them in another way against the same servers: ``subprocess.Popen(…, env=stack.environment())``.
    """

    def __init__(
        self,
        *,
        var: Path,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        without: Collection[str] = (),
    ) -> None:
        self.var = var.resolve()
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = self.var / "run.log"
        self.mail = self.var / "mail"
        self.without = without
        self.given = dict(env or {})
        self.popen: subprocess.Popen[bytes] | None = None

    # ── The whole ────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self, *, within: float = 120) -> Self:
        """Returns when everything answers. Call it from a thread that lives as long as the stack."""
        self.var.mkdir(parents=True, exist_ok=True)
        words = ["run_local", "--port", str(self.port), "--with-parent"]
        if self.without:
            words += ["--without", ",".join(self.without)]
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                manage(*words), env=self._env(), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = time.monotonic() + within
        while not self.state().get("up"):
            if self.popen.poll() is not None:
                raise CannotStart(f"The stack ended with code {self.popen.returncode}:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                self.stop()
                raise CannotStart(f"The stack was not up within {within:.0f} s:\n{self.last_lines()}")
            time.sleep(0.1)
        return self

    def stop(self, *, within: float = 30) -> int:
        """Stop it as Ctrl-C does; returns the exit code of the run."""
        if self.popen is None:
            return 0
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
        code = self.popen.wait(within)
        self.popen = None
        return code

    def kill_all(self) -> None:
        """kill -9 of the supervisor and of all its processes at once: a power cut, as far as programs can feel it."""
        # The supervisor first, lest it starts again what dies.
        pids = [entry["pid"] for entry in self.state().get("processes", {}).values()]
        if self.popen is not None:
            pids.insert(0, self.popen.pid)
        for pid in pids:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        if self.popen is not None:
            self.popen.wait(10)
            self.popen = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ── Its processes: postgres, redis, mail, web, worker, beat, promises ────────────────────────────────────────
    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process (SIGKILL, or SIGSTOP to freeze it); returns its number."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def pid(self, name: str) -> int:
        return int(self.state()["processes"][name]["pid"])

    def starts(self, name: str) -> int:
        """How often the process has been started in this run."""
        return int(self.state().get("processes", {}).get(name, {}).get("starts", 0))

    def wait_ready(self, name: str, *, after: int | None = None, within: float = 30) -> float:
        """Wait until ``name`` answers again; ``after`` is the number of the killed process. Returns the seconds."""
        begun = time.monotonic()
        while time.monotonic() < begun + within:
            entry = self.state().get("processes", {}).get(name)
            if entry and entry["ready"] and entry["pid"] != after:
                return time.monotonic() - begun
            time.sleep(0.02)
        raise TimeoutError(f"{name} did not come back within {within:.0f} s:\n{self.last_lines()}")

    # ── For those who join in ────────────────────────────────────────────────────────────────────────────────────
    def environment(self, *, role: str = "app") -> dict[str, str]:
        """The environment in which a program (manage.py, gunicorn, psql) works on this very stack."""
        env = self._env() | {"DATABASE_ROLE": role}
        if not env.get("DATABASE_URL"):
            env["DATABASE_URL"] = Postgres(self.var).url(user=f"dispatch_{role}")
        env["REDIS_URL"] = env.get("REDIS_URL") or Redis(self.var).url
        mail_port = self.state().get("mail_port")
        if mail_port:
            env["EMAIL_URL"] = f"smtp://{HOST}:{mail_port}"
        return env

    def manage(self, *words: str, role: str = "app", check: bool = True) -> str:
        """Run a management command on this stack and return what it printed."""
        done = subprocess.run(
            manage(*words), env=self.environment(role=role), capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise CannotStart(f"manage.py {' '.join(words)} ended with code {done.returncode}:\n{done.stderr}")
        return done.stdout

    def state(self) -> dict[str, Any]:
        """What the supervisor has written down about itself; empty while nothing runs."""
        try:
            state: dict[str, Any] = json.loads((self.var / "run" / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        # A killed supervisor leaves its last record behind.
        return state if is_alive(state["supervisor"]) and self._is_ours(state["supervisor"]) else {}

    def _is_ours(self, supervisor: int) -> bool:
        return self.popen is None or self.popen.pid == supervisor

    def last_lines(self, count: int = 40) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
        except OSError:
            return ""

    def _env(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if name not in _OURS}
        return {**outer, "DEMO": "true", "PUBLIC_URL": self.url, **self.given, "VAR_DIR": str(self.var)}


# A stack started from within a test run must not work on that run's servers, nor listen to knobs of the outer shell.
_OURS = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_ROLE",
    "REDIS_URL",
    "EMAIL_URL",
    "CALLBACK_PROMISE",
    "PUBLIC_URL",
    "LOG_LEVEL",
    "PYTHONHASHSEED",
}
