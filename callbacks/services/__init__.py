"""Every write of the promise: making it, taking it, dialling, settling, escalating, telling people."""

from .attempts import expire_abandoned_attempts, finish_attempt, record_inbound_talk, start_attempt
from .claims import claim, claim_next, release, renew
from .contacts import record_enquiry, record_missed_call, take_contact
from .delivery import acknowledge, deliver_outbox_batch
from .heartbeats import beat
from .ladder import escalate_overdue_batch, load_ladder
from .promises import promise_callback, stop_clock, waive
from .sweep import sweep

__all__ = [
    "acknowledge",
    "beat",
    "claim",
    "claim_next",
    "deliver_outbox_batch",
    "escalate_overdue_batch",
    "expire_abandoned_attempts",
    "finish_attempt",
    "load_ladder",
    "promise_callback",
    "record_enquiry",
    "record_inbound_talk",
    "record_missed_call",
    "release",
    "renew",
    "start_attempt",
    "stop_clock",
    "sweep",
    "take_contact",
    "waive",
]
