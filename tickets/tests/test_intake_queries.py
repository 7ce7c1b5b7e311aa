"""What registering a call costs: the service, the desk's form and the API, counted without transaction statements."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from callbacks.models import Contact
from companies.models import Building
from tickets.services import Address, register_ticket, responsible_for
from tickets.tests.factories import (
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    category,
    client_of,
)

pytestmark = pytest.mark.django_db

# The last one finds out who of the organisation wants a letter about new work.
MOST = 16


@pytest.fixture
def house() -> Building:
    building = BuildingFactory.create()
    answers_for(CompanyFactory.create(), building=building)
    return building


def counted(captured: CaptureQueriesContext) -> list[str]:
    """The statements that ask or change rows: no savepoints, no SET."""
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE SAVEPOINT", "SET "))]


def test_the_service(house: Building) -> None:
    operator, darkness = UserFactory.create(), category("E03")
    company = responsible_for(category=darkness, building=house, day=NOON.date()).company
    assert company is not None
    with CaptureQueriesContext(connection) as captured:
        register_ticket(
            contact=Contact(received_at=NOON, phone="+79101234567"), category=darkness, operator=operator, at=NOON,
            address=Address(building=house, flat="15"), text="Темно на лестнице", intake_key=uuid4(), company=company,
        )  # fmt: skip
    assert len(counted(captured)) <= 10, "\n".join(counted(captured))


def test_the_desk(house: Building) -> None:
    client = Client()
    client.force_login(UserFactory.create(role=Role.OPERATOR), backend="accounts.backends.PasswordBackend")
    told = {
        "intake_key": uuid4(), "phone": "8 910 123-45-67", "building": house.pk, "flat": "15", "category": "E03",
        "text": "Темно на лестнице",
    }  # fmt: skip
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(reverse("desk:intake"), told)
    assert answer.status_code == 302, answer.text
    # One more lets go of the draft.
    assert len(counted(captured)) <= MOST + 1, "\n".join(counted(captured))


def test_the_api(house: Building) -> None:
    client = client_of()
    told: dict[str, Any] = {
        "phone": "8 910 123-45-67", "building": house.pk, "address": {"flat": "15"}, "category": "E03",
        "text": "Темно на лестнице",
    }  # fmt: skip
    # The first request of a minute also notes that the token was used.
    assert client.post(reverse("api:tickets"), told, format="json").status_code == 201
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(reverse("api:tickets"), told, format="json")
    assert answer.status_code == 201, answer.text
    assert len(counted(captured)) <= MOST, "\n".join(counted(captured))
