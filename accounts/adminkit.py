"""What the pages of the admin are made of: Django's own classes, and rows that are only shown."""

import json
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext

M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)
Form = TypeVar("Form", bound="forms.ModelForm[Any]")

# The type stubs know them as generic, Django itself does not.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin
    StackedInline = admin.StackedInline
    TabularInline = admin.TabularInline
    RowsPaginator = Paginator[Any]
else:
    RowsPaginator = Paginator

    class _Generic:
        def __class_getitem__(cls, _models: Any) -> type:
            return cls

    class ModelAdmin(_Generic, admin.ModelAdmin):
        pass

    class StackedInline(_Generic, admin.StackedInline):
        pass

    class TabularInline(_Generic, admin.TabularInline):
        pass


if TYPE_CHECKING:
    InlineFormSet = BaseInlineFormSet
else:

    class InlineFormSet(_Generic, BaseInlineFormSet):
        pass


class NamedFieldsFormSet(InlineFormSet[M, Parent, Form]):
    """The rows of a table: the heading of a column names its fields for the eye only, so each bears its name."""

    def add_fields(self, form: Form, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", capfirst(str(field.label or "")))


def shown(name: str, label: Any) -> Any:
    """A column that has no Russian name of its own; a choice is shown by its words."""

    @admin.display(description=label)
    def column(row: Model) -> str:
        words = getattr(row, f"get_{name}_display", None)
        return display_for_value(words() if words else getattr(row, name), "—")

    return column


# A list of fewer is counted.
MANY = 10_000


class EstimatedPaginator(RowsPaginator):
    """Of a whole long table it says how many rows the planner reckons with; a choice of rows is counted."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        if not rows.query.where:
            with connection.cursor() as cursor:
                table = rows.query.get_meta().db_table
                cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
                known = cursor.fetchone()
            if known and known[0] >= MANY:
                return int(known[0])
        return rows.count()


class RegisterAdmin(ModelAdmin[M]):
    """A register of any length: counting a hundred thousand rows would cost more than showing fifty."""

    list_per_page = 50
    list_max_show_all = 0
    paginator = EstimatedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    # Django's «Выберите заявка для изменения» is no Russian: the title is the name itself.
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        title = capfirst(self.opts.verbose_name)
        return super().changeform_view(request, object_id, form_url, {"title": title} | (extra_context or {}))

    # Nor is «Добавить еще один Ступень».
    def get_inline_formsets(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[Any]:
        made: list[Any] = super().get_inline_formsets(request, *args, **kwargs)
        for inline in made:
            told = json.loads(inline.inline_formset_data())
            told["options"]["addText"] = gettext("Добавить строку")
            inline.inline_formset_data = json.dumps(told)
        return made


class ReadOnlyAdmin(RegisterAdmin[M]):
    """A list and a page to read. No «add», «save», «delete», nor «delete selected»."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
