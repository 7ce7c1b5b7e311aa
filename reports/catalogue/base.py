"""What a report is made of, whatever shows it: a page, a file, a letter, paper.

A report is counted once for its period and once for the one before; the second is laid beside the first cell by cell.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reports.figures import FIGURES, NONE
from reports.period import Period
from reports.services.reading import Key, Reading, percent

Text = Promise | str
# The key of the line that adds up the others.
TOTAL = ("total",)
Value = int | float | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """``unit``: "" words, count, percent, seconds (shown as min:s), hours or mark."""

    code: str
    title: Text
    unit: str = "count"


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` None: no data, which is not nought. ``query``: the address of exactly the rows that were counted.

    ``before``: the same of the previous period; None: not known. ``level``: how dark a heat map shows it, 0 to 4.
    """

    value: Value
    unit: str = "count"
    query: str = ""
    before: Value = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    key: Key
    label: str
    cells: tuple[Cell, ...]
    href: str = ""

    @property
    def is_total(self) -> bool:
        return self.key == TOTAL


@dataclass(frozen=True, slots=True)
class Chart:
    """``labels`` along the axis, and rows of values over them; ``tone`` kept, late or plain, told by a pattern too."""

    labels: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[float, ...]], ...]
    is_stacked: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its finding for a title. ``of``: what stands in its first column."""

    code: str
    title: str
    of: Text
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: Line | None = None
    chart: Chart | None = None
    note: Text = ""
    is_heat: bool = False

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """The lines, and their sum below them."""
        return (*self.lines, self.total) if self.total else self.lines


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that the page shows large."""

    code: str
    label: Text
    cell: Cell
    # Whether more of it is good: the comparison says better or worse; None: it is neither.
    more_is_good: bool | None = None


@dataclass(frozen=True, slots=True)
class Report:
    name: str
    title: Text
    period: Period
    before: Period
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    # By what it is narrowed, in words; and figures that cannot be, which are left out.
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any(section.lines for section in self.sections)


Build = Callable[[Reading], tuple[Sequence[Fact], Sequence[Section]]]


# ── Columns that are worked out ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Worked:
    """A column that is no count of rows: ``value`` makes it of the counts of its line."""

    code: str
    title: Text
    unit: str
    value: Callable[[Counter[str]], Value]
    needs: tuple[str, ...]


def share(code: str, title: Text, part: str, *whole: str) -> Worked:
    """``part`` of the sum of ``whole`` in percent."""
    return Worked(code, title, "percent", lambda counts: percent(counts[part], sum(counts[w] for w in whole)),
                  (part, *whole))  # fmt: skip


def mean(code: str, title: Text, total: str, of: str, unit: str = "seconds") -> Worked:
    return Worked(code, title, unit, lambda counts: counts[total] / counts[of] if counts[of] else None, (total, of))


Spec = str | Worked


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Table:
    """Counts of figures by one key (or none), from as many subjects as the columns need."""

    read: Reading
    specs: tuple[Spec, ...]
    by: tuple[str, ...] = ()
    narrowed: Mapping[str, Any] = field(default_factory=dict)
    counts: dict[Key, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.specs = known(self.read, self.specs)
        by_subject: dict[str, list[str]] = defaultdict(list)
        for name in dict.fromkeys(name for spec in self.specs for name in _needs(spec)):
            by_subject[FIGURES[name].subject.name].append(name)
        for names in by_subject.values():
            for key, counts in self.read.counted(names, self.by, self.narrowed).items():
                self.counts.setdefault(key, Counter()).update(counts)

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(
            Column(spec.code, spec.title, spec.unit)
            if isinstance(spec, Worked)
            else Column(spec, FIGURES[spec].title, _unit(spec))
            for spec in self.specs
        )

    def line(self, key: Key, label: str, counts: Counter[str] | None = None, *, href: str = "") -> Line:
        """One line; without ``counts``, those of its key."""
        found = self.counts.get(key, Counter()) if counts is None else counts
        asked = {name: NONE if value is None else value for name, value in zip(self.by, key, strict=False)}
        return Line(key, label, tuple(self._cell(spec, found, asked) for spec in self.specs), href)

    def _cell(self, spec: Spec, counts: Counter[str], asked: Mapping[str, Any]) -> Cell:
        if isinstance(spec, Worked):
            return Cell(spec.value(counts), spec.unit)
        if FIGURES[spec].measure is not None:
            return Cell(counts[spec], _unit(spec))
        number = self.read.number(spec, counts[spec], **self.narrowed, **asked)
        return Cell(number.count, "count", number.query)

    def total(self) -> Line:
        """Of all lines; it links to all their rows."""
        whole: Counter[str] = Counter()
        for counts in self.counts.values():
            whole += counts
        return replace(self.line((), str(_("Всего")), whole), key=TOTAL)


def known(read: Reading, specs: Iterable[Spec]) -> tuple[Spec, ...]:
    """The columns that can be narrowed by all that was chosen."""
    return tuple(spec for spec in specs if all(read.knows(name) for name in _needs(spec)))


def _needs(spec: Spec) -> tuple[str, ...]:
    return spec.needs if isinstance(spec, Worked) else (spec,)


def _unit(name: str) -> str:
    return "hours" if name == "line_seconds" else "count" if FIGURES[name].measure is None else "seconds"


def facts(read: Reading, **good: bool | None) -> list[Fact]:
    """Figures by name, as far as they are known; the value says whether more of it is good."""
    names = known(read, good)
    by_subject: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_subject[FIGURES[str(name)].subject.name].append(str(name))
    found = {name: number for asked in by_subject.values() for name, number in read.numbers(*asked).items()}
    return [
        Fact(name, FIGURES[name].title, Cell(found[name].count, "count", found[name].query), more)
        for name, more in good.items()
        if name in found
    ]


# ── Beside the period before ─────────────────────────────────────────────────────────────────────────────────────
def compared(report: Report, earlier: Report) -> Report:
    """``report`` with the values of ``earlier`` in its cells; beside a period in which nothing was, it stands alone."""
    if earlier.is_empty:
        return report
    facts = {found.code: found.cell.value for found in earlier.facts}
    values = {
        (section.code, line.key, column.code): cell.value
        for section in earlier.sections
        for line in section.all_lines
        for column, cell in zip(section.columns, line.cells, strict=True)
    }

    def with_former(section: Section, line: Line) -> Line:
        cells = []
        for column, cell in zip(section.columns, line.cells, strict=True):
            # A line that was not there counted nothing; what is worked out of nothing has no data.
            former = values.get((section.code, line.key, column.code), 0 if column.unit == "count" else None)
            cells.append(replace(cell, before=former))
        return replace(line, cells=tuple(cells))

    return replace(
        report,
        facts=tuple(replace(one, cell=replace(one.cell, before=facts.get(one.code))) for one in report.facts),
        sections=tuple(
            section if section.is_heat else replace(
                section,
                lines=tuple(with_former(section, line) for line in section.lines),
                total=with_former(section, section.total) if section.total else None,
            )
            for section in report.sections
        ),
    )  # fmt: skip


def worst_first(lines: Iterable[Line], place: int, *, lowest: bool = True) -> tuple[Line, ...]:
    """By one column, the worst on top; lines without data at the end."""

    def order(line: Line) -> tuple[bool, float, str]:
        value = line.cells[place].value
        known = 0.0 if value is None or isinstance(value, str) else float(value)
        return value is None, known if lowest else -known, line.label

    return tuple(sorted(lines, key=order))
