"""Doorbells: each only calls an idempotent service until nothing is left."""

from celery import shared_task

from accounts import clock

from . import services


@shared_task(name="callbacks.escalate_overdue", ignore_result=True)
def escalate_overdue(**_: object) -> None:
    """One turn of the sweep, and its sign of life."""
    services.sweep(at=clock.now())


@shared_task(name="callbacks.deliver_outbox", ignore_result=True)
def deliver_outbox(**_: object) -> None:
    while services.deliver_outbox_batch(at=clock.now()):
        pass
