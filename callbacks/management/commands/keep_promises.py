"""The third bell: a loop that needs nothing but PostgreSQL."""

import signal
import time
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, connection

from accounts import clock
from callbacks import services

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Raise broken promises and send letters in a loop that needs only PostgreSQL."
    stopped = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two turns")
        parser.add_argument("--turns", type=int, default=0, help="stop after so many turns; 0 means never")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        turns = 0
        while not self.stopped:
            try:
                at = clock.now()
                services.sweep(at=at, keeper="keeper")
                services.deliver_outbox_batch(at=at)
            except (DatabaseError, InterfaceError) as error:
                # The server is restarting: its rows will be there when it is back.
                log.warning("database_away", error=type(error).__name__)
                connection.close()
            turns += 1
            if turns == options["turns"]:
                break
            time.sleep(options["every"])

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopped = True
