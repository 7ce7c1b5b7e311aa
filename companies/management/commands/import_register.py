"""Bring a register of houses and their organisations in from a spreadsheet."""

import json
import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import clock
from accounts.writes import Refused
from companies.imports import columns as mapping
from companies.imports.invitations import invitations_page, invite_first_users
from companies.imports.register import import_register, many_regions
from companies.imports.report import Report
from companies.imports.tables import Table
from companies.imports.wording import TITLES
from companies.street_index import look_again


class Command(BaseCommand):
    help = "Import houses, organisations and who manages what since when (CSV, CSV.GZ, XLSX)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
        parser.add_argument(
            "--columns", default="", help='field → heading as JSON, or a file of it: {"address": "Адрес"}'
        )
        parser.add_argument("--locality", default="", help="where houses are that do not say so: «г. Калуга»")
        parser.add_argument("--errors", type=Path, help="write the rows with errors and remarks there (CSV)")
        parser.add_argument("--invitations", type=Path, help="write the invitations of first users there (HTML)")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        begun = time.monotonic()
        try:
            table = Table(file)
            chosen = self._columns(table, options["columns"])
            report = import_register(
                table, mapping.places_of(table.header, chosen), today=timezone.localdate(clock.now()),
                is_dry=options["dry_run"], locality=options["locality"], progress=self._progress,
            )  # fmt: skip
            if not options["dry_run"]:
                mapping.remember(mapping.REGISTER, table.header, chosen)
                look_again()
            self._tell(report, time.monotonic() - begun, is_dry=options["dry_run"])
            self._write(options["errors"], report)
            if options["invitations"] and not options["dry_run"]:
                self._invite(options["invitations"])
        except Refused as refusal:
            raise CommandError(str(refusal.message)) from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None

    def _columns(self, table: Table, given: str) -> dict[str, str]:
        if not given:
            return mapping.checked(mapping.REGISTER, table.header, mapping.guess(mapping.REGISTER, table.header))
        return mapping.checked(mapping.REGISTER, table.header, read_json(given))

    def _progress(self, done: int) -> None:
        if done % 10_000 == 0:
            self.stderr.write(f"… {done}")

    def _tell(self, report: Report, seconds: float, *, is_dry: bool) -> None:
        if is_dry:
            self.stdout.write("Пробный прогон, ничего не записано.")
            for row in report.differences:
                self.stdout.write(f"{row['where']}: {row['what']}: {row['was']} → {row['becomes']}")
        for name, title in TITLES.items():
            self.stdout.write(f"{title!s:<40}{report.counts[name]:>8}")
        for name, typed in report.as_json()["spellings"].items():
            self.stdout.write(f"Одна организация: {name} ← {'; '.join(typed)}")
        if warning := many_regions(report):
            self.stdout.write(self.style.WARNING(warning))
        self.stdout.write(f"{seconds:.1f} с")

    def _write(self, path: Path | None, report: Report) -> None:
        if path:
            path.write_bytes(report.bad.read())
            self.stdout.write(f"Строки с ошибками и замечаниями: {path}")

    def _invite(self, path: Path) -> None:
        invited = invite_first_users(at=clock.now())
        # Whoever reads it may enter: for the owner's eyes only.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as page:
            page.write(invitations_page(invited))
        self.stdout.write(f"Приглашений: {len(invited)}: {path}")


def read_json(given: str) -> dict[str, Any]:
    """An object as it stands in the argument, or in the file that it names. Raises CommandError."""
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise CommandError(f"JSON: {error}") from None
    if not isinstance(found, dict):
        raise CommandError("JSON: нужен объект {…}.")
    return found
