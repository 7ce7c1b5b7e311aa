"""Posting where a stranger says: never into our own network, whatever he calls it."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from companies import outward
from companies.outward import BadAddress, is_public, target_of

from .receivers import Receiver, certificate_for, receiver_of

BODY = b'{"id": "1"}'
NAME = "hooks.example.org"
# Names that a stranger controls, and where they really lead.
INSIDE = {
    "loopback": ["127.0.0.1"],
    "loopback-other": ["127.8.8.8"],
    "loopback-v6": ["::1"],
    "unspecified": ["0.0.0.0"],  # noqa: S104  (nobody listens there)
    "unspecified-v6": ["::"],
    "this-network": ["0.1.2.3"],
    "private-10": ["10.0.0.1"],
    "private-172": ["172.16.0.1"],
    "private-192": ["192.168.1.1"],
    "shared": ["100.64.0.1"],
    "link-local": ["169.254.169.254"],
    "link-local-v6": ["fe80::1"],
    "link-local-scope": ["fe80::1%1"],
    "unique-local": ["fd00::1"],
    "site-local": ["fec0::1"],
    "group": ["224.0.0.1"],
    "group-v6": ["ff02::1"],
    "reserved": ["240.0.0.1"],
    "broadcast": ["255.255.255.255"],
    "protocol": ["192.0.0.170"],
    "relay": ["192.88.99.1"],
    "benchmark": ["198.18.0.1"],
    "documentation": ["192.0.2.1"],
    "documentation-v6": ["2001:db8::1"],
    "mapped": ["::ffff:127.0.0.1"],
    "mapped-hex": ["::ffff:7f00:1"],
    "compatible": ["::127.0.0.1"],
    "translated": ["::ffff:0:127.0.0.1"],
    "six-to-four": ["2002:7f00:1::1"],
    "teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffe"],
    "nat64": ["64:ff9b::7f00:1"],
    "nat64-local": ["64:ff9b:1::7f00:1"],
    "isatap": ["2606:4700::5efe:127.0.0.1"],
    "one-of-two": ["93.184.216.34", "127.0.0.1"],
    "nowhere": [],
}
# What needs no name to be tricky.
URLS = [
    "http://hooks.example.org/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://1.2.3.4.127.0.0.1/",
    "https://localhost/",
    "https://localhost./",
    "https://intranet/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://93.184.216.34/",
    "https://user:secret@hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/",
    "https://127.0.0.1%23@hooks.example.org/",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:8443/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org:https/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://hooks.example.org/\r\nHost: internal",
    "https://hooks.exam\tple.org/",
    "https:///etc/passwd",
    "https://",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://hooks.example.org/",
    "unix:/run/redis.sock",
    "//hooks.example.org/",
    "https://-.example.org/",
    "https://exa_mple.org/",
    "https://%31%32%37.0.0.1/",
    "https://hooks.example.org/#fragment",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://hooks.example.org/" + "a" * 500,
    "",
]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiver_of() as receiver:
        yield receiver


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that somebody tried to connect to."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        tried.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return tried


def names(monkeypatch: pytest.MonkeyPatch, **known: list[str]) -> list[str]:
    """The resolver says what it is told to; returns what it was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return known[host.partition(".")[0].replace("-", "_")]

    monkeypatch.setattr(outward, "resolve", resolve)
    return asked


def post(url: str) -> outward.Answer:
    return outward.post(url, body=BODY, headers={"Content-Type": "application/json"})


