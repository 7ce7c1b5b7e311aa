"""Doorbells of the reports: each only calls a service."""

from celery import shared_task

from accounts import clock

from .services import making, orders, tallies


# Acknowledged when taken: a turn that was killed is begun anew by the next minute.
@shared_task(name="reports.refresh_tallies", ignore_result=True, acks_late=False)
def refresh_tallies(**_: object) -> None:
    """Count the days that are over, and those that were changed."""
    tallies.refresh_tallies(at=clock.now())


@shared_task(name="reports.add_up_months", ignore_result=True, acks_late=False)
def add_up_months(**_: object) -> None:
    """Add up the days of months that are over; a month that is still being changed is read by its days meanwhile."""
    tallies.add_up_months()


# Acknowledged when taken: what a killed worker had in hand is found by a later turn, when its row has not moved.
@shared_task(name="reports.make_files", ignore_result=True, acks_late=False)
def make_files(**_: object) -> None:
    """Make the files that wait, and those that were left behind."""
    while making.make_next():
        pass


@shared_task(name="reports.forget_files", ignore_result=True, acks_late=False)
def forget_files(**_: object) -> None:
    making.forget_files(at=clock.now())


@shared_task(name="reports.send_letters", ignore_result=True, acks_late=False)
def send_letters(**_: object) -> None:
    """Write down which reports have come due, and send what waits."""
    orders.write_due_letters(at=clock.now())
    while orders.send_next(at=clock.now()):
        pass
