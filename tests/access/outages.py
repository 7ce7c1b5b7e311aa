"""Outages: the centre reads them, operators and supervisors act; calling off and waiving is the supervisors'."""

from typing import Any

from tests.access import Row
from tests.access.desk import DONE, NOBODY, READERS, TAKES_CALLS, number
from tickets.models import Outage
from tickets.tests.test_outages import announced


def outage(scene: Any) -> dict[str, Any]:
    """The one outage of the scene, announced when it is first asked for."""
    found = Outage.objects.first() or announced(by=scene.people["operator"])
    return {"pk": found.pk}


def act(name: str) -> Any:
    return lambda scene: outage(scene) | {"act": name}


ROWS = [
    Row("desk:outages", "GET", READERS),
    Row("desk:outage_calendar", "GET", READERS),
    Row("desk:outage", "GET", READERS, kwargs=outage),
    Row("desk:outage_new", "GET", TAKES_CALLS),
    # An empty form comes back with its errors.
    Row("desk:outage_new", "POST", TAKES_CALLS),
    Row("desk:outage_houses", "POST", TAKES_CALLS),
    # No such suggestion: told so, and back to the list.
    Row("desk:hunch_dismiss", "POST", DONE),
    Row("desk:outage_act", "POST", TAKES_CALLS, kwargs=act("news")),
    Row("desk:outage_act", "POST", DONE, kwargs=act("news"), data=lambda scene: {"text": "Бригада на месте"}),
    Row("desk:outage_act", "POST", NOBODY | {"supervisor": 200}, kwargs=act("call_off")),
    Row("desk:outage_act", "POST", NOBODY | {"supervisor": 200}, kwargs=act("waive")),
    Row("desk:outage_act", "POST", NOBODY, kwargs=act("no-such-act")),
    Row("desk:outage_join", "POST", DONE, kwargs=number),
    Row("desk:outage_leave", "POST", DONE, kwargs=number),
]
