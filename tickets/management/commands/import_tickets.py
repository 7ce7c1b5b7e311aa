"""Bring the tickets of the log that was kept before into this one."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from accounts.writes import Refused
from companies.imports import columns as mapping
from companies.imports.report import Report
from companies.imports.tables import Table
from companies.management.commands.import_register import read_json
from tickets.imports.columns import TICKETS
from tickets.imports.log import import_tickets, words_unknown
from tickets.imports.moments import zone_of
from tickets.imports.old import OldLog
from tickets.imports.slots import DAYS
from tickets.imports.words import MEANINGS, Words

TITLES = {
    "rows": "строк в файле", "created": "заявок внесено", "still_open": "из них не закрыты: обещан звонок",
    "already_there": "уже были внесены", "errors": "строк не внесено", "remarks": "замечаний",
}  # fmt: skip
UNKNOWN = {"category": "Категории", "company": "Организации", "channel": "Каналы", "address": "Адреса"}


class Command(BaseCommand):
    help = "Import the tickets of an old log (CSV, CSV.GZ, XLSX); nothing rings for what is past."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tz", default=settings.TIME_ZONE, help="the time zone of the log: Asia/Vladivostok")
        parser.add_argument(
            "--mapping", "--columns", default="", dest="mapping",
            help='JSON or a file of it: {"opened": "Дата", …} or {"columns": {…}, "categories": {"как там": "код"}, '
            '"companies": {…}, "channels": {…}, "closed_statuses": ["5"]}',
        )  # fmt: skip
        parser.add_argument(
            "--prefix", default="", help="put before own numbers, where two logs numbered alike: «115-»"
        )
        parser.add_argument("--locality", default="", help="where addresses are that do not say so: «г. Калуга»")
        parser.add_argument("--days", type=int, default=DAYS, help="over how many working days the calls are spread")
        parser.add_argument("--dry-run", action="store_true", help="say what would be written, write nothing")
        parser.add_argument("--warnings", "--errors", type=Path, dest="warnings", help="rows to look at (CSV)")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        begun = time.monotonic()
        if options["days"] < 1:
            raise CommandError("--days: нужен хотя бы один день.")
        try:
            at = clock.now()
            table = Table(file)
            chosen, given = self._mapping(table, options["mapping"])
            words = Words.load(given, locality=options["locality"])
            log = OldLog(
                mapping.places_of(table.header, chosen), words, zone=zone_of(options["tz"]),
                prefix=options["prefix"], at=at,
            )  # fmt: skip
            report = import_tickets(
                table, log, at=at, days=options["days"], is_dry=options["dry_run"], progress=self._progress
            )
            if not options["dry_run"]:
                mapping.remember(TICKETS, table.header, chosen, given)
            self._tell(report, words, time.monotonic() - begun, is_dry=options["dry_run"])
            self._write(options["warnings"], report, file)
        except Refused as refusal:
            raise CommandError(str(refusal.message)) from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None

    def _mapping(self, table: Table, told: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Columns and the meanings of words: as given, else as the last time, else by the headings."""
        found = read_json(told) if told else {}
        words = {name: found.pop(name) for name in MEANINGS if name in found} or mapping.words_of(TICKETS, table.header)
        columns = found.get("columns", found)
        if not isinstance(columns, dict):
            raise CommandError("columns: нужен объект {поле: столбец}.")
        return mapping.checked(TICKETS, table.header, columns or mapping.guess(TICKETS, table.header)), words

    def _progress(self, done: int) -> None:
        if done % 10_000 == 0:
            self.stderr.write(f"… {done}")

    def _tell(self, report: Report, words: Words, seconds: float, *, is_dry: bool) -> None:
        if is_dry:
            self.stdout.write("Пробный прогон, ничего не записано.")
        for name, title in TITLES.items():
            self.stdout.write(f"{title:<40}{report.counts[name]:>8}")
        for kind, count, examples in words_unknown(words.unknown):
            self.stdout.write(f"{UNKNOWN[kind]}, которых не знаем: {count}: {examples}")
        self.stdout.write(f"{seconds:.1f} с")

    def _write(self, path: Path | None, report: Report, file: Path) -> None:
        if path is None and (report.counts["errors"] or report.counts["remarks"]):
            path = Path(f"{file.name}.warnings.csv")
        if path:
            path.write_bytes(report.bad.read())
            self.stdout.write(f"Строки, на которые надо посмотреть: {path}")
