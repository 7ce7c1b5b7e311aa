"""Bringing a register of houses and their companies in: planned piece by piece, and written piece by piece.

A piece is one transaction: a house, its company and its responsibility stand or fall together, a kill loses one piece,
and since the same file writes nothing twice, running it again is how it goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import islice
from zlib import crc32

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.writes import Refused

from .houses import BadRow, House, read_house
from .known import Known
from .pieces import Piece
from .report import BadRows, Report
from .tables import Line, Table

PIECE = 1_000
ALONE = crc32(b"companies.import_register")
Progress = Callable[[int], None]


class AnotherImport(Refused):
    message = gettext_lazy("Сейчас идёт другой импорт реестра. Дождитесь его конца.")
    code = "another_import"


class RegisterChanged(Refused):
    message = gettext_lazy("Реестр в это же время меняет кто-то другой. Повторите импорт: записанное не повторится.")
    code = "register_changed"


def import_register(
    table: Table,
    columns: Mapping[str, int],
    *,
    today: date,
    is_dry: bool = False,
    locality: str = "",
    progress: Progress = lambda done: None,
) -> Report:
    """Write the houses of ``table``, or with ``is_dry`` only say what would be written.

    ``columns``: field → position. ``today``: since when a company manages where the file does not say so.
    Raises AnotherImport, UnreadableFile, RegisterChanged; what was written before stays.
    """
    report = Report(BadRows(table.header))
    with alone(ALONE, AnotherImport):
        known = Known.load()
        touched: set[int] = set()
        done = 0
        rows = iter(table)
        while lines := list(islice(rows, PIECE)):
            read = list(_read(lines, columns, locality, report))
            known = _write(read, known, touched, report, today=today, is_dry=is_dry)
            done += len(lines)
            progress(done)
    report.counts["rows"] = done
    return report


def _read(
    lines: Iterable[Line], columns: Mapping[str, int], locality: str, report: Report
) -> Iterator[tuple[House, Line]]:
    for line in lines:
        try:
            house = read_house(line, columns, locality=locality)
        except BadRow as refusal:
            report.error(line.number, line.cells, str(refusal.message))
            continue
        report.regions[house.place.region or "—"] += 1
        yield house, line


def _write(
    read: list[tuple[House, Line]], known: Known, touched: set[int], report: Report, *, today: date, is_dry: bool
) -> Known:
    """Write one piece; where somebody else changed the register meanwhile, look at it anew and once more."""
    try:
        return _take(Piece(known, touched, today=today, is_dry=is_dry), read, report)
    except IntegrityError:
        pass
    try:
        return _take(Piece(Known.load(), touched, today=today, is_dry=is_dry), read, report)
    except IntegrityError as error:
        raise RegisterChanged from error


def _take(piece: Piece, read: list[tuple[House, Line]], report: Report) -> Known:
    with transaction.atomic():
        piece.take(read)
    piece.tell(report)
    return piece.known


@contextmanager
def alone(key: int, refusal: type[Refused]) -> Iterator[None]:
    """Hold a lock of the database that a second import is refused by; it ends with the connection at the latest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        row = cursor.fetchone()
    if not row or not row[0]:
        raise refusal
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def many_regions(report: Report) -> str:
    """A warning where houses of several regions stand in one file; towns of one name would be taken for one."""
    named = [region for region in report.regions if region != "—"]
    return _("В файле дома нескольких регионов: %s.") % ", ".join(sorted(named)) if len(named) > 1 else ""
