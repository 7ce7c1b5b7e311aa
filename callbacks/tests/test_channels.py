"""Each channel against a real server: what it sends, what it takes for an answer, what it never gives away."""

import hashlib
import logging
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from callbacks import channels
from callbacks.channels import Parcel, ParcelRefused, Unreachable, hook

from .servers import (
    SECRET,
    Gateway,
    PostBox,
    dripping_server,
    free_port,
    gateway_of,
    silent_server,
    use_mail_server,
)

NOON = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
PHONE = "+79105550101"
TEXT = "Прорыв трубы, ул. Кирова, 20"


def parcel(address: str = PHONE, key: UUID | None = None) -> Parcel:
    return Parcel(key or uuid4(), address, "Тревоги: 2", TEXT, NOON)


def send(channel: str, *parcels: Parcel) -> list[Exception | None]:
    """One turn; for each parcel None, or how it was refused."""
    outcomes: list[Exception | None] = []
    with channels.named(channel).open(at=NOON) as sending:
        for each in parcels:
            try:
                sending(each)
            except (ParcelRefused, Unreachable) as error:
                outcomes.append(error)
            else:
                outcomes.append(None)
    return outcomes


def hmac_by_hand(secret: bytes, text: bytes) -> str:
    """RFC 2104, written out: the other side may be in any language."""
    block = secret.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + text).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


def test_a_channel_is_there_when_it_is_configured(settings: Settings) -> None:
    user = User(email="duty@example.org", phone=PHONE)
    assert [channel.name for channel in channels.configured()] == ["email"]
    settings.NOTIFY_HOOK_URL = "https://gateway.example.org/"
    assert [channel.name for channel in channels.configured()] == ["email", "hook"]
    assert [channel.address_of(user) for channel in channels.ALL] == ["duty@example.org", PHONE]
    assert [channel.address_of(User()) for channel in channels.ALL] == ["", ""]


def test_the_gateway_gets_a_signed_message(gateway: Gateway) -> None:
    mine = parcel()
    assert send("hook", mine) == [None]
    ((headers, body),) = gateway.requests
    assert gateway.messages == [
        {
            "id": str(mine.key), "to": PHONE, "subject": "Тревоги: 2", "text": TEXT,
            "created_at": "2026-02-02T09:00:00+00:00",
        }
    ]  # fmt: skip
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == str(mine.key)
    assert headers["x-timestamp"] == "1770022800"
    assert headers["x-signature"] == "sha256=" + hmac_by_hand(SECRET.encode(), b"1770022800." + body)


def test_the_signature_knows_every_part() -> None:
    given = {"secret": SECRET, "timestamp": "1770022800", "body": b"{}"}
    others = [given | {"secret": SECRET[::-1]}, given | {"timestamp": "1770022801"}, given | {"body": b"[]"}]
    signatures = {hook.signature(**each) for each in [given, *others]}  # type: ignore[arg-type]
    assert len(signatures) == 4


def test_one_turn_is_one_connection(gateway: Gateway, post_box: PostBox) -> None:
    assert send("hook", parcel(), parcel(), parcel()) == [None] * 3
    assert send("email", parcel("a@example.org"), parcel("b@example.org"), parcel("c@example.org")) == [None] * 3
    assert (len(gateway.requests), len(gateway.peers)) == (3, 1)
    assert (len(post_box.letters), len(post_box.peers)) == (3, 1)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_the_gateway_takes_it(gateway: Gateway, status: int) -> None:
    gateway.answers, gateway.body = [status], b""
    assert send("hook", parcel()) == [None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 404, 409, 422, 500])
def test_the_gateway_refuses_one_message_and_gets_the_next(gateway: Gateway, status: int) -> None:
    gateway.answers = [status]
    refused, taken = send("hook", parcel(), parcel())
    assert isinstance(refused, ParcelRefused)
    assert str(refused) == f"HTTP {status}"
    assert taken is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_the_gateway_takes_nothing_now(gateway: Gateway, status: int) -> None:
    gateway.answers = [status]
    assert isinstance(send("hook", parcel())[0], Unreachable)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(gateway: Gateway, status: int, settings: Settings) -> None:
    with gateway_of(settings) as elsewhere:
        gateway.answers, gateway.location = [status], elsewhere.url
        settings.NOTIFY_HOOK_URL = gateway.url
        send("hook", parcel())
        assert (len(gateway.requests), elsewhere.requests) == (1, [])


