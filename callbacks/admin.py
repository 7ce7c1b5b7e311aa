"""Справочники: the centre's clocks with their ladders, and its calendar; promises, clocks and calls are only shown."""

from itertools import pairwise
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, F, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.adminkit import ReadOnlyAdmin, RegisterAdmin, TabularInline, shown

from . import services
from .forms import CalendarDayForm, LadderFormSet, RuleForm, RungForm
from .models import (
    CalendarDay,
    CallbackObligation,
    Clock,
    ClockRule,
    Contact,
    Deadline,
    Escalation,
    Outbox,
    Rung,
)
from .wording import differences, length_in_words, rung_in_words, why_no_length


class RulesInForce(ChangeList):
    """The list shows the versions in force; those before them are on the page of each."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[ClockRule]:
        rules: QuerySet[ClockRule] = super().get_queryset(request, exclude_parameters)
        return rules.filter(retired_at=None).prefetch_related("rungs")


class RungInline(TabularInline[Rung, ClockRule]):
    model = Rung
    form = RungForm
    formset = LadderFormSet
    extra = 1


@admin.register(ClockRule)
class ClockRuleAdmin(RegisterAdmin[ClockRule]):
    """The page shows the version in force; saving it writes the next one, and nothing is written over."""

    list_display = ("clock", "length_shown", "ladder_shown", "created_at", "author")
    list_select_related = ("created_by",)
    # As the work goes: from the first answer to the last.
    ordering = (Case(*(When(clock=name, then=place) for place, name in enumerate(Clock.values))), F("id").desc())
    sortable_by = ()
    actions = None
    form = RuleForm
    inlines = (RungInline,)

    @admin.display(description=_("сколько"))
    def length_shown(self, rule: ClockRule) -> str:
        if not rule.length:
            return why_no_length(rule)
        length = length_in_words(rule.length)
        if not rule.emergency_length:
            return length
        emergency = length_in_words(rule.emergency_length)
        return gettext("%(length)s, при аварии %(emergency)s") % {"length": length, "emergency": emergency}

    @admin.display(description=_("лестница"))
    def ladder_shown(self, rule: ClockRule) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((rung_in_words(rung),) for rung in rule.rungs.all()))

    @admin.display(description=_("кто изменил"))
    def author(self, rule: ClockRule) -> str:
        return str(rule.created_by or _("так установлено"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Which clocks there are is the program's matter: each has had its rule from the start."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ClockRule | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ClockRule | None = None) -> bool:
        """A former version is only read. Its form may still arrive, when somebody else was quicker to save."""
        is_former = obj is not None and obj.retired_at is not None and request.method != "POST"
        return not is_former and super().has_change_permission(request, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RulesInForce

    def get_inlines(self, request: HttpRequest, obj: ClockRule | None) -> Any:
        return self.inlines if self.has_change_permission(request, obj) else ()

    def get_fieldsets(self, request: HttpRequest, obj: ClockRule | None = None) -> Any:
        facts = ("clock", "source", "mark", "created_at", "author")
        if not self.has_change_permission(request, obj):
            told = ("retired_at", "note", "length_shown", "ladder_shown")
            return ((None, {"fields": (*facts, *told)}),)
        lengths = ("length", "emergency_length") if obj is not None and obj.length else ("length_shown",)
        return (
            (_("Действует сейчас"), {"fields": facts}),
            (_("Новая версия"), {"fields": (*lengths, "note", "version"), "description": _(
                "Длину можно написать в минутах («90») или словами: «8 мин», «2 ч», «1 день». В лестнице «−3 мин» — "
                "за три минуты до срока, «0» — в срок, «10 мин» — через десять минут после него. Новая ступень "
                "встанет на своё место по времени."
            )}),
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: ClockRule | None = None) -> Any:
        return ("clock", "source", "mark", "created_at", "author", "length_shown", "ladder_shown")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        rule: ClockRule = context["original"]
        former = ClockRule.objects.filter(clock=rule.clock).order_by("-pk").select_related("created_by")
        versions = list(former.prefetch_related("rungs"))
        context["versions"] = [
            {"rule": later, "author": self.author(later), "changes": differences(earlier, later, later.rungs.all())}
            for later, earlier in pairwise(versions)
        ] + [{"rule": first, "author": self.author(first), "changes": []} for first in versions[-1:]]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ClockRule, form: RuleForm, change: bool) -> None:
        """Nothing here: the version that was opened stays as it is, and ``save_related`` writes the next."""

    def save_related(self, request: HttpRequest, form: RuleForm, formsets: Any, change: bool) -> None:
        typed, rungs = form.instance, formsets[0].rungs()
        form.changes = differences(form.former, typed, rungs)
        if not form.changes:
            self.message_user(request, _("Ничего не изменилось: новая версия не записана."), messages.INFO)
            return
        assert request.user.is_authenticated
        version = services.change_rule(
            rule=ClockRule(
                clock=typed.clock,
                length=typed.length,
                emergency_length=typed.emergency_length,
                note=form.cleaned_data["note"],
            ),
            rungs=rungs,
            by=request.user,
            at=clock.now(),
        )
        # What follows, the journal and the answer, is about the version that was written.
        typed.pk = version.pk
        said = _("Новая версия действует для новых заявок; идущие сроки держатся прежней.")
        self.message_user(request, said, messages.SUCCESS)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        if not form.changes:
            return ""
        return gettext("%(changes)s. Почему: %(note)s") % {
            "changes": "; ".join(form.changes),
            "note": form.cleaned_data["note"],
        }

    def log_change(self, request: HttpRequest, obj: ClockRule, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def response_change(self, request: HttpRequest, obj: ClockRule) -> HttpResponse:
        stays = "_continue" in request.POST
        return HttpResponseRedirect(
            reverse("admin:callbacks_clockrule_change", args=[obj.pk])
            if stays
            else reverse("admin:callbacks_clockrule_changelist")
        )


@admin.register(CalendarDay)
class CalendarDayAdmin(RegisterAdmin[CalendarDay]):
    """Only where the region differs: the country's holidays and their transfers are known already."""

    list_display = ("day", "working", "note")
    date_hierarchy = "day"
    ordering = ("-day",)
    form = CalendarDayForm

    @admin.display(description=_("какой день"), ordering="is_working")
    def working(self, row: CalendarDay) -> str:
        return str(_("рабочий") if row.is_working else _("выходной"))

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarDay | None = None) -> Any:
        """The day is the row itself: another day is another row."""
        return ("day",) if obj is not None else ()


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin[Contact]):
    list_display = ("received_at", "caller_name", "phone_shown", "channel", "ended_as", "taken_by")
    list_filter = ("channel", "ended_as")
    list_select_related = ("taken_by",)
    ordering = ("-received_at",)
    sortable_by = ()
    # Whole numbers are for the desk, where they are searched by POST and their readings are recorded.
    fields = ("received_at", "recorded_at", "channel", "caller_name", "phone_shown", "no_phone_reason", "taken_by",
              "ended_as", "note")  # fmt: skip

    @admin.display(description=_("телефон"))
    def phone_shown(self, contact: Contact) -> str:
        return f"…{contact.phone[-4:]}" if contact.phone else "—"


