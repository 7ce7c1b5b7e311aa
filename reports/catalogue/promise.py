"""«Обещание»: was everybody rung back within ten minutes, when not, and how long people waited."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.models import CallbackObligation, Contact
from reports.asking import length_words
from reports.figures import FATES, TEN_MINUTES
from reports.services.reading import Reading, percent, percentile

from . import names
from .base import Cell, Chart, Column, Fact, Line, Section, Spec, Table, share

KEPT = share("kept_percent", gettext_lazy("Сдержано в срок, доля"), "kept_in_time", "kept_in_time", "broken")
TEN = gettext_lazy("Большая цифра — об обещаниях на десять минут; обещанные позже и контрольные звонки — отдельно.")
# Minutes until the talk, and then coarser: the promise is ten.
BOUNDS = (*range(0, 601, 60), 900, 1800, 3600)


def promise(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    table = Table(
        read, ("promised", *FATES, "broken", KEPT, "first_try_in_time", "not_reached", "rang_again"), ("reason",)
    )
    lasted = read.histogram("kept")
    return _facts(read, table, lasted), (
        by_hour(read), _by_reason(table), _by_wait(read, lasted), heat(read, "broken", _("Когда срываем")),
        _by_channel(read),
    )  # fmt: skip


def _facts(read: Reading, table: Table, lasted: Counter[int]) -> tuple[Fact, ...]:
    whole: Counter[str] = Counter()
    for (reason,), counts in table.counts.items():
        if reason in TEN_MINUTES:
            whole += counts
    found = [
        Fact(
            "kept_percent",
            _("Сдержали ли обещание?"),
            Cell(percent(whole["kept_in_time"], whole["kept_in_time"] + whole["broken"]), "percent"),
            True,
        )
    ]
    for name, good in (
        ("kept_in_time", True),
        ("broken", False),
        ("first_try_in_time", True),
        ("not_reached", False),
        ("rang_again", False),
    ):
        number = read.number(name, whole[name])
        found.append(Fact(name, names.title_of(name), Cell(number.count, "count", number.query), good))
    kept = read.number("kept", lasted.total()).query
    found.append(Fact("median", _("Ждали разговора, медиана"), Cell(percentile(lasted, 0.5), "seconds", kept), False))
    found.append(Fact("p95", _("Дольше ждал один из двадцати"), Cell(percentile(lasted, 0.95), "seconds", kept), False))
    return tuple(found)


def _by_reason(table: Table) -> Section:
    lines = tuple(
        table.line((reason.value,), str(reason.label).capitalize())
        for reason in CallbackObligation.Reason
        if (reason.value,) in table.counts
    )
    return Section("reasons", _("Что стало с каждым обещанием"), _("Зачем звоним"), table.columns, lines,
                   note=TEN)  # fmt: skip


def by_hour(read: Reading) -> Section:
    """The strip of the day."""
    table = Table(read, ("kept_in_time", "broken", KEPT), ("hour",))
    hours = sorted(hour for (hour,) in table.counts)
    lines = tuple(table.line((hour,), names.hour(hour)) for hour in range(hours[0], hours[-1] + 1)) if hours else ()
    worst = max(table.counts.items(), key=lambda item: item[1]["broken"], default=None)
    if worst is None:
        title = _("Обещания по часам")
    elif not worst[1]["broken"]:
        title = _("Ни одно обещание не сорвано")
    else:
        title = _("Больше всего сорвано в %(hour)s: %(broken)s из %(all)s") % {
            "hour": names.hour(worst[0][0]), "broken": worst[1]["broken"],
            "all": worst[1]["broken"] + worst[1]["kept_in_time"],
        }  # fmt: skip
    return Section(
        "hours",
        title,
        _("Час"),
        table.columns,
        lines,
        table.total(),
        chart_of(lines, ("kept", 0), ("late", 1), columns=table.columns),
    )


def chart_of(
    lines: Sequence[Line], *rows: tuple[str, int], columns: Sequence[Column], is_stacked: bool = True
) -> Chart | None:
    """Bars of some columns over the lines: (tone, place of the column)."""
    if not lines:
        return None
    return Chart(
        tuple(line.label for line in lines),
        tuple(
            (str(columns[place].title), tone, tuple(_plain(line.cells[place]) for line in lines))
            for tone, place in rows
        ),
        is_stacked,
    )


def _plain(cell: Cell) -> float:
    return 0.0 if cell.value is None or isinstance(cell.value, str) else float(cell.value)


def _by_wait(read: Reading, lasted: Counter[int]) -> Section:
    total = lasted.total()
    lines = []
    within = 0
    for low, high in (*pairwise(BOUNDS), (BOUNDS[-1], None)):
        count = sum(number for length, number in lasted.items() if length >= low and (high is None or length < high))
        within += count
        number = read.number("kept", count, wait=(low, high))
        lines.append(Line((low,), length_words(low, high), (
            Cell(count, "count", number.query), Cell(percent(count, total), "percent"),
            Cell(percent(within, total), "percent"),
        )))  # fmt: skip
    columns = (Column("kept", names.title_of("kept")), Column("part", _("Доля"), "percent"),
               Column("within", _("Не дольше этого"), "percent"))  # fmt: skip
    first = sum(number for length, number in lasted.items() if length < 600)
    title = (
        _("Из тех, с кем поговорили, за десять минут: %s") % names.said(percent(first, total))
        if total else _("Сколько ждали разговора")
    )  # fmt: skip
    return Section("waits", title, _("Ждали разговора"), columns, tuple(lines) if total else (),
                   chart=chart_of(lines, ("plain", 0), columns=columns) if total else None)  # fmt: skip


def heat(read: Reading, name: str, title: str) -> Section:
    """A week by hours: how many, and how dark by their part of the largest."""
    found = read.counted((name,), ("weekday", "hour"))
    top = max((counts[name] for counts in found.values()), default=0)
    lines = []
    for day in range(1, 8):
        cells = []
        for hour in range(24):
            number = read.number(name, found.get((day, hour), Counter())[name], weekday=day, hour=hour)
            cells.append(Cell(number.count, "count", number.query, level=-(-4 * number.count // top) if top else 0))
        lines.append(Line((day,), names.weekday(day), tuple(cells)))
    columns = tuple(Column(f"{hour:02d}", f"{hour:02d}") for hour in range(24))
    if top:
        (day, hour), counts = max(found.items(), key=lambda item: item[1][name])
        title = _("%(title)s: чаще всего %(day)s, %(hour)s — %(count)s") % {
            "title": title, "day": names.weekday(day), "hour": names.hour(hour), "count": counts[name],
        }  # fmt: skip
    return Section(f"heat_{name}", title, _("День недели"), columns, tuple(lines) if top else (), is_heat=True)


def _by_channel(read: Reading) -> Section:
    specs: tuple[Spec, ...] = ("promised", "kept_in_time", "broken", KEPT)
    table = Table(read, specs, ("channel",))
    lines = tuple(
        table.line((channel.value,), str(channel.label).capitalize())
        for channel in Contact.Channel
        if (channel.value,) in table.counts
    )
    return Section("channels", _("По каналам"), _("Канал"), table.columns, lines, table.total())
