"""Doorbells: each only calls an idempotent service until nothing is left."""

from celery import shared_task

from accounts import clock

from . import services
from .models import Outbox


@shared_task(name="callbacks.escalate_overdue", ignore_result=True)
def escalate_overdue(**_: object) -> None:
    """One turn of the sweep, and its sign of life."""
    services.sweep(at=clock.now())


@shared_task(name="callbacks.deliver_outbox", ignore_result=True)
def deliver_outbox(channel: str = Outbox.Channel.EMAIL, **_: object) -> None:
    """Send what is due on one channel; a bell of the version before names none and means the mail."""
    while services.deliver_outbox_batch(at=clock.now(), channel=channel):
        pass
