"""The work: what was asked, by which norm, what was done about it."""

from .checks import InvariantCheck
from .desk import AddedContact, Handover, IntakeDraft, SavedView
from .history import Holding, TicketEvent, TicketPromise
from .norms import Category, Norm
from .outages import DismissedHunch, Outage, OutageBuilding, OutageNews
from .photos import MOST_PHOTOS, SentStep, TicketPhoto
from .portal import CompanyNote, PhoneRequest, PhoneStop
from .tickets import PortalTab, Scope, Ticket, TicketDeadline

__all__ = [
    "MOST_PHOTOS",
    "AddedContact",
    "Category",
    "CompanyNote",
    "DismissedHunch",
    "Handover",
    "Holding",
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
    "SentStep",
    "Ticket",
    "TicketDeadline",
    "TicketEvent",
    "TicketPhoto",
    "TicketPromise",
]
