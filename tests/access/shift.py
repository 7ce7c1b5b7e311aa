"""The shift: the line, handing over, corrections, the wall and what is printed."""

from typing import Any

from accounts.models import LineSpell
from tests.access import Row
from tests.access.desk import DONE, NOBODY, READERS, SENIORS, TAKES_CALLS, number
from tickets.models import Handover
from tickets.tests.factories import NOON

LEAVES = NOBODY | {"operator": 302, "supervisor": 302}


def spell(scene: Any) -> dict[str, Any]:
    """The operator is on the line."""
    return {"pk": LineSpell.objects.create(user=scene.people["operator"], started_at=NOON).pk}


def handover(scene: Any) -> dict[str, Any]:
    left = LineSpell.objects.create(user=scene.people["operator"], started_at=NOON, ended_at=NOON)
    return {"pk": Handover.objects.create(spell=left, at=NOON, note="Домофон 12").pk}


ROWS = [
    Row("desk:line", "GET", READERS),
    Row("desk:shift", "GET", READERS),
    Row("desk:keys", "GET", READERS),
    Row("desk:order", "GET", READERS, kwargs=number),
    Row("desk:journal", "GET", READERS, kwargs=number),
    Row("desk:handovers", "GET", SENIORS),
    Row("desk:wall", "GET", SENIORS),
    Row("desk:go_on_line", "POST", DONE),
    # Nobody of the scene is on the line: told so, and back to the queue.
    Row("desk:leave_line", "GET", LEAVES),
    Row("desk:leave_line", "POST", LEAVES),
    Row("desk:take_off_line", "POST", NOBODY | {"supervisor": 302}, kwargs=spell),
    Row("desk:read_handover", "POST", DONE, kwargs=handover),
    Row("desk:correct_phone", "GET", TAKES_CALLS, kwargs=number),
    # An empty form comes back with its errors.
    Row("desk:correct_phone", "POST", TAKES_CALLS, kwargs=number),
    Row("desk:correct_address", "GET", TAKES_CALLS, kwargs=number),
    Row("desk:correct_address", "POST", DONE, kwargs=number,
        data=lambda scene: {"street": "ул. Мира", "house": "5", "reason": "ослышались"}),
]  # fmt: skip
