"""Count the days that are over or were changed since they were counted."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import clock
from reports.services.tallies import refresh_tallies


class Command(BaseCommand):
    help = "Count the days of the reports that are over and not counted yet, and those that were changed since."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Counted {refresh_tallies(at=clock.now(), whole=True)} days.")