def test_nobody_between_us_and_the_gateway_is_asked(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert send("hook", parcel()) == [None]


def test_a_long_answer_is_not_read(gateway: Gateway) -> None:
    gateway.body = b"x" * (64 * 1024 * 1024)
    started = time.monotonic()
    assert send("hook", parcel(), parcel()) == [None, None]
    assert time.monotonic() - started < 3
    assert len(gateway.peers) == 2, "the long one was cut off"


def test_a_dripping_answer_costs_no_more_than_its_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "TIMEOUT_SECONDS", 0.4)
    with dripping_server() as port:
        settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = f"http://127.0.0.1:{port}/", SECRET
        started = time.monotonic()
        assert send("hook", parcel()) == [None]
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("channel", ["email", "hook"])
def test_a_hanging_server_costs_one_time_out(settings: Settings, monkeypatch: pytest.MonkeyPatch, channel: str) -> None:
    monkeypatch.setattr(hook, "TIMEOUT_SECONDS", 0.3)
    settings.EMAIL_TIMEOUT = 0.3
    with silent_server() as port:
        use_mail_server(settings, port)
        settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = f"http://127.0.0.1:{port}/", SECRET
        started = time.monotonic()
        (outcome,) = send(channel, parcel("duty@example.org"))
        assert isinstance(outcome, Unreachable)
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("channel", ["email", "hook"])
def test_a_server_that_is_away_is_unreachable(settings: Settings, channel: str) -> None:
    use_mail_server(settings, free_port())
    settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = f"http://127.0.0.1:{free_port()}/", SECRET
    assert isinstance(send(channel, parcel("duty@example.org"))[0], Unreachable)


def test_a_second_try_is_the_same_letter_to_the_last_byte(post_box: PostBox) -> None:
    key = uuid4()
    send("email", parcel("duty@example.org", key))
    send("email", parcel("duty@example.org", key))
    assert post_box.raw[0] == post_box.raw[1]
    assert post_box.letters[0]["Message-ID"].startswith(f"<{key}@")


def test_a_refused_letter_does_not_stop_the_next(post_box: PostBox) -> None:
    post_box.unknown = {"gone@example.org"}
    outcomes = send("email", parcel("gone@example.org"), parcel("два слова@"), parcel("duty@example.org"))
    assert [type(outcome) for outcome in outcomes] == [ParcelRefused, ParcelRefused, type(None)]
    assert [letter["To"] for letter in post_box.letters] == ["duty@example.org"]


@pytest.mark.parametrize(("answer", "kind"), [("451 try later", ParcelRefused), ("421 closing", Unreachable)])
def test_a_mail_server_that_leaves_is_not_asked_again(post_box: PostBox, answer: str, kind: type[Exception]) -> None:
    post_box.refusal = answer
    assert [type(outcome) for outcome in send("email", parcel("duty@example.org"))] == [kind]


@pytest.mark.parametrize("answers", [[200], [422], [500], [503], [302]])
def test_neither_telephone_nor_text_gets_into_log_or_error(
    gateway: Gateway, settings: Settings, caplog: pytest.LogCaptureFixture, answers: list[int]
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.answers = answers
    outcomes = send("hook", parcel())
    settings.NOTIFY_HOOK_URL = f"http://127.0.0.1:{free_port()}/?token=letmein"
    outcomes += send("hook", parcel())
    kept = caplog.text + "".join(str(outcome) for outcome in outcomes)
    assert PHONE.strip("+") not in kept
    assert "Кирова" not in kept
    assert all(timedelta(0) < channel.patience <= timedelta(minutes=1) for channel in channels.ALL)
    assert "letmein" not in str(outcomes[-1])
