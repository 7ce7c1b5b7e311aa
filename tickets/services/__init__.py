"""Every write of the work: registering a call, moving a ticket, talking to its caller, loading norms."""

from .calls import finish_ring_back, open_tickets_of_number, owed_to_number, ticket_of
from .intake import Address, register_ticket
from .norms import load_norms
from .routing import Routing, responsible_for
from .steps import StepRefused, move_ticket

__all__ = [
    "Address",
    "Routing",
    "StepRefused",
    "finish_ring_back",
    "load_norms",
    "move_ticket",
    "open_tickets_of_number",
    "owed_to_number",
    "register_ticket",
    "responsible_for",
    "ticket_of",
]
