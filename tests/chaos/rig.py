"""A private centre, promises that come due in it, and the count of what was raised and sent."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dispatch_center.local.plan import listens, manage
from dispatch_center.local.redis import Redis
from dispatch_center.local.stack import LocalStack

if TYPE_CHECKING:
    from callbacks.models import CallbackObligation

# So long after the last promise everything must have been raised; lateness itself is measured, not assumed.
PATIENCE_SECONDS = 45
# What one person is told within a minute leaves in one letter, at the latest in the minute after it.
LETTERS_LEAVE_WITHIN = timedelta(seconds=90)
WORKERS_BESIDES = 2
ANSWER_WITHIN_SECONDS = 60
AT_ONCE = 100
# All promises have to be written before the first comes due.
SHORTEST_LEAD = timedelta(seconds=10)

Rung = tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """Promises due one after another, and the moment of every rung (deadline, number) until the last is due."""

    first_due_at: datetime
    last_due_at: datetime
    rungs: dict[Rung, datetime]
    deadlines: list[int]
    obligations: list[int]


@dataclass(frozen=True)
class Letters:
    """Messages by mail: never received, and keys received more than once."""

    lost: int
    doubled: int


@dataclass(frozen=True)
class Count:
    """What became of a batch: rungs raised once, never and more than once, and how late, in seconds.

    ``late`` counts from the moment of the rung, ``after_recovery`` from there or from when what was broken answered
    again, whichever came later.
    """

    due: int
    raised: int
    lost: int
    doubled: int
    late: list[float]
    after_recovery: float

    @property
    def latest(self) -> float:
        return max(self.late, default=0.0)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.late)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Rig:
    """The centre under attack. ``keeper`` says whether the loop that needs only PostgreSQL runs."""

    def __init__(self, *, var: Path, keeper: bool) -> None:
        self.stack = LocalStack(var=var, env={"LOG_LEVEL": "ERROR"}, without={"web"} if keeper else {"web", "promises"})
        self.workers: list[subprocess.Popen[bytes]] = []
        # Until it is known how long this machine writes.
        self.lead = 3 * SHORTEST_LEAD
        self._numbers = 0

    def __enter__(self) -> Self:
        self.stack.start()
        self._join()
        for number in range(WORKERS_BESIDES):
            self.start_worker(number)
        self.wait_for_workers()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(30)
        from django.db import connection

        connection.close()
        self.stack.stop()

    def _join(self) -> None:
        """Make this process a part of the centre, for good: same database, same broker."""
        os.environ |= self.stack.environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "dispatch_center.settings"
        import django

        django.setup()

    # ── Its workers ──────────────────────────────────────────────────────────────────────────────────────────────
    def start_worker(self, number: int) -> subprocess.Popen[bytes]:
        words = ["-m", "celery", "--app", "dispatch_center", "worker", "--pool", "prefork", "--concurrency", "2",
                 "--loglevel", "ERROR", "--without-mingle", "--without-gossip",
                 "--hostname", f"besides{number}@%h"]  # fmt: skip
        worker = subprocess.Popen(
            [manage()[0], *words], env=self.stack.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def wait_for_workers(self) -> None:
        """Until every worker answers."""
        patience = time.monotonic() + ANSWER_WITHIN_SECONDS
        while _workers_that_answer() < 1 + WORKERS_BESIDES:
            self.check()
            if time.monotonic() > patience:
                raise TimeoutError("The workers do not answer.")
            time.sleep(0.05)

    def signal_workers(self, number: signal.Signals) -> None:
        """The main processes with all their pools."""
        for pid in [self.stack.pid("worker"), *(worker.pid for worker in self.workers)]:
            os.killpg(pid, number)

    def wait_for(self, name: str, *, after: int | None = None) -> None:
        """Until the program answers again; ``after`` is the number of the killed process."""
        self.stack.wait_ready(name, after=after, within=ANSWER_WITHIN_SECONDS)
        if name == "mail":
            port = int(self.stack.state()["mail_port"])
            while not listens(port):
                time.sleep(0.05)

    @property
    def broker(self) -> str:
        return Redis(self.stack.var).url

    def check(self) -> None:
        """Raises RuntimeError when the centre has given itself up."""
        if self.stack.popen is None or self.stack.popen.poll() is not None:
            raise RuntimeError(f"The centre has ended:\n{self.stack.last_lines()}")

    # ── Moments ──────────────────────────────────────────────────────────────────────────────────────────────────
    def now(self) -> datetime:
        """The database's moment, over a new connection: the server may have been restarted since we last spoke."""
        from django.db import connection

        from accounts import clock

        connection.close()
        return clock.now()

    def sleep_until(self, moment: datetime) -> None:
        from accounts import clock

        time.sleep(max(0.0, (moment - clock.now()).total_seconds()))

    # ── Promises ─────────────────────────────────────────────────────────────────────────────────────────────────
    def promise(self, count: int, *, seconds: float) -> Batch:
        """Write ``count`` promises that come due over ``seconds``, all of them before the first one does."""
        while True:
            begun = self.now()
            batch, in_time = self._write(count, first=begun + self.lead, seconds=seconds)
            written = self.now()
            if in_time and written < batch.first_due_at:
                # Warnings ring half-way, so this is when the last promise has been written.
                self.lead = max(SHORTEST_LEAD, 2 * (written - begun))
                return batch
            self.clear(batch)
            self.lead *= 2

    def _write(self, count: int, *, first: datetime, seconds: float) -> tuple[Batch, bool]:
        """The promises, and whether each was written before its own first rung."""
        from django.db import transaction

        from accounts import clock
        from callbacks.models import CallbackObligation
        from callbacks.services import promise_callback, rules_in_force, take_contact

        rules, step = rules_in_force(), timedelta(seconds=seconds) / count
        batch = Batch(first, first + count * step, {}, [], [])
        in_time = True
        for start in range(0, count, AT_ONCE):
            at = clock.now()
            made = []
            with transaction.atomic():
                for number in range(start, min(start + AT_ONCE, count)):
                    self._numbers += 1
                    contact = take_contact(received_at=at, phone=f"+7900{self._numbers:07}")
                    made.append(
                        promise_callback(
                            contact=contact, reason=CallbackObligation.Reason.FIRST_ANSWER, promised_at=at, at=at,
                            due_at=first + number * step, rules=rules, title="Проверка",
                        )
                    )  # fmt: skip
            rungs = _rungs_until(batch.last_due_at, made)
            in_time &= clock.now() < min(rungs.values())
            batch.rungs.update(rungs)
            batch.deadlines.extend(one.deadline_id for one in made if one.deadline_id)
            batch.obligations.extend(one.pk for one in made)
        return batch, in_time

    def clear(self, batch: Batch) -> None:
        """Take the promises back, so that their higher rungs and repeats do not ring into the next fault."""
        from django.db import transaction

        from accounts.models import User
        from callbacks.models import CallbackObligation, Deadline, Escalation

        at, supervisor = self.now(), User.objects.get(username="supervisor")
        with transaction.atomic():
            owed = CallbackObligation.objects.outstanding().filter(pk__in=batch.obligations)
            owed.update(
                state="waived", waiver="wrong_number", waived_by=supervisor, settled_at=at, claimed_by=None,
                claimed_until=None,
            )  # fmt: skip
            running = Deadline.objects.running().filter(pk__in=batch.deadlines)
            running.filter(due_at__lt=at).update(stopped_at=at, outcome=Deadline.Outcome.MISSED)
            running.update(stopped_at=at, outcome=Deadline.Outcome.STOPPED)
            asked = Escalation.objects.filter(deadline__in=batch.deadlines, acknowledged_at=None)
            asked.update(acknowledged_by=supervisor, acknowledged_at=at, repeat_at=None)

    # ── Counting ─────────────────────────────────────────────────────────────────────────────────────────────────
    def count(self, batch: Batch, *, whole_at: datetime) -> Count:
        """Wait until every rung of ``batch`` was raised, or its clock stopped first, and count."""
        from callbacks.models import Deadline, Escalation

        patience = self.now() + timedelta(seconds=PATIENCE_SECONDS)
        raised = Escalation.objects.filter(deadline__in=batch.deadlines, rung_due_at__lte=batch.last_due_at)
        ended = Deadline.objects.filter(pk__in=batch.deadlines, stopped_at__isnull=False)
        while True:
            rows = list(raised.values_list("deadline", "rung", "recorded_at"))
            stops = {pk: at for pk, at in ended.values_list("pk", "stopped_at") if at is not None}
            times = Counter((deadline, rung) for deadline, rung, _ in rows)
            missing = [rung for rung in batch.rungs if rung not in times]
            # Whoever was rung back before the sweep came needs no rung; it would have been at least so late.
            spared = {rung: stops[rung[0]] for rung in missing if rung[0] in stops}
            if len(spared) == len(missing) or self.now() > patience:
                break
            time.sleep(0.25)
        answered = [((deadline, rung), at) for deadline, rung, at in rows] + list(spared.items())
        return Count(
            due=len(batch.rungs) - len(spared),
            raised=sum(count == 1 for count in times.values()),
            lost=len(missing) - len(spared),
            doubled=sum(count > 1 for count in times.values()),
            late=[max(0.0, (at - batch.rungs[rung]).total_seconds()) for rung, at in answered],
            after_recovery=max(
                (max(0.0, (at - max(batch.rungs[rung], whole_at)).total_seconds()) for rung, at in answered),
                default=0.0,
            ),
        )

    def letters(self, batches: Iterable[Batch]) -> list[Letters]:
        """Wait until the mail has left, and compare what each batch owes with what lies in the post box."""
        from callbacks.models import Outbox

        mail = Outbox.objects.filter(channel=Outbox.Channel.EMAIL)
        patience = self.now() + LETTERS_LEAVE_WITHIN
        while mail.filter(sent_at=None).exists() and self.now() < patience:
            time.sleep(1)
        received = self._received()
        found = []
        for batch in batches:
            owed = mail.filter(escalation__deadline__in=batch.deadlines).values_list("envelope__key", flat=True)
            keys = Counter(str(key) for key in owed)
            found.append(
                Letters(
                    lost=sum(count for key, count in keys.items() if not received[key]),
                    doubled=sum(received[key] > 1 for key in keys),
                )
            )
        return found

    def _received(self) -> Counter[str]:
        """How often each letter lies in the post box, by the key in its Message-ID."""
        found: Counter[str] = Counter()
        parser = BytesHeaderParser()
        for path in (self.stack.mail / "new").iterdir():
            with path.open("rb") as letter:
                found[str(parser.parse(letter)["Message-ID"]).strip("<>").partition("@")[0]] += 1
        return found


def _workers_that_answer() -> int:
    from dispatch_center.celery import app

    # A connection of its own: that of the last question may lead to a Redis that was killed since.
    try:
        with app.connection_for_write() as broker:
            return len(app.control.ping(connection=broker, timeout=0.5) or ())
    except Exception:  # whatever the broker's client raises, nobody has answered
        return 0


def _rungs_until(last: datetime, promises: Iterable["CallbackObligation"]) -> dict[Rung, datetime]:
    """The moment of each rung of these promises' clocks that rings by ``last``."""
    from callbacks import models
    from callbacks.services.rules import moment_of

    ladders: dict[int, list[models.Rung]] = {}
    for rung in models.Rung.objects.all():
        ladders.setdefault(rung.rule_id, []).append(rung)
    moments = {}
    for clock in (promise.deadline for promise in promises):
        assert clock is not None
        for rung in ladders[clock.rule_id or 0]:
            moment = moment_of(rung, started_at=clock.started_at, due_at=clock.due_at)
            if moment <= last:
                moments[clock.pk, rung.number] = moment
    return moments
