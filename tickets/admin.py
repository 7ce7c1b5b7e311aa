"""Справочники: categories and norms; tickets and their history are only shown."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.adminkit import ModelAdmin, ReadOnlyAdmin, TabularInline

from .models import Category, Norm, Ticket, TicketEvent


@admin.register(Category)
class CategoryAdmin(ModelAdmin[Category]):
    list_display = (
        "code",
        "group",
        "problem",
        "place",
        "is_emergency",
        "is_danger",
        "service",
        "position",
        "is_active",
    )
    list_display_links = ("code", "problem")
    list_filter = ("group", "is_emergency", "is_active", "service")
    list_select_related = ("service",)
    search_fields = ("code", "group", "problem", "place")
    autocomplete_fields = ("service",)
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """Old tickets name it: a category out of use is switched off."""
        return False


@admin.register(Norm)
class NormAdmin(ModelAdmin[Norm]):
    """A new edition is a new row: an edition that tickets were registered with is never rewritten."""

    list_display = ("category", "valid_from", "localise_minutes", "check_minutes", "fix_minutes", "act", "mark")
    list_filter = ("mark", "act")
    list_select_related = ("category",)
    search_fields = ("category__code", "category__problem", "act")
    autocomplete_fields = ("category",)
    list_per_page = 50

    def has_change_permission(self, request: HttpRequest, obj: Norm | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Norm | None = None) -> bool:
        return False


class HistoryInline(TabularInline[TicketEvent, Ticket]):
    model = TicketEvent
    fields = ("happened_at", "step", "actor", "to_status", "company", "reason", "note")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        return False


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin[Ticket]):
    list_display = ("number", "status", "category", "street", "house", "flat", "company", "registered_at")
    list_filter = ("status", "is_emergency")
    list_select_related = ("category", "company")
    search_fields = ("number__exact",)
    search_help_text = "26-000123"
    ordering = ("-id",)
    sortable_by = ()
    exclude = ("intake_key", "search")
    inlines = (HistoryInline,)
