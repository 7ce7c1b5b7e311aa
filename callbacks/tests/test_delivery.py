"""Messages to real servers, and what happens when one of them, or Redis, is away."""

import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import DutyPost, DutyShift, Role
from callbacks import alarms
from callbacks.models import Envelope, Outbox
from callbacks.services import escalate_overdue_batch, outbox_age
from callbacks.services.delivery import BACK_OFF, pack, take_posting
from tickets.models import Ticket
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise, make_ticket

from .owed import HOOK, LATE, MAIL, PHONE, SECOND, an_escalation, escalate, hand_over, mail, owe, owe_a_notice
from .servers import Gateway, PostBox, free_port, post_box_of, silent_server, use_mail_server


def break_a_promise() -> None:
    user = UserFactory.create(role=Role.SUPERVISOR, email="duty@example.org")
    DutyShift.objects.create(
        user=user, post=DutyPost.SUPERVISOR, starts_at=NOON - 60 * MINUTE, ends_at=NOON + 60 * MINUTE
    )
    make_ticket()
    escalate()


@pytest.mark.django_db
def test_the_supervisor_on_duty_gets_the_letter_once(post_box: PostBox) -> None:
    break_a_promise()
    assert mail() == 1
    assert mail(LATE + 60 * MINUTE) == 0
    (letter,) = post_box.letters
    (subject,), (body,) = post_box.subjects, post_box.texts
    envelope = Envelope.objects.get()
    assert letter["To"] == "duty@example.org"
    assert letter["Message-ID"].startswith(f"<{envelope.key}@")
    assert subject.startswith("Обещание центра: срок 12:10.")
    assert "Мусор/грязь" in body
    assert "910" not in subject + body.replace(Ticket.objects.get().number, "")
    assert (envelope.sent_at, Outbox.objects.get(channel=MAIL).sent_at) == (LATE, LATE)


@pytest.mark.django_db
def test_a_storm_is_one_message_at_once_and_one_in_the_next_minute(post_box: PostBox) -> None:
    user, about = UserFactory.create(), an_escalation()
    owe(user, about=about)
    assert mail() == 1
    for batch in range(499):
        owe(user, about=about, first=2 + batch)
        if batch % 100 == 0:
            assert mail(LATE + batch / 10 * SECOND) == 0
    assert mail(LATE + 59 * SECOND) == 0
    assert mail(LATE + MINUTE) == 1
    assert mail(LATE + 2 * MINUTE) == 0
    assert post_box.subjects[0] == "Обещание центра: срок 12:10. Дом 1"
    assert post_box.subjects[1] == "Тревоги: 499. Обещание центра: срок 12:10. Дом 2"
    lines = post_box.texts[1].splitlines()
    assert lines[0] == "1. Обещание центра: срок 12:10. Дом 2"
    assert lines[99] == "100. Обещание центра: срок 12:10. Дом 101"
    assert lines[100] == "и ещё 399 на экране тревог"
    assert lines[-1].endswith("/desk/alarms/")
    assert not Outbox.objects.filter(sent_at=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("waiting", "more"), [(100, ""), (101, "и ещё 1 на экране тревог")])
def test_a_hundred_are_listed(post_box: PostBox, waiting: int, more: str) -> None:
    owe(UserFactory.create(), about=an_escalation(), count=waiting)
    assert mail() == 1
    assert ("и ещё" in post_box.texts[0]) == bool(more)
    assert more in post_box.texts[0]
    assert f"100. Обещание центра: срок 12:10. Дом {100}" in post_box.texts[0]


@pytest.mark.django_db
def test_what_somebody_typed_makes_no_header(post_box: PostBox) -> None:
    user, about = UserFactory.create(), an_escalation()
    for turn, subject in enumerate(["Дом\r\nBcc: all@example.org", "Дом\n2"], start=1):
        Outbox.objects.create(
            escalation=about, turn=turn, channel=MAIL, recipient=user, key=uuid4(), subject=subject, body=""
        )
    assert mail() == 1
    assert post_box.subjects == ["Тревоги: 2. Дом Bcc: all@example.org"]
    assert post_box.letters[0]["Bcc"] is None


