"""Letters to a real SMTP server, and what happens when it, or Redis, is away."""

import socket
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from accounts.models import DutyPost, DutyShift, Role
from callbacks import alarms
from callbacks.models import Outbox
from callbacks.services import deliver_outbox_batch, escalate_overdue_batch
from tickets.models import Ticket
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise, make_ticket

LATE = NOON + 10 * MINUTE


class PostBox:
    """An SMTP server's handler that keeps what it received."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (the library's name)
        if self.refuses:
            return "451 try later"
        self.letters.append(message_from_bytes(envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def post_box(settings: Settings) -> Iterator[PostBox]:
    box = PostBox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield box
    controller.stop()


def break_a_promise() -> None:
    user = UserFactory.create(role=Role.SUPERVISOR, email="duty@example.org")
    DutyShift.objects.create(
        user=user, post=DutyPost.SUPERVISOR, starts_at=NOON - 60 * MINUTE, ends_at=NOON + 60 * MINUTE
    )
    make_ticket()
    escalate_overdue_batch(at=LATE)


@pytest.mark.django_db
def test_the_supervisor_on_duty_gets_the_letter_once(post_box: PostBox) -> None:
    break_a_promise()
    assert deliver_outbox_batch(at=LATE) == 1
    assert deliver_outbox_batch(at=LATE + 60 * MINUTE) == 0
    (letter,) = post_box.letters
    subject = str(make_header(decode_header(str(letter["Subject"]))))
    body = letter.get_payload(decode=True)
    assert letter["To"] == "duty@example.org"
    assert letter["Message-ID"].startswith(f"<{Outbox.objects.get(channel='email').key}@")
    assert subject.startswith("Обещание центра: срок 12:10.")
    assert isinstance(body, bytes)
    assert "Мусор/грязь" in body.decode()
    assert "910" not in subject + body.decode().replace(Ticket.objects.get().number, "")


@pytest.mark.django_db
def test_a_server_that_refuses_is_tried_again_with_the_same_key(post_box: PostBox) -> None:
    break_a_promise()
    post_box.refuses = True
    assert deliver_outbox_batch(at=LATE) == 0
    letter = Outbox.objects.get(channel="email")
    assert (letter.tries, letter.sent_at) == (1, None)
    assert "451" in letter.last_error
    assert deliver_outbox_batch(at=LATE) == 0, "not before its next try"
    post_box.refuses = False
    assert deliver_outbox_batch(at=letter.next_try_at) == 1
    assert post_box.letters[0]["Message-ID"].startswith(f"<{letter.key}@")


@pytest.mark.django_db
def test_a_server_that_is_away_loses_nothing(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    break_a_promise()
    assert deliver_outbox_batch(at=LATE) == 0
    assert "ConnectionRefusedError" in Outbox.objects.get(channel="email").last_error


@pytest.mark.django_db(transaction=True)
def test_redis_dead_at_intake_costs_less_than_a_second_and_no_promise(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A frozen broker is the worst: it accepts the connection and never answers."""
    frozen = socket.socket(socket.AF_UNIX)
    address = tmp_path / "frozen.sock"
    frozen.bind(str(address))
    frozen.listen()
    settings.REDIS_URL = f"unix://{address}"
    settings.CELERY_BROKER_URL = f"redis+socket://{address}"
    monkeypatch.setattr(alarms, "_broker", alarms._Broker())

    started = time.monotonic()
    promise = make_promise()
    assert time.monotonic() - started < 1
    assert alarms._broker.rests
    assert escalate_overdue_batch(at=LATE) == 1
    assert promise.deadline is not None
    frozen.close()
