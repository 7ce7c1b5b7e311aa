"""Taking away: whoever reads reports; files and orders are one's own, the head and the administrator see all."""

from collections.abc import Callable
from datetime import date
from typing import Any

from reports.models import ReportFile, ReportOrder
from tests.access import Row
from tickets.tests.factories import NOON

from .reports import READERS

DAY = date(2026, 2, 2)
# Of the supervisor, and of the head: a supervisor's own and a foreign one.
OWN = READERS
FOREIGN = READERS | {"supervisor": 404}
WRITTEN = {"anonymous": 302, "supervisor": 302, "head": 302, "admin": 302, "rest": 404}
FOREIGN_WRITTEN = WRITTEN | {"supervisor": 404}


def journal(scene: Any) -> dict[str, Any]:
    return {"name": "journal", "format": "csv", "from": "2026-02-02", "to": "2026-02-02"}


def file_of(who: str, **given: Any) -> Callable[[Any], dict[str, Any]]:
    def made(scene: Any) -> dict[str, Any]:
        told = {"name": "journal", "title": "Журнал", "first_day": DAY, "last_day": DAY, "as_of": NOON, "kind": "csv"}
        file = ReportFile.objects.create(owner=scene.people[who], asked_at=NOON, **told | given)
        if file.state == ReportFile.State.DONE:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            file.path.write_bytes(b"1")
        return {"pk": file.pk}

    return made


def done(who: str) -> Callable[[Any], dict[str, Any]]:
    return file_of(who, state=ReportFile.State.DONE, started_at=NOON, finished_at=NOON, size=1)


def order_of(who: str) -> Callable[[Any], dict[str, Any]]:
    def made(scene: Any) -> dict[str, Any]:
        order = ReportOrder.objects.create(
            owner=scene.people[who], name="promise", span="yesterday", every="day", hour=8, since=NOON
        )
        return {"pk": order.pk}

    return made


ROWS = [
    Row("reports:journal", "GET", READERS),
    Row("reports:files", "GET", READERS),
    Row("reports:files", "POST", READERS, data=journal),
    Row("reports:file", "GET", OWN, kwargs=done("supervisor")),
    Row("reports:file", "GET", FOREIGN, kwargs=done("head")),
    # Not made yet.
    Row("reports:file", "GET", {"anonymous": 302, "rest": 404}, kwargs=file_of("supervisor")),
    Row("reports:file-cancel", "POST", WRITTEN, kwargs=file_of("supervisor")),
    Row("reports:file-cancel", "POST", FOREIGN_WRITTEN, kwargs=file_of("head")),
    Row("reports:orders", "GET", READERS),
    Row("reports:orders", "POST", WRITTEN, data=lambda scene: {
        "name": "promise", "span": "yesterday", "every": "day", "hour": "8", "kind": "xlsx",
        "recipients": [scene.people["head"].pk],
    }),
    Row("reports:order", "POST", WRITTEN, kwargs=order_of("supervisor"), data=lambda scene: {"do": "pause"}),
    Row("reports:order", "POST", FOREIGN_WRITTEN, kwargs=order_of("head"), data=lambda scene: {"do": "pause"}),
]  # fmt: skip
