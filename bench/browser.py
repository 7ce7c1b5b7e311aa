"""One signed-in person on one open connection to gunicorn, as a browser asks."""

import http.client
from typing import Any
from urllib.parse import urlencode

from .stage import PUBLIC_HOST


class Browser:
    """``session``, ``csrf``: of somebody who has entered; ``patience``: seconds until an answer is given up."""

    def __init__(self, port: int, session: str, csrf: str, *, patience: float = 30) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        self.csrf = csrf
        self.headers = {
            "Host": PUBLIC_HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Accept": "text/html",
            "Cookie": f"sessionid={session}; csrftoken={csrf}", "Referer": f"https://{PUBLIC_HOST}/desk/tickets/",
        }  # fmt: skip

    def page(self, path: str, text: str = "") -> str:
        """The page at ``path``, found by ``text`` where one is typed. Raises RuntimeError for anything else."""
        status, location, body = self._send("POST" if text else "GET", path, text)
        # A number leads to its card, which is no list any more; everything else to what was found.
        if status == http.HTTPStatus.FOUND:
            status, location, body = self._send("GET", location)
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} {text} was answered with {status} {location}")
        return body.decode()

    def _send(self, method: str, path: str, text: str = "") -> tuple[int, str, bytes]:
        body, kind = None, {}
        if method == "POST":
            body = urlencode({"text": text, "csrfmiddlewaretoken": self.csrf})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body, {**self.headers, **kind})
        answer = self.connection.getresponse()
        return answer.status, answer.getheader("Location") or "", answer.read()


def entered(users: Any) -> list[tuple[str, str]]:
    """A session and a CSRF token for each of ``users``, a queryset of people."""
    from django.middleware.csrf import _get_new_csrf_string
    from django.test import Client

    given = []
    for user in users:
        client = Client()
        client.force_login(user, backend="accounts.backends.PasswordBackend")
        given.append((client.cookies["sessionid"].value, _get_new_csrf_string()))
    return given


def at_part(lengths: list[float], part: float) -> float:
    """The length that ``part`` of them do not exceed, 0.95: nineteen of twenty; to a tenth."""
    return round(sorted(lengths)[min(int(len(lengths) * part), len(lengths) - 1)], 1)
