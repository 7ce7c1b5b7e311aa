"""Reports: for those who answer for the shift. To operators and organisations they do not exist."""

from datetime import date, timedelta
from typing import Any

from accounts import clock
from accounts.models import User
from reports.catalogue.weekly import build_week
from reports.frozen import changes, seen_of, seen_of_changes, sheet_of
from reports.models import WeeklyReport
from reports.period import Period
from reports.services.weekly import sign_week
from tests.access import Row
from tickets.tests.factories import make_contact

READERS = {"anonymous": 302, "supervisor": 200, "head": 200, "admin": 200, "rest": 404}
# Under the governor's weekly stands the head's name.
SIGNERS = {"anonymous": 302, "head": 302, "rest": 404}


def registered(scene: Any) -> dict[str, Any]:
    return {"cell": "registered", "from": "2026-02-02", "to": "2026-02-02"}


# A week long over, of which nothing is known.
WEEK = date(2025, 1, 6)


def week(scene: Any) -> dict[str, Any]:
    return {"monday": WEEK}


def looked_at(scene: Any) -> dict[str, Any]:
    return {"note": "Прочёл", "seen": seen_of(sheet_of(build_week(WEEK, clock.now())))}


def signed_and_otherwise(scene: Any) -> dict[str, Any]:
    """It is signed, and then a call of that week is written in."""
    at = clock.now() - timedelta(minutes=1)
    by = User.objects.get(pk=scene.people["head"].pk)
    sign_week(week=WEEK, sheet=sheet_of(build_week(WEEK, at)), as_of=at, note="", by=by, at=at)
    make_contact(at=Period(WEEK, WEEK, at).starts_at)
    return week(scene)


def looked_at_changes(scene: Any) -> dict[str, Any]:
    said = WeeklyReport.objects.get(week=WEEK).sheet
    return {"note": "С бумаги", "seen": seen_of_changes(changes(said, sheet_of(build_week(WEEK, clock.now()))))}


ROWS = [
    Row("reports:overview", "GET", READERS),
    Row("reports:csv", "GET", READERS),
    Row("reports:staffing", "GET", READERS),
    Row("reports:staffing-csv", "GET", READERS),
    Row("reports:report", "GET", READERS, kwargs=lambda scene: {"name": "organisations"}),
    Row(
        "reports:report",
        "GET",
        READERS | {"supervisor": 404, "head": 404, "admin": 404},
        kwargs=lambda scene: {"name": "nothing-of-ours"},
    ),
    Row("reports:tickets", "GET", READERS, data=registered),
    Row("reports:tickets-csv", "GET", READERS, data=registered),
    Row("reports:weeklies", "GET", READERS),
    Row("reports:weekly", "GET", READERS, kwargs=week),
    Row("reports:weekly-pdf", "GET", READERS, kwargs=week),
    Row("reports:weekly-sign", "POST", SIGNERS, kwargs=week, data=looked_at),
    Row("reports:weekly-correct", "POST", SIGNERS, kwargs=signed_and_otherwise, data=looked_at_changes),
    # Reading only.
    Row("reports:staffing", "POST", READERS | {"supervisor": 405, "head": 405, "admin": 405}),
    Row("reports:overview", "POST", READERS | {"supervisor": 405, "head": 405, "admin": 405}),
]
