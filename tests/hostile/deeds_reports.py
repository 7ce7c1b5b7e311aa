"""What the head signs: the governor's weekly, and its corrections."""

from datetime import date, timedelta
from typing import Any

from accounts.models import Role
from reports.catalogue.weekly import build_week
from reports.frozen import Sheet, changes, seen_of, seen_of_changes, sheet_of
from reports.models import WeeklyReport
from reports.services.weekly import sign_week
from tests.hostile.deeds import NOW, Deed, Stage
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_contact

# The week before everything that happens on the scene.
WEEK = date(2026, 1, 26)


def week(stage: Stage) -> dict[str, Any]:
    return {"monday": WEEK}


def known() -> Sheet:
    return sheet_of(build_week(WEEK, NOW))


def looked_at(stage: Stage) -> dict[str, Any]:
    return {"note": "Неделя прошла спокойно", "seen": seen_of(known())}


def otherwise(stage: Stage) -> dict[str, Any]:
    """Signed by another head, and then a call of that week is written in."""
    at = NOW - MINUTE
    by = UserFactory.create(role=Role.HEAD)
    sign_week(week=WEEK, sheet=sheet_of(build_week(WEEK, at)), as_of=at, note="", by=by, at=at)
    make_contact(at=NOON - timedelta(days=3), phone="+79105550000")
    return week(stage)


def looked_at_changes(stage: Stage) -> dict[str, Any]:
    told = changes(WeeklyReport.objects.get(week=WEEK).sheet, known())
    return {"note": "Внесли с бумаги", "seen": seen_of_changes(told)}


DEEDS = [
    Deed("reports:weekly-sign", week, looked_at, adds="reports_weeklyreport", by="head"),
    Deed("reports:weekly-correct", otherwise, looked_at_changes, adds="reports_weeklycorrection", by="head"),
]
