"""What those who read reports write: files that they ask for, and orders of what comes by mail."""

from datetime import date
from typing import Any

from reports.models import ReportFile, ReportOrder
from tests.hostile.deeds import NOW, Deed, Stage, same

DAY = date(2026, 2, 2)
ASKED = {"name": "journal", "format": "csv", "from": "2026-02-02", "to": "2026-02-02"}
NARROWING = "company district category operator channel emergency"


def waiting_file(stage: Stage) -> dict[str, Any]:
    file = ReportFile.objects.create(
        owner=stage.by, name="journal", title="Журнал", first_day=DAY, last_day=DAY, as_of=NOW, kind="csv",
        asked_at=NOW,
    )  # fmt: skip
    return {"pk": file.pk}


def an_order(stage: Stage) -> dict[str, Any]:
    order = ReportOrder.objects.create(owner=stage.by, name="promise", span="yesterday", every="day", hour=8, since=NOW)
    order.recipients.add(stage.by)
    return {"pk": order.pk}


def paused_order(stage: Stage) -> dict[str, Any]:
    told = an_order(stage)
    ReportOrder.objects.filter(**told).update(is_active=False)
    return told


DEEDS = [
    Deed("reports:files", data=same(**ASKED), adds="accounts_accessrecord", takes=f"{NARROWING} at until",
         by="supervisor", status=200),
    Deed("reports:file-cancel", waiting_file, changes={"reports_reportfile": "state finished_at"}, by="supervisor"),
    Deed("reports:orders", data=lambda stage: {
        "name": "promise", "span": "yesterday", "every": "day", "hour": 8, "kind": "xlsx", "recipients": [stage.by.pk],
    }, adds="reports_reportorder reports_reportorder_recipients", takes=f"{NARROWING} weekday month_day",
        by="supervisor"),
    Deed("reports:order", an_order, same(do="pause"), {"reports_reportorder": "is_active"}, word="pause",
         by="supervisor"),
    Deed("reports:order", paused_order, same(do="resume"), {"reports_reportorder": "is_active since"}, word="resume",
         by="supervisor"),
    Deed("reports:order", an_order, same(do="delete"), removes="reports_reportorder reports_reportorder_recipients",
         word="delete", by="supervisor"),
]  # fmt: skip
