"""Every write of the promise: making it, taking it, dialling, settling, escalating, telling people."""

from .answers import acknowledge, acknowledge_all
from .attempts import (
    expire_abandoned_attempts,
    finish_attempt,
    record_attempt,
    record_inbound_talk,
    start_attempt,
)
from .channel_states import ChannelState, channel_states, outbox_age
from .claims import claim, claim_next, release, renew
from .contacts import NotInProgress, end_talk, let_ladder_wait, record_enquiry, record_missed_call, take_contact
from .decisions import order_another_round, send_notice
from .delivery import deliver_outbox_batch
from .heartbeats import beat
from .ladder import escalate_overdue_batch, repeat_unacknowledged
from .ladder_view import Ladder, LadderRing, LadderStep, ladder_of
from .promises import promise_callback, stop_clock, waive
from .rules import change_rule, load_clock_rules, rules_in_force
from .sweep import sweep

__all__ = [
    "ChannelState",
    "Ladder",
    "LadderRing",
    "LadderStep",
    "NotInProgress",
    "acknowledge",
    "acknowledge_all",
    "beat",
    "change_rule",
    "channel_states",
    "claim",
    "claim_next",
    "deliver_outbox_batch",
    "end_talk",
    "escalate_overdue_batch",
    "expire_abandoned_attempts",
    "finish_attempt",
    "ladder_of",
    "let_ladder_wait",
    "load_clock_rules",
    "order_another_round",
    "outbox_age",
    "promise_callback",
    "record_attempt",
    "record_enquiry",
    "record_inbound_talk",
    "record_missed_call",
    "release",
    "renew",
    "repeat_unacknowledged",
    "rules_in_force",
    "send_notice",
    "start_attempt",
    "stop_clock",
    "sweep",
    "take_contact",
    "waive",
]
