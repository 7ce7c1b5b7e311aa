"""«Недельная сводка губернатору»: one week on a page or two, made of the figures of the other reports."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.models import Audience, CallbackObligation
from reports.period import Period
from reports.services.days import one_moment
from reports.services.reading import Reading, percentile
from tickets.models import Outage

from . import names
from .base import Cell, Fact, Line, Report, Section, Spec, Table, compared, facts, worst_first
from .calls import ACKNOWLEDGED
from .organisations import ACCEPTED, FIXED, RATING
from .others import FACT
from .promise import KEPT

TITLE = gettext_lazy("Недельная сводка губернатору")
# Which facts stand together.
GROUPS = {
    "promise": (
        "kept_percent", "kept_in_time", "broken", "median", "missed", "missed_promised", "missed_in_time",
    ),
    "incoming": ("contacts", "registered", "emergencies", "repeat_calls"),
}  # fmt: skip
RATED: tuple[Spec, ...] = (RATING, "handed_over", ACCEPTED, FIXED, "returned")
BROKEN_DOWN: tuple[Spec, ...] = ("registered", "emergencies", "repeated", FIXED)
SHOWN = 5


def week_of(monday: date, at: datetime) -> Reading:
    return Reading(Period(monday, monday + timedelta(days=6), at))


def build_week(monday: date, at: datetime) -> Report:
    """The week as it is known at ``at``, its facts beside the week before."""
    read = week_of(monday, at)
    before = read.before()
    with one_moment():
        now = Report("weekly", TITLE, read.period, before.period, (*_promise(read), *_incoming(read)), ())
        then = Report("weekly", TITLE, before.period, before.period, (*_promise(before), *_incoming(before)), ())
        sections = (*_organisations(read), _escalations(read), _outages(read), _categories(read))
    return replace(compared(now, then), sections=sections)


# ── Facts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _promise(read: Reading) -> list[Fact]:
    """Was it kept, how long did people wait, and were those rung back whom nobody had heard."""
    table = Table(read, (KEPT, "kept_in_time", "broken"))
    kept, in_time, broken = table.line((), "").cells
    lasted = read.histogram("kept")
    missed = Table(read, ("promised", "kept_in_time"), narrowed={"reason": CallbackObligation.Reason.MISSED_CALL.value})
    owed, rung_back = missed.line((), "").cells
    middle = Cell(percentile(lasted, 0.5), "seconds", read.number("kept", lasted.total()).query)
    return [
        Fact("kept_percent", KEPT.title, kept, True),
        Fact("kept_in_time", names.title_of("kept_in_time"), in_time, True),
        Fact("broken", names.title_of("broken"), broken, False),
        Fact("median", _("Ждали разговора, медиана"), middle, False),
        *facts(read, missed=False),
        Fact("missed_promised", _("Обещано перезвонить пропущенным"), owed, None),
        Fact("missed_in_time", _("Из них перезвонили в срок"), rung_back, True),
    ]


def _incoming(read: Reading) -> list[Fact]:
    return facts(read, contacts=None, registered=None, emergencies=False, repeat_calls=False)


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _organisations(read: Reading) -> tuple[Section, Section]:
    """The ends of the rating. With fewer than ten rated nobody stands in both."""
    table = Table(read, RATED, ("company",))
    titles = names.names_of("company", (pk for (pk,) in table.counts))
    lines = [table.line((pk,), titles[pk], href=reverse("reports:company", args=[pk]))
             for (pk,) in table.counts if pk is not None]  # fmt: skip
    rated = [line for line in worst_first(lines, 0) if line.cells[0].value is not None]
    low, high = min(SHOWN, (len(rated) + 1) // 2), min(SHOWN, len(rated) // 2)
    best = tuple(reversed(rated[len(rated) - high :]))
    return (
        Section("worst", _("Худшие по рейтингу"), _("Организация"), table.columns, tuple(rated[:low])),
        Section("best", _("Лучшие по рейтингу"), _("Организация"), table.columns, best),
    )


def _escalations(read: Reading) -> Section:
    specs: tuple[Spec, ...] = ("escalations", "acknowledged", ACKNOWLEDGED)
    table = Table(read, specs, ("rung",))
    lines = tuple(table.line((rung,), _("Ступень %s") % rung) for (rung,) in sorted(table.counts))
    ministry = Table(read, specs, narrowed={"audience": Audience.MINISTRY.value})
    reached = replace(ministry.line((), _("Из них дежурному министерства")), key=("ministry",))
    return Section("escalations", _("Эскалации: до министерства дошло %s") % reached.cells[0].value, _("Ступень"),
                   table.columns, (*lines, table.total(), reached))  # fmt: skip


def _outages(read: Reading) -> Section:
    table = Table(read, FACT, ("kind",))
    lines = tuple(
        table.line((kind.value,), str(kind.label).capitalize()) for kind in Outage.Kind if (kind.value,) in table.counts
    )
    return Section("outages", _("Отключения: план и факт"), _("Вид"), table.columns, (*lines, table.total()))


def _categories(read: Reading) -> Section:
    table = Table(read, BROKEN_DOWN, ("category",))
    titles = names.names_of("category", (pk for (pk,) in table.counts))
    lines = names.most_first([table.line((pk,), titles[pk]) for (pk,), counts in table.counts.items()
                              if counts["registered"]])  # fmt: skip
    title = _("Чаще всего: %(name)s — %(count)s") % names.first_of(lines) if lines else _("Заявок не было")
    return Section("categories", title, _("Что случилось"), table.columns, lines[:SHOWN])


# ── The finding ──────────────────────────────────────────────────────────────────────────────────────────────────
def finding(report: Report) -> str:
    """What the week says, in two or three sentences made of its numbers."""
    cells = {fact.code: fact.cell for fact in report.facts}
    return " ".join([_kept(cells["kept_percent"], cells["broken"]), *_missed(cells), *_worst(report.sections)])


def _kept(share: Cell, broken: Cell) -> str:
    if share.value is None:
        return _("Обещаний перезвонить, срок которых наступил, за неделю не было.")
    said = _("Обещание перезвонить за десять минут сдержано в %(share)s случаев, сорвано %(broken)s.") % {
        "share": names.said(share.value), "broken": broken.value,
    }  # fmt: skip
    if not isinstance(share.before, Decimal) or not isinstance(share.value, Decimal):
        return said
    before = names.said(share.before)
    if share.value > share.before:
        return f"{said} {_('Лучше, чем неделей раньше (%s).') % before}"
    if share.value < share.before:
        return f"{said} {_('Хуже, чем неделей раньше (%s).') % before}"
    return f"{said} {_('Столько же, сколько неделей раньше.')}"


def _missed(cells: dict[str, Cell]) -> Sequence[str]:
    if not cells["missed"].value:
        return [_("Пропущенных звонков не было.")]
    return [_("Пропущено звонков: %(missed)s; обещано перезвонить %(owed)s, в срок перезвонили %(kept)s.") % {
        "missed": cells["missed"].value, "owed": cells["missed_promised"].value, "kept": cells["missed_in_time"].value,
    }]  # fmt: skip


def _worst(sections: Sequence[Section]) -> Sequence[str]:
    lines: tuple[Line, ...] = next((section.lines for section in sections if section.code == "worst"), ())
    if not lines:
        return []
    rating = str(lines[0].cells[0].value).replace(".", ",")
    return [_("Ниже всех в рейтинге %(name)s: %(rating)s из 100.") % {"name": lines[0].label, "rating": rating}]
