"""The reports for programs: the same numbers as the page, as JSON or as a file."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from accounts.models import Role
from tickets.api.base import Operation
from tickets.api.permissions import Anyone
from tickets.exports import EXCEL, csv_response, xlsx_response

from .forms import PeriodForm
from .queries import overview
from .tables import TABLES, Table

FORMATS = ("json", "csv", "xlsx")
WIDTH = 24


class ReadsReports(Anyone):
    """Whoever opens the page of reports."""

    def has_permission(self, request: Request, view: Any) -> bool:
        may = (Role.SUPERVISOR, Role.HEAD, Role.ADMIN)
        return super().has_permission(request, view) and getattr(request.user, "role", "") in may


class ByParameter(BaseContentNegotiation):
    """The form is asked for by ``format`` alone; whatever goes wrong is told in JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ColumnAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.ChoiceField(choices=["", "count", "percent", "minutes"], help_text="Empty for words.")


class ReportAnswer(serializers.Serializer[Any]):
    """A report as it stood at `at`. Each row holds a value for every column; null means «no data», never nought."""

    name = serializers.ChoiceField(choices=list(TABLES))
    title = serializers.CharField()
    at = serializers.DateTimeField()
    columns = ColumnAnswer(many=True)
    rows = serializers.ListField(child=serializers.DictField())

    def get_fields(self) -> dict[str, Any]:
        # «from» is a word of Python.
        return {"from": serializers.DateField(), "to": serializers.DateField(), **super().get_fields()}


def _day(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.DATE, OpenApiParameter.QUERY, required=False, description=description)


class OneReport(Operation):
    """A section of the reports over whole days of the region, both ends included; today when left out."""

    permission_classes = (ReadsReports,)
    serializer_class = ReportAnswer
    content_negotiation_class = ByParameter

    @extend_schema(
        operation_id="reports_read",
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, enum=list(TABLES)),
            _day("from", "First day."),
            _day("to", "Last day; not more than a year after the first."),
            OpenApiParameter("format", str, enum=FORMATS, default="json"),
        ],
        responses={
            (200, "application/json"): ReportAnswer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, EXCEL): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        table = TABLES.get(name)
        if table is None:
            raise NotFound
        form = PeriodForm({key: request.query_params.get(key, "") for key in ("from", "to")}, now=clock.now())
        kind = request.query_params.get("format", "json")
        wrong = {} if form.is_valid() else {key: list(map(str, said)) for key, said in form.errors.items()}
        if kind not in FORMATS:
            wrong["format"] = [f"{', '.join(FORMATS)}."]
        if wrong:
            raise ValidationError(
                {"non_field_errors" if key == "__all__" else key: said for key, said in wrong.items()}
            )
        period = form.period()
        rows = list(table.rows(overview(period)))
        file = f"{name}-{period.first}-{period.last}"
        if kind == "csv":
            return csv_response(file, _lines(table, rows))
        if kind == "xlsx":
            return xlsx_response(file, str(table.title), _lines(table, rows), [WIDTH] * len(table.columns))
        report = {
            "name": name, "title": table.title, "from": period.first, "to": period.last, "at": period.at,
            "columns": table.columns, "rows": rows,
        }  # fmt: skip
        return Response(self.answer(ReportAnswer, report))


def _lines(table: Table, rows: list[dict[str, Any]]) -> Iterator[list[Any]]:
    yield [column.title for column in table.columns]
    for row in rows:
        yield [row[column.code] for column in table.columns]
