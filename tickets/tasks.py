"""Doorbells of the work: each only calls a service."""

import structlog
from celery import shared_task

from accounts import clock

from .services.invariants import check_invariants as check
from .services.photo_files import sweep_photo_files

log = structlog.get_logger(__name__)


# Acknowledged when taken: an examination that was killed is begun anew by the next night or the next button.
@shared_task(name="tickets.check_invariants", ignore_result=True, acks_late=False)
def check_invariants(**_: object) -> None:
    """Look for rows that must not exist, and keep the finding for the supervisor's page."""
    check(at=clock.now())


@shared_task(name="tickets.sweep_photos", ignore_result=True, acks_late=False)
def sweep_photos(**_: object) -> None:
    """Remove the files of photos that no ticket names; a photo without its file is an error in the log."""
    _removed, missing = sweep_photo_files()
    if missing:
        log.error("photos_without_files", count=len(missing), names=missing[:5])
