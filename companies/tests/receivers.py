"""Programs of an organisation, as the centre meets them: one that keeps what it was told, and their certificates."""

import hashlib
import hmac
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Receiver(ThreadingHTTPServer):
    """Answers ``answers`` in turn, then 204."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.location = ""
        self.body = b""

    def get_request(self) -> Any:
        taken = super().get_request()
        self.connections += 1
        return taken

    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody left in the middle of an answer: that is his right."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _path, _headers, body in self.requests]

    @property
    def keys(self) -> list[str]:
        return [headers["x-delivery"] for _path, headers, _body in self.requests]

    def is_signed(self, secret: str) -> bool:
        """The check that docs/api.md tells organisations to make, of everything that came."""
        return all(
            hmac.compare_digest(
                headers["x-signature"], "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            )
            for _path, headers, body in self.requests
        )


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
        if receiver.location:
            self.send_header("Location", receiver.location)
        self.send_header("Content-Length", str(len(receiver.body)))
        self.end_headers()
        self.wfile.write(receiver.body)

    def do_GET(self) -> None:
        """Only a follower of redirects would ask this way."""
        self.server.requests.append(("followed", {}, b"{}"))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
        """Be silent."""


@contextmanager
def receiver_of(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    with Receiver() as receiver:
        if context is not None:
            receiver.socket = context.wrap_socket(receiver.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


def certificate_for(name: str, folder: Path) -> Path:
    """A file with a key and a certificate that vouches for itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
