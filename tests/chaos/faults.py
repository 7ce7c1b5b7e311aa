"""Each fault as a function that breaks something for some seconds and returns when it answers again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from dispatch_center.local.plan import manage
from dispatch_center.local.redis import Redis

from .rig import Batch, Rig

# Whoever is killed sooner after a start has not really started, and the run is given up after five of those.
A_LIFE_SECONDS = 2.2
# The sweep looks every two seconds and has two more for its work; it can raise nothing while it cannot.
AFTER_RECOVERY_SECONDS = 4.0


@dataclass(frozen=True)
class Fault:
    """``limit``: the greatest lateness with the keeper, in seconds; ``usual``: that of 99 in 100, where one is set."""

    title: str
    strike: Callable[[Rig, Batch, float], None]
    limit: float
    usual: float | None = None


def nothing(rig: Rig, batch: Batch, seconds: float) -> None:
    """The measure of health."""


def kill_workers(rig: Rig, batch: Batch, seconds: float) -> None:
    for turn in range(20):
        # The watched one seldom: what keeps dying ends the run, and rightly so.
        if turn % 10:
            worker = rig.workers.pop(0)
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)
            rig.start_worker(100 + turn)
        else:
            rig.stack.kill("worker")
        time.sleep(seconds / 20)
    rig.wait_for_workers()


def flush_broker(rig: Rig, batch: Batch, seconds: float) -> None:
    import redis

    for _turn in range(10):
        redis.Redis.from_url(rig.broker).flushall()
        time.sleep(seconds / 10)


def kill_redis(rig: Rig, batch: Batch, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rig.wait_for("redis", after=rig.stack.kill("redis"))
        time.sleep(A_LIFE_SECONDS)


def redis_forgets(rig: Rig, batch: Batch, seconds: float) -> None:
    pid = rig.stack.kill("redis", signal.SIGSTOP)
    for path in Redis(rig.stack.var).data.rglob("*.aof*"):
        path.unlink(missing_ok=True)
    time.sleep(seconds)
    rig.stack.kill("redis")
    rig.wait_for("redis", after=pid)


def kill_postgres(rig: Rig, batch: Batch, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        # SIGQUIT is PostgreSQL's immediate shutdown: no farewell, recovery from the log at the next start.
        rig.wait_for("postgres", after=rig.stack.kill("postgres", signal.SIGQUIT))
        time.sleep(A_LIFE_SECONDS)


def freeze(*names: str) -> Callable[[Rig, Batch, float], None]:
    def strike(rig: Rig, batch: Batch, seconds: float) -> None:
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for name in names:
                if name == "worker":
                    rig.signal_workers(number)
                else:
                    rig.stack.kill(name, number)
            if number == signal.SIGSTOP:
                time.sleep(seconds)
        for name in names:
            if name == "worker":
                rig.wait_for_workers()
            else:
                rig.wait_for(name)

    return strike


def only_postgres_lives(rig: Rig, batch: Batch, seconds: float) -> None:
    """Dead and not frozen: the stack's supervisor, who would start them again, is held meanwhile."""
    assert rig.stack.popen is not None
    os.kill(rig.stack.popen.pid, signal.SIGSTOP)
    dead = {name: rig.stack.kill(name) for name in ("redis", "beat", "mail")}
    dead["worker"] = rig.stack.pid("worker")
    rig.signal_workers(signal.SIGKILL)
    besides = len(rig.workers)
    for worker in rig.workers:
        worker.wait(10)
    rig.workers.clear()
    time.sleep(seconds)
    os.kill(rig.stack.popen.pid, signal.SIGCONT)
    for name, pid in dead.items():
        rig.wait_for(name, after=pid)
    for number in range(besides):
        rig.start_worker(200 + number)
    rig.wait_for_workers()


def second_beat(rig: Rig, batch: Batch, seconds: float) -> None:
    words = ["-m", "celery", "--quiet", "--app", "dispatch_center", "beat", "--loglevel", "ERROR", "--pidfile=",
             "--schedule", str(rig.stack.var / "second-beat")]  # fmt: skip
    beat = subprocess.Popen([manage()[0], *words], env=rig.stack.environment(), stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    beat.terminate()
    beat.wait(10)


def every_task_twice(rig: Rig, batch: Batch, seconds: float) -> None:
    from dispatch_center.celery import app

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for _again in range(2):
            app.send_task("callbacks.escalate_overdue")
            app.send_task("callbacks.deliver_outbox")
        time.sleep(0.15)


def keep_while_escalating(rig: Rig, batch: Batch, seconds: float) -> None:
    """Operators keep every second promise at the very moment it comes due."""
    from django.db import connection

    from accounts import clock
    from accounts.models import User
    from accounts.writes import Refused
    from callbacks.models import CallbackObligation
    from callbacks.services import finish_attempt, start_attempt

    operator = User.objects.get(username="operator")

    def keep(part: list[int]) -> None:
        for promise in CallbackObligation.objects.filter(pk__in=part).order_by("due_at"):
            assert promise.due_at is not None
            rig.sleep_until(promise.due_at)
            with suppress(Refused):
                attempt = start_attempt(obligation=promise, operator=operator, at=clock.now())
                finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=clock.now())
        connection.close()

    hands = 4
    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(keep, [batch.obligations[::2][number::hands] for number in range(hands)]))


FAULTS = {
    "healthy": Fault("everything healthy", nothing, 1, usual=1),
    "worker": Fault("worker kill -9 ×20", kill_workers, 5),
    "flushall": Fault("FLUSHALL ×10", flush_broker, 5),
    "redis": Fault("Redis kill -9 again and again", kill_redis, 5),
    "forgetful": Fault("Redis frozen, then restarted empty", redis_forgets, 5),
    "postgres": Fault("PostgreSQL immediate shutdown again and again", kill_postgres, 10),
    "beat": Fault("beat frozen", freeze("beat"), 5),
    "beats": Fault("two beats", second_beat, 5),
    "frozen": Fault("all workers frozen", freeze("worker"), 5),
    "twice": Fault("every task twice", every_task_twice, 5),
    "keeping": Fault("keeping races escalating", keep_while_escalating, 5),
    "smtp": Fault("SMTP frozen", freeze("mail"), 5),
    "alone": Fault("everything but PostgreSQL dead", only_postgres_lives, 1, usual=1),
}
