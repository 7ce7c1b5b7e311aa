"""Asks Celery to take a file in hand; the row says what is to be done, whether anybody hears this or not."""

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)


def carry_out_import(run: int) -> None:
    """After the commit, wake a worker for this import."""
    transaction.on_commit(lambda: _send(run), robust=True)


def _send(run: int) -> None:
    try:
        current_app.send_task("companies.carry_out_import", kwargs={"run": run}, retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises, the page offers to take it up again
        log.warning("broker_silent", error=type(error).__name__)
