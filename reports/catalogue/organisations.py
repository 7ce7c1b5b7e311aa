"""«Организации»: who accepts and mends in time, whose work comes back, and a rating whose formula is open."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.services.reading import Reading, percentile

from . import names
from .base import (
    Cell,
    Column,
    Fact,
    Line,
    Section,
    Spec,
    Table,
    Value,
    Worked,
    facts,
    known,
    share,
    worst_first,
)
from .promise import chart_of

ACCEPTED = share("accepted_percent", gettext_lazy("Принято в срок, доля"), "accepted_in_time", "handed_over")
FIXED = share("fixed_percent", gettext_lazy("Сделано в срок, доля"), "fix_in_time", "fix_in_time", "fix_late")
LOCALISED = share(
    "localised_percent",
    gettext_lazy("Локализовано в срок, доля"),
    "localise_in_time",
    "localise_in_time",
    "localise_late",
)
# What the rating is made of: part, whole, weight. Who has no data in one part is rated by the others.
PARTS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("accepted_in_time", ("handed_over",), 30),
    ("fix_in_time", ("fix_in_time", "fix_late"), 40),
    ("localise_in_time", ("localise_in_time", "localise_late"), 10),
)
RETURNED, MARKED = 10, 10
# Fewer hand-overs say more about chance than about the organisation.
ENOUGH = 5


def rating(counts: Counter[str]) -> Value:
    """0 to 100: the weighted mean of what is known; None with fewer than five hand-overs: no data."""
    if counts["handed_over"] < ENOUGH:
        return None
    parts = [(Decimal(counts[part]) / sum(counts[name] for name in whole), weight)
             for part, whole, weight in PARTS if sum(counts[name] for name in whole)]  # fmt: skip
    if counts["done"]:
        parts.append((1 - min(Decimal(counts["returned"]) / counts["done"], Decimal(1)), RETURNED))
    if counts["marked"]:
        parts.append(((Decimal(counts["marks"]) / counts["marked"] - 1) / 4, MARKED))
    weights = sum(weight for _share, weight in parts)
    whole = sum((part * weight for part, weight in parts), Decimal(0)) / weights
    return (100 * whole).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


FORMULA = gettext_lazy(
    "Рейтинг от 0 до 100 = 30 × доля принятых в срок + 40 × доля сделанных в срок + 10 × доля локализованных в срок + "
    "10 × (1 − возвращено ÷ выполнено) + 10 × (средняя оценка − 1) ÷ 4. Чего у организации нет, то не считается, а вес "
    "делится между остальным. Меньше пяти переданных заявок — «нет данных»."
)
NEEDED = ("handed_over", "accepted_in_time", "fix_in_time", "fix_late", "localise_in_time", "localise_late", "done",
          "returned", "marked", "marks")  # fmt: skip
RATING = Worked("rating", gettext_lazy("Рейтинг"), "mean", rating, NEEDED)
MARK = Worked(
    "mark", gettext_lazy("Оценка жителей"), "mean",
    lambda counts: Decimal(counts["marks"]) / counts["marked"] if counts["marked"] else None, ("marks", "marked"),
)  # fmt: skip
ANSWERS: tuple[Spec, ...] = (RATING, "handed_over", "accepted_in_time", ACCEPTED, "unanswered", "rejected")
WORKS: tuple[Spec, ...] = (
    "fix_due", "fix_in_time", "fix_late", FIXED, "localise_in_time", "localise_late", LOCALISED, "done", "returned",
    "closed", "unconfirmed", "marked", MARK,
)  # fmt: skip


def organisations(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    table = Table(read, ANSWERS + WORKS, ("company",))
    titles = names.names_of("company", (pk for (pk,) in table.counts))
    lines = [
        table.line((pk,), titles[pk], href=reverse("reports:company", args=[pk]))
        for (pk,), counts in table.counts.items()
        if pk is not None and counts.total()
    ]
    rated = worst_first(lines, 0)
    worst = next((line for line in rated if line.cells[0].value is not None), None)
    title = (
        _("Хуже всех сейчас %(name)s: %(rating)s из 100") % {
            "name": worst.label, "rating": str(worst.cells[0].value).replace(".", ","),
        }
        if worst else _("Рейтинг организаций")
    )  # fmt: skip
    first, rest = len(known(read, ANSWERS)), table.columns
    return (
        facts(read, handed_over=None, unanswered=False, fix_late=False, returned=False),
        (
            Section("rating", title, _("Организация"), rest[:first], tuple(_cut(line, 0, first) for line in rated),
                    note=FORMULA, chart=chart_of([line for line in rated if line.cells[0].value is not None][:20],
                                                 ("plain", 0), columns=rest)),
            Section("works", _("Ремонт, возвраты и оценки"), _("Организация"), rest[first:],
                    tuple(_cut(line, first, len(rest)) for line in rated)),
            _lengths(read, titles),
        ),
    )  # fmt: skip


def _cut(line: Line, first: int, last: int) -> Line:
    return Line(line.key, line.label, line.cells[first:last], line.href)


def _lengths(read: Reading, known_titles: Mapping[Any, str]) -> Section:
    """Median times: until accepted, and until mended."""
    found: dict[int, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for name in ("accepted", "fixed"):
        for (pk, wait), counts in read.counted((name,), ("company", "wait")).items():
            if pk is not None and wait is not None:
                found[pk][name][wait] += counts[name]
    columns = (
        Column("accepted", names.title_of("accepted")), Column("accepted_median", _("До принятия, медиана"), "seconds"),
        Column("accepted_p95", _("Один из двадцати дольше"), "seconds"), Column("fixed", names.title_of("fixed")),
        Column("fixed_median", _("Ремонт, медиана"), "hours"),
        Column("fixed_p95", _("Один из двадцати дольше"), "hours"),
    )  # fmt: skip
    missing = [pk for pk in found if pk not in known_titles]
    titles = {**known_titles, **(names.names_of("company", missing) if missing else {})}
    lines = []
    for pk, by_name in found.items():
        cells: list[Cell] = []
        for name, unit in (("accepted", "seconds"), ("fixed", "hours")):
            number = read.number(name, by_name[name].total(), company=pk)
            cells += [Cell(number.count, "count", number.query), Cell(percentile(by_name[name], 0.5), unit),
                      Cell(percentile(by_name[name], 0.95), unit)]  # fmt: skip
        lines.append(Line((pk,), titles[pk], tuple(cells), reverse("reports:company", args=[pk])))
    slow = worst_first(lines, 1, lowest=False)
    title = (
        _("Дольше всех принимает %s") % slow[0].label
        if slow and slow[0].cells[1].value is not None
        else _("Как быстро отвечают")
    )
    return Section("lengths", title, _("Организация"), columns, slow,
                   note=_("Время ремонта — в целых часах, от начала срока до отметки о выполнении."))  # fmt: skip
