"""The rehearsal as a whole: calls come in at their squeezed times, everybody works, and then it is counted."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from queue import SimpleQueue
from uuid import uuid4

from django.conf import settings

from accounts import clock
from callbacks.models import CallbackObligation, Deadline, Heartbeat

from .people import Intake, Keeper, Operator, Organisation, Worker, dispatchers, divided, operators
from .requests import Recorded, Translation
from .tally import Tally, tally

# Two cores: more threads would only wait for each other.
INTAKES, OPERATORS, ORGANISATIONS = 2, 4, 2
# How long the ladder may take beyond the promise before it counts as silent; meanwhile the operators catch up.
PATIENCE_SECONDS = 60
KEEPERS = ("sweep", "keeper")

Progress = Callable[[int, int], None]


class NotReady(Exception):
    """There is nobody or nothing to rehearse with; the text says what to do."""


class Rehearsal:
    """One run over recorded requests; ``run()`` may be called once."""

    def __init__(self, requests: list[Recorded], *, speed: float, keep_promises: bool = False) -> None:
        self.requests, self.speed = requests, speed
        self.translation = Translation.load()
        self.people = operators()
        if not self.people or not self.translation.buildings:
            raise NotReady("There are no operators or no houses here; run load_demo first.")
        self.began_at = clock.now()
        if not keep_promises and not _somebody_keeps(self.began_at):
            raise NotReady(
                "Nobody watches over the promises here: start the centre (make run), or add --keep-promises."
            )
        self.stop = threading.Event()
        self.calls: SimpleQueue[Recorded] = SimpleQueue()
        self.intakes = self._intakes()
        self.workers: list[Worker] = [*self.intakes, *self._operators(), *self._organisations()]
        if keep_promises:
            self.workers.append(Keeper("keeper", self.stop))

    def _intakes(self) -> list[Intake]:
        run, users = uuid4(), cycle(self.people)
        return [
            Intake(
                f"intake {number}", self.stop, operator=next(users), run=run, translation=self.translation,
                calls=self.calls,
            )
            for number in range(INTAKES)
        ]  # fmt: skip

    def _operators(self) -> list[Operator]:
        """At least a few at work, two at one account where there are not enough accounts."""
        users = cycle(self.people)
        return [
            Operator(f"operator {place}", self.stop, user=next(users), place=place, since=self.began_at)
            for place in range(max(OPERATORS, len(self.people)))
        ]

    def _organisations(self) -> list[Organisation]:
        return [
            Organisation(f"organisations {part}", self.stop, dispatchers=own, since=self.began_at)
            for part, own in enumerate(divided(dispatchers(), ORGANISATIONS))
        ]

    @property
    def registered(self) -> list[int]:
        return [pk for intake in self.intakes for pk in intake.registered]

    @property
    def errors(self) -> list[str]:
        failed = [error for intake in self.intakes for error in intake.failed]
        return failed + [error for worker in self.workers for error in worker.errors]

    @property
    def counts(self) -> Counter[str]:
        return sum((worker.counts for worker in self.workers), Counter[str]())

    def run(self, *, progress: Progress) -> Tally:
        for worker in self.workers:
            worker.start()
        try:
            self._ring_in(progress)
            self._wait_for_the_ladder(progress)
        finally:
            self.stop.set()
            for worker in self.workers:
                worker.join()
        return tally(read=len(self.requests), failed=len(self.errors), tickets=self.registered, at=clock.now())

    def _ring_in(self, progress: Progress) -> None:
        """Every call at its own moment of the squeezed days."""
        begun = time.monotonic()
        for request in self.requests:
            after = (request.opened_at - self.requests[0].opened_at).total_seconds() / self.speed
            while (ahead := begun + after - time.monotonic()) > 0:
                progress(self._done, len(self.requests))
                time.sleep(min(ahead, 0.25))
            self.calls.put(request)
        while self._done < len(self.requests):
            progress(self._done, len(self.requests))
            time.sleep(0.1)
        progress(self._done, len(self.requests))

    @property
    def _done(self) -> int:
        return sum(len(intake.registered) + len(intake.failed) for intake in self.intakes)

    def _wait_for_the_ladder(self, progress: Progress) -> None:
        """Until no promise has time left or can be rung, and whoever had to be asked about a broken one was asked."""
        until = time.monotonic() + settings.CALLBACK_PROMISE.total_seconds() + PATIENCE_SECONDS
        tickets = self.registered
        while time.monotonic() < until and self._unfinished(tickets):
            progress(self._done, len(self.requests))
            time.sleep(0.5)

    def _unfinished(self, tickets: list[int]) -> bool:
        at = clock.now()
        promises = CallbackObligation.objects.filter(ticket__in=tickets)
        waiting = promises.outstanding().filter(due_at__gt=at) | promises.callable_at(at)
        silent = Deadline.objects.to_ring(at).filter(obligation__ticket__in=tickets)
        return waiting.exists() or silent.exists()


def _somebody_keeps(at: datetime) -> bool:
    return Heartbeat.objects.filter(name__in=KEEPERS, beat_at__gte=at - timedelta(seconds=30)).exists()
