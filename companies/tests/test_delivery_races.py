"""Several processes take events to the organisations' programs at once, and one of them is killed."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from companies import outward
from companies.models import SUBSCRIBED, WebhookDelivery, WebhookEndpoint
from companies.outward import Answer
from companies.services.deliveries import LEASE, deliver_next
from companies.services.webhooks import add_webhook, announce
from tickets.tests.factories import NOON, CompanyFactory, UserFactory

from .receivers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


def together(*tasks: Callable[[], object]) -> None:
    """Run at the same moment, as processes would, each with its connection."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def webhooks(receiver: Receiver, count: int, *, events: int) -> list[WebhookEndpoint]:
    by = UserFactory.create()
    made = [
        add_webhook(company=CompanyFactory.create(), url=f"{receiver.url}{number}", events=SUBSCRIBED, by=by)
        for number in range(count)
    ]
    for _turn in range(events):
        announce(webhooks=made, event="ticket.assigned", facts={}, at=NOON)
    return made


def test_of_four_deliverers_each_event_is_sent_by_one(receiver: Receiver) -> None:
    webhooks(receiver, 5, events=8)

    def deliver() -> None:
        # Each looks often enough: where two endpoints are being talked to, there is nothing for a third.
        for _turn in range(60):
            deliver_next(at=NOON)

    together(deliver, deliver, deliver, deliver)
    while deliver_next(at=NOON):
        pass
    assert len(receiver.keys) == len(set(receiver.keys)) == 40
    assert not WebhookDelivery.objects.exclude(state="delivered", attempts=1).exists()


def test_an_endpoint_that_hangs_holds_up_neither_the_others_nor_new_events(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, quick = webhooks(receiver, 2, events=1)
    talks, goes_on = threading.Event(), threading.Event()
    post = outward.post

    def slowly(url: str, **given: object) -> Answer:
        if url == hanging.url:
            talks.set()
            goes_on.wait(10)
            return Answer(None, "Нет ответа за 5 секунд.")
        return post(url, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(outward, "post", slowly)

    def meanwhile() -> None:
        assert talks.wait(10)
        # Written down by a service while the endpoint is being talked to, and not waiting for it.
        announce(webhooks=[hanging, quick], event="ticket.returned", facts={}, at=NOON)
        assert deliver_next(at=NOON)
        assert deliver_next(at=NOON)
        assert not deliver_next(at=NOON)
        goes_on.set()

    together(lambda: deliver_next(at=NOON), meanwhile)
    assert len(receiver.requests) == 2
    assert set(WebhookDelivery.objects.filter(endpoint=hanging).values_list("state", flat=True)) == {"waiting"}


def test_killed_between_taken_and_noted_it_is_sent_again_under_the_same_number(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks(receiver, 1, events=1)
    with monkeypatch.context() as patched:
        patched.setattr("companies.services.deliveries.note_answer", lambda **_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            deliver_next(at=NOON)
    assert not deliver_next(at=NOON + LEASE - SECOND)
    assert deliver_next(at=NOON + LEASE)
    assert len(receiver.keys) == 2
    assert len(set(receiver.keys)) == 1
