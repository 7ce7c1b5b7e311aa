"""Webhooks of an organisation: adding, changing, trying, and writing down what each is to be told."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from companies.models import Company, WebhookDelivery, WebhookEndpoint, WebhookEvent
from companies.models.webhooks import new_salt
from companies.outward import target_of

# An event is tried for so long, and kept in the log for so long.
TRIED_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
MOST_OF_A_COMPANY = 10

State = WebhookDelivery.State


class TooManyWebhooks(Refused):
    message = _("Больше десяти вебхуков у организации быть не может: удалите лишний.")
    code = "too_many_webhooks"


class WebhookStopped(Refused):
    message = _("Вебхук выключен: сначала включите его.")
    code = "webhook_stopped"


class ProbeWaits(Refused):
    message = _("Предыдущая проба ещё не ушла: подождите ответа.")
    code = "test_waits"


class AlreadyWaiting(Refused):
    message = _("Это событие и так ждёт отправки.")
    code = "already_waiting"


# ── The endpoints ────────────────────────────────────────────────────────────────────────────────────────────────
@write
def add_webhook(*, company: Company, url: str, events: Iterable[str], by: User) -> WebhookEndpoint:
    """A new address of an organisation. Raises BadAddress, TooManyWebhooks, RuleBroken."""
    held = Company.objects.select_for_update(no_key=True, of=("self",)).get(pk=company.pk)
    if held.webhooks.count() >= MOST_OF_A_COMPANY:
        raise TooManyWebhooks
    return WebhookEndpoint.objects.create(company=held, url=target_of(url).url, events=list(events), created_by=by)


@write
def change_webhook(*, webhook: WebhookEndpoint, url: str, events: Iterable[str]) -> WebhookEndpoint:
    """Another address or other events; what waits goes to the new address. Raises BadAddress, RuleBroken."""
    held = _held(webhook)
    held.url, held.events, held.rests_until = target_of(url).url, list(events), None
    held.save(update_fields=["url", "events", "rests_until"])
    return held


@write
def renew_secret(*, webhook: WebhookEndpoint) -> WebhookEndpoint:
    """From now on everything is signed by another secret."""
    held = _held(webhook)
    held.salt = new_salt()
    held.save(update_fields=["salt"])
    return held


@write
def switch_on(*, webhook: WebhookEndpoint) -> WebhookEndpoint:
    held = _held(webhook)
    held.is_active, held.disabled_at, held.disabled_reason = True, None, ""
    held.failures, held.rests_until, held.notice_due_at = 0, None, None
    held.save()
    return held


@write
def switch_off(*, webhook: WebhookEndpoint) -> WebhookEndpoint:
    """Nothing is written down for it any more, and what waits goes nowhere."""
    held = _held(webhook)
    held.is_active = False
    held.save(update_fields=["is_active"])
    drop_waiting(held, why=str(_("Вебхук выключен.")))
    return held


@write
def remove_webhook(*, webhook: WebhookEndpoint) -> None:
    """Away with it and its log: what waits goes nowhere."""
    _held(webhook).delete()


def drop_waiting(webhook: WebhookEndpoint, *, why: str) -> None:
    webhook.deliveries.waiting().update(state=State.GIVEN_UP, next_try_at=None, last_error=why)


def _held(webhook: WebhookEndpoint) -> WebhookEndpoint:
    """The row as it is now, until the end of the transaction. Everywhere before its deliveries."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=webhook.pk)


# ── What they are told ───────────────────────────────────────────────────────────────────────────────────────────
def announce(
    *, webhooks: Iterable[WebhookEndpoint], event: str, facts: dict[str, Any], at: datetime, about: str = ""
) -> list[WebhookDelivery]:  # fmt: skip
    """Write down that each of ``webhooks`` is to be told; ask it within the transaction of what is told.

    ``facts`` hold nothing of the citizen: neither name nor telephone, nor words that somebody typed.
    """
    rows = []
    for webhook in webhooks:
        key = uuid4()
        head = {"id": str(key), "event": str(event), "created_at": at.isoformat(), "company": webhook.company_id}
        rows.append(
            WebhookDelivery(
                endpoint=webhook, key=key, event=event, about=about, payload=head | facts, created_at=at,
                next_try_at=at, give_up_at=at + TRIED_FOR,
            )
        )  # fmt: skip
    return WebhookDelivery.objects.bulk_create(rows)


@write
def send_test(*, webhook: WebhookEndpoint, at: datetime) -> WebhookDelivery:
    """Try the way there with an event that means nothing. Raises WebhookStopped, ProbeWaits."""
    held = _held(webhook)
    if not held.is_active:
        raise WebhookStopped
    if held.deliveries.waiting().filter(event=WebhookEvent.TEST).exists():
        raise ProbeWaits
    # Whoever presses the button has mended something, or wants to know.
    held.rests_until = None
    held.save(update_fields=["rests_until"])
    return announce(webhooks=[held], event=WebhookEvent.TEST, facts={}, at=at)[0]


@write
def replay(*, delivery: WebhookDelivery, at: datetime) -> WebhookDelivery:
    """Send the very same again, under the same ``X-Delivery``. Raises WebhookStopped, AlreadyWaiting."""
    webhook = _held(delivery.endpoint)
    held = WebhookDelivery.objects.select_for_update(no_key=True, of=("self",)).get(pk=delivery.pk)
    if not webhook.is_active:
        raise WebhookStopped
    if held.state == State.WAITING:
        raise AlreadyWaiting
    webhook.rests_until = None
    webhook.save(update_fields=["rests_until"])
    held.state, held.attempts, held.next_try_at, held.give_up_at = State.WAITING, 0, at, at + TRIED_FOR
    held.save(update_fields=["state", "attempts", "next_try_at", "give_up_at"])
    return held


@write
def forget_deliveries(*, at: datetime) -> int:
    """Throw away what has been in the log long enough; returns how many."""
    old = WebhookDelivery.objects.exclude(state=State.WAITING).filter(created_at__lt=at - KEPT_FOR)
    return old.delete()[0]
