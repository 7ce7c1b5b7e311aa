"""What programs read beside tickets: outages are for everybody, reports for those who open their page."""

from typing import Any

from tests.access import Row
from tests.access.api import ALL, NOBODY

READERS = NOBODY | {"supervisor": 200, "head": 200, "admin": 200, "rest": 403}


def in_form(kind: str) -> Any:
    return lambda scene: {"format": kind}


ROWS = [
    Row("api:outages", "GET", ALL),
    Row("api:outages", "POST", NOBODY | {"rest": 405}, json=True),
    *(
        Row("reports-api:report", "GET", READERS, kwargs=lambda scene: {"name": "companies"}, data=in_form(kind))
        for kind in ("json", "csv", "xlsx")
    ),
    Row("reports-api:report", "GET", READERS | {"supervisor": 404, "head": 404, "admin": 404},
        kwargs=lambda scene: {"name": "nonsense"}),
]  # fmt: skip
