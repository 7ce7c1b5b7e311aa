"""The work: what was asked, by which norm, what was done about it."""

from .checks import InvariantCheck
from .norms import Category, Norm
from .tickets import PortalTab, Ticket, TicketDeadline, TicketEvent, TicketPromise

__all__ = [
    "Category",
    "InvariantCheck",
    "Norm",
    "PortalTab",
    "Ticket",
    "TicketDeadline",
    "TicketEvent",
    "TicketPromise",
]
