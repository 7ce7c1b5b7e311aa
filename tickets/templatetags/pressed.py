"""Two times of one deed: when a button was pressed on a telephone, and when that reached us."""

from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime

from tickets.models import TicketEvent, TicketPhoto

register = template.Library()


@register.filter
def pressed(event: TicketEvent) -> datetime | None:
    """When it was pressed, where that was another minute than the one in which it reached us."""
    return _if_apart(parse_datetime(event.details.get("pressed_at", "")), event.happened_at)


@register.filter
def taken_at(photo: TicketPhoto) -> datetime | None:
    """When it was taken, where that was another minute than the one in which it reached us."""
    return _if_apart(photo.pressed_at, photo.received_at)


def _if_apart(pressed_at: datetime | None, received_at: datetime) -> datetime | None:
    if pressed_at is None or pressed_at.replace(second=0, microsecond=0) == received_at.replace(
        second=0, microsecond=0
    ):
        return None
    return pressed_at
