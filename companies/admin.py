"""Справочники: organisations, houses, and who answers for what since when."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.admin import UserAdmin
from accounts.adminkit import NamedFieldsFormSet, RegisterAdmin, StackedInline, TabularInline
from accounts.models import User

from .models import Building, BuildingQuerySet, Company, District, Locality, Membership, Responsibility, Service


class MembershipInline(StackedInline[Membership, User]):
    """Whose person it is: on the page of the user."""

    model = Membership
    fields = ("company", "post")
    autocomplete_fields = ("company",)
    can_delete = True
    extra = 0
    max_num = 1


UserAdmin.inlines = (MembershipInline,)


class StaffInline(TabularInline[Membership, Company]):
    """Who of the organisation is asked, and when."""

    model = Membership
    formset = NamedFieldsFormSet[Membership, Company, Any]
    fields = ("user", "post")
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Company)
class CompanyAdmin(RegisterAdmin[Company]):
    list_display = ("name", "kind", "phone", "duty_phone", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "kind", "is_active")}),
        (_("Связь"), {"fields": ("phone", "duty_phone", "email")}),
        (_("Часы работы"), {"fields": (("works_from", "works_to"), "works_weekends"), "description": _(
            "По ним выбирают, кого спросить о сроке: в рабочие часы диспетчеров, в остальные дежурных в нерабочее "
            "время; где таких нет, диспетчеров. Пусто — работают круглосуточно."
        )}),
    )  # fmt: skip
    inlines = (StaffInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Company | None = None) -> bool:
        """Old tickets name it: an organisation that ceased is made inactive."""
        return False


@admin.register(District)
class DistrictAdmin(RegisterAdmin[District]):
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Locality)
class LocalityAdmin(RegisterAdmin[Locality]):
    list_display = ("name", "district", "area_code")
    list_filter = ("district",)
    search_fields = ("name", "district__name")
    list_select_related = ("district",)
    autocomplete_fields = ("district",)


@admin.register(Service)
class ServiceAdmin(RegisterAdmin[Service]):
    list_display = ("title", "code")
    search_fields = ("title", "code")


@admin.register(Building)
class BuildingAdmin(RegisterAdmin[Building]):
    list_display = ("address", "entrances", "floors", "flats")
    list_filter = ("locality",)
    list_select_related = ("locality",)
    # Sorting a hundred thousand houses by street reads them all; the index of the key does not.
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("search_text",)
    search_help_text = _("Населённый пункт, улица, дом: начала слов")
    autocomplete_fields = ("locality",)

    @admin.display(description=_("адрес"))
    def address(self, house: Building) -> str:
        return str(house)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Building], search_term: str
    ) -> tuple[QuerySet[Building], bool]:
        """As at the desk: every typed word, «е» and «ё» being one."""
        return cast(BuildingQuerySet, queryset).with_locality().search(search_term), False


class ValidityFilter(admin.SimpleListFilter):
    title = _("действует")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: object) -> Any:
        return [("today", _("сегодня")), ("past", _("уже нет"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Responsibility]) -> QuerySet[Responsibility]:
        today = clock.now().date()
        if self.value() == "today":
            return queryset.filter(valid_from__lte=today).filter(Q(valid_to=None) | Q(valid_to__gt=today))
        return queryset.filter(valid_to__lte=today) if self.value() == "past" else queryset


@admin.register(Responsibility)
class ResponsibilityAdmin(RegisterAdmin[Responsibility]):
    list_display = ("company", "service", "where", "valid_from", "valid_to")
    list_filter = (ValidityFilter, "service", "company__kind")
    list_select_related = ("company", "service", "building__locality", "locality")
    autocomplete_fields = ("company", "service", "building", "locality")
    search_fields = ("company__name", "building__search_text", "locality__name")
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description=_("где"))
    def where(self, row: Responsibility) -> str:
        return str(row.building or row.locality)
