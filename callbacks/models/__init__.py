"""The promise and every clock."""

from .contacts import Contact
from .deadlines import Deadline, Heartbeat
from .escalations import ChannelTurn, CitizenNotice, Envelope, Escalation, Outbox
from .obligations import CallAttempt, CallbackObligation
from .rules import COMPANY_CLOCKS, Audience, CalendarDay, Clock, ClockRule, Mark, Rung

__all__ = [
    "COMPANY_CLOCKS",
    "Audience",
    "CalendarDay",
    "CallAttempt",
    "CallbackObligation",
    "ChannelTurn",
    "CitizenNotice",
    "Clock",
    "ClockRule",
    "Contact",
    "Deadline",
    "Envelope",
    "Escalation",
    "Heartbeat",
    "Mark",
    "Outbox",
    "Rung",
]
