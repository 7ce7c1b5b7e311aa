"""What tests of pages share: plain static files, the moment that the pages read, an organisation and its dispatcher."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from companies.models import Company
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, member_of

SetMoment = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SetMoment:
    """Set the moment that the pages read; two minutes past noon unless told."""

    def be(moment: datetime) -> None:
        monkeypatch.setattr("accounts.clock.now", lambda: moment)

    be(NOON + 2 * MINUTE)
    return be


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def dispatcher(company: Company) -> User:
    return member_of(company)
