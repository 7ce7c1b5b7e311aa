"""«Категории и районы»: what breaks, where, and how it is mended."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.services.reading import Reading

from . import names
from .base import Fact, Section, Spec, Table, facts, share
from .organisations import FIXED
from .promise import KEPT, chart_of

REPEATED = share("repeated_percent", gettext_lazy("Повторных, доля"), "repeated", "registered")
BY_CATEGORY: tuple[Spec, ...] = (
    "registered", "emergencies", "repeated", REPEATED, "came_back", "promised", "kept_in_time", "broken", KEPT,
    "fix_in_time", "fix_late", FIXED, "closed",
)  # fmt: skip


def categories(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    sections = []
    for key, of, what in (
        ("category", _("Что случилось"), _("Чаще всего: %(name)s — %(count)s")),
        ("district", _("Район"), _("Больше всего заявок: %(name)s — %(count)s")),
    ):
        table = Table(read, BY_CATEGORY, (key,))
        titles = names.names_of(key, (value for (value,) in table.counts))
        lines = names.most_first([table.line((value,), titles[value]) for (value,) in table.counts])
        title = what % {"name": lines[0].label, "count": lines[0].cells[0].value} if lines else names.nothing_yet()
        chart = chart_of(lines[:15], ("plain", 0), columns=table.columns)
        sections.append(Section(key, title, of, table.columns, lines, table.total(), chart))
    return facts(read, registered=None, emergencies=False, repeated=False), sections
