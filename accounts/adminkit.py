"""What the pages of the admin are made of: Django's own classes, and rows that are only shown."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

M = TypeVar("M", bound=Model)

# The type stubs know them as generic, Django itself does not.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin
    StackedInline = admin.StackedInline
    TabularInline = admin.TabularInline
else:

    class _Generic:
        def __class_getitem__(cls, _models: Any) -> type:
            return cls

    class ModelAdmin(_Generic, admin.ModelAdmin):
        pass

    class StackedInline(_Generic, admin.StackedInline):
        pass

    class TabularInline(_Generic, admin.TabularInline):
        pass


class ReadOnlyAdmin(ModelAdmin[M]):
    """A list and a page to read. No «add», «save», «delete», nor «delete selected»."""

    actions = None
    list_per_page = 50
    # Counting millions of rows would cost more than showing fifty.
    show_full_result_count = False
    list_max_show_all = 0

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
