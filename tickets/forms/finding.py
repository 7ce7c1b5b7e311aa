"""The one question behind the list, its count and its file: which tickets, found by what, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Min, Q, Value
from django.utils.functional import Promise

from tickets.models import Ticket
from tickets.models.tickets import TicketQuerySet

from .filters import EPOCH, TicketFilter
from .meanings import Meaning

ROWS = 50
MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """Where a ticket stands in the list: pages begin behind one and end before one, however deep they are."""

    moment: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """From an address; None for anything that is no place of ours."""
        moment, _minus, pk = text.partition("-")
        if not (moment.isascii() and moment.isdigit() and pk.isascii() and pk.isdigit()) or len(moment + pk) > 34:
            return None
        try:
            return cls(EPOCH + int(moment) * MICROSECOND, int(pk))
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // MICROSECOND}-{self.pk}"


@dataclass(frozen=True, slots=True)
class FoundTicket:
    ticket: Ticket
    why: Sequence[Promise | str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """``before`` and ``after``: the places that its neighbours end and begin at; None where there is no neighbour."""

    rows: list[FoundTicket]
    before: Place | None = None
    after: Place | None = None


@dataclass(frozen=True)
class Finding:
    """What a filter leaves of what the typed text may mean. Without ``meanings``: whatever the filter leaves."""

    filter: TicketFilter
    meanings: Sequence[Meaning] = ()

    def page(self, *, after: Place | None = None, before: Place | None = None) -> Page:
        backwards = before is not None and after is None
        # One more than a page tells whether there is another one.
        found = self._places(ROWS + 1, beyond=before if backwards else after, backwards=backwards)
        more, places = len(found) > ROWS, list(found)[:ROWS]
        if backwards:
            places.reverse()
        if not places:
            return Page([])
        rows = Ticket.objects.with_row_details().select_related("registered_by").with_nearest_clock()
        by_pk = rows.in_bulk([place.pk for place in places])
        return Page(
            [FoundTicket(by_pk[place.pk], self._said(found[place])) for place in places],
            before=places[0] if (more if backwards else after) else None,
            after=places[-1] if more or backwards else None,
        )

    def count(self, at_most: int) -> int:
        """How many there are; one more than ``at_most`` when there are more."""
        first, *others = [rows.order_by().values("pk").distinct()[: at_most + 1] for rows in self._branches()]
        counted: int = first.union(*others).count() if others else first.count()
        return counted

    def keys(self, at_most: int) -> list[int]:
        """The keys of the first ``at_most`` tickets, in the order of the list."""
        return [place.pk for place in self._places(at_most)][:at_most]

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _branches(self) -> list[TicketQuerySet]:
        """A short look for each meaning: together in one condition they would be one long walk."""
        rows = self.filter.rows()
        return [meaning.narrow(rows) for meaning in self.meanings] or [rows]

    def _places(self, limit: int, *, beyond: Place | None = None, backwards: bool = False) -> dict[Place, list[int]]:
        """The places of the first tickets beyond one, in order, each with the meanings that found it."""
        descending = self.filter.by_due == backwards
        parts = []
        for number, rows in enumerate(self._branches()):
            placed = self._placed(rows)
            if beyond:
                placed = placed.filter(_behind(beyond, descending=descending))
            order = ("-moment", "-pk") if descending else ("moment", "pk")
            parts.append(placed.order_by(*order).values_list("moment", "pk", Value(number))[:limit])
        found: Any = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
        places: dict[Place, list[int]] = {}
        for moment, pk, number in sorted(found, reverse=descending):
            places.setdefault(Place(moment, pk), []).append(number)
        return dict(list(places.items())[:limit])

    def _placed(self, rows: TicketQuerySet) -> Any:
        if self.filter.by_due:
            return rows.values("pk").annotate(moment=Min("deadlines__deadline__due_at"))
        return rows.annotate(moment=F("registered_at"))

    def _said(self, numbers: list[int]) -> list[Promise | str]:
        said = [self.meanings[number].why for number in sorted(numbers)] if self.meanings else []
        return list(dict.fromkeys(said))


def _behind(place: Place, *, descending: bool) -> Q:
    """What comes after ``place``; said once for the moment alone, because an index can use that."""
    beyond, not_before = ("lt", "lte") if descending else ("gt", "gte")
    same = Q(moment=place.moment, **{f"pk__{beyond}": place.pk})
    return Q(**{f"moment__{not_before}": place.moment}) & (Q(**{f"moment__{beyond}": place.moment}) | same)
