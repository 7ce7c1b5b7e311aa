"""Справочники: categories and norms; tickets and their history are only shown."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.adminkit import ReadOnlyAdmin, RegisterAdmin, TabularInline, shown

from .models import Category, Norm, Ticket, TicketEvent
from .templatetags.portal import TAKEN
from .workflow import Status

# The type stubs know it as generic, Django itself does not.
if TYPE_CHECKING:
    NormModelForm = forms.ModelForm[Norm]
else:
    NormModelForm = forms.ModelForm


@admin.register(Category)
class CategoryAdmin(RegisterAdmin[Category]):
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
    search_fields = ("code", "group", "problem", "place", "keywords")
    autocomplete_fields = ("service",)
    fieldsets = (
        (None, {"fields": ("code", "place", "group", "problem", "position", "is_active")}),
        (_("Кто отвечает"), {"fields": ("responsible_kind", "service", "also_notify")}),
        (_("Авария и опасность"), {"fields": ("is_emergency", "is_danger", "script")}),
        (_("При разговоре"), {
            "fields": ("keywords", "question"),
            "description": _("Как ещё говорят: слова и обороты жителей через запятую, по ним категорию находят на "
                             "рабочем месте. Вопрос задают до сохранения: от ответа зависит срок."),
        }),
        (_("Повторное обращение"), {
            "fields": (("repeat_hours", "repeat_scope"),),
            "description": _("Второй звонок о том же в течение этих часов и из тех же пределов — повтор. Пусто — "
                             "повтором не считается."),
        }),
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """Old tickets name it: a category out of use is switched off."""
        return False


class NormForm(NormModelForm):
    own_columns = forms.MultipleChoiceField(
        label=_("Числа самого центра"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[
            ("localise_minutes", _("локализовать")), ("check_minutes", _("проверить")), ("fix_minutes", _("устранить")),
        ],
        help_text=_("Этих чисел в акте нет: на экранах они не названы нормой."),
    )  # fmt: skip

    fix_minutes_by_celsius = forms.JSONField(
        label=_("По температуре в комнате"), required=False, initial=list,
        help_text=_("От скольких градусов сколько минут, от тёплого к холодному: [[12, 960], [10, 480], [8, 240]]."),
    )  # fmt: skip

    class Meta:
        model = Norm
        fields = "__all__"

    def clean_fix_minutes_by_celsius(self) -> list[list[int]]:
        steps = self.cleaned_data["fix_minutes_by_celsius"] or []
        if not isinstance(steps, list) or not all(_is_step(step) for step in steps):
            raise ValidationError(_("Нужны пары чисел: градусы и минуты, как [[12, 960], [10, 480]]."))
        return steps


def _is_step(step: object) -> bool:
    return isinstance(step, list) and len(step) == 2 and all(type(part) is int for part in step) and step[1] > 0


@admin.register(Norm)
class NormAdmin(RegisterAdmin[Norm]):
    """A new edition is a new row: an edition that tickets were registered with is never rewritten."""

    list_display = ("category", "valid_from", "localise_minutes", "check_minutes", "fix_minutes", "act", "mark")
    list_filter = ("mark", "act")
    list_select_related = ("category",)
    search_fields = ("category__code", "category__problem", "act")
    autocomplete_fields = ("category",)
    form = NormForm
    fieldsets = (
        (None, {"fields": ("category", "valid_from")}),
        (_("Сроки в минутах"), {"fields": ("localise_minutes", "check_minutes", "fix_minutes", "own_columns")}),
        (_("В холод быстрее"), {"fields": ("fix_minutes_by_celsius",)}),
        (_("Летом дольше"), {
            "fields": ("summer_fix_minutes", ("summer_from", "summer_to")),
            "description": _("Если летом на устранение дано другое время: сколько минут и с какого по какой день, "
                             "месяц и день через чёрточку: 04-15. Все три поля вместе."),
        }),
        (_("Часы работ"), {
            "fields": (("opens_at", "closes_at"),),
            "description": _("Вне этих часов время устранения не идёт: ночью такие работы не ведут. Пусто — идёт "
                             "круглые сутки."),
        }),
        (_("Откуда считать и когда ответить"), {
            "fields": ("counts_from_damage", "reply_working_days"),
            "description": _("От повреждения — значит от часа, когда сломалось, а не когда позвонили. Рабочие дни "
                             "письменного ответа считаются по календарю страны и местному календарю."),
        }),
        (_("Основание"), {"fields": ("text", "act", "mark")}),
    )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Norm | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Norm | None = None) -> bool:
        return False


class HistoryInline(TabularInline[TicketEvent, Ticket]):
    model = TicketEvent
    fields = readonly_fields = (
        shown("happened_at", _("когда")), "step_title", shown("actor", _("кто")),
        "status_title", shown("company", _("организация")), shown("reason", _("причина")),
        shown("note", _("пояснение")),
    )  # fmt: skip
    extra = 0
    can_delete = False

    @admin.display(description=_("шаг"))
    def step_title(self, event: TicketEvent) -> str:
        return str(TAKEN.get(event.step, event.step))

    @admin.display(description=_("состояние"))
    def status_title(self, event: TicketEvent) -> str:
        return str(Status(event.to_status).label)

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
    readonly_fields = fields = (
        "number", "status", shown("contact", _("обращение")), shown("callback", _("обещание")),
        shown("control_callback", _("контрольный звонок")), "category", "norm", "is_emergency", "text", "building",
        "address", "company", "foreman", "registered_by", "registered_at", "transferred_at", "accepted_at",
        "planned_at", "started_at", "postponed_until", "localised_at", "done_at", "closed_at", "works", "act_number",
        "returns", shown("duplicate_of", _("дубликат заявки")),
    )  # fmt: skip
    inlines = (HistoryInline,)

    @admin.display(description=_("адрес"))
    def address(self, ticket: Ticket) -> str:
        return ticket.address
