"""The supervisors' page as one table: section, figure, value."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from .figures import FIGURES
from .queries import Overview, Share

Row = tuple[Any, ...]


def page_rows(report: Overview) -> Iterator[Row]:
    """The headings, then every figure of the page; what has no data stays empty, never nought."""
    yield _("Раздел"), _("Показатель"), _("Значение"), _("Единица")
    yield from _promise_rows(report)
    yield from _work_rows(report)
    yield from _people_rows(report)


def _share_rows(section: str, share: Share) -> Iterator[Row]:
    yield section, _("Сдержано в срок, доля"), share.percent, "%"
    yield section, FIGURES["kept_in_time"].title, share.kept.count, _("шт.")
    yield section, FIGURES["broken"].title, share.broken.count, _("шт.")


def _promise_rows(report: Overview) -> Iterator[Row]:
    section = _("Обещание")
    days = f"{report.period.first:%d.%m.%Y}–{report.period.last:%d.%m.%Y}"
    yield section, _("Период"), days, ""
    yield section, _("По состоянию на"), report.period.at, ""
    yield from _share_rows(section, report.share)
    yield from _share_rows(_("Прошлый период"), report.before)
    yield section, FIGURES["promised"].title, report.promised.count, _("шт.")
    for name, found in report.fates.items():
        yield section, FIGURES[name].title, found.count, _("шт.")
    yield section, FIGURES["first_try_in_time"].title, report.first_try_in_time.count, _("шт.")
    yield section, FIGURES["not_reached"].title, report.not_reached.count, _("шт.")
    yield section, _("Ждали разговора, медиана"), report.until_talk.median, _("мин")
    yield section, _("Дольше ждал один из двадцати"), report.until_talk.p95, _("мин")
    for line in report.reasons:
        yield _("Обещание: %s") % line.title, FIGURES["promised"].title, line.promised.count, _("шт.")
        yield from _share_rows(_("Обещание: %s") % line.title, line.share)
    for hour in report.hours:
        yield from _share_rows(_("Час %s") % f"{hour.hour:02d}:00", hour.share)


def _work_rows(report: Overview) -> Iterator[Row]:
    for name, found in report.now.items():
        yield _("Сейчас"), FIGURES[name].title, found.count, _("шт.")
    for name in ("registered", "emergencies", "enquiries", "missed"):
        yield _("Обращения"), FIGURES[name].title, getattr(report, name).count, _("шт.")
    for line in report.ladder:
        for rung, found in zip(report.rungs, line.rungs, strict=True):
            yield _("Эскалации: %s") % line.title, _("Ступень %s") % rung, found.count, _("шт.")


def _people_rows(report: Overview) -> Iterator[Row]:
    for person in report.operators:
        for name in ("registered", "calls", "talks", "kept_in_time"):
            yield _("Диспетчер: %s") % person.name, FIGURES[name].title, getattr(person, name).count, _("шт.")
    for company in report.companies:
        section = _("Организация: %s") % company.name
        for name in ("handed_over", "accepted_in_time", "done", "returned"):
            yield section, FIGURES[name].title, getattr(company, name).count, _("шт.")
        yield section, _("Принято в срок, доля"), company.percent, "%"
        yield section, _("До принятия, медиана"), company.acceptance.median, _("мин")
