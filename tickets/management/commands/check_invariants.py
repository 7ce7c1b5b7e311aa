"""Ask the stored rows whether any promise of the schema is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets.services.invariants import QUERIES, broken_invariants


class Command(BaseCommand):
    help = "Look for rows that must not exist; ends non-zero and names them when there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = broken_invariants()
        for rule in broken:
            self.stderr.write(f"{rule.rule}: {rule.count}, for example {', '.join(map(str, rule.ids))}")
        if broken:
            raise CommandError(f"{len(broken)} of {len(QUERIES)} rules are broken.")
        self.stdout.write(f"{len(QUERIES)} rules hold.")
