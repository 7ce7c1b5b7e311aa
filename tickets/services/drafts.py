"""Calls that are being written down: kept as typed, until they are saved or given up."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.writes import write
from callbacks.models import Contact
from tickets.models import IntakeDraft, Ticket

# A talk that nobody has gone on with for so long has ended as nothing (DOMAIN §1).
UNTOUCHED = timedelta(minutes=2)
# A form opened again so soon after the last letter goes on where it was left.
RESTORED_WITHIN = timedelta(minutes=10)
# What is older was given up long ago; a list is read, not paged through.
SHOWN_WITHIN = timedelta(days=7)
SHOWN = 100
# From so little typed nobody can go on.
TELLING = ("phone", "text")

Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Talks that have ended as nothing: those typed and left, and those of which nothing was written at all."""

    drafts: list[IntakeDraft]
    contacts: list[Contact]


# ── Keeping ───────────────────────────────────────────────────────────────────────────────────────────────────────
@write
def keep_draft(*, key: UUID, user: User, typed: Typed, at: datetime) -> bool:
    """Keep what is typed; the same again changes nothing. False when this call has been saved meanwhile."""
    if drafts_of(user).filter(key=key).update(typed=dict(typed), touched_at=at):
        return True
    # A letter typed just before the saving may come after it.
    if Ticket.objects.filter(intake_key=key).exists() or Contact.objects.filter(intake_key=key).exists():
        return False
    draft = IntakeDraft(key=key, user=user, typed=dict(typed), started_at=at, touched_at=at)
    # Of two windows that begin the same draft one is first; somebody else's draft stays his.
    IntakeDraft.objects.bulk_create([draft], ignore_conflicts=True)
    return True


@write
def drop_draft(*, key: UUID, user: User) -> None:
    """Give up what was typed."""
    drafts_of(user).filter(key=key).delete()


@contextmanager
def ending_draft(key: UUID | None) -> Iterator[None]:
    """Whatever is saved inside and the draft it was typed into change in one transaction.

    Not ``write``: a form sent twice is told apart by the service inside, which needs a savepoint of its own.
    """
    with transaction.atomic():
        yield
        if key is not None:
            IntakeDraft.objects.filter(key=key).delete()


# ── Finding ───────────────────────────────────────────────────────────────────────────────────────────────────────
def drafts_of(user: User) -> QuerySet[IntakeDraft]:
    """Those that this person may go on with: his own; a supervisor any."""
    every = IntakeDraft.objects.all()
    return every if user.role == Role.SUPERVISOR else every.filter(user=user)


def draft_to_restore(*, user: User, at: datetime) -> IntakeDraft | None:
    """What this person was typing a moment ago, on whatever machine."""
    recent = IntakeDraft.objects.filter(user=user, touched_at__gt=at - RESTORED_WITHIN)
    return recent.order_by("-touched_at").first()


def _unfinished_drafts(user: User, at: datetime) -> QuerySet[IntakeDraft]:
    left = drafts_of(user).filter(touched_at__range=(at - SHOWN_WITHIN, at - UNTOUCHED))
    return left.filter(Q(typed__has_any_keys=TELLING))


def talks_of(user: User) -> QuerySet[Contact]:
    """Talks of which nothing has been written, that this person may end: his own; a supervisor any."""
    every = Contact.objects.filter(ended_as=None)
    return every if user.role == Role.SUPERVISOR else every.filter(taken_by=user)


def _unfinished_talks(user: User, at: datetime) -> QuerySet[Contact]:
    return talks_of(user).filter(received_at__range=(at - SHOWN_WITHIN, at - UNTOUCHED))


def unfinished(*, user: User, at: datetime) -> Unfinished:
    """Talks that have ended as nothing: an operator's own, to a supervisor all; the oldest first."""
    drafts = _unfinished_drafts(user, at).select_related("user").order_by("touched_at")
    contacts = _unfinished_talks(user, at).select_related("taken_by").order_by("received_at")
    return Unfinished(list(drafts[:SHOWN]), list(contacts[:SHOWN]))


def unfinished_count(*, user: User, at: datetime) -> int:
    return _unfinished_drafts(user, at).count() + _unfinished_talks(user, at).count()
