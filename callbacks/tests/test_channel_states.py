"""What the supervisor's page and the monitoring are told about channels."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from callbacks.services import channel_states, outbox_age
from callbacks.services.delivery import BACK_OFF
from tickets.tests.factories import MINUTE, UserFactory

from .owed import HOOK, LATE, MAIL, PHONE, SECOND, an_escalation, hand_over, mail, owe, owe_a_notice
from .servers import SECRET, Gateway, PostBox

pytestmark = pytest.mark.django_db


def test_the_state_of_channels(post_box: PostBox, gateway: Gateway) -> None:
    user, about = UserFactory.create(email="duty@example.org", phone=PHONE), an_escalation()
    letters, messages = channel_states(LATE)
    assert (letters.channel, letters.is_configured, letters.waiting, letters.waiting_since) == (MAIL, True, 0, None)
    assert (messages.last_sent_at, messages.failing_since, messages.last_error) == (None, None, "")
    owe(user, about=about, count=3)
    assert mail() == 1
    owe(user, about=about, first=4, count=2)
    owe(user, about=about, channel=HOOK)
    owe_a_notice()
    gateway.answers = [503]
    hand_over(LATE + SECOND)
    letters, messages = channel_states(LATE + 3 * MINUTE)
    assert (letters.waiting, letters.last_sent_at, letters.failing_since) == (2, LATE, None)
    assert (messages.waiting, messages.waiting_since, messages.is_late) == (2, LATE, True)
    assert (messages.last_error, messages.failing_since) == ("HTTP 503", LATE + SECOND)
    hand_over(LATE + MINUTE)
    assert channel_states(LATE + MINUTE)[1].failing_since is None
    assert channel_states(LATE + MINUTE)[1].waiting == 0


def test_the_age_of_what_is_not_sent(post_box: PostBox, settings: Settings) -> None:
    user, about = UserFactory.create(phone=PHONE), an_escalation()
    owe(user, about=about)
    assert outbox_age(LATE + 59 * SECOND) == timedelta(), "it may wait for the next minute's envelope"
    assert outbox_age(LATE + 60 * SECOND) == MINUTE
    post_box.refusal = "451 try later"
    mail()
    assert outbox_age(LATE + 5 * SECOND) == 5 * SECOND
    post_box.refusal = ""
    mail(LATE + BACK_OFF[0])
    owe(user, about=about, channel=HOOK)
    owe_a_notice()
    assert outbox_age(LATE + 60 * MINUTE) == timedelta(), "a gateway that is not there owes nothing"
    settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = "https://gateway.example.org/", SECRET
    assert outbox_age(LATE + 60 * MINUTE) == 60 * MINUTE
