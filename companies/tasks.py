"""Doorbells: each only calls an idempotent service until nothing is left."""

from celery import shared_task

from accounts import clock

from .imports import runs
from .services import deliveries, webhooks


@shared_task(name="companies.carry_out_import", ignore_result=True)
def carry_out_import(run: int, **_: object) -> None:
    """Read the file of this import and check or write it; a second bell finds it done or in hand."""
    runs.carry_out(run)


@shared_task(name="companies.deliver_webhooks", ignore_result=True)
def deliver_webhooks(**_: object) -> None:
    """Take to the organisations' programs what is due, and write to those whose webhook was switched off."""
    while deliveries.deliver_next(at=clock.now()):
        pass
    while deliveries.send_next_notice(at=clock.now()):
        pass


@shared_task(name="companies.forget_deliveries", ignore_result=True)
def forget_deliveries(**_: object) -> None:
    webhooks.forget_deliveries(at=clock.now())
