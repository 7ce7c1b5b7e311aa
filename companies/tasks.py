"""Doorbells of the register: each only calls a service."""

from celery import shared_task

from .imports import runs


@shared_task(name="companies.carry_out_import", ignore_result=True)
def carry_out_import(run: int, **_: object) -> None:
    """Read the file of this import and check or write it; a second bell finds it done or in hand."""
    runs.carry_out(run)
