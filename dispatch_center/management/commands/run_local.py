"""``manage.py run_local``: the whole centre on this machine, watched over by one process."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch_center.local import plan
from dispatch_center.local.console import Console
from dispatch_center.local.places import CannotStart
from dispatch_center.local.postgres import Postgres
from dispatch_center.local.redis import Redis
from dispatch_center.local.supervisor import KeepsDying, StopAsked, Supervisor, stop_leftovers

DEMO_LOGINS = ("operator", "operator2", "supervisor", "head", "uk", "rso", "municipal", "foreman", "admin")
DEMO_PASSWORD = "demo"  # noqa: S105  (production refuses it)


class Command(BaseCommand):
    help = "Run the whole centre here: PostgreSQL, Redis, mail, web, worker, beat and the promise keeper."
    # It starts the very database that checks would look at.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port of the web server (8000)")
        parser.add_argument("--without", default="", help="programs to leave out, by name: web,worker,beat")
        parser.add_argument("--with-parent", action="store_true", help="stop when the program that started this ends")
        parser.add_argument("--reset", action="store_true", help="throw the embedded data away, and start nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        var = Path(settings.VAR_DIR)
        console = Console()
        (var / "run").mkdir(parents=True, exist_ok=True)
        state_file = var / "run" / "state.json"
        try:
            # Held until this process ends in whatever way: the kernel lets go of it, so it is never stale.
            lock = _lock(var)
            stop_leftovers(state_file, console)
            if options["reset"]:
                _reset(var)
                console.say("The demonstration's data are gone; make run makes them anew.")
                return
            plan.check_port(options["port"])
        except CannotStart as refusal:
            raise CommandError(str(refusal)) from None
        supervisor = Supervisor(
            folder=plan.CHECKOUT, state_file=state_file, console=console, with_parent=options["with_parent"]
        )
        without = {name for name in options["without"].split(",") if name}
        code = _run(supervisor, var=var, port=options["port"], without=without)
        lock.close()
        sys.exit(code)


def _run(supervisor: Supervisor, *, var: Path, port: int, without: Collection[str]) -> int:
    """Up, on, down; returns the exit code."""
    supervisor.listen_to_signals()
    code = 1
    begun = time.monotonic()
    try:
        _bring_up(supervisor, var=var, port=port, without=without)
        _announce(supervisor, port=port, seconds=time.monotonic() - begun)
        supervisor.keep_running()
    except StopAsked as reason:
        supervisor.console.say(f"Stopping ({reason})…")
        code = 0
    except (CannotStart, KeepsDying) as refusal:
        supervisor.console.say(f"Stopping: {refusal}")
    stopped_at = time.monotonic()
    supervisor.stop()
    supervisor.console.say(f"Stopped in {time.monotonic() - stopped_at:.1f} s; all data are kept in {var}.")
    return code


def _bring_up(supervisor: Supervisor, *, var: Path, port: int, without: Collection[str]) -> None:
    say = supervisor.console.say
    env = os.environ | {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1", "DATABASE_ROLE": "app"}
    env.setdefault("PUBLIC_URL", f"http://localhost:{port}" if settings.DEMO else "")
    if not _given("DATABASE_URL"):
        postgres = Postgres(var)
        if not postgres.data.is_dir():
            say("Making the PostgreSQL cluster…")
        postgres.prepare()
        supervisor.start(postgres.program())
        supervisor.wait_until_ready("postgres")
        postgres.ensure_roles()
    if not _given("REDIS_URL"):
        redis = Redis(var)
        redis.prepare()
        supervisor.start(redis.program())
        supervisor.wait_until_ready("redis")
    say("Bringing tables, norms and pages up to date…")
    supervisor.run_to_end(plan.prepare(env))
    mail_port = None
    if settings.DEMO and "mail" not in without and not _given("EMAIL_URL"):
        mail_port = plan.free_port()
        env["EMAIL_URL"] = f"smtp://{plan.HOST}:{mail_port}"
        supervisor.notes["mail_port"] = str(mail_port)
    say("Starting the web server, the worker, the beat and the promise keeper…")
    programs = plan.application(env, port=port, mail_port=mail_port, var=var)
    chosen = [program for name, program in programs.items() if name not in without]
    for program in chosen:
        supervisor.start(program)
    supervisor.wait_until_ready(*(program.name for program in chosen))
    supervisor.notes |= {"up": "yes", "url": f"http://localhost:{port}"}
    supervisor.write_state()


def _given(name: str) -> bool:
    """Whether somebody has named a server of his own."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _announce(supervisor: Supervisor, *, port: int, seconds: float) -> None:
    say = supervisor.console.say
    say("")
    say(f"The centre is up after {seconds:.1f} s:  http://localhost:{port}/")
    if settings.DEMO:
        say(f"Sign in as {', '.join(DEMO_LOGINS)}; the password of each is “{DEMO_PASSWORD}”.")
        say(f"Letters are put into {Path(settings.VAR_DIR) / 'mail'}.")
    say("Ctrl-C stops it; the data stay.")
    say("")


def _lock(var: Path) -> IO[bytes]:
    lock = open(var / "run" / "lock", "wb")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotStart(
            f"The centre already runs on {var}; stop it first, or start a second one on data of its own: "
            "make run PORT=8001 VAR_DIR=var/second"
        ) from None
    return lock


def _reset(var: Path) -> None:
    """Remove the embedded servers' data, the letters and the uploads; never touch a server that was given to us."""
    if not settings.DEMO:
        raise CannotStart("Only the demonstration's data may be thrown away: DEMO=true is not set.")
    if _given("DATABASE_URL"):
        raise CannotStart("DATABASE_URL is set; this command only throws away the embedded servers' data.")
    Postgres(var).tidy()
    Redis(var).tidy()
    for name in ("pg", "redis", "mail", "media"):
        shutil.rmtree(var / name, ignore_errors=True)
