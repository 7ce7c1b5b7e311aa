"""Doorbells of the work: each only calls a service."""

from celery import shared_task

from accounts import clock

from .services.invariants import check_invariants as check


# Acknowledged when taken: an examination that was killed is begun anew by the next night or the next button.
@shared_task(name="tickets.check_invariants", ignore_result=True, acks_late=False)
def check_invariants(**_: object) -> None:
    """Look for rows that must not exist, and keep the finding for the supervisor's page."""
    check(at=clock.now())