# ── 40 ways in, and no connection ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", INSIDE)
def test_a_name_that_leads_inside_is_not_gone_to(
    name: str, receiver: Receiver, knocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names(monkeypatch, **{name.replace("-", "_"): INSIDE[name]})
    answer = post(f"https://{name}.example.org/hook")

    assert (answer.status, answer.error) == (None, "Имя сервера ведёт во внутреннюю сеть.")
    assert asked == [f"{name}.example.org"]
    assert knocks == []
    assert receiver.connections == 0


@pytest.mark.parametrize("url", URLS)
def test_a_tricky_url_is_refused_before_anybody_is_asked(
    url: str, receiver: Receiver, knocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "resolve", lambda host, port: pytest.fail(f"asked for {host}"))
    with pytest.raises(BadAddress):
        target_of(url)
    assert post(url).status is None
    assert knocks == []
    assert receiver.connections == 0


def test_there_are_more_than_forty_of_them() -> None:
    assert len(INSIDE) + len(URLS) >= 80


def test_this_machine_is_refused_unless_a_demonstration_says_so(receiver: Receiver, settings: Settings) -> None:
    assert not settings.WEBHOOK_TO_LOOPBACK
    assert post(receiver.url).status is None
    assert receiver.connections == 0

    settings.WEBHOOK_TO_LOOPBACK = True
    assert post(receiver.url).status == 204


@pytest.mark.parametrize("name", sorted(set(INSIDE) - {"loopback", "loopback-other", "loopback-v6"}))
def test_even_a_demonstration_reaches_nothing_but_this_machine(
    name: str, knocks: list[Any], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.WEBHOOK_TO_LOOPBACK = True
    names(monkeypatch, **{name.replace("-", "_"): INSIDE[name]})
    assert post(f"http://{name}.example.org:6379/").status is None
    assert knocks == []


def test_a_public_name_over_plain_http_is_refused_in_a_demonstration_too(
    knocks: list[Any], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.WEBHOOK_TO_LOOPBACK = True
    names(monkeypatch, hooks=["93.184.216.34"])
    assert post(f"http://{NAME}/").status is None
    assert knocks == []


def test_the_name_is_asked_once_and_its_answer_is_where_we_go(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second answer could be another one (DNS rebinding)."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    monkeypatch.setattr(outward, "resolve", lambda host, port: next(answers))
    gone_to = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        gone_to.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    assert post(f"https://{NAME}/hook").error == "Соединиться не удалось: Connection refused"
    assert gone_to == [("93.184.216.34", 443)]
    assert list(answers) == [["127.0.0.1"]]


# ── What is public, and how a name is written ────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("text", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "2a02:6b8::2:242"])
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://hooks.example.org", "https://hooks.example.org/"),
        ("https://HOOKS.Example.org:443/a", "https://hooks.example.org/a"),
        ("https://hooks.example.org./a?b=c", "https://hooks.example.org/a?b=c"),
        (
            "https://хуки.свет-калуга.рф/яма?я=1",
            "https://xn--h1ad0ah.xn----8sbafhj0bj2cmp.xn--p1ai/%D1%8F%D0%BC%D0%B0?%D1%8F=1",
        ),
    ],
)
def test_an_address_is_kept_as_the_network_knows_it(typed: str, meant: str) -> None:
    url = target_of(typed).url
    assert url == meant
    assert target_of(url).url == url


# ── The talk itself ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def on_loopback(settings: Settings) -> None:
    settings.WEBHOOK_TO_LOOPBACK = True


@pytest.mark.usefixtures("on_loopback")
class TestTheTalk:
    def test_a_redirect_is_not_followed(self, receiver: Receiver) -> None:
        receiver.answers, receiver.location = [302], receiver.url
        answer = post(receiver.url)
        assert (answer.status, answer.error) == (302, "Переадресация: укажите конечный адрес.")
        assert len(receiver.requests) == 1
        assert not answer.is_taken

    def test_what_is_posted_arrives_as_it_is(self, receiver: Receiver) -> None:
        assert post(f"{receiver.url}?a=b").is_taken
        ((path, headers, body),) = receiver.requests
        assert (path, body) == ("/hook?a=b", BODY)
        assert headers["host"] == f"127.0.0.1:{receiver.port}"

    def test_a_long_answer_is_not_read_to_its_end(self, receiver: Receiver) -> None:
        receiver.answers, receiver.body = [200], b"\x00<b>" + "я".encode() * 5_000_000
        started = time.monotonic()
        answer = post(receiver.url)
        assert answer.status == 200
        assert len(answer.beginning) == outward.KEPT_CHARACTERS
        assert "\x00" not in answer.beginning
        assert time.monotonic() - started < 2

    @pytest.mark.parametrize("dripped", [b"HTTP/1.1 200 OK\r\nX: ", b"H"], ids=["head", "letter"])
    def test_whoever_drips_is_cut_off(self, dripped: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outward, "SECONDS", 0.6)
        with dripping(dripped) as port:
            started = time.monotonic()
            answer = post(f"http://127.0.0.1:{port}/")
        assert (answer.status, answer.error) == (None, "Нет ответа за 5 секунд.")
        assert time.monotonic() - started < 1.5

    def test_a_resolver_that_hangs_costs_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outward, "SECONDS", 0.3)
        monkeypatch.setattr(outward, "resolve", lambda host, port: time.sleep(3))
        started = time.monotonic()
        assert post(f"https://{NAME}/").error == "Нет ответа за 5 секунд."
        assert time.monotonic() - started < 1

    def test_what_speaks_no_http_is_no_answer(self) -> None:
        with dripping(b"220 mail.example.org ESMTP\r\n" * 3) as port:
            assert post(f"http://127.0.0.1:{port}/").error == "Ответ не похож на HTTP."

    @pytest.mark.parametrize(
        ("name", "error"), [(NAME, ""), ("other.example.org", "Сертификат не подходит: Hostname mismatch")]
    )
    def test_the_certificate_is_checked_for_the_name(
        self, name: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Although the connection went to an address."""
        both = certificate_for(NAME, tmp_path)
        ours = ssl.create_default_context(cafile=str(both))
        monkeypatch.setattr(outward, "tls", lambda: ours)
        names(monkeypatch, hooks=["127.0.0.1"], other=["127.0.0.1"])
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        theirs.load_cert_chain(both)
        with receiver_of(theirs) as receiver:
            answer = post(f"https://{name}:{receiver.port}/hook")
        assert answer.error.startswith(error)
        assert answer.is_taken is not bool(error)
        assert len(receiver.requests) == (0 if error else 1)

    def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names(monkeypatch, hooks=["127.0.0.1"])
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        theirs.load_cert_chain(certificate_for(NAME, tmp_path))
        with receiver_of(theirs) as receiver:
            answer = post(f"https://{NAME}:{receiver.port}/hook")
        assert answer.error.startswith("Сертификат не подходит")
        assert receiver.requests == []


@contextmanager
def dripping(head: bytes) -> Iterator[int]:
    """The port of a server that says ``head`` and then a byte now and again, for ever."""

    def drip() -> None:
        talk, _peer = server.accept()
        with talk, suppress(OSError):
            talk.recv(65536)
            talk.sendall(head)
            while True:
                talk.sendall(b".")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, daemon=True).start()
        yield server.getsockname()[1]
