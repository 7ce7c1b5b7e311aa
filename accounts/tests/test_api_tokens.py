"""Tokens of programs: issued once, kept as a hash, revocable, their last use visible."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, digest_of
from tickets.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

TICKETS = "/api/v1/tickets/"


def ask(secret: str, scheme: str = "Bearer") -> int:
    return APIClient().get(TICKETS, HTTP_AUTHORIZATION=f"{scheme} {secret}").status_code


def test_issue_token_prints_it_once_and_keeps_a_hash() -> None:
    UserFactory.create(username="robot")
    said = StringIO()
    call_command("issue_token", "robot", "--name", "обмен с 112", stdout=said)
    secret = said.getvalue().strip()
    token = ApiToken.objects.get()
    assert (token.name, token.digest) == ("обмен с 112", digest_of(secret))
    assert ask(secret) == 200
    assert ask(secret, scheme="bearer") == 200


@pytest.mark.parametrize("given", [{}, {"username": "gone", "is_active": False}])
def test_issue_token_needs_somebody(given: dict[str, object]) -> None:
    if given:
        UserFactory.create(**given)
    with pytest.raises(CommandError, match="gone"):
        call_command("issue_token", "gone")


@pytest.mark.parametrize("secret", ["", "wrong", "wrong and long", "ключ", "\xff", "x" * 5000])
def test_a_wrong_token_is_a_401(secret: str) -> None:
    assert ask(secret.encode().decode("latin-1")) == 401


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_another_scheme_is_a_401(scheme: str) -> None:
    _token, secret = ApiToken.issue(user=UserFactory.create(), name="x")
    assert ask(secret, scheme=scheme) == 401


def test_a_revoked_token_and_a_disabled_person_are_out() -> None:
    token, secret = ApiToken.issue(user=UserFactory.create(), name="x")
    _other, foreign_secret = ApiToken.issue(user=UserFactory.create(is_active=False), name="x")
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    assert ask(secret) == 401
    assert ask(foreign_secret) == 401


def test_the_last_use_is_noted_once_a_minute() -> None:
    token, secret = ApiToken.issue(user=UserFactory.create(), name="x")
    ask(secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    ask(secret)
    token.refresh_from_db()
    assert token.last_used_at == first

    long_ago = timezone.now() - timedelta(minutes=2)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=long_ago)
    ask(secret)
    token.refresh_from_db()
    assert token.last_used_at > long_ago + timedelta(minutes=1)
