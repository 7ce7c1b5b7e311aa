"""Pages of a long list that never count all its rows."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)

ROWS = 50
# Further back than this a filter finds it sooner than leafing does.
LAST = 200


@dataclass(frozen=True, slots=True)
class Slice(Generic[M]):
    """One page: its rows, its number, and whether there is a next one."""

    rows: list[M]
    number: int
    has_next: bool

    @classmethod
    def of(cls, found: QuerySet[M], page: str | None) -> "Slice[M]":
        """Page number ``page`` as it stands in the address; anything that is no such number is the first page."""
        number = int(page) if page and page.isdecimal() and len(page) < 5 else 1
        number = min(max(number, 1), LAST)
        # One row more than a page tells whether there is another one.
        rows = list(found[(number - 1) * ROWS : number * ROWS + 1])
        return cls(rows[:ROWS], number, len(rows) > ROWS and number < LAST)

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1
