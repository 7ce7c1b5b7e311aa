"""A private centre, promises that come due in it, and the count of what was raised and sent."""

import os
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dispatch_center.local.plan import manage
from dispatch_center.local.stack import LocalStack

if TYPE_CHECKING:
    from callbacks.models import CallbackObligation

# So long after the last promise everything must have been raised; lateness itself is measured, not assumed.
PATIENCE_SECONDS = 45
WORKERS_BESIDES = 2


@dataclass
class Batch:
    """Promises due one after another from ``first_due_at`` on, over ``seconds``."""

    first_due_at: datetime
    seconds: float
    deadlines: list[int]
    obligations: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Count:
    """What became of a batch: rungs raised once, never and more than once, and how late, in seconds."""

    due: int
    raised: int
    lost: int
    doubled: int
    letters_lost: int
    letters_doubled: int
    lateness: list[float]

    @property
    def latest(self) -> float:
        return max(self.lateness, default=0.0)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.lateness)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Rig:
    """The centre under attack. ``keeper`` says whether the loop that needs only PostgreSQL runs."""

    def __init__(self, *, var: Path, keeper: bool) -> None:
        self.stack = LocalStack(var=var, env={"LOG_LEVEL": "ERROR"}, without={"web"} if keeper else {"web", "promises"})
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.stack.start()
        self._join()
        for number in range(WORKERS_BESIDES):
            self.start_worker(number)
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
        """Make this process a part of the centre: same database, same broker."""
        os.environ |= self.stack.environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "dispatch_center.settings"
        import django

        django.setup()

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

    def promise(self, count: int, *, seconds: float, lead: float) -> Batch:
        """Write ``count`` promises that come due over ``seconds``, the first in ``lead`` seconds from now."""
        from django.db import transaction

        from accounts import clock
        from callbacks.models import CallbackObligation
        from callbacks.services import promise_callback, take_contact
        from callbacks.services.promises import load_rungs

        at, rungs = clock.now(), load_rungs()
        first = at + timedelta(seconds=lead)
        made: list[CallbackObligation] = []
        with transaction.atomic():
            for number in range(count):
                contact = take_contact(received_at=at, phone=f"+7900{self._serial():07}")
                made.append(
                    promise_callback(
                        contact=contact, reason=CallbackObligation.Reason.FIRST_ANSWER, promised_at=at, at=at,
                        due_at=first + timedelta(seconds=seconds * number / count), rungs=rungs, title="Проверка",
                    )
                )  # fmt: skip
        return Batch(first, seconds, [one.deadline_id or 0 for one in made], [one.pk for one in made])

    _last_number = 0

    def _serial(self) -> int:
        Rig._last_number += 1
        return Rig._last_number

    def sleep_until(self, moment: datetime) -> None:
        from accounts import clock

        time.sleep(max(0.0, (moment - clock.now()).total_seconds()))

    def count(self, batch: Batch, *, kept: frozenset[int] = frozenset()) -> Count:
        """Wait until every promise of ``batch`` (but those ``kept``) was raised and its letters left, and count."""
        from django.db import connection

        from callbacks.models import Escalation, Outbox

        # The server may have been restarted since we last spoke.
        connection.close()
        expected = [pk for pk in batch.deadlines if pk not in kept]
        patience = time.monotonic() + PATIENCE_SECONDS
        raised = Escalation.objects.filter(deadline__in=expected, rung=1)
        while raised.count() < len(expected) and time.monotonic() < patience:
            time.sleep(0.25)
        rows = list(raised.values_list("deadline", "recorded_at", "rung_due_at"))
        times = Counter(deadline for deadline, _, _ in rows)
        letters = Outbox.objects.filter(escalation__deadline__in=batch.deadlines, channel="email")
        patience = time.monotonic() + PATIENCE_SECONDS
        while letters.filter(sent_at=None).exists() and time.monotonic() < patience:
            time.sleep(0.25)
        received = self.received()
        keys = [str(key) for key in letters.values_list("key", flat=True)]
        return Count(
            due=len(expected),
            raised=len(times),
            lost=len(expected) - len(times),
            doubled=sum(1 for count in times.values() if count > 1),
            letters_lost=sum(1 for key in keys if not received[key]),
            letters_doubled=sum(1 for key in keys if received[key] > 1),
            lateness=[(recorded - due).total_seconds() for _, recorded, due in rows],
        )

    def received(self) -> Counter[str]:
        """How often each letter lies in the post box, by the key in its Message-ID."""
        found: Counter[str] = Counter()
        parser = BytesHeaderParser()
        for path in (self.stack.mail / "new").iterdir():
            with path.open("rb") as letter:
                found[str(parser.parse(letter)["Message-ID"]).strip("<>").partition("@")[0]] += 1
        return found


def open_promise(pk: int) -> "CallbackObligation":
    from callbacks.models import CallbackObligation

    return CallbackObligation.objects.get(pk=pk)
