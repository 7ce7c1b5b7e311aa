"""What stands before the site on a server: a proxy that compresses, as docker/Caddyfile says. For weighing pages."""

import gzip
import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

# What Caddy's «encode» compresses by itself.
COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml")
PASSED = (
    "Content-Type",
    "Cache-Control",
    "Content-Security-Policy",
    "Date",
    "Vary",
    "Location",
    "Last-Modified",
    "ETag",
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream = ""

    def do_GET(self) -> None:
        if self.path.startswith("/events/"):
            return self._answer(404, b"", [])
        upstream = http.client.HTTPConnection(self.upstream, timeout=60)
        wanted = {name: self.headers[name] for name in ("Cookie", "Accept", "X-Person") if self.headers[name]}
        upstream.request("GET", self.path, headers=wanted)
        answer = upstream.getresponse()
        body = answer.read()
        headers = [(name, value) for name, value in answer.getheaders() if name.title() in {p.title() for p in PASSED}]
        if (answer.getheader("Content-Type") or "").startswith(COMPRESSED) and body:
            body = gzip.compress(body)
            headers.append(("Content-Encoding", "gzip"))
        return self._answer(answer.status, body, headers)

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.send_response_only(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def compressed(url: str) -> Iterator[str]:
    """The address under which the site of ``url`` is read compressed."""
    handler = type("Handler", (Handler,), {"upstream": urlsplit(url).netloc})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