@pytest.mark.django_db
def test_a_second_try_says_what_the_first_said(gateway: Gateway) -> None:
    user, about = UserFactory.create(phone=PHONE), an_escalation()
    owe(user, channel=HOOK, about=about, count=3)
    gateway.answers = [500, 500]
    assert hand_over() == 0
    # What came meanwhile waits for an envelope of its own.
    owe(user, channel=HOOK, about=about, first=4)
    assert hand_over(LATE + BACK_OFF[0] - SECOND) == 0
    assert hand_over(LATE + BACK_OFF[0]) == 0
    assert len(gateway.requests) == 2, "not before its next try"
    envelope = Envelope.objects.get()
    assert (envelope.tries, envelope.last_error, envelope.sent_at) == (2, "HTTP 500", None)
    assert envelope.next_try_at == LATE + BACK_OFF[0] + BACK_OFF[1]
    assert hand_over(envelope.next_try_at) == 1
    assert len(set(gateway.keys)) == 1
    assert len({body for _headers, body in gateway.requests}) == 1
    assert Outbox.objects.filter(channel=HOOK, sent_at=None).count() == 1
    assert hand_over(LATE + MINUTE) == 1
    assert gateway.messages[-1]["subject"] == "Обещание центра: срок 12:10. Дом 4"


@pytest.mark.django_db
def test_a_server_that_refuses_is_tried_again_with_the_same_key(post_box: PostBox) -> None:
    break_a_promise()
    post_box.refusal = "451 try later"
    assert mail() == 0
    envelope = Envelope.objects.get()
    assert (envelope.tries, envelope.sent_at) == (1, None)
    assert "451" in envelope.last_error
    assert mail() == 0, "not before its next try"
    post_box.refusal = ""
    assert mail(envelope.next_try_at) == 1
    assert post_box.letters[0]["Message-ID"].startswith(f"<{envelope.key}@")
    assert Envelope.objects.get().last_error == ""


@pytest.mark.django_db
def test_waits_grow_and_then_stay(settings: Settings) -> None:
    use_mail_server(settings, free_port())
    owe(UserFactory.create(), about=an_escalation())
    at, waits = LATE, []
    for _turn in range(len(BACK_OFF) + 2):
        assert mail(at) == 0
        envelope = Envelope.objects.get()
        waits.append(envelope.next_try_at - at)
        at = envelope.next_try_at
    assert waits == [*BACK_OFF, BACK_OFF[-1], BACK_OFF[-1]]
    assert "ConnectionRefusedError" in envelope.last_error


@pytest.mark.django_db
def test_one_refused_recipient_does_not_keep_the_other_from_his_letter(post_box: PostBox) -> None:
    gone, here = UserFactory.create(email="gone@example.org"), UserFactory.create(email="here@example.org")
    without = UserFactory.create(email="")
    owe(without, gone, here, about=an_escalation(), count=5)
    post_box.unknown = {"gone@example.org"}
    assert mail() == 1
    assert [letter["To"] for letter in post_box.letters] == ["here@example.org"]
    assert Outbox.objects.filter(recipient=here, channel=MAIL, sent_at=LATE).count() == 5
    assert not Outbox.objects.filter(recipient__in=[gone, without]).exclude(sent_at=None).exists()
    assert "550" in Envelope.objects.get(recipient=gone).last_error
    lost = Envelope.objects.get(recipient=without)
    assert (lost.last_error, lost.abandoned_at) == ("no address", LATE)


@pytest.mark.django_db
def test_an_alarm_of_yesterday_is_tried_no_more(post_box: PostBox) -> None:
    gone = UserFactory.create(email="gone@example.org")
    owe(gone, about=an_escalation())
    post_box.unknown = {"gone@example.org"}
    for late in (timedelta(), timedelta(hours=23), timedelta(hours=25)):
        mail(at=LATE + late)
        assert (Envelope.objects.get().abandoned_at is None) is (late < timedelta(days=1))
    assert outbox_age(LATE + timedelta(hours=26)) == timedelta()


