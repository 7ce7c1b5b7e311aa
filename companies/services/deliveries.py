"""Taking events to the organisations' own programs, at least once; and telling people where that fails for a day."""

import hashlib
import hmac
from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.writes import write
from companies import outward
from companies.models import Company, WebhookDelivery, WebhookEndpoint

from .webhooks import TRIED_FOR, State, drop_waiting

log = structlog.get_logger(__name__)

# How long a process keeps an endpoint for itself: longer than a silent one costs, and not for ever when it is killed.
LEASE = timedelta(seconds=15)
# So many endpoints are talked to at once: the rest of the worker stays free for the clocks.
LANES = 2
# Waits after the first, second… failure; the last one repeats until the day is over.
BACK_OFF = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 1800, 3600, 7200, 14400)
)  # fmt: skip
# One that does not answer at all is left alone for longer and longer, so that its backlog costs nobody time.
LONGEST_REST = timedelta(minutes=5)
# «Not now», whatever is sent; any other answer is about this one event.
NOT_NOW = frozenset({408, 425, 429})
NOTICE_AGAIN = timedelta(minutes=5)
NOTICE_USELESS_AFTER = timedelta(days=1)


def signature(*, secret: str, body: bytes) -> str:
    """What proves that the centre wrote ``body``; docs/api.md shows how it is checked."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def deliver_next(*, at: datetime) -> bool:
    """Try one event that is due by ``at``; False when there is none, or enough endpoints are being talked to.

    No transaction is open while the other side talks. A process killed between its «taken» and our note of it sends
    the same once more under the same ``X-Delivery``.
    """
    delivery = take_delivery(at=at)
    if delivery is None:
        return False
    webhook = delivery.endpoint
    body = delivery.body
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "dispatch-centre/1",
        "X-Event": delivery.event,
        "X-Delivery": str(delivery.key),
        "X-Signature": signature(secret=webhook.secret, body=body),
    }
    answer = outward.post(webhook.url, body=body, headers=headers)
    note_answer(delivery=delivery, answer=answer, at=at)
    return True


@write
def take_delivery(*, at: datetime) -> WebhookDelivery | None:
    """The event that waits longest, lent with its endpoint: nobody else is offered either while it is being tried."""
    if WebhookEndpoint.objects.filter(lent_until__gt=at).count() >= LANES:
        return None
    delivery = (
        WebhookDelivery.objects.due(at)
        .select_related("endpoint")
        # Not against those who write further events for this endpoint.
        .select_for_update(skip_locked=True, no_key=True, of=("self", "endpoint"))
        .first()
    )
    if delivery is None:
        return None
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(lent_until=at + LEASE)
    delivery.attempts += 1
    delivery.next_try_at, delivery.last_try_at = at + LEASE, at
    delivery.save(update_fields=["attempts", "next_try_at", "last_try_at"])
    return delivery


@write
def note_answer(*, delivery: WebhookDelivery, answer: outward.Answer, at: datetime) -> None:
    """Write down what came of a try that began at ``at``: delivered, to be tried again, or given up."""
    webhook = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()
    # Somebody else may be at it again, if this try took longer than anybody thought: his note stands.
    held = WebhookDelivery.objects.select_for_update(no_key=True, of=("self",)).filter(
        pk=delivery.pk, attempts=delivery.attempts
    )
    row = held.exclude(state=State.DELIVERED).first()
    if webhook is None or row is None:
        return
    row.last_status, row.response = answer.status, answer.beginning
    webhook.lent_until = None
    if answer.is_taken:
        _delivered(webhook, row, at=at)
    elif row.state == State.WAITING:
        _failed(webhook, row, answer, at=at)
    row.save()
    webhook.save()


def _delivered(webhook: WebhookEndpoint, row: WebhookDelivery, *, at: datetime) -> None:
    row.state, row.delivered_at, row.next_try_at, row.last_error = State.DELIVERED, at, None, ""
    webhook.last_delivered_at, webhook.rests_until = at, None
    if webhook.failures:
        # It is back: what waited for it need not wait any longer.
        webhook.deliveries.waiting().exclude(pk=row.pk).filter(next_try_at__gt=at).update(next_try_at=at)
    webhook.failures = 0


def _failed(webhook: WebhookEndpoint, row: WebhookDelivery, answer: outward.Answer, *, at: datetime) -> None:
    row.last_error = (answer.error or _("Ответ %s.") % answer.status)[:300]
    if answer.status is None or answer.status >= 500 or answer.status in NOT_NOW:
        webhook.failures += 1
        webhook.rests_until = at + min(_wait_after(webhook.failures), LONGEST_REST)
    if at < row.give_up_at:
        # The last try is made when the day is over, not before.
        row.next_try_at = min(at + _wait_after(row.attempts), row.give_up_at)
        return
    row.state, row.next_try_at = State.GIVEN_UP, None
    if webhook.last_delivered_at is None or webhook.last_delivered_at < row.give_up_at - TRIED_FOR:
        _disable(webhook, row, at=at)


def _wait_after(failures: int) -> timedelta:
    return BACK_OFF[min(failures, len(BACK_OFF)) - 1]


def _disable(webhook: WebhookEndpoint, row: WebhookDelivery, *, at: datetime) -> None:
    """For a whole day nothing reached it: it is left alone, and its people are told on the screen and by letter."""
    webhook.is_active, webhook.disabled_at, webhook.notice_due_at = False, at, at
    webhook.disabled_reason = row.last_error
    drop_waiting(webhook, why=_("Вебхук отключён: за сутки ничего не доставлено."))
    log.warning("webhook_disabled", webhook=webhook.pk, company=webhook.company_id)


# ── Telling people ───────────────────────────────────────────────────────────────────────────────────────────────
def send_next_notice(*, at: datetime) -> bool:
    """Write one organisation that its webhook was switched off; False when nobody is to be written to."""
    webhook = _take_notice(at=at)
    if webhook is None:
        return False
    with override("ru"):
        letter = EmailMessage(
            subject=_("Вебхук отключён: сутки ничего не доставлено"),
            body=render_to_string(
                "portal/programs/mail/webhook_disabled.txt",
                {"webhook": webhook, "url": f"{settings.PUBLIC_URL}{reverse('programs:webhook', args=[webhook.pk])}"},
            ),
            to=_who_is_told(webhook.company),
        )
    try:
        if letter.to:
            letter.send()
    except (OSError, SMTPException) as error:
        log.warning("webhook_notice_not_sent", webhook=webhook.pk, error=type(error).__name__)
    else:
        WebhookEndpoint.objects.filter(pk=webhook.pk, disabled_at=webhook.disabled_at).update(notice_due_at=None)
    return True


@write
def _take_notice(*, at: datetime) -> WebhookEndpoint | None:
    due = WebhookEndpoint.objects.filter(notice_due_at__lte=at).select_related("company")
    webhook = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if webhook is not None:
        assert webhook.disabled_at is not None
        is_of_use = at < webhook.disabled_at + NOTICE_USELESS_AFTER
        webhook.notice_due_at = at + NOTICE_AGAIN if is_of_use else None
        webhook.save(update_fields=["notice_due_at"])
    return webhook


def _who_is_told(company: Company) -> list[str]:
    people = User.objects.filter(
        is_active=True, membership__company=company, membership__manages_programs=True
    ).exclude(email="")  # fmt: skip
    return list(dict.fromkeys(filter(None, [company.email, *people.values_list("email", flat=True)])))
