"""The third bell: a loop that needs nothing but PostgreSQL."""

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from accounts import clock
from callbacks import channels, services
from companies.services import deliveries

log = structlog.get_logger(__name__)

# A slow server may cost its time-out per message: a short batch keeps the stop quick.
MESSAGES_AT_ONCE = 5
# Seconds; envelopes are a minute's, nobody waits for a quarter of one.
MESSAGES_EVERY = 1.0


def raise_rungs(at: datetime) -> None:
    services.sweep(at=at, keeper="keeper")


def send_messages(at: datetime, *, channel: str) -> None:
    services.deliver_outbox_batch(at=at, channel=channel, limit=MESSAGES_AT_ONCE)


def tell_programs(at: datetime) -> None:
    for _turn in range(MESSAGES_AT_ONCE):
        if not deliveries.deliver_next(at=clock.now()):
            break
    deliveries.send_next_notice(at=at)


class Command(BaseCommand):
    help = "Raise broken promises and send messages in loops that need only PostgreSQL."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stopped = threading.Event()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=0.25, help="seconds between two looks at the clocks")
        parser.add_argument("--turns", type=int, default=0, help="stop after so many turns; 0 means never")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        given = {"every": options["every"], "turns": options["turns"]}
        # Each channel has a thread of its own: a server that hangs must keep no rung from ringing, nor another channel.
        ways = {channel.name: partial(send_messages, channel=channel.name) for channel in channels.configured()}
        posts = [
            threading.Thread(
                target=self._loop,
                args=(name, turn),
                kwargs={**given, "every": max(options["every"], MESSAGES_EVERY)},
                daemon=True,
            )
            for name, turn in {**ways, "webhooks": tell_programs}.items()
        ]
        for post in posts:
            post.start()
        self._loop("rungs", raise_rungs, **given)
        if options["turns"]:
            for post in posts:
                post.join()

    def _loop(self, name: str, turn: Callable[[datetime], None], *, every: float, turns: int) -> None:
        done = 0
        while not self.stopped.is_set():
            try:
                turn(clock.now())
            except Exception as error:  # the last bell outlives whatever happens to one turn of it
                log.warning("turn_failed", turn=name, error=type(error).__name__)
                connection.close()
            done += 1
            if done == turns:
                break
            self.stopped.wait(every)
        connection.close()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopped.set()
