"""Houses that the register does not know: seniors read them, supervisors and administrators write them down."""

from tests.access import Row
from tests.access.desk import NOBODY, SENIORS

ROWS = [
    Row("desk:unknown_houses", "GET", SENIORS),
    # An empty form comes back with its errors.
    Row("desk:unknown_houses", "POST", NOBODY | {"supervisor": 200, "admin": 200}),
]
