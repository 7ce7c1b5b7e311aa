"""«Диспетчеры»: who took how many calls, kept how many promises, and how long he was on the line."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.services.reading import Reading

from . import names
from .base import Fact, Line, Section, Spec, Table, Worked, facts, mean, share
from .promise import chart_of

TALK = mean("talk_mean", gettext_lazy("Разговор в среднем"), "talk_seconds", "talks")
REACHED = share("reached", gettext_lazy("Дозвонились, доля"), "talks", "talks", "no_answer", "busy", "wrong_number")
WORK: tuple[Spec, ...] = (
    "contacts", "registered", "enquiries", "kept_in_time", "kept_late", "calls", "talks", REACHED, TALK, "line_seconds",
    Worked("per_hour", gettext_lazy("Обращений за час на линии"), "mean",
           lambda counts: counts["contacts"] * 3600 / counts["line_seconds"] if counts["line_seconds"] else None,
           ("contacts", "line_seconds")),
)  # fmt: skip
OUTCOMES: tuple[Spec, ...] = ("calls", "talks", "no_answer", "busy", "wrong_number", "line_fault")


def operators(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    work = Table(read, WORK, ("operator",))
    lines = _lines(work)
    outcomes = Table(read, OUTCOMES, ("operator",))
    title = (
        _("Больше всех принял(а): %s") % lines[0].label
        if lines and lines[0].key != (None,)
        else _("Кто сколько сделал")
    )
    return (
        facts(read, contacts=None, calls=None, talks=True),
        (
            Section("operators", title, _("Диспетчер"), work.columns, lines, work.total(),
                    chart_of(lines[:20], ("plain", 0), columns=work.columns),
                    note=_("«Никто» — звонки, на которые не ответили, и обещания, которые исполнились без разговора.")),
            Section("outcomes", _("Чем кончались попытки дозвона"), _("Диспетчер"), outcomes.columns, _lines(outcomes),
                    outcomes.total()),
        ),
    )  # fmt: skip


def _lines(table: Table) -> tuple[Line, ...]:
    titles = names.names_of("operator", (pk for (pk,) in table.counts))
    return names.most_first(table.line((pk,), titles[pk]) for (pk,) in table.counts)
