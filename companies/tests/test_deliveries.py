"""Events on their way: signed, tried again for a day, replayed, given up with a notice, never twice at once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.writes import RuleBroken
from companies.models import WebhookDelivery, WebhookEndpoint
from companies.outward import Answer, BadAddress
from companies.services import deliveries, webhooks
from companies.services.deliveries import BACK_OFF, LANES, LEASE, deliver_next, send_next_notice, take_delivery
from companies.services.webhooks import (
    AlreadyWaiting,
    ProbeWaits,
    TooManyWebhooks,
    WebhookStopped,
    add_webhook,
    announce,
    forget_deliveries,
    replay,
    send_test,
    switch_off,
    switch_on,
)
from companies.tasks import deliver_webhooks
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, member_of

from .receivers import Receiver

pytestmark = pytest.mark.django_db

State = WebhookDelivery.State
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Deliver = Callable[[datetime], int]


def told(webhook: WebhookEndpoint, *, at: datetime = NOON, count: int = 1) -> list[WebhookDelivery]:
    """Events for ``webhook``, as a service would write them down."""
    return [
        announce(webhooks=[webhook], event="ticket.assigned", facts={"ticket": {"number": f"26-{n:06}"}}, at=at)[0]
        for n in range(count)
    ]


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


# ── The way there ────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_event_arrives_signed_under_its_own_number(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    (delivery,) = told(webhook)
    assert deliver(NOON) == 1

    ((path, headers, body),) = receiver.requests
    assert path == "/hook"
    assert receiver.is_signed(webhook.secret)
    assert not receiver.is_signed(webhook.secret + "x")
    assert (headers["x-delivery"], headers["x-event"]) == (str(delivery.key), "ticket.assigned")
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {
        "id": str(delivery.key), "event": "ticket.assigned", "created_at": NOON.isoformat(),
        "company": webhook.company_id, "ticket": {"number": "26-000000"},
    }  # fmt: skip
    row = fresh(delivery)
    assert (row.state, row.attempts, row.last_status, row.delivered_at) == (State.DELIVERED, 1, 204, NOON)
    assert fresh(webhook).last_delivered_at == NOON
    assert deliver(NOON + DAY) == 0


def test_the_secret_is_nowhere_in_the_database(webhook: WebhookEndpoint) -> None:
    kept = {str(getattr(webhook, field.attname)) for field in webhook._meta.concrete_fields}
    assert len(webhook.secret) == 43
    assert webhook.secret not in kept
    before = webhook.secret
    assert webhooks.renew_secret(webhook=webhook).secret != before


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503, 301])
def test_whatever_is_not_taken_is_tried_again(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver, status: int
) -> None:
    (delivery,) = told(webhook)
    receiver.answers, receiver.body = [status], "Не сейчас".encode()
    deliver(NOON)
    row = fresh(delivery)
    assert (row.state, row.last_status, row.next_try_at) == (State.WAITING, status, NOON + BACK_OFF[0])
    assert row.response == ("" if status == 301 else "Не сейчас")
    deliver(NOON + BACK_OFF[0] - timedelta(seconds=1))
    assert len(receiver.requests) == 1

    deliver(NOON + BACK_OFF[0])
    assert len(set(receiver.keys)) == 1
    assert receiver.requests[0][2] == receiver.requests[1][2], "the same to the last byte"
    assert fresh(delivery).state == State.DELIVERED


def waits(webhook: WebhookEndpoint, deliver: Deliver, delivery: WebhookDelivery) -> list[timedelta]:
    """When each try was made, by a clock that jumps to the next one."""
    at, tries = NOON, []
    while fresh(delivery).state == State.WAITING:
        resting = fresh(webhook).rests_until
        at = max(row for row in (delivery.next_try_at, resting, at) if row is not None)
        assert deliver(at) >= 1
        tries.append(at - NOON)
    return tries


def test_tries_grow_further_apart_over_a_day_and_then_end(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    receiver.answers = [503] * 100
    (delivery,) = told(webhook)
    tries = waits(webhook, deliver, delivery)

    assert tries[:4] == [timedelta(0), timedelta(seconds=10), timedelta(seconds=70), timedelta(seconds=370)]
    assert tries[-1] == DAY
    assert 12 <= len(tries) <= 20
    assert all(later - earlier <= 4 * HOUR for earlier, later in pairwise(tries))
    assert fresh(delivery).state == State.GIVEN_UP
    assert len(receiver.requests) == len(tries)


# ── Given up ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_after_a_day_of_failures_it_is_switched_off_and_its_people_are_told(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    receiver.answers = [500] * 100
    first = told(webhook)[0]
    later = told(webhook, at=NOON + HOUR)[0]
    at = NOON
    while at <= NOON + DAY:
        deliver(at)
        at += 5 * MINUTE
    webhook.refresh_from_db()
    assert not webhook.is_active
    assert webhook.disabled_at == NOON + DAY
    assert webhook.disabled_reason == "Ответ 500."
    assert [fresh(row).state for row in (first, later)] == [State.GIVEN_UP] * 2

    assert send_next_notice(at=NOON + DAY)
    assert not send_next_notice(at=NOON + DAY + HOUR)
    (letter,) = mail.outbox
    assert set(letter.to) == {"office@example.org", webhook.created_by.email}
    assert receiver.url in letter.body
    assert f"/portal/programs/webhooks/{webhook.pk}/" in letter.body

    # And nothing is written down for it any more.
    assert webhook not in WebhookEndpoint.objects.listening("ticket.assigned")
    asked = len(receiver.requests)
    deliver(NOON + 3 * DAY)
    assert len(receiver.requests) == asked


def test_one_event_that_is_not_taken_switches_nothing_off(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    refused = told(webhook)[0]
    receiver.answers = [422]
    deliver(NOON)
    told(webhook, at=NOON + HOUR)
    receiver.answers = [204]
    WebhookDelivery.objects.filter(pk=refused.pk).update(next_try_at=NOON + DAY)
    deliver(NOON + HOUR)
    receiver.answers = [422]
    deliver(NOON + DAY)

    assert fresh(refused).state == State.GIVEN_UP
    assert fresh(webhook).is_active
    assert not mail.outbox


def test_a_letter_that_cannot_be_sent_is_tried_again(webhook: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = {"is_active": False, "disabled_at": NOON, "disabled_reason": "Ответ 500.", "notice_due_at": NOON}
    WebhookEndpoint.objects.filter(pk=webhook.pk).update(**stopped)
    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", lambda letter: (_ for _ in ()).throw(OSError()))
        assert send_next_notice(at=NOON)
    assert not send_next_notice(at=NOON + MINUTE)
    assert send_next_notice(at=NOON + 6 * MINUTE)
    assert len(mail.outbox) == 1


# ── Not in anybody's way ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_silent_endpoint_is_left_alone_and_its_backlog_goes_at_once_when_it_is_back(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    told(webhook, count=20)
    receiver.answers = [503] * 3
    tries = [deliver(NOON + seconds * timedelta(seconds=1)) for seconds in (0, 5, 10, 70)]
    assert tries == [1, 0, 1, 1]

    assert deliver(NOON + 10 * MINUTE) == 20
    assert not WebhookDelivery.objects.waiting().exists()


def test_what_one_event_is_refused_for_does_not_stop_the_others(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    told(webhook, count=3)
    receiver.answers = [422]
    assert deliver(NOON) == 3
    assert WebhookDelivery.objects.filter(state=State.DELIVERED).count() == 2


def test_an_endpoint_that_is_being_talked_to_is_offered_to_nobody_else(webhook: WebhookEndpoint) -> None:
    told(webhook, count=2)
    assert take_delivery(at=NOON) is not None
    assert take_delivery(at=NOON) is None
    # Whoever took it has been killed.
    assert take_delivery(at=NOON + LEASE) is not None


def test_so_many_at_once_and_no_more(webhook: WebhookEndpoint, receiver: Receiver) -> None:
    for number in range(LANES + 1):
        further = add_webhook(
            company=CompanyFactory.create(), url=f"{receiver.url}{number}", events=["ticket.assigned"],
            by=webhook.created_by,
        )  # fmt: skip
        told(further)
    taken = [take_delivery(at=NOON) for _turn in range(LANES + 1)]
    assert [row is None for row in taken] == [False] * LANES + [True]


def test_a_killed_process_loses_nothing(webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver) -> None:
    (delivery,) = told(webhook)
    assert take_delivery(at=NOON) == delivery
    assert deliver(NOON + LEASE) == 1
    assert receiver.keys == [str(delivery.key)]
    assert fresh(delivery).attempts == 2


def test_a_note_that_comes_too_late_changes_nothing(webhook: WebhookEndpoint) -> None:
    told(webhook)
    slow = take_delivery(at=NOON)
    assert slow is not None
    quick = take_delivery(at=NOON + LEASE)
    assert quick is not None
    deliveries.note_answer(delivery=quick, answer=Answer(204), at=NOON + LEASE)
    deliveries.note_answer(delivery=slow, answer=Answer(None, "Нет ответа"), at=NOON)
    row = fresh(slow)
    assert (row.state, row.attempts) == (State.DELIVERED, 2)


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_replay_is_the_very_same_event(webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver) -> None:
    (delivery,) = told(webhook)
    deliver(NOON)
    replay(delivery=delivery, at=NOON + 3 * DAY)
    with pytest.raises(AlreadyWaiting):
        replay(delivery=delivery, at=NOON + 3 * DAY)
    deliver(NOON + 3 * DAY)
    assert receiver.keys == [str(delivery.key)] * 2
    assert receiver.requests[0][2] == receiver.requests[1][2]
    row = fresh(delivery)
    assert (row.state, row.attempts, row.give_up_at) == (State.DELIVERED, 1, NOON + 4 * DAY)


def test_a_test_goes_the_usual_way(webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver) -> None:
    WebhookEndpoint.objects.filter(pk=webhook.pk).update(events=["deadline.warning"])
    send_test(webhook=webhook, at=NOON)
    with pytest.raises(ProbeWaits):
        send_test(webhook=webhook, at=NOON)
    deliver(NOON)
    assert receiver.told[0]["event"] == "test"


def test_what_is_switched_off_or_gone_gets_nothing(
    webhook: WebhookEndpoint, receiver: Receiver, deliver: Deliver
) -> None:
    (delivery,) = told(webhook)
    switch_off(webhook=webhook)
    assert deliver(NOON) == 0
    assert fresh(delivery).state == State.GIVEN_UP
    with pytest.raises(WebhookStopped):
        send_test(webhook=webhook, at=NOON)
    with pytest.raises(WebhookStopped):
        replay(delivery=delivery, at=NOON)

    switch_on(webhook=webhook)
    told(webhook)
    webhooks.remove_webhook(webhook=webhook)
    assert deliver(NOON) == 0
    assert receiver.requests == []
    assert not WebhookDelivery.objects.exists()
    assert not fresh(webhook.company).has_webhooks


def test_what_goes_away_while_it_is_talked_to_is_simply_gone(webhook: WebhookEndpoint) -> None:
    told(webhook)
    taken = take_delivery(at=NOON)
    assert taken is not None
    webhooks.remove_webhook(webhook=webhook)
    deliveries.note_answer(delivery=taken, answer=Answer(204), at=NOON)


def test_the_log_is_kept_for_a_month(webhook: WebhookEndpoint, deliver: Deliver) -> None:
    told(webhook, count=2)
    deliver(NOON)
    told(webhook)
    assert forget_deliveries(at=NOON + 30 * DAY) == 0
    assert forget_deliveries(at=NOON + 31 * DAY) == 2
    assert WebhookDelivery.objects.waiting().count() == 1


def test_an_address_inside_is_not_even_written_down(webhook: WebhookEndpoint, settings: Settings) -> None:
    settings.WEBHOOK_TO_LOOPBACK = False
    with pytest.raises(BadAddress):
        add_webhook(company=webhook.company, url="https://10.0.0.1/", events=["test"], by=webhook.created_by)
    with pytest.raises(BadAddress):
        webhooks.change_webhook(webhook=webhook, url="https://10.0.0.1/", events=["test"])


def test_one_address_once_and_ten_of_them_at_most(webhook: WebhookEndpoint) -> None:
    given: dict[str, Any] = {"company": webhook.company, "by": webhook.created_by, "events": ["ticket.returned"]}
    with pytest.raises(RuleBroken, match="уже есть"):
        add_webhook(url=webhook.url, **given)
    for number in range(9):
        add_webhook(url=f"https://hooks.example.org/{number}", **given)
    with pytest.raises(TooManyWebhooks):
        add_webhook(url="https://hooks.example.org/one-more", **given)


# ── What the database itself refuses ─────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"events": []}, "webhook_events_are_known"),
        ({"events": ["test"]}, "webhook_events_are_known"),
        ({"events": ["ticket.assigned", "nonsense"]}, "webhook_events_are_known"),
        ({"disabled_at": NOON}, "webhook_disabled_has_reason"),
        ({"disabled_at": NOON, "disabled_reason": "x", "is_active": True}, "webhook_disabled_has_reason"),
    ],
)
def test_an_endpoint_is_whole(webhook: WebhookEndpoint, changed: dict[str, Any], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        WebhookEndpoint.objects.filter(pk=webhook.pk).update(**changed)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"payload": {}}, "webhook_delivery_is_fixed"),
        ({"key": UUID(int=7)}, "webhook_delivery_is_fixed"),
        ({"event": "ticket.returned"}, "webhook_delivery_is_fixed"),
        ({"state": "delivered"}, "webhook_delivery_state_is_whole"),
        ({"next_try_at": None}, "webhook_delivery_state_is_whole"),
    ],
)
def test_what_was_told_is_not_rewritten(webhook: WebhookEndpoint, changed: dict[str, Any], rule: str) -> None:
    told(webhook)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        WebhookDelivery.objects.update(**changed)


def test_an_endpoint_stays_with_its_organisation(webhook: WebhookEndpoint) -> None:
    with pytest.raises(IntegrityError, match="webhook_company_is_fixed"), transaction.atomic():
        WebhookEndpoint.objects.update(company=CompanyFactory.create())


def test_whose_right_it_is_sees_his_own(webhook: WebhookEndpoint) -> None:
    seen = WebhookEndpoint.objects.visible_to
    assert seen(webhook.created_by).get() == webhook
    assert not seen(member_of(webhook.company)).exists()
    stranger = member_of(CompanyFactory.create())
    stranger.membership.manages_programs = True
    stranger.membership.save()
    assert not seen(stranger).exists()


# ── Who drives it ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_bell_delivers_everything_that_is_due(webhook: WebhookEndpoint, receiver: Receiver) -> None:
    told(webhook, count=3)
    deliver_webhooks()
    assert len(receiver.requests) == 3
    assert not deliver_next(at=NOON + DAY)


@pytest.mark.django_db(transaction=True)
def test_the_keeper_of_promises_delivers_with_postgresql_alone(
    webhook: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(webhook)
    call_command("keep_promises", turns=1)
    assert len(receiver.requests) == 1
