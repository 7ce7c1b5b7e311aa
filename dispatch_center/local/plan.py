"""What the stack consists of: the programs of the application, in the order in which they are started."""

import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .places import CannotStart
from .processes import Program

CHECKOUT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
APPLICATION = ("mail", "web", "worker", "beat", "promises")
# Enough for two cores, and one is left for the clocks while both channels hang.
WORKER_PROCESSES = 3


def check_port(port: int) -> None:
    """Refuse a taken port before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotStart(port_refusal(port, error)) from None


def port_refusal(port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Port {port} is reserved for the system; start with a higher one: make run PORT=8001"
    return f"Port {port} is already taken by another program; start with another one: make run PORT={port + 1}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def manage(*words: str) -> list[str]:
    return [sys.executable, str(CHECKOUT / "manage.py"), *words]


def prepare(env: Mapping[str, str]) -> Program:
    """Tables, norms, demonstration and static files, in one process because starting Django is the slow part."""
    return Program("prepare", manage("prepare_local"), {**env, "DATABASE_ROLE": "owner"}, answers=lambda: True)


def application(env: Mapping[str, str], *, port: int, mail_port: int | None, var: Path) -> dict[str, Program]:
    """Everything that runs on top of PostgreSQL and Redis, by name."""
    node = f"worker-{os.getpid()}@{socket.gethostname()}"
    schedule = var / "celerybeat-schedule"
    # That it runs as root, where it does, was the choice of whoever typed make run.
    as_root = "ignore:You're running the worker with superuser privileges"
    celery = [sys.executable, "-W", as_root, "-m", "celery", "--quiet", "--app", "dispatch_center"]
    programs = [
        Program(
            "web",
            [
                *(sys.executable, "-m", "uvicorn", "dispatch_center.asgi:application"),
                *("--host", HOST, "--port", str(port), "--lifespan", "off"),
                # Streams never end by themselves: without a limit they would hold up every stop.
                *("--timeout-graceful-shutdown", "3", "--no-access-log", "--log-level", "warning"),
            ],
            env,
            answers=lambda: healthy(port),
        ),
        Program(
            "worker",
            [
                *(*celery, "worker", "--pool", "prefork", "--concurrency", str(WORKER_PROCESSES)),
                *("--hostname", node, "--loglevel", "WARNING", "--without-mingle", "--without-gossip"),
            ],
            env,
            answers=lambda: worker_answers(node),
        ),
        Program(
            "beat",
            # A pid file would only outlive a killed beat and keep the next one from starting.
            [*celery, "beat", "--loglevel", "WARNING", "--pidfile=", "--schedule", str(schedule)],
            env,
            answers=_written_since(schedule, time.time()),
        ),
        Program("promises", manage("keep_promises"), env, answers=lambda: True),
    ]
    if mail_port is not None:
        programs.insert(0, mail(env, mail_port, var))
    return {program.name: program for program in programs}


def mail(env: Mapping[str, str], port: int, var: Path) -> Program:
    """The demonstration's post box: a real SMTP server that puts every letter into the Maildir ``var/mail``."""
    words = ["-m", "aiosmtpd", "--nosetuid", "--listen", f"{HOST}:{port}", "--class", "aiosmtpd.handlers.Mailbox"]
    return Program("mail", [sys.executable, *words, str(var / "mail")], env, answers=lambda: listens(port))


# ── Do you answer? ───────────────────────────────────────────────────────────────────────────────────────────────
def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def healthy(port: int) -> bool:
    """Whether the pages and their database answer; the workers are asked for themselves."""
    from django.conf import settings

    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/livez", headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".")})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_answers(node: str) -> bool:
    # The supervisor itself needs no Celery before it asks.
    from dispatch_center.celery import app

    return bool(app.control.ping(destination=[node], timeout=1))


def _written_since(path: Path, moment: float) -> Callable[[], bool]:
    """Beat says nothing when it starts, but it writes its schedule."""

    def answers() -> bool:
        return any(found.stat().st_mtime >= moment for found in path.parent.glob(f"{path.name}*"))

    return answers
