"""Celery only wakes us: every deadline is a row, and any task may run twice, late or never."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_center.settings")

app = Celery("dispatch_center")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)


@worker_init.connect
def outlive_a_lost_broker(**_: object) -> None:
    """Keep the worker alive when Redis goes away while it holds messages that wait for their hour.

    Celery 5.7.0 then tries to give those messages back through a connection it has already taken apart, gets
    ``'NoneType' object has no attribute 'hostname'``, and the worker exits. There is nothing to give back to: Redis
    hands the messages out again after the visibility timeout, and the sweep does not need them at all.
    """
    from kombu.transport import redis

    class PatientQoS(redis.QoS):
        def restore_unacked_once(self, stderr: object = None) -> None:
            try:
                super().restore_unacked_once(stderr=stderr)
            except (AttributeError, AssertionError):
                in_hand: dict[str, Any] = self._delivered or {}
                log.warning("The broker was lost with %d messages in hand.", len(in_hand))
                in_hand.clear()

    redis.Channel.QoS = PatientQoS