@pytest.mark.django_db
def test_a_silent_server_is_tried_once_a_turn(settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    people = UserFactory.create_batch(10)
    owe(*people, about=an_escalation())
    with silent_server() as port:
        use_mail_server(settings, port)
        started = time.monotonic()
        assert mail() == 0
        assert time.monotonic() - started < 1
    assert sorted(Envelope.objects.values_list("tries", flat=True)) == [0] * 9 + [1]
    with post_box_of(settings) as box:
        assert mail() == 9, "the rest is tried in the next turn"
        assert mail(LATE + BACK_OFF[0]) == 1
        assert len(box.letters) == 10


@pytest.mark.django_db
def test_an_envelope_that_is_being_tried_is_offered_to_nobody() -> None:
    owe(UserFactory.create(), about=an_escalation())
    pack(channel=MAIL, at=LATE)
    given = {"channel": MAIL, "patience": MINUTE}
    taken = take_posting(**given, at=LATE)  # type: ignore[arg-type]
    assert taken == Envelope.objects.get()
    assert take_posting(**given, at=LATE + MINUTE - SECOND) is None  # type: ignore[arg-type]
    # Whoever took it was killed: after his time it is offered again.
    assert take_posting(**given, at=LATE + MINUTE) == taken  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_person_gets_his_message_over_each_of_his_channels(post_box: PostBox, gateway: Gateway) -> None:
    user, about = UserFactory.create(email="duty@example.org", phone=PHONE), an_escalation()
    owe(user, about=about)
    owe(user, about=about, channel=HOOK)
    assert (mail(), hand_over()) == (1, 1)
    (message,) = gateway.messages
    assert (message["to"], message["subject"]) == (PHONE, "Обещание центра: срок 12:10. Дом 1")
    assert message["text"].splitlines() == post_box.texts[0].splitlines()


@pytest.mark.django_db
def test_a_citizen_gets_his_message_through_the_gateway_only(post_box: PostBox, gateway: Gateway) -> None:
    notice = owe_a_notice()
    assert mail() == 0
    gateway.answers = [500]
    assert hand_over() == 0
    assert hand_over(LATE + BACK_OFF[0] - SECOND) == 0
    assert hand_over(LATE + BACK_OFF[0]) == 1
    assert hand_over(LATE + 60 * MINUTE) == 0
    notice.refresh_from_db()
    assert (notice.sent_at, notice.tries) == (LATE + BACK_OFF[0], 2)
    assert gateway.keys == [str(notice.key)] * 2
    assert (gateway.messages[1]["to"], gateway.messages[1]["text"]) == (PHONE, notice.text)
    assert post_box.letters == []


@pytest.mark.django_db
def test_a_channel_without_settings_keeps_what_it_owes() -> None:
    owe(UserFactory.create(phone=PHONE), channel=HOOK, about=an_escalation())
    assert hand_over() == 0
    assert not Envelope.objects.exists()


@pytest.mark.django_db
def test_no_transaction_is_open_while_a_server_talks(post_box: PostBox, monkeypatch: pytest.MonkeyPatch) -> None:
    depths: list[int] = []
    before = len(connection.savepoint_ids)
    monkeypatch.setattr(
        "callbacks.channels.mail._send", lambda server, parcel: depths.append(len(connection.savepoint_ids))
    )
    owe(UserFactory.create(), about=an_escalation())
    assert mail() == 1
    assert depths == [before]


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


def test_what_comes_due_together_rings_once_and_never_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, datetime]] = []
    broker = alarms._Broker()
    monkeypatch.setattr(broker, "_send", lambda task, eta: sent.append((task, eta)))
    soon = datetime.now(UTC).replace(microsecond=0) + MINUTE
    asked = [soon + timedelta(milliseconds=late) for late in (10, 240, 260)]
    for moment in asked:
        broker.ring("escalate", moment)
    broker.ring("deliver", asked[0])
    # Long due: at the end of the quarter second that we are in, when its rows are there to be found.
    broker.ring("late", soon - 60 * MINUTE)
    *_told, (_late, at_once) = sent
    assert sent[:-1] == [
        ("escalate", soon + timedelta(milliseconds=250)),
        ("escalate", soon + timedelta(milliseconds=500)),
        ("deliver", soon + timedelta(milliseconds=250)),
    ]
    assert timedelta(0) <= at_once - (soon - MINUTE) < 10 * SECOND
