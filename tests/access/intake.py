"""Writing calls down: operators and supervisors, nobody else."""

from typing import Any

from tests.access import Row

from .desk import DONE, TAKES_CALLS

KEY = "0b5d2c1e-6f0a-4f5e-9d57-0d1f3a7c9b11"


def a_letter(scene: Any) -> dict[str, Any]:
    return {"intake_key": KEY, "phone": "8 910"}


KEPT = {"anonymous": 302, "operator": 204, "supervisor": 204, "rest": 404}

ROWS = [
    Row("desk:categories", "POST", TAKES_CALLS, data=lambda scene: {"what": "теч"}),
    Row("desk:hint", "POST", TAKES_CALLS, data=lambda scene: {"text": "Нет отопления в квартире"}),
    Row("desk:draft", "POST", KEPT, data=a_letter),
    Row("desk:draft-drop", "POST", DONE, data=a_letter),
    Row("desk:paper", "GET", TAKES_CALLS),
    Row("desk:paper", "POST", TAKES_CALLS),
    Row("desk:unfinished", "GET", TAKES_CALLS),
    # Nothing named: told so, and back to the page.
    Row("desk:unfinished-end", "POST", DONE),
]
