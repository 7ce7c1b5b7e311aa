"""The sections of the supervisors' page as tables for programs: the same numbers under names that stay."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .figures import FATES, FIGURES
from .queries import Length, Overview, Share

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """``unit``: "" for words, otherwise count, percent or minutes; a value without data is None, never nought."""

    code: str
    title: Promise | str
    unit: str = "count"


@dataclass(frozen=True, slots=True)
class Table:
    title: Promise | str
    columns: tuple[Column, ...]
    rows: Callable[[Overview], Iterable[Row]]


def _figures(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, FIGURES[name].title) for name in names)


def _minutes(length: timedelta | None) -> float | None:
    return None if length is None else round(length / timedelta(minutes=1), 1)


def _percent(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent)


def _share(share: Share) -> Row:
    return {"kept_in_time": share.kept.count, "broken": share.broken.count, "percent": _percent(share.percent)}


def _lengths(length: Length) -> Row:
    return {"median_minutes": _minutes(length.median), "p95_minutes": _minutes(length.p95)}


PERCENT = Column("percent", _("Сдержано в срок, доля"), "percent")
SHARE = (*_figures("kept_in_time", "broken"), PERCENT)
PLAIN = ("registered", "emergencies", "enquiries", "missed", "first_try_in_time", "not_reached")
OF_OPERATOR = ("registered", "calls", "talks", "kept_in_time")
OF_COMPANY = ("handed_over", "accepted_in_time", "done", "returned")


def _overview(report: Overview) -> Iterable[Row]:
    yield {
        "promised": report.promised.count, **_share(report.share),
        **{name: getattr(report, name).count for name in PLAIN}, "escalations": report.escalations.count,
        **{name: found.count for name, found in report.now.items()}, **_lengths(report.until_talk),
    }  # fmt: skip


TABLES: dict[str, Table] = {
    "overview": Table(
        _("Сводка"),
        (
            *_figures("promised"), *SHARE, *_figures(*PLAIN, "escalations"),
            *_figures("now_owed", "now_overdue", "now_unacknowledged"),
            Column("median_minutes", _("Ждали разговора, медиана"), "minutes"),
            Column("p95_minutes", _("Дольше ждал один из двадцати"), "minutes"),
        ),
        _overview,
    ),
    "promises": Table(
        _("Обещания"),
        (Column("reason", _("Зачем звоним"), ""), *_figures("promised", *FATES), *_figures("broken"), PERCENT),
        lambda report: (
            {
                "reason": line.reason, "promised": line.promised.count, **_share(line.share),
                **{name: found.count for name, found in line.fates.items()},
            }
            for line in report.reasons
        ),
    ),
    "hours": Table(
        _("По часам"),
        (Column("hour", _("Час"), ""), *SHARE),
        lambda report: ({"hour": f"{line.hour:02d}:00", **_share(line.share)} for line in report.hours),
    ),
    "operators": Table(
        _("Диспетчеры"),
        (Column("operator", _("Диспетчер"), ""), *_figures(*OF_OPERATOR)),
        lambda report: (
            {"operator": line.name, **{name: getattr(line, name).count for name in OF_OPERATOR}}
            for line in report.operators
        ),
    ),
    "companies": Table(
        _("Организации"),
        (
            Column("company", _("Организация"), ""), *_figures(*OF_COMPANY),
            Column("percent", _("Принято в срок, доля"), "percent"),
            Column("median_minutes", _("До принятия, медиана"), "minutes"),
            Column("p95_minutes", _("До принятия, один из двадцати дольше"), "minutes"),
        ),
        lambda report: (
            {
                "company": line.name, **{name: getattr(line, name).count for name in OF_COMPANY},
                "percent": _percent(line.percent), **_lengths(line.acceptance),
            }
            for line in report.companies
        ),
    ),
    "escalations": Table(
        _("Эскалации"),
        (Column("clock", _("Срок"), ""), Column("rung", _("Ступень")), Column("count", _("Эскалации"))),
        lambda report: (
            {"clock": line.title, "rung": rung, "count": found.count}
            for line in report.ladder
            for rung, found in zip(report.rungs, line.rungs, strict=True)
            if found.count
        ),
    ),
}  # fmt: skip
