"""The demonstration's password opens nothing outside the demonstration."""

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory
from pytest_django import Settings

from tickets.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("demo", "enters"), [(True, True), (False, False)])
def test_the_demo_password_is_for_the_demo(settings: Settings, demo: bool, enters: bool) -> None:
    settings.DEMO = demo
    user = UserFactory.create(username="operator")
    user.set_password("demo")
    user.save()
    request = RequestFactory().post("/login/")
    assert (authenticate(request, username="operator", password="demo") == user) is enters


def test_another_password_enters_anywhere(settings: Settings) -> None:
    settings.DEMO = False
    user = UserFactory.create(username="operator")
    user.set_password("двенадцать часов подряд")
    user.save()
    request = RequestFactory().post("/login/")
    assert authenticate(request, username="operator", password="двенадцать часов подряд") == user
