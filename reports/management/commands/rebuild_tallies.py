"""Forget what was counted beforehand and count everything anew."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import clock
from reports.services.tallies import rebuild_tallies


class Command(BaseCommand):
    help = "Forget all counts of the reports and make them anew; meanwhile reports read the rows and are only slower."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Counted {rebuild_tallies(at=clock.now())} days.")
