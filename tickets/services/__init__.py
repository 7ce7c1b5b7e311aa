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
from .delays import promise_delay
from .drafts import (
    Unfinished,
    draft_to_restore,
    drafts_of,
    drop_draft,
    ending_draft,
    keep_draft,
    talks_of,
    unfinished,
    unfinished_count,
)
from .intake import Address, register_ticket
from .norms import load_norms
from .outages import current_outages
from .photos import Shot, add_photo, report_with_photos, sent_photo
from .pictures import PhotoRefused, read_picture
from .repeats import Similar, add_to_ticket, similar_open
from .routing import Routing, responsible_for
from .steps import StepRefused, move_ticket, promise_ids, was_sent

__all__ = [
    "Address",
    "NotOurForeman",
    "PhotoRefused",
    "Routing",
    "Shot",
    "Similar",
    "StepRefused",
    "Unfinished",
    "add_photo",
    "add_to_ticket",
    "current_outages",
    "draft_to_restore",
    "drafts_of",
    "drop_draft",
    "ending_draft",
    "finish_ring_back",
    "foremen_of",
    "give_to_foreman",
    "keep_draft",
    "load_norms",
    "move_ticket",
    "open_tickets_of_number",
    "owed_to_number",
    "promise_delay",
    "promise_ids",
    "read_picture",
    "record_ring_back",
    "register_ticket",
    "report_with_photos",
    "responsible_for",
    "sent_photo",
    "settle_by_inbound",
    "similar_open",
    "talks_of",
    "ticket_of",
    "unfinished",
    "unfinished_count",
    "was_sent",
]
