"""make run as people use it: what it says, when it gives up, and what it survives."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch_center.local import places, plan, processes
from dispatch_center.local.console import prefixed
from dispatch_center.local.patience import DEATHS_A_MINUTE, FRUITLESS_STARTS, Patience
from dispatch_center.local.places import CannotStart, private_folder, socket_folder
from dispatch_center.local.postgres import SETTINGS, Postgres
from dispatch_center.local.stack import LocalStack

CHECKOUT = Path(__file__).resolve().parent.parent


# ── What it says ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_taken_port_is_one_sentence_with_the_way_out() -> None:
    with socket.socket() as somebody:
        somebody.bind((plan.HOST, 0))
        somebody.listen()
        port = somebody.getsockname()[1]

        with pytest.raises(CannotStart, match=rf"^Port {port} is already taken .*make run PORT={port + 1}$"):
            plan.check_port(port)


def test_a_free_port_is_accepted() -> None:
    plan.check_port(plan.free_port())


def test_a_line_carries_the_name_of_its_process() -> None:
    assert prefixed("web", "200 OK\n", colour=False) == "web      │ 200 OK\n"


def test_the_lines_of_all_processes_stand_in_one_column() -> None:
    names = ("centre", "postgres", "redis", "prepare", "mail", "web", "worker", "beat", "promises")

    assert {prefixed(name, "x", colour=False).index("│") for name in names} == {9}


def test_a_process_cannot_clear_the_screen_of_the_others() -> None:
    assert prefixed("web", "\x1b[2Ja\x1b[1mb\x1b[0m", colour=False) == "web      │ a\x1b[1mb\x1b[0m\n"


def test_make_help_lists_every_command() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    commands = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split())
    shown = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[1] for line in shown.splitlines()} == commands
    assert commands >= {"run", "test", "test-browser", "lint", "bench", "demo-reset", "help"}


def test_every_pinned_package_is_locked_at_the_same_version() -> None:
    lock = dict(_pins("constraints.txt"))
    wanted = dict(_pins("requirements.txt")) | dict(_pins("requirements-dev.txt"))

    assert {name: lock.get(name) for name in wanted} == wanted


def _pins(file: str) -> Iterator[tuple[str, str]]:
    for line in (CHECKOUT / file).read_text(encoding="utf-8").splitlines():
        name, version = re.fullmatch(r"([\w.-]+)(?:\[.*?\])?==([^;\s]+).*", line).groups()  # type: ignore[union-attr]
        yield re.sub(r"[-_.]+", "-", name).lower(), version


# ── When it gives up ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_process_that_served_is_started_again_at_once() -> None:
    assert Patience().pause_after_death(at=100, lived=50, was_ready=True) == 0.3


def test_a_process_that_never_serves_is_given_up() -> None:
    patience = Patience()

    pauses = [patience.pause_after_death(at=n, lived=0.5, was_ready=False) for n in range(FRUITLESS_STARTS)]

    assert pauses == [0.3, 0.6, 1.2, 2.4, None]


def test_one_good_life_restores_patience() -> None:
    patience = Patience()
    for moment in range(FRUITLESS_STARTS - 1):
        patience.pause_after_death(at=moment, lived=0.5, was_ready=False)

    assert patience.pause_after_death(at=60, lived=30, was_ready=True) == 0.3
    assert patience.pause_after_death(at=61, lived=0.5, was_ready=False) == 0.3


def test_a_process_that_serves_and_dies_all_the_time_is_given_up() -> None:
    patience = Patience()
    pauses = [patience.pause_after_death(at=2.5 * n, lived=2.2, was_ready=True) for n in range(DEATHS_A_MINUTE + 1)]

    assert pauses[-1] is None
    assert None not in pauses[:-1]


# ── What a killed run leaves behind ──────────────────────────────────────────────────────────────────────────────
def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    os.kill(child.pid, 0)  # to this test a zombie lives
    assert not processes.is_alive(child.pid)
    child.wait()


def test_a_recycled_number_is_not_the_process_we_knew() -> None:
    state = processes.state_of(os.getpid())
    assert state is not None

    assert processes.is_alive(os.getpid(), tick=state[1])
    assert not processes.is_alive(os.getpid(), tick="1")


def test_marks_of_a_server_that_is_gone_are_removed(tmp_path: Path) -> None:
    server = _with_mark(tmp_path, pid=2**22 - 1)

    server.tidy()

    assert not (server.data / "postmaster.pid").exists()
    assert not (server.sockets / ".s.PGSQL.5432.lock").exists()


def test_a_foreign_process_with_the_number_of_our_old_server_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        _with_mark(tmp_path, pid=bystander.pid).tidy()

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def _with_mark(var: Path, *, pid: int) -> Postgres:
    server = Postgres(var)
    server.data.mkdir(parents=True)
    server.sockets.mkdir(parents=True, exist_ok=True)
    (server.data / "postmaster.pid").write_text(f"{pid}\n{server.data}\n", encoding="utf-8")
    (server.sockets / ".s.PGSQL.5432.lock").write_text(f"{pid}\n", encoding="utf-8")
    return server


def test_a_cluster_of_another_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("17\n", encoding="ascii")

    with pytest.raises(CannotStart, match=r"PostgreSQL 17 .* version 18"):
        server.prepare()


# ── Where it keeps its things ────────────────────────────────────────────────────────────────────────────────────
def test_sockets_lie_beside_the_data() -> None:
    assert socket_folder(Path("/srv/centre/var"), "pg") == Path("/srv/centre/var/pg/run")


def test_a_path_too_long_for_a_socket_gets_a_short_one() -> None:
    deep = Path("/srv") / ("x" * 90) / "var"
    socket_path = socket_folder(deep, "pg") / ".s.PGSQL.5432.lock"

    assert len(os.fsencode(socket_path)) <= places.LONGEST_SOCKET_PATH
    assert socket_folder(deep, "pg") == socket_folder(deep, "pg")
    assert socket_folder(deep, "pg") != socket_folder(deep / "other", "pg")


def test_a_private_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert private_folder(tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_somebody_else_has_put_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "trap").symlink_to(tmp_path / "mine")

    with pytest.raises(CannotStart, match="belongs to somebody else"):
        private_folder(tmp_path / "trap")


def test_the_embedded_server_keeps_what_it_has_acknowledged() -> None:
    assert not {"fsync", "synchronous_commit", "full_page_writes"}.intersection(SETTINGS)


# ── The whole, for real ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    var = tmp_path_factory.mktemp("stack")
    for folder in (var, *list(var.parents)[:2]):
        folder.chmod(0o755)
    stack = LocalStack(var=var)
    stack.start()
    yield stack
    stack.stop()


@pytest.mark.slow
def test_the_centre_answers_and_works_as_the_role_that_owns_nothing(stack: LocalStack) -> None:
    with urllib.request.urlopen(f"{stack.url}/livez", timeout=10) as answer:
        assert answer.status == 200
    _wait_until_well(stack)
    who = stack.manage("shell", "--verbosity=0", "-c", _ASK_WHO)
    assert who.strip() == "dispatch_app"


def _wait_until_well(stack: LocalStack, *, within: float = 30) -> None:
    """The pages answer before the first turn of the sweep; soon after it the whole centre is well."""
    until = time.monotonic() + within
    while True:
        try:
            with urllib.request.urlopen(f"{stack.url}/healthz", timeout=10):
                return
        except urllib.error.HTTPError as error:
            said = error.read().decode()
        assert time.monotonic() < until, said
        time.sleep(0.5)


_ASK_WHO = (
    "from django.db import connection as c; k = c.cursor(); k.execute('select current_user'); print(*k.fetchone())"
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["web", "worker", "beat", "promises", "mail", "redis", "postgres"])
def test_a_killed_process_is_named_and_comes_back(stack: LocalStack, name: str) -> None:
    before = stack.starts(name)

    pid = stack.kill(name)
    seconds = stack.wait_ready(name, after=pid)

    assert stack.starts(name) == before + 1
    assert seconds < 10
    assert f"{name} (process {pid}) was ended by SIGKILL; starting it again" in stack.last_lines(2000)


@pytest.mark.slow
def test_a_second_start_on_the_same_data_is_refused(stack: LocalStack) -> None:
    with pytest.raises(CannotStart, match="already runs"):
        LocalStack(var=stack.var).start()


@pytest.mark.slow
def test_the_worker_outlives_a_redis_that_dies_while_messages_wait_for_their_hour(stack: LocalStack) -> None:
    worker = stack.pid("worker")
    publish = (
        "from dispatch_center.celery import app\n"
        "for n in range(20): app.send_task('callbacks.escalate_overdue', countdown=60 + n)"
    )
    stack.manage("shell", "--verbosity=0", "-c", publish)
    time.sleep(2)

    stack.wait_ready("redis", after=stack.kill("redis"))
    time.sleep(8)

    assert "messages in hand" in stack.last_lines(2000)
    assert stack.pid("worker") == worker


@pytest.mark.slow
def test_nothing_is_lost_when_everything_is_killed_at_once(stack: LocalStack) -> None:
    count = "from tickets.models import Norm; print(Norm.objects.count())"
    before = stack.manage("shell", "--verbosity=0", "-c", count)

    stack.kill_all()
    begun = time.monotonic()
    stack.start()

    assert time.monotonic() - begun < 15
    assert stack.manage("shell", "--verbosity=0", "-c", count) == before
    assert int(before) > 0


@pytest.mark.slow
def test_nothing_outlives_a_killed_supervisor(stack: LocalStack) -> None:
    numbers = [entry["pid"] for entry in stack.state()["processes"].values()]
    assert stack.popen is not None

    os.kill(stack.popen.pid, signal.SIGKILL)
    stack.popen.wait()
    deadline = time.monotonic() + 10
    while any(processes.is_alive(number) for number in numbers) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert not [number for number in numbers if processes.is_alive(number)]
    stack.start()


@pytest.mark.slow
def test_ctrl_c_stops_everything_cleanly_and_soon(stack: LocalStack) -> None:
    numbers = [entry["pid"] for entry in stack.state()["processes"].values()]
    begun = time.monotonic()

    code = stack.stop()

    assert code == 0
    assert time.monotonic() - begun < 10
    assert not [number for number in numbers if processes.is_alive(number)]
    stack.start()


@pytest.mark.slow
def test_a_process_that_cannot_live_ends_the_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('no web today')", encoding="utf-8")
    env = {"PYTHONPATH": str(tmp_path), "DEMO": "true"}

    with pytest.raises(
        CannotStart, match=r"code 1[\s\S]*no web today[\s\S]*web ended with code 1 and cannot be kept alive"
    ):
        LocalStack(var=tmp_path / "var", env=env).start()
