"""Reports: for those who answer for the shift. To operators and organisations they do not exist."""

from typing import Any

from tests.access import Row

READERS = {"anonymous": 302, "supervisor": 200, "head": 200, "admin": 200, "rest": 404}


def registered(scene: Any) -> dict[str, Any]:
    return {"cell": "registered", "from": "2026-02-02", "to": "2026-02-02"}


ROWS = [
    Row("reports:overview", "GET", READERS),
    Row("reports:csv", "GET", READERS),
    Row("reports:staffing", "GET", READERS),
    Row("reports:staffing-csv", "GET", READERS),
    Row("reports:tickets", "GET", READERS, data=registered),
    Row("reports:tickets-csv", "GET", READERS, data=registered),
    # Reading only.
    Row("reports:staffing", "POST", READERS | {"supervisor": 405, "head": 405, "admin": 405}),
    Row("reports:overview", "POST", READERS | {"supervisor": 405, "head": 405, "admin": 405}),
]
