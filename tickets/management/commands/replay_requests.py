"""Send recorded requests through the centre and see that every promise is kept or asked about."""

import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.replay.rehearsal import NotReady, Rehearsal
from tickets.replay.requests import UnreadableFile, read_requests

BAR = 40


class Bar:
    """One line that grows on a terminal; a line per tenth where the output goes to a file."""

    def __init__(self, out: Any) -> None:
        self.out, self.live, self.told = out, sys.stdout.isatty(), -1
        self.begun = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        tenth = done * 10 // (of or 1)
        if not self.live and tenth == self.told:
            return
        self.told = tenth
        full = done * BAR // (of or 1)
        line = f"{'█' * full}{'·' * (BAR - full)} {done}/{of}  {time.monotonic() - self.begun:.0f} s"
        self.out.write(f"\r{line}" if self.live else line, ending="" if self.live else "\n")
        self.out.flush()

    def end(self) -> None:
        if self.live:
            self.out.write("")


class Command(BaseCommand):
    help = "Replay recorded requests (CSV, also gzip) with simulated operators and organisations, and check the sums."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="id, category, category_name, address, opened_at")
        parser.add_argument(
            "--speed", type=float, default=6000.0, help="how many recorded seconds pass in one (6000: a week in 100 s)"
        )
        parser.add_argument("--limit", type=int, help="only the first so many requests")
        parser.add_argument(
            "--keep-promises", action="store_true", help="watch over the promises here, where no centre is running"
        )

    def handle(self, *args: Any, file: Path, speed: float, limit: int | None, **options: Any) -> None:
        if speed <= 0 or (limit is not None and limit <= 0):
            raise CommandError("--speed and --limit must be more than nought.")
        try:
            requests = read_requests(file, limit=limit)
            rehearsal = Rehearsal(requests, speed=speed, keep_promises=options["keep_promises"])
        except (OSError, UnreadableFile, NotReady) as refusal:
            raise CommandError(str(refusal)) from None
        if not requests:
            raise CommandError(f"{file} holds no requests.")
        lasts = (requests[-1].opened_at - requests[0].opened_at).total_seconds() / speed
        promise = settings.CALLBACK_PROMISE.total_seconds()
        self.stdout.write(f"{len(requests)} requests in {lasts:.0f} s; each promise lasts {promise:g} s.")
        bar = Bar(self.stdout)
        found = rehearsal.run(progress=bar)
        bar.end()
        for name, count in found.lines():
            self.stdout.write(f"{name:<24}{count:>8}")
        self._tell_more(rehearsal)
        if found.complaints:
            raise CommandError("\n".join(["The rehearsal failed:", *found.complaints[:20], *rehearsal.errors[:5]]))
        self.stdout.write(
            self.style.SUCCESS("Nothing failed, every unkept promise was escalated once, the sums add up.")
        )

    def _tell_more(self, rehearsal: Rehearsal) -> None:
        for name, count in sorted(rehearsal.counts.items()):
            self.stdout.write(f"  {name:<22}{count:>8}")
        for title, unknown in (
            ("unknown addresses", rehearsal.translation.unknown_addresses),
            ("unknown categories", rehearsal.translation.unknown_categories),
        ):
            examples = ", ".join(repr(words) for words, _count in unknown.most_common(5))
            self.stdout.write(f"{title:<24}{unknown.total():>8}  {examples}".rstrip())
