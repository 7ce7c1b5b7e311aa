"""What lists may be narrowed by, in the query string: never a phone or a name."""

from datetime import UTC, datetime
from typing import Any

import django_filters as filters
from django import forms

from accounts import clock
from callbacks.models import CallbackObligation
from companies.models import Building
from tickets.models import Outage, Ticket
from tickets.models.outages import OutageQuerySet
from tickets.models.tickets import TicketQuerySet
from tickets.workflow import Status

from .requests import LATEST_YEAR, OUT_OF_YEARS

State = CallbackObligation.State


class MomentField(filters.fields.IsoDateTimeField):
    """ISO 8601, in an offset and a year that PostgreSQL and every time zone know."""

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        if moment is None:
            return None
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(OUT_OF_YEARS) from None
        if not 2000 <= moment.year <= LATEST_YEAR:
            raise forms.ValidationError(OUT_OF_YEARS)
        return moment


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


class RowFilter(filters.Filter):
    """By a row's id."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=2**63 - 1, **kwargs)


class TicketFilter(filters.FilterSet):
    """Tickets; ``due_before`` and ``overdue`` look at the running clocks of the work."""

    q = filters.CharFilter(method="by_words", max_length=200, label="Number, or words of the text and the address.")
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    company = RowFilter(field_name="company_id", label="Organisation's id.")
    category = filters.CharFilter(field_name="category__code", max_length=12, label="Category's code.")
    building = RowFilter(field_name="building_id", label="House's id.")
    overdue = filters.BooleanFilter(method="by_overdue", label="With a running clock past its time.")
    due_before = MomentFilter(method="by_due", label="With a running clock due by this moment.")
    registered_after = MomentFilter(field_name="registered_at", lookup_expr="gt")

    class Meta:
        model = Ticket
        fields: list[str] = []

    def by_words(self, rows: TicketQuerySet, name: str, value: str) -> TicketQuerySet:
        return rows.search(value)

    def by_overdue(self, rows: TicketQuerySet, name: str, value: bool) -> TicketQuerySet:
        at = clock.now()
        return rows.overdue(at) if value else rows.exclude(pk__in=Ticket.objects.overdue(at))

    def by_due(self, rows: TicketQuerySet, name: str, value: datetime) -> TicketQuerySet:
        return rows.overdue(value)


class CallbackFilter(filters.FilterSet):
    """Promises by state; without it, those that somebody still owes."""

    state = filters.MultipleChoiceFilter(choices=State.choices)

    class Meta:
        model = CallbackObligation
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        if not self.form.cleaned_data["state"]:
            return queryset.outstanding()
        return super().filter_queryset(queryset)


class OutageFilter(filters.FilterSet):
    """Outages; `current` are those that are off now, `building` those that cover a house."""

    current = filters.BooleanFilter(method="by_current", label="Off at this moment; `false`: all others.")
    building = RowFilter(field_name="covers__building_id", label="House's id.")

    class Meta:
        model = Outage
        fields: list[str] = []

    def by_current(self, rows: OutageQuerySet, name: str, value: bool) -> OutageQuerySet:
        current = rows.current(clock.now())
        return current if value else rows.exclude(pk__in=current.values("pk"))


class BuildingFilter(filters.FilterSet):
    q = filters.CharFilter(method="by_words", max_length=200, label="Words of the address: «Кирова 20».")

    class Meta:
        model = Building
        fields: list[str] = []

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)
