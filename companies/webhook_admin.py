"""Справочники: webhooks of organisations and what was sent there, to look at, to switch and to send again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.adminkit import RegisterAdmin, shown
from accounts.writes import Refused

from .models import WebhookDelivery, WebhookEndpoint
from .services import webhooks


class ShownAdmin(RegisterAdmin[Any]):
    """Rows are read, and acted upon from the list; adding and changing is the organisation's own business."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ShownAdmin):
    list_display = ("url", "company", "is_active", "last_delivered_at", "disabled_at")
    list_filter = ("is_active", ("disabled_at", admin.EmptyFieldListFilter))
    list_select_related = ("company",)
    search_fields = ("url", "company__name")
    ordering = ("-id",)
    fields = readonly_fields = (
        "company", "url", "events", "is_active", "last_delivered_at", "disabled_at", "disabled_reason", "created_by",
        "created_at",
    )  # fmt: skip
    actions = ("switch_on", "switch_off")

    @admin.action(description=_("Включить вебхуки"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        for webhook in queryset:
            webhooks.switch_on(webhook=webhook)
        self.message_user(request, _("Включено."), messages.SUCCESS)

    @admin.action(description=_("Выключить вебхуки"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        for webhook in queryset:
            webhooks.switch_off(webhook=webhook)
        self.message_user(request, _("Выключено."), messages.SUCCESS)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ShownAdmin):
    list_display = ("created_at", "company", "event", "about", "state", "attempts", "last_status")
    list_filter = ("state", "event")
    list_select_related = ("endpoint__company",)
    search_fields = ("=about", "=key", "endpoint__company__name")
    ordering = ("-id",)
    fields = readonly_fields = (
        "endpoint", "key", "event", "about", shown("as_text", _("содержание")), "created_at", "state", "attempts",
        "next_try_at", "give_up_at", "last_try_at", "delivered_at", "last_status", "last_error", "response",
    )  # fmt: skip
    actions = ("replay",)

    @admin.display(description=_("организация"))
    def company(self, delivery: WebhookDelivery) -> str:
        return str(delivery.endpoint.company)

    @admin.action(description=_("Послать ещё раз"), permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        sent = 0
        for delivery in queryset.select_related("endpoint"):
            try:
                webhooks.replay(delivery=delivery, at=clock.now())
            except Refused as refusal:
                self.message_user(request, f"{delivery}: {refusal.message}", messages.WARNING)
            else:
                sent += 1
        if sent:
            self.message_user(request, _("Отправляется ещё раз: %(count)s.") % {"count": sent}, messages.SUCCESS)
