"""The desk under load (bench/minute.py): how soon a change is on every screen, how soon a request is answered.

The pages are served as in production; the streams, and the browser, by one process of the combined application.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from dispatch_center.local.plan import CHECKOUT, free_port, listens
from dispatch_center.local.stack import LocalStack

from .minute import OPERATORS, SCREENS, SECONDS, Minute, Person, Seen
from .stage import PRODUCTION, PUBLIC_HOST, gunicorn

BACKLOG = 300


class Desk:
    """The scene, and the minute that is measured; all three rows come from one run of it."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        settings = {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        self.env = stack.environment() | PRODUCTION | settings
        os.environ |= self.env
        import django

        django.setup()
        self.log = stack.var / "desk.log"
        self.people = self._people()
        self.house = self._backlog()
        self.seen: Seen | None = None
        self.busy = 0.0

    # ── The rows ─────────────────────────────────────────────────────────────────────────────────────────────────
    def push(self) -> dict[str, object]:
        seen = self._run()
        return {
            "name": "desk_push", "p50_ms": _ms(seen.pushes, 0.5), "p95_ms": _ms(seen.pushes, 0.95),
            "p99_ms": _ms(seen.pushes, 0.99), "max_ms": _ms(seen.pushes, 1),
            "since_asked_p95_ms": _ms(seen.since_asked, 0.95), "browser_p95_ms": _ms(seen.in_browser, 0.95),
            "browser_changes": len(seen.in_browser), "screens": SCREENS, "changes_seen": len(seen.pushes),
            "machine_load": self.busy,
        }  # fmt: skip

    def request(self) -> dict[str, object]:
        seen = self._run()
        every = [length for lengths in seen.requests.values() for length in lengths]
        kinds = {kind: [len(lengths), _ms(lengths, 0.95)] for kind, lengths in sorted(seen.requests.items())}
        return {
            "name": "desk_request", "p50_ms": _ms(every, 0.5), "p95_ms": _ms(every, 0.95), "p99_ms": _ms(every, 0.99),
            "requests_per_second": round(len(every) / SECONDS, 1), "by_kind_count_and_p95_ms": kinds,
        }  # fmt: skip

    def errors(self) -> dict[str, object]:
        seen = self._run()
        return {"name": "desk_errors", "errors": len(seen.errors), "examples": sorted(set(seen.errors))[:3]}

    def _run(self) -> Seen:
        if self.seen is None:
            self.busy = round(os.getloadavg()[0], 1)
            with (
                gunicorn(self.env, settings="dispatch_center.settings", log=self.log) as pages,
                self._streams() as streams,
                self._keeper(),
            ):
                self.seen = asyncio.run(Minute(self.people, house=self.house, pages=pages, streams=streams).run())
        return self.seen

    # ── The scene ────────────────────────────────────────────────────────────────────────────────────────────────
    def _people(self) -> list[Person]:
        from django.contrib.auth.hashers import make_password
        from django.middleware.csrf import _get_new_csrf_string
        from django.test import Client

        from accounts.models import Role, User

        unusable = make_password(None)
        people = []
        for number in range(max(SCREENS, OPERATORS)):
            user = User.objects.create(username=f"bench{number}", password=unusable, role=Role.OPERATOR)
            client = Client()
            client.force_login(user, backend="accounts.backends.PasswordBackend")
            people.append(Person(client.cookies["sessionid"].value, _get_new_csrf_string()))
        return people

    def _backlog(self) -> int:
        """Calls that wait already, so that there is somebody to ring from the first second on."""
        from accounts import clock
        from accounts.models import User
        from callbacks.models import Contact
        from companies.models import Building
        from tickets.models import Category
        from tickets.services import Address, register_ticket

        house = Building.objects.filter(responsibilities__isnull=False).order_by("pk").first()
        assert house is not None
        category, operator = Category.objects.get(code="E03"), User.objects.get(username="operator")
        for number in range(BACKLOG):
            at = clock.now()
            contact = Contact(received_at=at - timedelta(seconds=30), phone=f"+79107{number:06}", taken_by=operator)
            register_ticket(
                contact=contact, category=category, address=Address(building=house), text="Не горит свет в подъезде.",
                operator=operator, intake_key=uuid4(), at=at,
            )  # fmt: skip
        return house.pk

    @contextmanager
    def _streams(self) -> Iterator[int]:
        port = free_port()
        env = {**self.env, "SSL_REDIRECT": "false", "ALLOWED_HOSTS": f"{PUBLIC_HOST},127.0.0.1"}
        program = [
            *(sys.executable, "-m", "uvicorn", "dispatch_center.asgi:application", "--host", "127.0.0.1"),
            *("--port", str(port), "--lifespan", "off", "--no-access-log", "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "1"),
        ]
        with self._running(program, env):
            patience = time.monotonic() + 30
            while not listens(port):
                if time.monotonic() > patience:
                    raise RuntimeError("The streams did not start.")
                time.sleep(0.1)
            yield port

    @contextmanager
    def _keeper(self) -> Iterator[None]:
        """The loop that rings rungs: a centre that is measured without it would be no centre."""
        with self._running([sys.executable, str(CHECKOUT / "manage.py"), "keep_promises"], self.env):
            yield

    @contextmanager
    def _running(self, program: list[str], env: dict[str, str]) -> Iterator[None]:
        with (
            self.log.open("ab") as output,
            subprocess.Popen(program, env=env, cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT) as process,
        ):
            try:
                yield
            finally:
                process.terminate()


def _ms(lengths: list[float], part: float) -> float | None:
    ordered = sorted(lengths)
    return round(1000 * ordered[min(int(len(ordered) * part), len(ordered) - 1)], 1) if ordered else None
