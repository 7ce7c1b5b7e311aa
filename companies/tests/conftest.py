"""An organisation with a webhook, and the program behind it."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from pytest_django import Settings

from companies.models import SUBSCRIBED, WebhookEndpoint
from companies.services.deliveries import deliver_next
from companies.services.webhooks import add_webhook
from tickets.tests.factories import CompanyFactory, member_of

from .receivers import Receiver, receiver_of


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_TO_LOOPBACK = True
    with receiver_of() as receiver:
        yield receiver


@pytest.fixture
def webhook(receiver: Receiver) -> WebhookEndpoint:
    company = CompanyFactory.create(email="office@example.org")
    person = member_of(company)
    person.membership.manages_programs = True
    person.membership.save()
    return add_webhook(company=company, url=receiver.url, events=SUBSCRIBED, by=person)


@pytest.fixture
def deliver() -> Callable[[datetime], int]:
    """Everything that is due at a moment; how many tries that were."""

    def all_due(at: datetime) -> int:
        tries = 0
        while deliver_next(at=at):
            tries += 1
        return tries

    return all_due
