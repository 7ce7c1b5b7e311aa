"""Servers that receive what the centre sends: a post box, a gateway for messages, and one that never answers."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from pytest_django import Settings

SECRET = "k3J9vQx7Rw2TfL8mZpB5nHc4YdS6gUa1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class PostBox:
    """An SMTP server's handler that keeps what it received."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.raw: list[bytes] = []
        self.peers: set[object] = set()
        # What it answers to every letter instead of taking it.
        self.refusal = ""
        self.unknown: set[str] = set()

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (the library's name)
        self.peers.add(session.peer)
        if self.refusal:
            return self.refusal
        self.raw.append(envelope.content)
        self.letters.append(message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(make_header(decode_header(str(letter["Subject"])))) for letter in self.letters]

    @property
    def texts(self) -> list[str]:
        return [letter.get_payload(decode=True).decode() for letter in self.letters]  # type: ignore[union-attr]


@contextmanager
def post_box_of(settings: Settings) -> Iterator[PostBox]:
    box = PostBox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    use_mail_server(settings, controller.port)
    try:
        yield box
    finally:
        controller.stop()


def use_mail_server(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


class Gateway(ThreadingHTTPServer):
    """A gateway for messages that keeps what it was given; it answers ``answers`` in turn, then 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _GatewayHandler)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.peers: set[object] = set()
        self.answers: list[int] = []
        self.location = ""
        self.body = b"{}"
        # The next message of this telephone is refused, whatever the rest.
        self.unknown: set[str] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody left in the middle of an answer: that is his right."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/messages"

    @property
    def messages(self) -> list[dict[str, str]]:
        return [json.loads(body) for _headers, body in self.requests]

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for headers, _body in self.requests]


class _GatewayHandler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        gateway = self.server
        gateway.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
        gateway.peers.add(self.client_address)
        status = gateway.answers.pop(0) if gateway.answers else 200
        if json.loads(body)["to"] in gateway.unknown:
            status = 422
        self.send_response(status)
        if gateway.location:
            self.send_header("Location", gateway.location)
        self.send_header("Content-Length", str(len(gateway.body)))
        self.end_headers()
        self.wfile.write(gateway.body)

    def do_GET(self) -> None:
        """Only a follower of redirects would ask this way."""
        self.server.requests.append(({"followed": self.path}, b"{}"))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
        """Be silent."""


@contextmanager
def gateway_of(settings: Settings) -> Iterator[Gateway]:
    with Gateway() as gateway:
        thread = threading.Thread(target=gateway.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET = gateway.url, SECRET
        try:
            yield gateway
        finally:
            gateway.shutdown()
            thread.join()


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes every connection and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield server.getsockname()[1]


@contextmanager
def dripping_server() -> Iterator[int]:
    """The port of a server that takes one message at once and then drips its answer for ever."""

    def drip() -> None:
        talk, _peer = server.accept()
        with talk, suppress(OSError):
            talk.recv(65536)
            talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
            while True:
                talk.sendall(b".")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, daemon=True).start()
        yield server.getsockname()[1]
