"""Where an organisation's own programs are told what happens, and everything that was sent there."""

import base64
import json
from datetime import datetime
from secrets import token_hex
from typing import Self
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class WebhookEvent(models.TextChoices):
    """What is told. The names are part of the API: they stay as they are."""

    TICKET_ASSIGNED = "ticket.assigned", _("передана заявка")
    TICKET_RETURNED = "ticket.returned", _("заявка возвращена в работу")
    TICKET_CANCELLED = "ticket.cancelled", _("заявка отозвана или отменена")
    DEADLINE_WARNING = "deadline.warning", _("истекает срок")
    TEST = "test", _("проба")


# A test goes where the button was pressed, whatever is subscribed there.
SUBSCRIBED = tuple(event for event in WebhookEvent if event != WebhookEvent.TEST)


def new_salt() -> str:
    return token_hex(32)


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, user: User) -> Self:
        """The centre sees all; of an organisation those whose right it is see its own.

        Behind the second wall nobody reads what a secret is made of: a service of the centre's authority signs.
        """
        if user.is_of_centre:
            return self
        own = self.filter(company__memberships__user=user, company__memberships__manages_programs=True)
        return own.defer("salt")

    def listening(self, event: str) -> Self:
        return self.filter(is_active=True, events__contains=[str(event)])

    def stopped(self) -> Self:
        """Those that were switched off because nothing could be delivered."""
        return self.filter(disabled_at__isnull=False)


class WebhookEndpoint(models.Model):
    """An address of an organisation that is told of events (вебхук).

    ``lent_until``: a process is talking to it; ``rests_until``: it did not answer and is left alone so long;
    ``notice_due_at``: when the organisation is to be written to that it was switched off.
    """

    company = models.ForeignKey(
        "companies.Company", models.CASCADE, related_name="webhooks", verbose_name=_("организация")
    )
    url = models.CharField(_("адрес"), max_length=500)
    events = ArrayField(models.CharField(max_length=32), verbose_name=_("события"))
    # The secret itself is nowhere: it is made of this and of the centre's own key whenever something is signed.
    salt = models.CharField(max_length=64, default=new_salt, editable=False)
    is_active = models.BooleanField(_("включён"), default=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("кто завёл"))
    created_at = models.DateTimeField(_("заведён"), db_default=Now(), editable=False)
    failures = models.PositiveIntegerField(default=0)
    lent_until = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    last_delivered_at = models.DateTimeField(_("последняя доставка"), null=True)
    disabled_at = models.DateTimeField(_("отключён"), null=True)
    disabled_reason = models.CharField(_("почему отключён"), max_length=300, blank=True)
    notice_due_at = models.DateTimeField(null=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("вебхук")
        verbose_name_plural = _("вебхуки")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["notice_due_at"], name="webhook_notice_due", condition=Q(notice_due_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["company", "url"], name="webhook_url_once"),
            models.CheckConstraint(
                condition=Q(events__contained_by=[str(event) for event in SUBSCRIBED]) & Q(events__len__gt=0),
                name="webhook_events_are_known",
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_reason="")
                | (Q(disabled_at__isnull=False, is_active=False) & ~Q(disabled_reason="")),
                name="webhook_disabled_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> str:
        """What signs everything that is sent there; shown once, when it is made."""
        digest = salted_hmac("companies.webhooks", self.salt, algorithm="sha256").digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def event_names(self) -> list[str]:
        return [str(WebhookEvent(event).label) for event in self.events]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def waiting(self) -> Self:
        return self.filter(state=WebhookDelivery.State.WAITING)

    def due(self, at: datetime) -> Self:
        """What may be tried now, the longest due first: nobody is talking to its endpoint, nor does that rest."""
        free = Q(endpoint__lent_until=None) | Q(endpoint__lent_until__lte=at)
        awake = Q(endpoint__rests_until=None) | Q(endpoint__rests_until__lte=at)
        return self.waiting().filter(free, awake, next_try_at__lte=at, endpoint__is_active=True).order_by("next_try_at")


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint (доставка), written in the transaction of what it tells.

    Delivered at least once: ``key`` goes along as ``X-Delivery``, the same at every try and at every replay.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("ждёт отправки")
        DELIVERED = "delivered", _("доставлено")
        GIVEN_UP = "given_up", _("не доставлено")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", verbose_name=_("вебхук"))
    key = models.UUIDField(_("номер доставки"), unique=True, default=uuid4, editable=False)
    event = models.CharField(_("событие"), max_length=32, choices=WebhookEvent.choices)
    # The ticket's number, to find it in the log.
    about = models.CharField(_("заявка"), max_length=16, blank=True)
    payload = models.JSONField(_("содержание"))
    created_at = models.DateTimeField(_("создано"))
    state = models.CharField(_("состояние"), max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("попыток"), default=0)
    next_try_at = models.DateTimeField(_("следующая попытка"), null=True)
    give_up_at = models.DateTimeField(_("пробуем до"))
    last_try_at = models.DateTimeField(_("последняя попытка"), null=True)
    delivered_at = models.DateTimeField(_("доставлено"), null=True)
    last_status = models.PositiveSmallIntegerField(_("ответ"), null=True)
    last_error = models.CharField(_("почему не доставлено"), max_length=300, blank=True)
    response = models.CharField(_("начало ответа"), max_length=1000, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("доставка вебхука")
        verbose_name_plural = _("доставки вебхуков")
        indexes = [
            models.Index(fields=["next_try_at"], name="webhook_delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_log"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(event__in=WebhookEvent.values), name="webhook_delivery_event_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_try_at__isnull=False)
                | Q(state="delivered", next_try_at=None, delivered_at__isnull=False)
                | Q(state="given_up", next_try_at=None),
                name="webhook_delivery_state_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def body(self) -> bytes:
        """The very bytes that are sent and signed, the same at every try."""
        return json.dumps(self.payload, ensure_ascii=False, sort_keys=True).encode()

    @property
    def as_text(self) -> str:
        """The same, laid out for people."""
        return json.dumps(self.payload, ensure_ascii=False, sort_keys=True, indent=2)
