"""What can be taken away by name: a report, the journal, the rows of a figure; opened as sheets for a file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from companies.models import Company, Service
from reports.asking import READ, asked_figure, asked_filters
from reports.catalogue import REPORTS, Cell, Line, Report, Section, build
from reports.figures import FILTERS, Figure
from reports.journal import FIGURE, JOURNAL
from reports.listing import LISTINGS, Listing
from reports.period import Period
from tickets.models import Category

from .files import Row, Sheet
from .reading import Reading
from .spreadsheet import Percent, Title

JOURNAL_NAME, ROWS = "journal", "rows"
CHUNK = 2_000
WIDTHS = {"ticket": 12, "moment": 17, "length": 12, "phone": 20, "badge": 24, "wide": 50}
# Lists whose rows name a person's number besides those that have a column of telephones.
TELLING = {"access"}
# How long the database may think of one answer for a file; a page has fifteen seconds.
PATIENCE = "30min"


class UnknownName(Exception):
    """There is nothing of this name to be taken away."""


class Contents(Protocol):
    """What a file is made of. ``count``: how many rows it will hold, None when that is known only afterwards."""

    @property
    def title(self) -> str: ...

    @property
    def words(self) -> tuple[str, ...]: ...

    @property
    def is_personal(self) -> bool: ...

    def sheets(self) -> Iterator[Sheet]: ...

    def count(self) -> int | None: ...


@dataclass(frozen=True)
class Wanted:
    """A report's name, «journal» or «rows:» and a figure; its period, and by what it is narrowed as an address says."""

    name: str
    period: Period
    query: str = ""

    def open(self) -> Contents:
        """Raises UnknownName, and Http404 where the address names what is not there."""
        kind, _colon, cell = self.name.partition(":")
        asked = QueryDict(self.query, mutable=True)
        if self.name in REPORTS:
            narrowed, words = asked_filters(asked)
            return ReportContents(self.name, self.period, narrowed, tuple(words))
        if self.name == JOURNAL_NAME:
            narrowed, words = asked_filters(asked)
            return ListContents(FIGURE, JOURNAL, self.period, narrowed, tuple(words), _("Журнал заявок"))
        if kind == ROWS:
            asked["cell"] = cell
            figure, narrowed, words = asked_figure(asked)
            listing = LISTINGS[figure.subject.listing]
            return ListContents(figure, listing, self.period, narrowed, tuple(words), str(figure.title))
        raise UnknownName(self.name)

    @property
    def file_name(self) -> str:
        """For the disk of whoever takes it: plain letters, without an ending."""
        days = f"{self.period.first}" if self.period.first == self.period.last else (
            f"{self.period.first}-{self.period.last}"
        )  # fmt: skip
        return f"{self.name.removeprefix('rows:').replace('_', '-')}-{days}"


def filters_of(name: str, query: Mapping[str, str] | QueryDict) -> str:
    """Of an address, what narrows ``name``, written in one way."""
    names = tuple(READ) if name.startswith(f"{ROWS}:") else FILTERS
    return urlencode({key: query.get(key, "") for key in names if query.get(key)})


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class ListContents:
    figure: Figure
    listing: Listing
    period: Period
    narrowed: Mapping[str, object]
    words: tuple[str, ...]
    title: str

    @property
    def is_personal(self) -> bool:
        return any(column.kind == "phone" for column in self.listing.columns) or self.figure.subject.name in TELLING

    def found(self) -> QuerySet[Any]:
        return self.figure.rows(self.period, self.narrowed).order_by(*self.figure.subject.order)

    def count(self) -> int:
        return self.found().count()

    def sheets(self) -> Iterator[Sheet]:
        columns = self.listing.columns
        yield Sheet(
            self.title, [str(column.title) for column in columns],
            [WIDTHS.get(column.kind, 26) for column in columns], self._rows(),
        )  # fmt: skip

    def _rows(self) -> Iterator[Row]:
        """By a cursor of the server's; outside a transaction the database keeps the answer until it is read."""
        columns, at = [(column.kind, column.value) for column in self.listing.columns], self.period.at
        for row in _Lent(self.listing.prepared(self.found())):
            yield [_value(kind, value(row, at)) for kind, value in columns]


def _value(kind: str, value: Any) -> Any:
    """As a cell keeps it: moments, lengths, numbers and telephones as they are, anything else in words."""
    if kind == "outage":
        return value[1]
    return str(value) if kind == "badge" else value


# Small tables that every row names: read once for a whole file, instead of once more with every row of it.
REGISTERS = (Category, Company, Service, User)


