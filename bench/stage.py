"""Where measuring happens: servers of our own, and gunicorn as in production in front of them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dispatch_center.local.plan import CHECKOUT, free_port, listens
from dispatch_center.local.stack import LocalStack

WEB_PROCESSES, WEB_THREADS = "2", "8"
PUBLIC_HOST = "bench.example.org"
PRODUCTION = {
    "DEMO": "false",
    "SECRET_KEY": "only-for-measuring-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG",
    "ALLOWED_HOSTS": PUBLIC_HOST,
    "PUBLIC_URL": f"https://{PUBLIC_HOST}",
    "DEFAULT_FROM_EMAIL": f"centre@{PUBLIC_HOST}",
    # One token stands for a hundred operators here.
    "API_REQUESTS_PER_MINUTE": "1000000",
    "WEB_PROCESSES": WEB_PROCESSES,
    "WEB_THREADS": WEB_THREADS,
}


@contextmanager
def servers() -> Iterator[LocalStack]:
    """PostgreSQL and Redis with the demonstration's register, and nothing else running."""
    home = Path(os.environ.get("VAR_DIR") or CHECKOUT / "var")
    home.mkdir(parents=True, exist_ok=True)
    # On the disk that the data would lie on: in a folder of memory a commit costs nothing.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home, ignore_cleanup_errors=True) as folder:
        # The user that PostgreSQL runs as under root has to get through.
        Path(folder).chmod(0o755)
        stack = LocalStack(var=Path(folder), without={"web", "worker", "beat", "promises", "mail"})
        with stack:
            yield stack


@contextmanager
def gunicorn(env: Mapping[str, str], *, settings: str, log: Path) -> Iterator[int]:
    """The pages and the API as in production, its lines going to ``log``; yields the port."""
    port = free_port()
    program = [
        *(sys.executable, "-m", "gunicorn", "dispatch_center.wsgi:application"),
        *("--config", str(CHECKOUT / "docker" / "gunicorn.py"), "--bind", f"127.0.0.1:{port}"),
        *("--log-level", "warning"),
    ]
    env = {**env, "DJANGO_SETTINGS_MODULE": settings}
    with (
        log.open("ab") as output,
        subprocess.Popen(program, env=env, cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            patience = time.monotonic() + 30
            while not listens(port):
                if process.poll() is not None or time.monotonic() > patience:
                    raise RuntimeError(f"gunicorn did not start: {log.read_text(errors='replace')[-1500:]}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
