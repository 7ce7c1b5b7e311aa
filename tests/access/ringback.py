"""The parts of the ring-back panel that are read again, and the page after a call."""

from tests.access import Row
from tests.access.desk import READERS, TAKES_CALLS, promise

ROWS = [
    Row("desk:holder", "GET", READERS, kwargs=promise),
    Row("desk:say", "GET", READERS, kwargs=promise),
    Row("desk:recorded", "GET", TAKES_CALLS, kwargs=promise),
    Row("desk:coming", "GET", TAKES_CALLS),
    Row("desk:later", "POST", TAKES_CALLS, data=lambda scene: {"later_at": "после 18"}),
]
