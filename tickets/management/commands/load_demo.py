"""Load the demonstration: people, houses, organisations, a fortnight of tickets."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from tickets.demo import load_demo


class Command(BaseCommand):
    help = "Add what is missing of the demonstration, and extend its duty roster. Needs DEMO=true."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demonstration has known passwords; it is loaded only with DEMO=true.")
        added = load_demo(at=clock.now())
        self.stdout.write(", ".join(f"{name}: {count} added" for name, count in added.items()))