@admin.register(CallbackObligation)
class CallbackObligationAdmin(ReadOnlyAdmin[CallbackObligation]):
    list_display = ("promised_at", "due_at", "reason", "state", "counted_attempts", "claimed_by", "settled_at")
    list_filter = ("reason", "state")
    list_select_related = ("claimed_by",)
    ordering = ("-promised_at",)
    sortable_by = ()
    readonly_fields = fields = (
        shown("contact", _("обращение")), "reason", "state", "promised_at", "due_at", "first_attempt_at",
        "counted_attempts", "occurrences", "settled_at", "waiver", shown("waiver_note", _("пояснение")),
        shown("waived_by", _("кто снял")),
    )  # fmt: skip


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin[Deadline]):
    list_display = fields = (
        "clock",
        "title",
        "started_at",
        "due_at",
        "stopped_at",
        "outcome",
        "company",
        "source",
        "mark",
    )
    list_filter = ("clock", "outcome")
    list_select_related = ("company",)
    ordering = ("-id",)
    sortable_by = ()


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyAdmin[Escalation]):
    list_display = readonly_fields = fields = (
        "raised_at", shown("deadline", _("какой срок")), "rung", "audience", shown("acknowledged_by", _("кто принял")),
        shown("acknowledged_at", _("когда принял")),
    )  # fmt: skip
    list_filter = ("audience", ("acknowledged_at", admin.EmptyFieldListFilter))
    list_select_related = ("deadline", "acknowledged_by")
    ordering = ("-raised_at",)
    sortable_by = ()


@admin.register(Outbox)
class OutboxAdmin(ReadOnlyAdmin[Outbox]):
    list_display = readonly_fields = fields = (
        shown("created_at", _("написано")), shown("channel", _("как")), shown("recipient", _("кому")),
        shown("subject", _("тема")), shown("sent_at", _("отправлено")), shown("stands_in_for", _("вместо кого")),
    )  # fmt: skip
    list_filter = ("channel", ("sent_at", admin.EmptyFieldListFilter))
    list_select_related = ("recipient",)
    ordering = ("-id",)
    sortable_by = ()
