"""What an import found and did: counts, differences, and the rows that somebody has to look at."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.translation import gettext as _

from accounts.cells import harmless

# Enough to judge by; the counts are always whole.
MOST_DIFFERENCES, MOST_SPELLINGS = 200, 200
LARGEST_ERRORS = 20 << 20


class BadRows:
    """The rows with errors and with remarks as a file of the same columns, the reason before them."""

    def __init__(self, header: Sequence[str]) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115  (closed by whoever reads it)
        self.file.write(codecs.BOM_UTF8)
        self.size = 0
        self._write([_("Строка"), _("Итог"), _("Причина"), *header])

    def add(self, row: int, cells: Sequence[str], outcome: str, reason: str) -> None:
        # A file of nothing but errors is not worth more than this.
        if self.size < LARGEST_ERRORS:
            self._write([str(row), outcome, reason, *cells])

    def _write(self, row: Sequence[str]) -> None:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=";").writerow([harmless(cell) for cell in row])
        written = line.getvalue().encode()
        self.size += len(written)
        self.file.write(written)

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


@dataclass
class Report:
    """``counts``: see ``TITLES``. ``differences``: what is to change in the register, in words."""

    bad: BadRows
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[dict[str, str]] = field(default_factory=list)
    spellings: dict[str, list[str]] = field(default_factory=dict)
    regions: Counter[str] = field(default_factory=Counter)

    def error(self, row: int, cells: Sequence[str], reason: str) -> None:
        self.counts["errors"] += 1
        self.bad.add(row, cells, _("ошибка"), reason)

    def remark(self, row: int, cells: Sequence[str], reason: str) -> None:
        self.counts["remarks"] += 1
        self.bad.add(row, cells, _("замечание"), reason)

    def differ(self, where: str, what: str, was: object, becomes: object) -> None:
        if len(self.differences) < MOST_DIFFERENCES:
            told = {"where": where, "what": what, "was": _shown(was), "becomes": _shown(becomes)}
            self.differences.append(told)

    def spelled(self, name: str, typed: str) -> None:
        known = self.spellings.setdefault(name, [])
        if typed and typed not in known and len(known) < MOST_SPELLINGS:
            known.append(typed)

    def as_json(self) -> dict[str, Any]:
        several = {name: typed for name, typed in self.spellings.items() if len(typed) > 1}
        return {
            "counts": dict(self.counts), "differences": self.differences, "regions": dict(self.regions),
            "spellings": dict(list(several.items())[:MOST_SPELLINGS]),
        }  # fmt: skip


def _shown(value: object) -> str:
    return "—" if value is None or value == "" else str(value)
