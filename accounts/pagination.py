"""Pages by keyset: the cursor holds the last row's place, so deep pages cost what the first one costs."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from .problems import NeedsField

PAGE = 50
PARAMETER = "cursor"
LONGEST = 500


class KeysetPagination(BasePagination):
    """{next, previous, results} over ``view.get_keyset()``: fields of the model that are never NULL and end unique.

    Of each field a leading minus means «descending», as in ``order_by()``. Once a page is chosen, ``view.rows_of()``
    reads its rows.
    """

    keyset: Sequence[str] = ()
    url = ""
    next_cursor = previous_cursor = ""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.keyset, self.url = view.get_keyset(), request.build_absolute_uri()
        backwards, place = self._decode(request.query_params.get(PARAMETER, ""), queryset.model)
        order = [_opposite(field) for field in self.keyset] if backwards else list(self.keyset)
        rows = queryset.order_by(*order)
        if place:
            rows = rows.filter(_beyond(order, place))
        # One more than a page tells whether there is another one.
        found = list(view.rows_of(rows[: PAGE + 1]))
        more, page = len(found) > PAGE, found[:PAGE]
        if backwards:
            page.reverse()
        if page:
            self.next_cursor = self._encode(page[-1], backwards=False) if more or backwards else ""
            self.previous_cursor = (
                self._encode(page[0], backwards=True) if (more if backwards else bool(place)) else ""
            )  # fmt: skip
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({
            "next": self._link(self.next_cursor), "previous": self._link(self.previous_cursor), "results": data,
        })  # fmt: skip

    def _link(self, cursor: str) -> str | None:
        return replace_query_param(self.url, PARAMETER, cursor) if cursor else None

    def _encode(self, row: Model, *, backwards: bool) -> str:
        place = [_plain(getattr(row, field.lstrip("-"))) for field in self.keyset]
        text = json.dumps(["p" if backwards else "n", *place], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _decode(self, cursor: str, model: type[Model]) -> tuple[bool, list[Any]]:
        if not cursor:
            return False, []
        try:
            if len(cursor) > LONGEST:
                raise ValueError
            padded = cursor + "=" * (-len(cursor) % 4)
            direction, *place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if direction not in ("n", "p") or len(place) != len(self.keyset) or None in place:
                raise ValueError
            values = [_read(model, name, value) for name, value in zip(self.keyset, place, strict=True)]
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError):
            raise NeedsField(PARAMETER, _("Такой страницы нет: начните список сначала."), "invalid") from None
        return direction == "p", values

    # What the OpenAPI generator asks for.
    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [{
            "name": PARAMETER, "in": "query", "required": False, "schema": {"type": "string"},
            "description": "Taken from `next` or `previous` of a former page.",
        }]  # fmt: skip

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _opposite(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _beyond(order: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows that come after ``place`` in ``order``: (a, b) > (x, y), each field in its own direction."""
    wanted = Q(pk__in=[])
    same = Q()
    for field, value in zip(order, place, strict=True):
        name, towards = field.lstrip("-"), "lt" if field.startswith("-") else "gt"
        wanted |= same & _further(name, towards, value)
        same &= Q(**{name: value})
    # Said once more for the first field alone, because an index can use that.
    first = order[0].lstrip("-")
    if isinstance(place[0], bool):
        return wanted
    return wanted & Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": place[0]})


def _further(name: str, towards: str, value: Any) -> Q:
    if isinstance(value, bool):
        # Of two truth values only one lies beyond the other.
        return Q(**{name: not value}) if value == (towards == "lt") else Q(pk__in=[])
    return Q(**{f"{name}__{towards}": value})


def _read(model: type[Model], name: str, value: Any) -> Any:
    """A value of a cursor as the field knows it. Raises ValueError, OverflowError, ValidationError."""
    field = cast("Field[Any, Any]", model._meta.get_field(name.lstrip("-")))  # noqa: SLF001  (Django's public API)
    read = field.to_python(value)
    if isinstance(read, datetime):
        if read.tzinfo is None:
            raise ValueError(value)
        # Offsets that Python knows and PostgreSQL does not.
        return read.astimezone(UTC)
    if isinstance(read, str) and not read.isprintable():
        raise ValueError(value)
    return read


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
