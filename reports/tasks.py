"""Doorbells of the reports: each only calls a service."""

from celery import shared_task

from accounts import clock

from .services import tallies


# Acknowledged when taken: a turn that was killed is begun anew by the next minute.
@shared_task(name="reports.refresh_tallies", ignore_result=True, acks_late=False)
def refresh_tallies(**_: object) -> None:
    """Count the days that are over, and those that were changed."""
    tallies.refresh_tallies(at=clock.now())


@shared_task(name="reports.add_up_months", ignore_result=True, acks_late=False)
def add_up_months(**_: object) -> None:
    """Add up the days of months that are over; a month that is still being changed is read by its days meanwhile."""
    tallies.add_up_months()
