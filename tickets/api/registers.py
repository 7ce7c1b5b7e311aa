"""Reference data: organisations, houses, categories; and what is said at an address that does not exist."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from companies.models import Building, Company
from tickets.models import Category, Outage, OutageBuilding

from .answers import BuildingAnswer, CategoryAnswer, CompanyAnswer, OutageAnswer
from .base import Listing, Operation
from .filters import BuildingFilter, OutageFilter

READ = (
    "kind", "where", "starts_at", "ends_at", "ended_at", "called_off_at", "cause", "text",
)  # fmt: skip


class Companies(Listing):
    """Organisations in action; an organisation's people see their own."""

    serializer_class = CompanyAnswer

    def get_queryset(self) -> QuerySet[Company]:
        return Company.objects.visible_to(self.user).active()

    @extend_schema(operation_id="companies_list", responses=CompanyAnswer(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)


class Buildings(Listing):
    """Houses of the register."""

    serializer_class = BuildingAnswer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = BuildingFilter

    def get_queryset(self) -> QuerySet[Building]:
        return Building.objects.with_locality()

    @extend_schema(operation_id="buildings_list", responses=BuildingAnswer(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)


class Categories(Listing):
    """What may happen to a house; `code` is what a new ticket names."""

    serializer_class = CategoryAnswer
    keyset = ("position", "code")

    def get_queryset(self) -> QuerySet[Category]:
        return Category.objects.active()

    @extend_schema(operation_id="categories_list", responses=CategoryAnswer(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)


class Outages(Listing):
    """What is, was or will be off, the latest first; `text` is what people are told."""

    queryset = Outage.objects.none()
    serializer_class = OutageAnswer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = OutageFilter
    keyset = ("-starts_at", "-id")

    def get_queryset(self) -> QuerySet[Outage]:
        houses = OutageBuilding.objects.filter(outage=OuterRef("pk")).order_by().values("outage")
        counted = Outage.objects.annotate(houses=Subquery(houses.annotate(count=Count("pk")).values("count")))
        shown = counted.select_related("category", "company").prefetch_related("services")
        # Who announced it is behind the wall.
        return shown.only(*READ, "category__code", "category__problem", "company__name")

    @extend_schema(operation_id="outages_list", responses=OutageAnswer(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)


@extend_schema(exclude=True)
class Nothing(Operation):
    """Any other address: a problem in JSON, not a page."""

    permission_classes = (AllowAny,)
    authentication_classes = ()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.http_method_names = [(request.method or "get").lower()]
        setattr(self, self.http_method_names[0], self._say)
        return super().dispatch(request, *args, **kwargs)

    def _say(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound(_("Такого адреса нет. Адреса этого API кончаются косой чертой."))
