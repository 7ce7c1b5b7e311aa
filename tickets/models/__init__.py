"""The work: what was asked, by which norm, what was done about it."""

from .checks import InvariantCheck
from .desk import AddedContact, Handover, IntakeDraft, SavedView
from .norms import Category, Norm
from .outages import DismissedHunch, Outage, OutageBuilding, OutageNews
from .portal import CompanyNote, PhoneRequest, PhoneStop
from .tickets import PortalTab, Scope, Ticket, TicketDeadline, TicketEvent, TicketPromise

__all__ = [
    "AddedContact",
    "Category",
    "CompanyNote",
    "DismissedHunch",
    "Handover",
    "IntakeDraft",
    "InvariantCheck",
    "Norm",
    "Outage",
    "OutageBuilding",
    "OutageNews",
    "PhoneRequest",
    "PhoneStop",
    "PortalTab",
    "SavedView",
    "Scope",
    "Ticket",
    "TicketDeadline",
    "TicketEvent",
    "TicketPromise",
]
