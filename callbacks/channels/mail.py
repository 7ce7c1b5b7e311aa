"""Letters by SMTP."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import User

from .base import Parcel, ParcelRefused, Send, Unreachable

# «Service not available, closing transmission channel», to whichever command it comes.
SERVER_LEAVES = 421


class Mail:
    name = "email"
    # Connection, greeting, sender, recipient, text, farewell: each may take EMAIL_TIMEOUT.
    patience = timedelta(minutes=1)

    @property
    def is_configured(self) -> bool:
        return bool(settings.EMAIL_HOST)

    def address_of(self, user: User) -> str:
        return user.email

    @contextmanager
    def open(self, *, at: datetime) -> Iterator[Send]:
        server = get_connection()
        try:
            yield partial(_send, server)
        finally:
            with suppress(OSError):
                server.close()


def _send(server: BaseEmailBackend, parcel: Parcel) -> None:
    try:
        server.open()
    except Exception as error:  # a name that is not found, a certificate, a password: it is the same for every letter
        raise Unreachable(_words(error)) from error
    letter = EmailMessage(
        subject=parcel.subject,
        body=parcel.text,
        to=[parcel.address],
        # A second try is the same letter to the last byte: its number and its date are those of the writing.
        headers={
            "Message-ID": f"<{parcel.key}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>",
            "Date": format_datetime(parcel.created_at),
        },
        connection=server,
    )
    try:
        letter.send()
    except Exception as error:  # whatever is wrong with one letter, the others are sent
        if _ends_the_turn(error):
            raise Unreachable(_words(error)) from error
        raise ParcelRefused(_words(error)) from error


def _ends_the_turn(error: Exception) -> bool:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return any(code == SERVER_LEAVES for code, _answer in error.recipients.values())
        case smtplib.SMTPResponseException():
            return error.smtp_code == SERVER_LEAVES
        case smtplib.SMTPServerDisconnected():
            return True
        # The other SMTP errors are OSErrors too, but an answer of a server that lives.
        case smtplib.SMTPException():
            return False
    return isinstance(error, OSError)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
