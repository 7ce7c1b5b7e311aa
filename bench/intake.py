"""Registering calls: the desk's form and the API, against pgbench and against a bare view."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

from dispatch_center.local.postgres import Postgres, binary
from dispatch_center.local.stack import LocalStack

from .capture import Script, made_by, recording, spread_sequences
from .load import Load, run_clients
from .stage import PRODUCTION, PUBLIC_HOST, gunicorn

CLIENTS, MANY = 4, 32
WARM_UP, SECONDS = 2.0, 10.0
TEXT = "Не горит свет на лестнице с четвёртого по шестой этаж."
HEADERS = f"Host: {PUBLIC_HOST}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\nAccept: */*\r\n"


@dataclass(frozen=True)
class Scene:
    """Who registers what: made once, through Django, before anything is measured."""

    session: str
    csrf: str
    token: str
    building: int

    def form(self, key: UUID) -> tuple[str, dict[str, str]]:
        return "/desk/new/", {
            "intake_key": str(key), "phone": "8 910 123-45-67", "caller_name": "Вера Павловна",
            "building": str(self.building), "entrance": "2", "floor": "4", "flat": "31", "category": "E03",
            "text": TEXT, "csrfmiddlewaretoken": self.csrf,
        }  # fmt: skip

    def form_request(self) -> bytes:
        path, told = self.form(uuid4())
        cookies = f"Cookie: sessionid={self.session}; csrftoken={self.csrf}\r\n"
        referer = f"Referer: https://{PUBLIC_HOST}/desk/new/\r\nOrigin: https://{PUBLIC_HOST}\r\n"
        return _post(path, "application/x-www-form-urlencoded", urlencode(told).encode(), cookies + referer)

    def api_request(self) -> bytes:
        told = {
            "phone": "8 910 123-45-67", "caller_name": "Вера Павловна", "building": self.building, "category": "E03",
            "address": {"entrance": "2", "floor": "4", "flat": "31"}, "text": TEXT,
        }  # fmt: skip
        extra = f"Authorization: Bearer {self.token}\r\n"
        return _post("/api/v1/tickets/", "application/json", json.dumps(told).encode(), extra)


def _post(path: str, kind: str, body: bytes, extra: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\n{HEADERS}{extra}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def bare_request() -> bytes:
    return _post("/", "text/plain", b"", "")


class Intake:
    """Both measures share their scene, their floors and the servers."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.env = stack.environment() | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        self.folder = stack.var
        self._set_up_django()
        self.scene = self._scene()

    def _set_up_django(self) -> None:
        os.environ |= self.env
        import django

        django.setup()

    def _scene(self) -> Scene:
        from django.middleware.csrf import _get_new_csrf_string
        from django.test import Client

        from accounts.models import ApiToken, User
        from companies.models import Building

        operator = User.objects.get(username="operator")
        client = Client()
        client.force_login(operator, backend="accounts.backends.PasswordBackend")
        _token, secret = ApiToken.issue(user=operator, name="bench")
        house = Building.objects.filter(responsibilities__isnull=False).order_by("pk").first()
        assert house is not None
        return Scene(client.cookies["sessionid"].value, _get_new_csrf_string(), secret, house.pk)

    # ── The two measures ─────────────────────────────────────────────────────────────────────────────────────────
    def form(self) -> dict[str, object]:
        return self._measure("intake_form_4", self.scene.form_request, self._capture_form, wanted=302)

    def api(self) -> dict[str, object]:
        return self._measure("intake_api_4", self.scene.api_request, self._capture_api, wanted=201)

    def _measure(
        self, name: str, requests: Callable[[], bytes], capture: Callable[[], Script], *, wanted: int
    ) -> dict[str, object]:
        busy = os.getloadavg()[0]
        script = capture()
        pgbench = self._pgbench(script, name)
        writes = self._writes(script, name)
        bare, kept = (self._bare(writes, keep_seconds=seconds) for seconds in (0, 600))
        ours = self._serve(self.env, requests, settings="dispatch_center.settings", wanted=wanted)
        return {
            "name": name, "ours": round(ours.per_second, 1), "unit": "tickets/s", "floor": round(pgbench, 1),
            "ratio": round(ours.per_second / pgbench, 3), "p50_ms": round(ours.percentile_ms(0.5), 1),
            "p95_ms": round(ours.percentile_ms(0.95), 1), "p99_ms": round(ours.percentile_ms(0.99), 1),
            "bare_view": round(bare, 1), "ratio_to_bare_view": round(ours.per_second / bare, 3),
            "bare_view_on_kept_connections": round(kept, 1), "ratio_to_kept": round(ours.per_second / kept, 3),
            "statements": len(script.statements), "refused": ours.refused,
            "machine_load": round(busy, 1),
        }  # fmt: skip

    def _bare(self, writes: Path, *, keep_seconds: int) -> float:
        env = {**self.env, "BENCH_WRITES": str(writes), "BENCH_KEEP": str(keep_seconds)}
        return self._serve(env, bare_request, settings="bench.bare_settings", wanted=201).per_second

    def _serve(
        self, env: Mapping[str, str], requests: Callable[[], bytes], *, settings: str, wanted: int,
        clients: int = CLIENTS,
    ) -> Load:  # fmt: skip
        with gunicorn(env, settings=settings, log=self.folder / "gunicorn.log") as port:
            load = run_clients(
                port=port, clients=clients, requests=requests, wanted=wanted, warm_up=WARM_UP, seconds=SECONDS
            )
        if not load.lengths:
            raise RuntimeError(f"Not one request was answered with {wanted}; {load.refused} were refused.")
        return load

    # ── A storm: more people than the machine has hands ──────────────────────────────────────────────────────────────
    def form_of_many(self) -> dict[str, object]:
        return self._storm("intake_form_32", self.scene.form_request, wanted=302)

    def api_of_many(self) -> dict[str, object]:
        return self._storm("intake_api_32", self.scene.api_request, wanted=201)

    def _storm(self, name: str, requests: Callable[[], bytes], *, wanted: int) -> dict[str, object]:
        busy = os.getloadavg()[0]
        load = self._serve(self.env, requests, settings="dispatch_center.settings", wanted=wanted, clients=MANY)
        return {
            "name": name, "ours": round(load.per_second, 1), "unit": "tickets/s", "clients": MANY,
            "p50_ms": round(load.percentile_ms(0.5), 1), "p95_ms": round(load.percentile_ms(0.95), 1),
            "p99_ms": round(load.percentile_ms(0.99), 1), "refused": load.refused, "machine_load": round(busy, 1),
        }  # fmt: skip

    # ── The statements ───────────────────────────────────────────────────────────────────────────────────────────
    def _capture_form(self) -> Script:
        from django.test import Client

        client = Client(headers={"x-forwarded-proto": "https", "host": PUBLIC_HOST})
        client.cookies["sessionid"] = self.scene.session
        starts = spread_sequences(Postgres(self.stack.var).url())
        key = uuid4()
        path, told = self.scene.form(key)
        with recording() as recorder:
            answer = client.post(path, told, secure=True)
        assert answer.status_code == 302, answer.status_code
        return Script.of(recorder.statements, key=key, starts=starts)

    def _capture_api(self) -> Script:
        from django.test import Client

        client = Client(headers={"x-forwarded-proto": "https", "host": PUBLIC_HOST})
        body = self.scene.api_request().partition(b"\r\n\r\n")[2]
        given = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {self.scene.token}"}}
        # The first use of a token in a minute is noted; the others are what there is most of.
        for _turn in range(2):
            starts = spread_sequences(Postgres(self.stack.var).url())
            with recording() as recorder:
                answer = client.post("/api/v1/tickets/", body, secure=True, **given)  # type: ignore[arg-type]
            assert answer.status_code == 201, answer.status_code
        from tickets.models import Ticket

        key = Ticket.objects.get(number=answer.json()["number"]).intake_key
        return Script.of(recorder.statements, key=key, starts=starts)

    def _writes(self, script: Script, name: str) -> Path:
        path = self.folder / f"{name}.json"
        rows = []
        for statement in script.writes():
            made = made_by(statement)
            sql = re.sub(r"(?<!:):([a-z]+_\d)\b", r"%(\1)s", statement.replace("%", "%%"))
            rows.append([sql, made[0] if made else None, made[1] if made else 0])
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path

    # ── pgbench ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _pgbench(self, script: Script, name: str) -> float:
        """Transactions of the same statements a second, from as many clients."""
        path = self.folder / f"{name}.sql"
        path.write_text(script.for_pgbench(), encoding="utf-8")
        postgres = Postgres(self.stack.var)
        done = subprocess.run(
            [
                str(binary("pgbench")), "--no-vacuum", "--protocol=simple", f"--client={CLIENTS}", "--jobs=2",
                f"--time={SECONDS:.0f}", f"--file={path}", postgres.url(user="dispatch_app"),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        if done.returncode or found is None or "number of failed transactions: 0 " not in done.stdout:
            raise RuntimeError(f"pgbench: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return float(found.group(1))
