"""What has happened to a ticket: its append-only history, who had it from when to when, what was promised about it."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import CENTRE_ROLES, COMPANY_ROLES, User, named
from callbacks.models import CallbackObligation
from companies.models import Company

from .tickets import Ticket

SHOWN_OF_HISTORY = (
    "ticket", "step", *named("actor"), "from_status", "to_status", "company", "happened_at", "reason", "note",
    "details",
)  # fmt: skip


class TicketEventQuerySet(models.QuerySet["TicketEvent"]):
    def visible_to(self, user: User) -> Self:
        """An organisation reads that a ticket was registered and what happened while it had it.

        What the centre's people wrote down for each other, and the citizen's numbers, are not for it.
        """
        if user.is_of_centre:
            return self
        theirs = self.filter(Q(company=None, step="register") | Q(company__memberships__user=user))
        theirs = theirs.only(*SHOWN_OF_HISTORY)
        return theirs.exclude(step="comment", actor__role__in=CENTRE_ROLES).exclude(step="correct_phone")

    def said_by_organisations(self) -> Self:
        """What their people wrote with whatever step, the latest first."""
        told = self.filter(actor__role__in=COMPANY_ROLES).exclude(note="")
        return told.select_related("actor", "company").order_by("-pk")


class TicketEvent(models.Model):
    """A line of the ticket's history (журнал заявки). Append-only: triggers and grants refuse changes."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="events")
    step = models.CharField(max_length=24)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    reason = models.CharField(max_length=24, blank=True)
    note = models.TextField(blank=True)
    # What else the step carried: planned_at, until, works, act_number, said_by, duplicate_of; was and became.
    details = models.JSONField(default=dict)

    objects = TicketEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("запись журнала")
        verbose_name_plural = _("журнал заявки")
        ordering = ["id"]
        indexes = [models.Index(fields=["happened_at"], name="event_by_time")]
        constraints = [
            models.CheckConstraint(condition=LessThanOrEqual(Length("note"), 8000), name="event_note_length"),
        ]

    # What was said to the citizen or about him is the centre's own; what the organisation must mend is for it.
    CENTRES_OWN_NOTES = (
        "register", "close", "close_unconfirmed", "cancel", "mark_duplicate", "correct_address", "import",
    )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.step}"

    def note_for(self, user: User) -> str:
        """The note as this person may read it."""
        return self.note if user.is_of_centre or self.step not in self.CENTRES_OWN_NOTES else ""


class Holding(models.Model):
    """One organisation's turn with a ticket (кто держал заявку): from the hand-over until it left, and by which step.

    At most one turn of a ticket is open; a turn that is over is final: a trigger in the database sees to that.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="holdings")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("организация"))
    started_at = models.DateTimeField(_("с"))
    ended_at = models.DateTimeField(_("до"), null=True)
    # The line of the history that took the work away: its step, reason and note say why.
    left_by = models.OneToOneField(TicketEvent, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("кто держал заявку")
        verbose_name_plural = _("кто держал заявку")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(ended_at=None), name="holding_one_open"),
            models.CheckConstraint(
                condition=Q(ended_at=None, left_by=None)
                | Q(ended_at__isnull=False, left_by__isnull=False, ended_at__gte=F("started_at")),
                name="holding_ends_by_a_step",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.company}"

    def length(self, at: datetime) -> timedelta:
        """How long this organisation has had it."""
        return (self.ended_at or at) - self.started_at


class TicketPromise(models.Model):
    """A further promise to the caller of a ticket: promised later, reopened, former control calls."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="promises")
    obligation = models.OneToOneField(CallbackObligation, models.PROTECT, related_name="ticket_promise")

    class Meta:
        verbose_name = _("обещание по заявке")
        verbose_name_plural = _("обещания по заявке")

    def __str__(self) -> str:
        return str(self.obligation)
