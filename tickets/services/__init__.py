"""Every write of the work: registering a call, moving a ticket, talking to its caller, loading norms."""

from .calls import (
    finish_ring_back,
    open_tickets_of_number,
    owed_to_number,
    record_ring_back,
    settle_by_inbound,
    ticket_of,
)
from .crew import NotOurForeman, foremen_of, give_to_foreman
from .intake import Address, register_ticket
from .norms import load_norms
from .routing import Routing, responsible_for
from .steps import StepRefused, move_ticket, promise_ids

__all__ = [
    "Address",
    "NotOurForeman",
    "Routing",
    "StepRefused",
    "finish_ring_back",
    "foremen_of",
    "give_to_foreman",
    "load_norms",
    "move_ticket",
    "open_tickets_of_number",
    "owed_to_number",
    "promise_ids",
    "record_ring_back",
    "register_ticket",
    "responsible_for",
    "settle_by_inbound",
    "ticket_of",
]
