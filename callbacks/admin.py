"""Справочники: the ladder; promises, clocks and calls are only shown."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.adminkit import ModelAdmin, ReadOnlyAdmin

from .models import CallbackObligation, Contact, Deadline, Escalation, Outbox, Rung


@admin.register(Rung)
class RungAdmin(ModelAdmin[Rung]):
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
    fields = ("contact", "reason", "state", "promised_at", "due_at", "first_attempt_at", "counted_attempts",
              "occurrences", "settled_at", "waiver", "waiver_note", "waived_by")  # fmt: skip


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin[Deadline]):
    list_display = ("clock", "title", "started_at", "due_at", "outcome", "company", "source")
    list_filter = ("clock", "outcome")
    list_select_related = ("company",)
    ordering = ("-id",)
    sortable_by = ()


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyAdmin[Escalation]):
    list_display = ("raised_at", "deadline", "rung", "audience", "acknowledged_by", "acknowledged_at")
    list_filter = ("audience", ("acknowledged_at", admin.EmptyFieldListFilter))
    list_select_related = ("deadline", "acknowledged_by")
    ordering = ("-raised_at",)
    sortable_by = ()


@admin.register(Outbox)
class OutboxAdmin(ReadOnlyAdmin[Outbox]):
    list_display = ("created_at", "channel", "recipient", "subject", "sent_at", "tries", "last_error")
    list_filter = ("channel", ("sent_at", admin.EmptyFieldListFilter))
    list_select_related = ("recipient",)
    ordering = ("-id",)
    sortable_by = ()
