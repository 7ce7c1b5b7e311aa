"""Asks Celery to make a file; the row says what is to be done, whether anybody hears this or not."""

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)


def make_files() -> None:
    """After the commit, wake a worker for the files that wait."""
    transaction.on_commit(_send, robust=True)


def _send() -> None:
    try:
        current_app.send_task("reports.make_files", retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises, the next turn of the sweep finds the row
        log.warning("broker_silent", error=type(error).__name__)
