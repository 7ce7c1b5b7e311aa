"""Posting to an address that a stranger chose, so that it cannot be turned against our own network (SSRF).

The name is resolved once, every address it has must be a public one, and the connection goes to that very address with
the certificate checked for the name. No redirects, no proxies, five seconds for everything, 64 kB of the answer.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from queue import Empty, Queue
from urllib.parse import quote, urlsplit

import certifi
import idna
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.writes import Refused

SECONDS = 5.0
ANSWER_BYTES = 64 * 1024
KEPT_CHARACTERS = 1000
LONGEST_URL = 500
HTTPS = 443

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What Python's is_global leaves open: groups, relays, and every way of writing an IPv4 address inside an IPv6 one.
CLOSED_4 = tuple(
    ipaddress.IPv4Network(block)
    for block in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/3")
)
CLOSED_6 = tuple(
    ipaddress.IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)  # fmt: skip
# Everything that is given out; mapped, compatible, NAT64, local and group addresses all lie outside.
OPEN_6 = ipaddress.IPv6Network("2000::/3")
# An interface named after an IPv4 address (ISATAP).
ISATAP = frozenset({0x00005EFE, 0x02005EFE})
# Browsers and C libraries read such a name as a number: 2130706433, 0x7f.1, 0177.0.0.1.
NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")


class BadAddress(Refused):
    message = _("На этот адрес посылать нельзя.")
    code = "bad_address"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: the name as the network knows it, and the way there. ``is_public``: by the strict rules."""

    scheme: str
    host: str
    port: int
    path: str
    is_public: bool

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.path}"

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"https": HTTPS, "http": 80}[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: a status, or why there is none; and how the answer begins."""

    status: int | None
    error: str = ""
    beginning: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


# ── Which addresses may be written to ────────────────────────────────────────────────────────────────────────────
def target_of(url: str) -> Target:
    """The address that ``url`` means. Raises BadAddress with the reason.

    ``WEBHOOK_TO_LOOPBACK``, which only a demonstration may set, lets in other schemes, ports and names as well: they
    are then good for this machine alone.
    """
    if not 0 < len(url) <= LONGEST_URL or any(sign.isspace() or not sign.isprintable() for sign in url) or "\\" in url:
        raise BadAddress(_("Адрес не длиннее 500 знаков, без пробелов."))
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise BadAddress(_("Это не адрес.")) from None
    if parts.scheme not in {"https", "http"} or not host:
        raise BadAddress(_("Адрес должен начинаться с https://."))
    if "@" in parts.netloc or "%" in parts.netloc or "#" in url:
        raise BadAddress(_("Без имени, пароля, знака процента и решётки: подлинность доказывает подпись."))
    port = port if port is not None else (HTTPS if parts.scheme == "https" else 80)
    host, wrong = _name_of(host)
    if parts.scheme != "https":
        wrong = wrong or _("Адрес должен начинаться с https://.")
    if port != HTTPS:
        wrong = wrong or _("Порт может быть только 443.")
    if wrong and not settings.WEBHOOK_TO_LOOPBACK:
        raise BadAddress(wrong)
    path = quote(parts.path or "/", safe="/%:!$&'()*+,;=~-._") + (
        f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    )
    return Target(parts.scheme, host, port, path, is_public=not wrong)


_QUERY = "/?%:@!$&'()*+,;=~-._"


def _name_of(host: str) -> tuple[str, Promise | str]:
    """The name in ASCII, and what is wrong with it by the strict rules ('' if nothing)."""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return host, _("Нужно имя сервера, а не числовой адрес.")
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode().rstrip(".")
    except (idna.IDNAError, UnicodeError):
        raise BadAddress(_("Такого имени сервера быть не может.")) from None
    labels = name.split(".")
    if NUMERIC.fullmatch(labels[-1]):
        return name, _("Нужно имя сервера, а не числовой адрес.")
    if len(labels) < 2:
        return name, _("Нужно полное имя сервера, с точкой.")
    return name, ""


def is_public(address: Address) -> bool:
    """Whether ``address`` lies on the open internet, by itself and by whatever it may be a disguise of."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in block for block in CLOSED_4)
    if address.scope_id or address not in OPEN_6 or any(address in block for block in CLOSED_6):
        return False
    return address.is_global and (int(address) >> 32) & 0xFFFFFFFF not in ISATAP


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver orders them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _addresses(target: Target, until: float) -> list[Address]:
    """Resolved once, and all of them good. Raises BadAddress, OSError."""
    # The system's resolver has no time-out of its own.
    told: Queue[list[str] | Exception] = Queue()

    def ask() -> None:
        try:
            told.put(resolve(target.host, target.port))
        except Exception as error:  # handed over to whoever asked
            told.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = told.get(timeout=_left(until))
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    addresses = [ipaddress.ip_address(text) for text in found]
    if not addresses or not all(_may_go_to(address, target) for address in addresses):
        raise BadAddress(_("Имя сервера ведёт во внутреннюю сеть."))
    return addresses


def _may_go_to(address: Address, target: Target) -> bool:
    if address.is_loopback and settings.WEBHOOK_TO_LOOPBACK:
        return True
    return target.is_public and is_public(address)


# ── Going there ──────────────────────────────────────────────────────────────────────────────────────────────────
def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post ``body`` and say what came of it; never raises, never takes much longer than five seconds."""
    until = time.monotonic() + SECONDS
    try:
        target = target_of(url)
        addresses = _addresses(target, until)
        with _line_to(addresses, target, until) as line:
            return _talk(line, target, body=body, headers=headers, until=until)
    except BadAddress as refusal:
        return Answer(None, str(refusal.message))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, _t("Нет ответа за 5 секунд.") if time.monotonic() >= until else _words(error))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@contextmanager
def _line_to(addresses: list[Address], target: Target, until: float) -> Iterator[socket.socket]:
    """A connection to the first of ``addresses`` that takes one, cut off at ``until`` whatever the other side drips."""
    line = _connected(addresses, target, until)
    held = [line]
    # Of the base class: an SSLSocket's own would pull its session away from under a read.
    bell = threading.Timer(_left(until), lambda: _shut(held[-1]))
    bell.daemon = True
    bell.start()
    try:
        line.settimeout(_left(until))
        if target.scheme == "https":
            safe = tls().wrap_socket(line, server_hostname=target.host, do_handshake_on_connect=False)
            held.append(safe)
            safe.do_handshake()
        yield held[-1]
    finally:
        bell.cancel()
        for one in reversed(held):
            one.close()


def _connected(addresses: list[Address], target: Target, until: float) -> socket.socket:
    trouble: OSError = OSError()
    for address in addresses:
        try:
            return socket.create_connection((str(address), target.port), timeout=_left(until))
        except TimeoutError:
            raise
        except OSError as error:
            trouble = error
    raise trouble


def _shut(line: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


@cache
def tls() -> ssl.SSLContext:
    """The machine's own authorities and the usual ones; SSL_CERT_DIR adds a national one."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _talk(
    line: socket.socket, target: Target, *, body: bytes, headers: Mapping[str, str], until: float
) -> Answer:  # fmt: skip
    talk = http.client.HTTPConnection(target.host, target.port)
    # It may use the line it is given and never make one of its own.
    talk.auto_open = 0
    talk.sock = line
    talk.request("POST", target.path, body=body, headers={"Host": target.host_header, **headers})
    with talk.getresponse() as response:
        # A head that was cut off in its midst reads like one that ended.
        _left(until)
        if 300 <= response.status < 400:
            return Answer(response.status, _t("Переадресация: укажите конечный адрес."))
        beginning = _beginning(response, until)
        return Answer(response.status, beginning=beginning)


def _beginning(response: http.client.HTTPResponse, until: float) -> str:
    """How the body begins; the status has already said whether the event was taken."""
    taken = bytearray()
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(taken) < ANSWER_BYTES and time.monotonic() < until:
            part = response.read1(8192)
            if not part:
                break
            taken += part
    text = bytes(taken[:ANSWER_BYTES]).decode("utf-8", "replace")
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n")[:KEPT_CHARACTERS]


def _words(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return _t("Сертификат не подходит: %s") % error.verify_message
        case ssl.SSLError():
            return _t("Защищённое соединение не удалось.")
        case socket.gaierror():
            return _t("Имя сервера не найдено.")
        case TimeoutError():
            return _t("Нет ответа за 5 секунд.")
        case ConnectionError() | OSError():
            return _t("Соединиться не удалось: %s") % (error.strerror or type(error).__name__)
    return _t("Ответ не похож на HTTP.")
