"""The strip above the queue, read again by every screen at once when an alarm concerns everybody."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from callbacks.models import Escalation
from callbacks.services import acknowledge
from tickets.tests.factories import (
    MINUTE,
    NOON,
    UserFactory,
    break_promise,
    make_promise,
    make_ticket,
    on_duty,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
DUE = NOON + 10 * MINUTE
KEY = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def screens(at: Any) -> list[Client]:
    at(DUE + MINUTE)
    return [signed_in(UserFactory.create(role=Role.OPERATOR)) for _screen in range(3)]


def strip(client: Client) -> str:
    return page(client, "desk:strip")


def test_what_everybody_is_asked_is_drawn_once_with_each_ones_own_key(
    screens: list[Client], django_assert_max_num_queries: Any
) -> None:
    ticket = make_ticket()
    break_promise(DUE)
    first = strip(screens[0])
    assert ticket.number in first
    assert 'id="count-alarms" hx-swap-oob="true">1<' in first

    # The session, the person, the clock, and what is asked.
    with django_assert_max_num_queries(4):
        second = strip(screens[1])

    assert KEY.sub("", second) == KEY.sub("", first)
    assert KEY.findall(first) != KEY.findall(second)
    assert all(KEY.findall(shown)[0] for shown in (first, second))


def test_an_answer_is_seen_by_all_at_once(screens: list[Client]) -> None:
    make_ticket()
    break_promise(DUE)
    assert all("alarm-form" in strip(client) for client in screens)

    senior = UserFactory.create(role=Role.SUPERVISOR)
    for rung in Escalation.objects.unacknowledged().filter(is_warning=False):
        acknowledge(escalation=rung, by=senior, at=DUE + MINUTE, note="Звоню сам")

    assert not any("alarm-form" in strip(client) for client in screens)


def test_what_is_asked_of_one_is_shown_to_nobody_else(screens: list[Client]) -> None:
    senior = signed_in(on_duty())
    make_promise()
    break_promise(DUE)
    for client in (screens[0], senior, screens[1]):
        assert ("alarm-form" in strip(client)) == (client is senior)


def test_another_alarm_is_there_in_the_same_second(screens: list[Client]) -> None:
    make_ticket()
    break_promise(DUE)
    assert 'hx-swap-oob="true">1<' in strip(screens[0])
    make_ticket(phone="+79101110002")
    break_promise(DUE)
    assert 'hx-swap-oob="true">2<' in strip(screens[0])
