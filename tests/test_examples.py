"""The example of docs/api.md does what it says, against a live server."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiToken
from companies.services.deliveries import signature
from tickets.models import Ticket
from tickets.tests.factories import CompanyFactory, make_ticket, member_of

CLIENT = Path(settings.BASE_DIR) / "docs" / "examples" / "client.py"


def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("CENTRE_URL", "http://centre.example.org")
    monkeypatch.setenv("CENTRE_TOKEN", "x")
    spec = importlib.util.spec_from_file_location("client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_as_short_as_promised() -> None:
    assert len(CLIENT.read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.django_db(transaction=True)
def test_it_accepts_what_was_assigned_to_its_organisation(live_server: LiveServer) -> None:
    company = CompanyFactory.create()
    own = [make_ticket(company=company) for _turn in range(3)]
    foreign = make_ticket(company=CompanyFactory.create())
    _token, secret = ApiToken.issue(user=member_of(company), name="пример")

    run = subprocess.run(
        [sys.executable, str(CLIENT)], check=False, capture_output=True, text=True,
        env=os.environ | {"CENTRE_URL": live_server.url, "CENTRE_TOKEN": secret, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert sorted(line.split()[0] for line in run.stdout.splitlines()) == sorted(ticket.number for ticket in own)
    assert set(Ticket.objects.filter(status="accepted")) == set(own)
    foreign.refresh_from_db()
    assert foreign.status == "assigned"


def test_it_knows_our_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    client, body = example(monkeypatch), '{"id": "я"}'.encode()
    assert client.is_from_the_centre("secret", signature(secret="secret", body=body), body)
    assert not client.is_from_the_centre("secret", signature(secret="other", body=body), body)
    assert not client.is_from_the_centre("secret", signature(secret="secret", body=body), body + b" ")
