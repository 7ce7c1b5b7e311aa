"""Print what was overdue at a moment, as CSV."""

import csv
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.cells import harmless
from accounts.writes import Refused
from tickets.imports.moments import WrongMoment, moment, zone_of
from tickets.services.overdue_as_of import overdue_as_of

HEADER = (
    "number", "old_number", "clock", "registered_at", "due_at", "late_minutes", "closed_at", "company", "address",
)  # fmt: skip


class Command(BaseCommand):
    help = "Print the tickets that were overdue at a moment (CSV): due by then, neither done nor closed by then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("moment", help="2016-11-14 15:00, 14.11.2016 15:00, or with a zone: 2016-11-14T15:00+03:00")
        parser.add_argument("--tz", default=settings.TIME_ZONE, help="the zone of the moment and of what is printed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            zone = zone_of(options["tz"])
            at, _remark = moment(options["moment"], zone)
        except Refused as refusal:
            raise CommandError(str(refusal.message)) from None
        except WrongMoment:
            at = None
        if at is None:
            raise CommandError(f"Не понят момент «{options['moment']}». Пример: 2016-11-14 15:00.")
        printed = csv.writer(self.stdout, lineterminator="\n")
        printed.writerow(HEADER)
        for row in overdue_as_of(at):
            moments = [
                when.astimezone(zone).isoformat(timespec="seconds") if when else ""
                for when in (row.registered_at, row.due_at, row.closed_at)
            ]
            printed.writerow([
                harmless(row.number), harmless(row.old_number), row.clock, moments[0], moments[1],
                int(row.late_by.total_seconds() // 60), moments[2], harmless(row.company), harmless(row.address),
            ])  # fmt: skip
