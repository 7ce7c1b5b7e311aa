"""The register: the centre reads who serves a house, seniors where nobody does; administrators write it."""

from typing import Any

from tests.access import Row
from tests.access.desk import NOBODY, READERS, SENIORS


def house(scene: Any) -> dict[str, Any]:
    return {"pk": scene.ticket.building_id}


WRITERS = NOBODY | {"admin": 200}

ROWS = [
    Row("register:house", "GET", READERS, kwargs=house),
    Row("register:house", "GET", NOBODY, kwargs=lambda scene: {"pk": 10**15}),
    Row("register:gaps", "GET", SENIORS),
    Row("register:bind", "GET", WRITERS),
    # An empty form comes back with its errors.
    Row("register:bind", "POST", WRITERS),
]
