"""Write a report, the journal or the rows of a figure to a file."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from accounts import clock
from reports.asking import READ
from reports.forms import PeriodForm
from reports.services.contents import UnknownName, Wanted, filters_of, patience
from reports.services.files import KINDS, write_file


class Command(BaseCommand):
    help = "Write a report (by its name), the journal, or the rows of a figure (rows:FIGURE) to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="A report's name, «journal», or «rows:» and the name of a figure.")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="The first day; today if left out.")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="The last day; the first if left out.")
        for name in READ:
            parser.add_argument(f"--{name}", help="As in the address of the page.")
        parser.add_argument("--format", choices=sorted(KINDS), default="xlsx", dest="file_kind")
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, name: str, file_kind: str, output: Path, **options: Any) -> None:
        days = {"from": options["first"], "to": options["last"]}
        given = {key: day.isoformat() for key, day in days.items() if day}
        # A year is the limit of pages; a command may take its time.
        form = PeriodForm(given, now=clock.now(), longest=timedelta.max)
        if not form.is_valid():
            raise CommandError(" ".join(str(error) for errors in form.errors.values() for error in errors))
        asked = {key: str(options[key]) for key in READ if options[key] is not None}
        wanted = Wanted(name, form.period(), filters_of(name, asked))
        try:
            contents = wanted.open()
        except (UnknownName, Http404) as error:
            raise CommandError(f"There is no such report, figure or filter: {name} {wanted.query}".rstrip()) from error
        with patience(), output.open("wb") as file:
            rows = write_file(file, contents.sheets(), file_kind)
        self.stdout.write(f"{rows} rows in {output}.")
