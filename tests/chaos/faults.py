"""Each fault as a function that breaks something for about ten seconds and returns when it is whole again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from dispatch_center.local.plan import manage
from dispatch_center.local.redis import Redis

from .rig import Batch, Rig, open_promise

TURN = 0.5
TURNS = 20


@dataclass(frozen=True)
class Fault:
    """``limit`` is the greatest lateness in seconds with the keeper; without it the recovery is added."""

    title: str
    strike: Callable[[Rig, Batch], frozenset[int] | None]
    limit: float
    limit_without_keeper: float
    without_keeper: bool = True


def nothing(rig: Rig, batch: Batch) -> None:
    """The measure of health."""


def kill_workers(rig: Rig, batch: Batch) -> None:
    for turn in range(TURNS):
        with suppress(ProcessLookupError, KeyError):
            # The watched one seldom: what keeps dying ends the run, and rightly so.
            if turn % 10:
                worker = rig.workers[turn % len(rig.workers)]
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait(10)
                rig.workers.remove(worker)
                rig.start_worker(100 + turn)
            else:
                rig.stack.kill("worker")
        time.sleep(TURN)


def flush_broker(rig: Rig, batch: Batch) -> None:
    import redis

    for _turn in range(10):
        redis.Redis.from_url(Redis(rig.stack.var).url).flushall()
        time.sleep(2 * TURN)


def kill_redis(rig: Rig, batch: Batch) -> None:
    for _turn in range(10):
        with suppress(ProcessLookupError, KeyError):
            rig.stack.kill("redis")
        time.sleep(2 * TURN)


def redis_forgets(rig: Rig, batch: Batch) -> None:
    rig.stack.kill("redis", signal.SIGSTOP)
    for path in Redis(rig.stack.var).data.rglob("*.aof*"):
        path.unlink(missing_ok=True)
    time.sleep(10)
    rig.stack.kill("redis")


def kill_postgres(rig: Rig, batch: Batch) -> None:
    for _turn in range(3):
        # SIGQUIT is PostgreSQL's immediate shutdown: no farewell, recovery from the log at the next start.
        pid = rig.stack.kill("postgres", signal.SIGQUIT)
        rig.stack.wait_ready("postgres", after=pid)
        time.sleep(2)


def freeze(*names: str) -> Callable[[Rig, Batch], None]:
    def strike(rig: Rig, batch: Batch) -> None:
        for name in names:
            rig.stack.kill(name, signal.SIGSTOP)
        if "worker" in names:
            for worker in rig.workers:
                os.killpg(worker.pid, signal.SIGSTOP)
        time.sleep(10)
        for name in names:
            rig.stack.kill(name, signal.SIGCONT)
        if "worker" in names:
            for worker in rig.workers:
                os.killpg(worker.pid, signal.SIGCONT)

    return strike


def second_beat(rig: Rig, batch: Batch) -> None:
    words = ["-m", "celery", "--quiet", "--app", "dispatch_center", "beat", "--loglevel", "ERROR", "--pidfile=",
             "--schedule", str(rig.stack.var / "second-beat")]  # fmt: skip
    beat = subprocess.Popen([manage()[0], *words], env=rig.stack.environment(), stderr=subprocess.DEVNULL)
    time.sleep(15)
    beat.terminate()
    beat.wait(10)


def every_task_twice(rig: Rig, batch: Batch) -> None:
    from dispatch_center.celery import app

    for _turn in range(100):
        for _again in range(2):
            app.send_task("callbacks.escalate_overdue")
            app.send_task("callbacks.deliver_outbox")
        time.sleep(0.15)


def keep_while_escalating(rig: Rig, batch: Batch) -> frozenset[int]:
    """Operators keep every second promise at the very moment it comes due; returns the clocks that never rang."""
    from django.db import connection

    from accounts import clock
    from accounts.models import User
    from accounts.writes import Refused
    from callbacks.models import Deadline
    from callbacks.services import finish_attempt, start_attempt

    operator = User.objects.get(username="operator")
    mine = list(zip(batch.deadlines, batch.obligations, strict=True))[::2]

    def keep(part: list[tuple[int, int]]) -> None:
        for deadline, obligation in part:
            rig.sleep_until(Deadline.objects.get(pk=deadline).due_at)
            with suppress(Refused):
                attempt = start_attempt(obligation=open_promise(obligation), operator=operator, at=clock.now())
                finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=clock.now())
        connection.close()

    threads = [threading.Thread(target=keep, args=(mine[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    quiet = Deadline.objects.filter(pk__in=[deadline for deadline, _ in mine], stopped_at__isnull=False)
    return frozenset(quiet.filter(escalations=None).values_list("pk", flat=True))


FAULTS = {
    "healthy": Fault("everything healthy", nothing, 1, 3),
    "worker": Fault("worker kill -9 ×20", kill_workers, 5, 5),
    "flushall": Fault("FLUSHALL ×10", flush_broker, 5, 5),
    "redis": Fault("Redis kill -9 ×10", kill_redis, 5, 14),
    "forgetful": Fault("Redis frozen, then restarted empty", redis_forgets, 5, 16),
    "postgres": Fault("PostgreSQL immediate shutdown ×3", kill_postgres, 10, 12),
    "beat": Fault("beat frozen 10 s", freeze("beat"), 5, 14),
    "beats": Fault("two beats", second_beat, 5, 5),
    "frozen": Fault("all workers frozen 10 s", freeze("worker"), 5, 14),
    "twice": Fault("every task twice", every_task_twice, 5, 5),
    "races": Fault("keeping races escalating", keep_while_escalating, 5, 5),
    "smtp": Fault("SMTP frozen 10 s", freeze("mail"), 5, 14),
    # Only for the centre with its keeper: without it nothing is left that could look.
    "alone": Fault("everything but PostgreSQL frozen", freeze("redis", "worker", "beat", "mail"), 1.5, 0, False),
}
