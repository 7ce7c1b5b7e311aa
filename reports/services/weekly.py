"""Signing a week, and saying afterwards what turned out otherwise. Both are written once and never changed."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import Role, User
from accounts.writes import Refused, write
from reports.frozen import Sheet, bare, canonical, changes, digest_of
from reports.models import WeeklyCorrection, WeeklyReport
from reports.period import today

WEEK = timedelta(days=7)
# The paper is Russian, whatever language its reader has chosen for the screen.
LANGUAGE = "ru"


class OnlyHeadSigns(Refused):
    message = gettext_lazy("Подписывает только руководитель центра.")


class WeekNotOver(Refused):
    message = gettext_lazy("Неделя ещё не закончилась: подписать её можно с понедельника.")


class AlreadySigned(Refused):
    def __init__(self, report: WeeklyReport) -> None:
        super().__init__(_("Эту неделю уже подписали: № %(number)s, %(name)s.") % {
            "number": report.number, "name": report.signer_name,
        })  # fmt: skip


class NothingChanged(Refused):
    message = gettext_lazy("Числа недели не изменились: исправлять нечего.")


class SomebodyWasQuicker(Refused):
    message = gettext_lazy("Поправку только что выпустил кто-то другой: проверьте, что ещё изменилось.")


def is_over(week: date, at: datetime) -> bool:
    return week + WEEK <= today(at)


def last_said(report: WeeklyReport) -> Sheet:
    """The numbers of the week as they were told last: by the report itself, or by its newest correction."""
    newest = report.corrections.order_by("-number").first()
    return (newest or report).sheet


@write
def sign_week(*, week: date, sheet: Sheet, as_of: datetime, note: str, by: User, at: datetime) -> WeeklyReport:
    """Freeze the numbers of ``sheet``, counted at ``as_of``, under a name and the next number of the year."""
    _only_head(by)
    if not is_over(week, at):
        raise WeekNotOver
    _wait_for_turn()
    if (signed := WeeklyReport.objects.filter(week=week).first()) is not None:
        raise AlreadySigned(signed)
    year = today(at).year
    serial = 1 + (WeeklyReport.objects.filter(year=year).aggregate(last=Max("serial"))["last"] or 0)
    content = canonical({
        "kind": "weekly", "number": f"{serial}/{year}", "week": f"{week:%Y-%m-%d}",
        "until": f"{week + WEEK - timedelta(days=1):%Y-%m-%d}", "sheet": bare(sheet),
    } | _signature(as_of, note, by, at))  # fmt: skip
    return WeeklyReport.objects.create(
        week=week, year=year, serial=serial, **_frozen(content, as_of=as_of, note=note, by=by, at=at)
    )


@write
def correct_week(
    *, report: WeeklyReport, sheet: Sheet, as_of: datetime, note: str, by: User, at: datetime
) -> WeeklyCorrection:
    """Say what of a signed week is otherwise by now than it was said last. Without a difference there is nothing to."""
    _only_head(by)
    _wait_for_turn()
    newest = report.corrections.order_by("-number").first()
    if as_of <= (newest or report).as_of:
        raise SomebodyWasQuicker
    with override(LANGUAGE):
        told = changes((newest or report).sheet, sheet)
    if not told:
        raise NothingChanged
    number = newest.number + 1 if newest else 1
    content = canonical({
        "kind": "weekly correction", "number": report.number, "week": f"{report.week:%Y-%m-%d}", "correction": number,
        "report_digest": report.digest, "changes": bare(told), "sheet": bare(sheet),
    } | _signature(as_of, note, by, at))  # fmt: skip
    return WeeklyCorrection.objects.create(
        report=report, number=number, **_frozen(content, as_of=as_of, note=note, by=by, at=at)
    )


def _only_head(by: User) -> None:
    if by.role != Role.HEAD:
        raise OnlyHeadSigns


def _wait_for_turn() -> None:
    """One signature at a time: numbers have no gaps, and of two who sign one week the second is told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reports_sign_in_turn()")


def _signature(as_of: datetime, note: str, by: User, at: datetime) -> dict[str, Any]:
    return {
        "as_of": as_of.isoformat(), "signed_at": at.isoformat(), "note": note,
        "signer": {"name": str(by), "post": _post(by)},
    }  # fmt: skip


def _frozen(content: str, *, as_of: datetime, note: str, by: User, at: datetime) -> dict[str, Any]:
    return {
        "content": content, "digest": digest_of(content), "as_of": as_of, "note": note, "signed_by": by,
        "signed_at": at, "signer_name": str(by), "signer_post": _post(by),
    }  # fmt: skip


def _post(by: User) -> str:
    with override(LANGUAGE):
        return str(by.get_role_display())
