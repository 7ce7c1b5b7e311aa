"""A signed POST to a gateway of the centre's choice, which passes it on as an SMS or in a messenger.

The gateway's side is described in docs/administrator.md. Neither the telephone nor the text gets into a log, an
address, or an error that is kept.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial

import requests
from django.conf import settings

from accounts.models import User

from .base import Parcel, ParcelRefused, Send, Unreachable

TIMEOUT_SECONDS = 5
# Nothing in an answer matters but its status; what is longer is not read to its end.
ANSWER_BYTES = 64 * 1024
# «Not now», to whatever is sent: too many requests, or a proxy that does not find its gateway.
NOT_NOW = frozenset({429, 502, 503, 504})


def signature(*, secret: str, timestamp: str, body: bytes) -> str:
    """What proves that the centre wrote ``body`` at ``timestamp`` (seconds since 1970)."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


class Hook:
    name = "hook"
    # Connecting, the answer's head and its body.
    patience = timedelta(seconds=15)

    @property
    def is_configured(self) -> bool:
        return bool(settings.NOTIFY_HOOK_URL)

    def address_of(self, user: User) -> str:
        return user.phone

    @contextmanager
    def open(self, *, at: datetime) -> Iterator[Send]:
        with requests.Session() as session:
            # One address and no other: no proxies, passwords or certificates from somebody's environment.
            session.trust_env = False
            yield partial(_send, session, f"{at.timestamp():.0f}")


def _send(session: requests.Session, timestamp: str, parcel: Parcel) -> None:
    content = {
        "id": str(parcel.key),
        "to": parcel.address,
        "subject": parcel.subject,
        "text": parcel.text,
        "created_at": parcel.created_at.isoformat(),
    }
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": str(parcel.key),
        "X-Timestamp": timestamp,
        "X-Signature": signature(secret=settings.NOTIFY_HOOK_SECRET, timestamp=timestamp, body=body),
    }
    try:
        answer = session.post(
            settings.NOTIFY_HOOK_URL,
            data=body,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            # A gateway that moved is a matter for the administrator: the telephone goes nowhere else.
            allow_redirects=False,
            stream=True,
        )
    except requests.RequestException as error:
        # Its text names the whole address, which may hold a password of the gateway.
        raise Unreachable(type(error).__name__) from None
    _drop_body(answer)
    if answer.status_code in NOT_NOW:
        raise Unreachable(f"HTTP {answer.status_code}")
    if not 200 <= answer.status_code < 300:
        raise ParcelRefused(f"HTTP {answer.status_code}")


def _drop_body(answer: requests.Response) -> None:
    """Read a short body away, so that the connection serves the next parcel; end one that is long or slow."""
    until = time.monotonic() + TIMEOUT_SECONDS
    taken = 0
    # The status has already said whether the parcel was taken.
    with suppress(Exception):
        while taken <= ANSWER_BYTES and time.monotonic() < until:
            part = answer.raw.read1(8192, decode_content=False)
            if not part:
                break
            taken += len(part)
    answer.close()
