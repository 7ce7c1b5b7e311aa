"""Ask the stored rows whether any promise of the schema is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from tickets.services.invariants import QUERIES, check_invariants


class Command(BaseCommand):
    help = "Look for rows that must not exist and keep the finding; ends non-zero and names them when there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        check = check_invariants(at=clock.now())
        if check is None:
            raise CommandError("Somebody else is checking now; its result will be on the page «Надёжность».")
        for rule in check.broken:
            self.stderr.write(f"{rule['rule']}: {rule['count']}, for example {', '.join(map(str, rule['ids']))}")
        if check.broken:
            raise CommandError(f"{len(check.broken)} of {len(QUERIES)} rules are broken.")
        self.stdout.write(f"{len(QUERIES)} rules hold ({check.seconds} s).")
