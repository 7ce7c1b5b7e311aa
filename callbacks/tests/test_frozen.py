"""A process that stops in the midst of a batch, with its rows locked."""

import threading
import time

import pytest
from django.db import connection

from accounts import clock
from callbacks.models import Escalation
from callbacks.services import escalate_overdue_batch, ladder
from tickets.tests.factories import MINUTE, make_promise

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_frozen_process_held_is_raised_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    make_promise(at=clock.now() - 9 * MINUTE)
    monkeypatch.setattr(ladder, "FROZEN_AFTER", "500ms")
    is_frozen, thaw = threading.Event(), threading.Event()
    original = ladder._tell

    def freeze_here(*args: object, **given: object) -> None:
        if threading.current_thread() is frozen:
            is_frozen.set()
            thaw.wait(20)
        original(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(ladder, "_tell", freeze_here)
    done: list[int] = []

    def sweep_and_freeze() -> None:
        try:
            done.append(escalate_overdue_batch(at=clock.now()))
        finally:
            connection.close()

    frozen = threading.Thread(target=sweep_and_freeze)
    frozen.start()
    assert is_frozen.wait(10)
    assert escalate_overdue_batch(at=clock.now()) == 0, "the rows are taken"
    patience = time.monotonic() + 10
    while not escalate_overdue_batch(at=clock.now()):
        assert time.monotonic() < patience
        time.sleep(0.1)
    thaw.set()
    frozen.join(20)
    # Thawed, it finds its session ended and nothing of what it had begun stored, and goes on.
    assert done == [0]
    assert Escalation.objects.count() == 1
