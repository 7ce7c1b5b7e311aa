"""Справочники: the ladder; promises, clocks and calls are only shown."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.adminkit import ReadOnlyAdmin, RegisterAdmin, shown

from .models import CallbackObligation, Contact, Deadline, Escalation, Outbox, Rung


@admin.register(Rung)
class RungAdmin(RegisterAdmin[Rung]):
    """A changed ladder holds for clocks that start afterwards, and for the higher rungs of those that run."""

    list_display = ("clock", "number", "offset", "audience")
    list_filter = ("clock", "audience")
    ordering = ("clock", "number")


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
        shown("subject", _("тема")), shown("sent_at", _("отправлено")), shown("tries", _("попыток")),
        shown("last_error", _("ошибка")),
    )  # fmt: skip
    list_filter = ("channel", ("sent_at", admin.EmptyFieldListFilter))
    list_select_related = ("recipient",)
    ordering = ("-id",)
    sortable_by = ()
