"""The promise and every clock."""

from .contacts import Contact
from .deadlines import Clock, Deadline, Escalation, Heartbeat, Outbox, Rung
from .obligations import CallAttempt, CallbackObligation

__all__ = [
    "CallAttempt",
    "CallbackObligation",
    "Clock",
    "Contact",
    "Deadline",
    "Escalation",
    "Heartbeat",
    "Outbox",
    "Rung",
]
