"""Справочники: organisations, houses, and who answers for what since when."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.admin import UserAdmin
from accounts.adminkit import NamedFieldsFormSet, RegisterAdmin, StackedInline, TabularInline
from accounts.models import User

from . import webhook_admin  # noqa: F401  (registers its own pages)
from .forms import CompanyForm, ResponsibilityForm
from .imports.admin import ImportRunAdmin
from .models import (
    Building,
    BuildingQuerySet,
    Company,
    District,
    ImportRun,
    Locality,
    Membership,
    Responsibility,
    ResponsibilityQuerySet,
    Service,
    Target,
)


class MembershipInline(StackedInline[Membership, User]):
    """Whose person it is: on the page of the user."""

    model = Membership
    fields = ("company", "post", "manages_users", "manages_programs")
    autocomplete_fields = ("company",)
    can_delete = True
    extra = 0
    max_num = 1


UserAdmin.inlines = (MembershipInline,)
admin.site.register(ImportRun, ImportRunAdmin)


class StaffInline(TabularInline[Membership, Company]):
    """Who of the organisation is asked, and when."""

    model = Membership
    formset = NamedFieldsFormSet[Membership, Company, Any]
    fields = ("user", "post", "manages_users", "manages_programs")
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Company)
class CompanyAdmin(RegisterAdmin[Company]):
    form = CompanyForm
    list_display = ("name", "kind", "inn", "phone", "duty_phone", "contract_to", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "inn", "original_name")
    readonly_fields = ("original_name",)
    fieldsets = (
        (None, {"fields": ("name", "original_name", "kind", "is_active")}),
        (_("Реквизиты"), {"fields": ("inn", "kpp", "ogrn")}),
        (_("Договор"), {"fields": ("contract_number", ("contract_from", "contract_to"))}),
        (_("Связь"), {"fields": ("phone", "duty_phone", "email", "head_name", "head_phone")}),
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
    list_display = ("address", "district", "entrances", "floors", "flats", "served")
    list_filter = ("district",)
    list_select_related = ("locality", "district")
    # Sorting a hundred thousand houses by street reads them all; the index of the key does not.
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("search_text",)
    search_help_text = _("Населённый пункт, улица, дом: начала слов")
    autocomplete_fields = ("locality", "district")
    readonly_fields = ("house_number", "served")
    actions = ("give_to_organisation",)
    fieldsets = (
        (None, {"fields": ("locality", "district", "street", "house", "house_number", "served")}),
        (_("Дом"), {"fields": ("entrances", "floors", "flats", "built_year")}),
        (_("На карте и в исходном реестре"), {"fields": (("latitude", "longitude"), "register_code")}),
    )

    @admin.display(description=_("адрес"))
    def address(self, house: Building) -> str:
        return str(house)

    @admin.display(description=_("кто обслуживает"))
    def served(self, house: Building) -> str:
        # Of a house being added there is nothing to show yet.
        if house._state.adding:  # noqa: SLF001
            return "—"
        return format_html('<a href="{}">{}</a>', reverse("register:house", args=[house.pk]), _("показать"))

    @admin.action(description=_("Сменить или закрепить организацию"))
    def give_to_organisation(self, request: HttpRequest, queryset: QuerySet[Building]) -> HttpResponse:
        chosen = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True)[: self.list_per_page])
        return redirect(f"{reverse('register:bind')}?houses={chosen}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Building], search_term: str
    ) -> tuple[QuerySet[Building], bool]:
        """As at the desk: every typed word, «е» and «ё» being one."""
        return cast(BuildingQuerySet, queryset).with_locality().search(search_term), False


class ValidityFilter(admin.SimpleListFilter):
    title = _("действует")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: object) -> Any:
        return [("today", _("сегодня")), ("past", _("уже нет")), ("later", _("ещё нет"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Responsibility]) -> QuerySet[Responsibility]:
        today = timezone.localdate(clock.now())
        match self.value():
            case "today":
                return cast(ResponsibilityQuerySet, queryset).valid_on(today)
            case "past":
                return queryset.filter(valid_to__lte=today)
            case "later":
                return queryset.filter(valid_from__gt=today)
        return queryset


class TargetFilter(admin.SimpleListFilter):
    title = _("где")
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: object) -> Any:
        return Target.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Responsibility]) -> QuerySet[Responsibility]:
        match self.value():
            case Target.BUILDING:
                return queryset.filter(building__isnull=False)
            case Target.STREET:
                return queryset.filter(locality__isnull=False).exclude(street="")
            case Target.LOCALITY:
                return queryset.filter(locality__isnull=False, street="")
            case Target.DISTRICT:
                return queryset.filter(district__isnull=False)
        return queryset


# Of a word that means more than this, the first ones are shown.
MOST_MEANT = 500


@admin.register(Responsibility)
class ResponsibilityAdmin(RegisterAdmin[Responsibility]):
    form = ResponsibilityForm
    list_display = ("company", "service", "where", "valid_from", "valid_to")
    list_filter = (ValidityFilter, TargetFilter, "service", "company__kind")
    list_select_related = ("company", "service", "building__locality", "locality", "district")
    autocomplete_fields = ("company", "service", "building", "locality", "district")
    search_fields = ("company__name",)
    search_help_text = _("Организация, улица и дом, населённый пункт или район")
    ordering = ("-id",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("company", "service", ("valid_from", "valid_to"))}),
        (_("Где: что-то одно"), {"fields": ("building", "locality", "street", ("house_from", "house_to", "parity"),
                                            "district"), "description": _(
            "Дом; или населённый пункт, в нём можно улицу и номера; или район. Ближайшая запись важнее дальней."
        )}),
    )  # fmt: skip

    @admin.display(description=_("где"))
    def where(self, row: Responsibility) -> str:
        return row.where

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Responsibility], search_term: str
    ) -> tuple[QuerySet[Responsibility], bool]:
        """Each meaning by the index of its own column; a search across the tables joined would read all of them."""
        if not search_term.strip():
            return queryset, False
        meant = {
            "company": Company.objects.filter(name__icontains=search_term),
            "locality": Locality.objects.filter(name__icontains=search_term),
            "district": District.objects.filter(name__icontains=search_term),
            "building": Building.objects.search(search_term),
        }
        found = Q(pk=None)
        for name, rows in meant.items():
            found |= Q(**{f"{name}__in": list(rows.values_list("pk", flat=True)[:MOST_MEANT])})
        return queryset.filter(found), False
