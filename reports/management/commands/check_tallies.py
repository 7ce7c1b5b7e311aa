"""Compare what was counted beforehand with the rows it stands for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from reports.services.tallies import check_tallies


class Command(BaseCommand):
    help = "Compare the counts of the reports with the rows; ends non-zero and names the days that disagree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, help="Only the last so many days; all of them when left out.")

    def handle(self, *args: Any, days: int | None, **options: Any) -> None:
        wrong = check_tallies(at=clock.now(), days=days)
        for found in wrong:
            self.stderr.write(f"{found.day} {found.subject}: counted {found.counted}, rows say {found.found}")
        if wrong:
            raise CommandError(f"{len(wrong)} counts disagree with their rows; manage.py rebuild_tallies mends them.")
        self.stdout.write("All counts agree with their rows.")