class _Lent:
    """The rows of a list with the registers that they name put into them by their keys."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        # By place: the rows on the way to it, its name, the field of its key, and the register itself.
        self.places: list[tuple[tuple[str, ...], str, str, dict[Any, Any]]] = []
        self.joined: list[str] = []
        self._registers: dict[tuple[Any, tuple[str, ...]], dict[Any, Any]] = {}
        tree = rows.query.select_related
        self._walk(rows.model, tree if isinstance(tree, dict) else {}, ())
        rows = rows.select_related(None)
        self.rows = rows.select_related(*self.joined) if self.joined else rows

    def _walk(self, model: Any, tree: Mapping[str, Any], way: tuple[str, ...]) -> None:
        for name, below in tree.items():
            field = model._meta.get_field(name)  # noqa: SLF001  (Django's documented API of models)
            if field.related_model in REGISTERS and field.concrete:
                self.places.append((way, name, field.attname, self._register(field.related_model, tuple(below))))
            else:
                self.joined.append("__".join((*way, name)))
                self._walk(field.related_model, below, (*way, name))

    def _register(self, model: Any, below: tuple[str, ...]) -> dict[Any, Any]:
        if (model, below) not in self._registers:
            found = model.objects.select_related(*below) if below else model.objects
            self._registers[model, below] = found.in_bulk()
        return self._registers[model, below]

    def __iter__(self) -> Iterator[Any]:
        places = self.places
        for row in self.rows.iterator(chunk_size=CHUNK):
            for way, name, key, register in places:
                holder = row
                for step in way:
                    holder = getattr(holder, step, None)
                if holder is not None:
                    # As Django keeps what was joined; what has gone since is asked for in the usual way.
                    found = register.get(held) if (held := getattr(holder, key)) is not None else None
                    if found is not None or held is None:
                        holder._state.fields_cache[name] = found  # noqa: SLF001
            yield row


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class ReportContents:
    name: str
    period: Period
    narrowed: Mapping[str, Any]
    words: tuple[str, ...]
    is_personal: bool = False

    @property
    def title(self) -> str:
        return str(REPORTS[self.name].title)

    def count(self) -> None:
        return None

    def build(self) -> Report:
        return build(self.name, Reading(self.period, self.narrowed), self.words)

    def sheets(self) -> Iterator[Sheet]:
        return sheets_of(self.build())


def sheets_of(report: Report) -> Iterator[Sheet]:
    """The facts, the period and the filters first; then every table."""
    names = [f"{number} {section.of}" for number, section in enumerate(report.sections, start=1)]
    yield Sheet(str(report.title), (), (40, 30, 22), list(_first(report, names)))
    for name, section in zip(names, report.sections, strict=True):
        yield _table(name, section)


def _first(report: Report, names: list[str]) -> Iterator[Row]:
    yield [Title(report.title)]
    yield [_("Период"), _days(report.period)]
    yield [_("По состоянию на"), report.period.at]
    yield [_("Прошлый период"), _days(report.before)]
    yield [_("Отбор"), ", ".join(report.words) or _("без отбора")]
    if report.left_out:
        yield [_("Не все показатели можно так отобрать; эти пропущены."), ""]
    yield []
    yield [_("Показатель"), _("Значение"), _("Прошлый период")]
    for fact in report.facts:
        yield [str(fact.label), _typed(fact.cell), _typed(fact.cell, before=True)]
    yield []
    for name, section in zip(names, report.sections, strict=True):
        yield [name, section.title]
        if section.note:
            yield ["", str(section.note)]


def _days(period: Period) -> str:
    return f"{period.first:%d.%m.%Y}–{period.last:%d.%m.%Y}"


def _table(name: str, section: Section) -> Sheet:
    lines = (*section.lines, *((section.total,) if section.total else ()))
    is_compared = any(cell.before is not None for line in lines for cell in line.cells)
    headings = [str(section.of)]
    for column in section.columns:
        headings.append(str(column.title))
        if is_compared:
            headings.append(_("%s: прошлый период") % column.title)
    return Sheet(
        name, headings, [34, *[16] * (len(headings) - 1)],
        [_line(line, is_compared=is_compared) for line in section.lines],
        _line(section.total, is_compared=is_compared) if section.total else None, caption=section.title,
    )  # fmt: skip


def _line(line: Line, *, is_compared: bool) -> list[Any]:
    told: list[Any] = [line.label]
    for cell in line.cells:
        told.append(_typed(cell))
        if is_compared:
            told.append(_typed(cell, before=True))
    return told


def _typed(cell: Cell, *, before: bool = False) -> Any:
    """The number itself with what it is counted in; None where there are no data, which is not nought."""
    value = cell.before if before else cell.value
    if value is None or isinstance(value, str):
        return value
    match cell.unit:
        case "percent":
            return Percent(value)
        case "seconds" | "hours":
            return timedelta(seconds=float(value))
        case "count":
            return int(value)
    return Decimal(str(round(float(value), 2)))


@contextmanager
def patience() -> Iterator[None]:
    """While a file is made, the database may think longer than for a page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [PATIENCE])
    try:
        yield
    finally:
        # A transaction that failed takes the setting back by itself.
        if not connection.needs_rollback and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
