"""The list of tickets as a file: the same question, the same columns, the same order."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, AccessRecord, User
from tickets.exports import csv_response, xlsx_response
from tickets.models import Ticket

from .columns import Column, as_written, cells_of, file_name
from .tickets import Asked, read_asked, shown_columns

# A spreadsheet is whole only when its last row is written; a text flows from its first one.
MOST = {"xlsx": 20_000, "csv": 100_000}
CHUNK = 1_000
WIDTHS = {"number": 12, "moment": 17, "clock": 17, "phone": 18, "count": 10, "status": 18, "wide": 60}


@roles_required(*CENTRE_ROLES)
@require_safe
def ticket_file(request: PersonRequest, kind: str) -> HttpResponseBase:
    if kind not in MOST:
        raise Http404
    at = clock.now()
    asked, columns = read_asked(request, at=at), shown_columns(request)
    keys = asked.finding.keys(MOST[kind])
    _write_down(request.user, asked, columns, count=len(keys))
    rows = _rows(keys, columns)
    if kind == "csv":
        return csv_response(file_name(at), rows)
    return xlsx_response(file_name(at), _("Заявки"), rows, [WIDTHS.get(column.kind, 30) for column in columns])


def _write_down(user: User, asked: Asked, columns: Sequence[Column], *, count: int) -> None:
    """Who took how many people's data away, by which conditions; what was typed is not repeated here."""
    told = ", ".join(column.key for column in columns if column.is_personal) or _("без имён и телефонов")
    conditions = [chip.label for chip in asked.filter.chips()] + ([_("поиск по тексту")] if asked.text else [])
    AccessRecord.objects.create(
        actor=user, what="tickets_file", subject=f"{count}: {told}"[:80], reason=", ".join(conditions)[:200]
    )


def _rows(keys: Sequence[int], columns: Sequence[Column]) -> Iterator[list[Any]]:
    yield [str(column.title) for column in columns]
    tickets = Ticket.objects.with_row_details().select_related("registered_by").with_nearest_clock()
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        found = tickets.in_bulk(chunk)
        for key in chunk:
            yield [as_written(cell.value) for cell in cells_of(found[key], columns)]
