"""Ways out of the centre to a person's pocket: mail, and a gateway for messages. Screens need none."""

from .base import Channel, Parcel, ParcelRefused, Unreachable
from .hook import Hook
from .mail import Mail

ALL: tuple[Channel, ...] = (Mail(), Hook())


def named(name: str) -> Channel:
    """The channel that messages of ``name`` leave by; KeyError for screens and nonsense."""
    return {channel.name: channel for channel in ALL}[name]


def configured() -> list[Channel]:
    return [channel for channel in ALL if channel.is_configured]


__all__ = ["ALL", "Channel", "Parcel", "ParcelRefused", "Unreachable", "configured", "named"]
