"""Doorbells of the reports: each only calls a service."""

from celery import shared_task

from accounts import clock

from .services import tallies


# Acknowledged when taken: a turn that was killed is begun anew by the next minute.
@shared_task(name="reports.refresh_tallies", ignore_result=True, acks_late=False)
def refresh_tallies(**_: object) -> None:
    """Count the days that are over, and those that were changed."""
    tallies.refresh_tallies(at=clock.now())
