"""The work: what was asked, by which norm, what was done about it."""

from .norms import Category, Norm
from .tickets import Ticket, TicketDeadline, TicketEvent, TicketPromise

__all__ = ["Category", "Norm", "Ticket", "TicketDeadline", "TicketEvent", "TicketPromise"]
