"""What every channel can do. A new one is a class with these names and a line in the list of channels."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from accounts.models import User


@dataclass(frozen=True)
class Parcel:
    """One message to one address. ``key`` lets the receiver's side recognise a second delivery of the same."""

    key: UUID
    address: str
    # One line, safe in a header; empty where there is nothing to say beside the text.
    subject: str
    text: str
    created_at: datetime


class ParcelRefused(Exception):
    """This parcel was not taken; others may be. The text is kept beside it and shown, so it names no telephone."""


class Unreachable(Exception):
    """Nothing can leave by this channel now: trying the next parcel would only cost another time-out."""


Send = Callable[[Parcel], None]


class Channel(Protocol):
    """One way of reaching people."""

    @property
    def name(self) -> str:
        """As in ``Outbox.Channel``."""

    @property
    def patience(self) -> timedelta:
        """How long one parcel may take at worst, with a server that answers at the last moment."""

    @property
    def is_configured(self) -> bool: ...

    def address_of(self, user: User) -> str:
        """Where this person is reached; empty when he has no address here."""

    def open(self, *, at: datetime) -> AbstractContextManager[Send]:
        """What sends parcels of one turn, over one connection that is made with the first of them.

        Sending raises ParcelRefused or Unreachable, and nothing else.
        """
