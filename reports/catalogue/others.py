"""«Отключения» and «Кто смотрел персональные данные»: few rows, read as they are."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.services.reading import Reading
from tickets.models import Outage

from . import names
from .base import Fact, Section, Spec, Table, facts, share
from .promise import chart_of

IN_PLAN = share(
    "plan_percent", gettext_lazy("В обещанный срок, доля"), "outages_in_plan", "outages_in_plan", "outages_over_plan"
)
FACT: tuple[Spec, ...] = (
    "outages",
    "outages_in_plan",
    "outages_over_plan",
    IN_PLAN,
    "outages_without_term",
    "outages_called_off",
)


def outages(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    """Plan and fact: what was promised to be on again by when, and was."""
    kinds = Table(read, FACT, ("kind",))
    lines = tuple(
        kinds.line((kind.value,), str(kind.label).capitalize()) for kind in Outage.Kind if (kind.value,) in kinds.counts
    )
    companies = Table(read, FACT, ("company",))
    titles = names.names_of("company", (pk for (pk,) in companies.counts))
    by_company = names.most_first([companies.line((pk,), titles[pk]) for (pk,) in companies.counts], 2)
    late = by_company[0] if by_company and by_company[0].cells[2].value else None
    title = _("Чаще всех дольше обещанного: %s") % late.label if late else _("По организациям")
    return facts(read, outages=None, outages_over_plan=False), (
        Section("kinds", _("План и факт"), _("Вид"), kinds.columns, lines, kinds.total()),
        Section("companies", title, _("Организация"), companies.columns, by_company, companies.total(),
                chart_of(by_company[:15], ("kept", 1), ("late", 2), columns=companies.columns)),
    )  # fmt: skip


def access(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    """Who looked at whose data (152-ФЗ)."""
    people = Table(read, ("access",), ("operator",))
    titles = names.names_of("operator", (pk for (pk,) in people.counts))
    lines = names.most_first([people.line((pk,), titles[pk]) for (pk,) in people.counts])
    what = Table(read, ("access",), ("what",))
    kinds = names.most_first([what.line((kind,), kind) for (kind,) in what.counts])
    title = _("Чаще всех: %(name)s — %(count)s") % names.first_of(lines) if lines else names.nothing_yet()
    return facts(read, access=None), (
        Section("people", title, _("Кто смотрел"), people.columns, lines, people.total()),
        Section("what", _("Что смотрели"), _("Что"), what.columns, kinds, what.total()),
    )  # fmt: skip
