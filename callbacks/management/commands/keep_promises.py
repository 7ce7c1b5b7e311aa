"""The third bell: a loop that needs nothing but PostgreSQL."""

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from accounts import clock
from callbacks import services

log = structlog.get_logger(__name__)

# A silent mail server may cost its time-out per letter: a short batch keeps the stop quick.
LETTERS_AT_ONCE = 5


def raise_rungs(at: datetime) -> None:
    services.sweep(at=at, keeper="keeper")


def send_letters(at: datetime) -> None:
    services.deliver_outbox_batch(at=at, limit=LETTERS_AT_ONCE)


class Command(BaseCommand):
    help = "Raise broken promises and send letters in loops that need only PostgreSQL."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stopped = threading.Event()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two turns")
        parser.add_argument("--turns", type=int, default=0, help="stop after so many turns; 0 means never")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        given = {"every": options["every"], "turns": options["turns"]}
        # Letters have a thread of their own: a mail server that hangs must not keep a rung from ringing.
        post = threading.Thread(target=self._loop, args=(send_letters,), kwargs=given, daemon=True)
        post.start()
        self._loop(raise_rungs, **given)
        if options["turns"]:
            post.join()

    def _loop(self, turn: Callable[[datetime], None], *, every: float, turns: int) -> None:
        done = 0
        while not self.stopped.is_set():
            try:
                turn(clock.now())
            except Exception as error:  # the last bell outlives whatever happens to one turn of it
                log.warning("turn_failed", turn=turn.__name__, error=type(error).__name__)
                connection.close()
            done += 1
            if done == turns:
                break
            self.stopped.wait(every)
        connection.close()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopped.set()
