"""Clocks: a row per deadline, and the signs of life of those who watch them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company

from .rules import Clock, ClockRule, Mark


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def running(self) -> Self:
        return self.filter(stopped_at=None)

    def overdue(self, at: datetime) -> Self:
        return self.running().filter(due_at__lte=at)

    def to_ring(self, at: datetime) -> Self:
        """Those whose next rung is due, the longest waiting first."""
        return self.running().filter(next_rung_at__lte=at).order_by("next_rung_at")


class Deadline(models.Model):
    """One running clock (срок). ``due_at`` is the truth; Celery only wakes whoever looks at it.

    ``next_rung`` and ``next_rung_at`` name the rung that rings next (NULL after the last one). Start and due time
    never change; a clock that is met, missed or stopped stays so: triggers in the database see to that.
    """

    class Outcome(models.TextChoices):
        MET = "met", _("в срок")
        MISSED = "missed", _("нарушен")
        STOPPED = "stopped", _("снят")

    clock = models.CharField(_("срок"), max_length=20, choices=Clock.choices)
    # What it is about, in words that an alarm can show: problem and address, never a phone.
    title = models.CharField(_("о чём"), max_length=250, blank=True)
    started_at = models.DateTimeField(_("начало"))
    due_at = models.DateTimeField(_("до"))
    source = models.CharField(_("основание"), max_length=200)
    mark = models.CharField(_("чем подтверждено"), max_length=2, choices=Mark.choices)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("организация")
    )
    # Who of the centre has it in hand: he who registered it or handed it over.
    operator = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("диспетчер")
    )
    # The version of the centre's rule that it started with; NULL: a clock without a ladder.
    rule = models.ForeignKey(ClockRule, models.PROTECT, null=True, related_name="+", verbose_name=_("правило"))
    # What was agreed beside it; the clock itself does not move.
    agreed_at = models.DateTimeField(_("согласовано до"), null=True)
    # A promise that moved to another ticket goes on where its ladder stood.
    first_rung = models.PositiveSmallIntegerField(default=1, db_default=1)
    next_rung = models.PositiveSmallIntegerField(null=True)
    next_rung_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(_("остановлен"), null=True)
    outcome = models.CharField(_("итог"), max_length=8, choices=Outcome.choices, null=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("срок")
        verbose_name_plural = _("сроки")
        indexes = [
            models.Index(
                fields=["next_rung_at"],
                name="deadline_to_ring",
                condition=Q(stopped_at=None, next_rung_at__isnull=False),
            ),
            models.Index(fields=["clock", "due_at"], name="deadline_running", condition=Q(stopped_at=None)),
            # What was handed over on a day, and what had to be done by a day: the reports ask for both.
            models.Index(fields=["started_at"], name="deadline_handed_over", condition=Q(clock="acceptance")),
            models.Index(fields=["due_at"], name="deadline_of_work", condition=Q(clock__in=["fix", "localise"])),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(clock__in=Clock.values), name="deadline_clock_is_known"),
            models.CheckConstraint(condition=Q(mark__in=Mark.values), name="deadline_mark_is_known"),
            models.CheckConstraint(condition=Q(due_at__gt=F("started_at")), name="deadline_after_its_start"),
            models.CheckConstraint(
                condition=(Q(stopped_at=None, outcome=None))
                | (Q(stopped_at__isnull=False) & Q(outcome__in=["met", "missed", "stopped"])),
                name="deadline_stopped_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="met") | Q(stopped_at__lte=F("due_at")), name="deadline_met_is_in_time"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="missed") | Q(stopped_at__gt=F("due_at")), name="deadline_missed_is_late"
            ),
            models.CheckConstraint(
                condition=Q(next_rung=None, next_rung_at=None) | Q(next_rung__isnull=False, next_rung_at__isnull=False),
                name="deadline_next_rung_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(next_rung=None) | Q(rule__isnull=False) | Q(stopped_at__isnull=False),
                name="deadline_ladder_has_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_clock_display()} до {self.due_at:%d.%m.%Y %H:%M}"

    def is_overdue(self, at: datetime) -> bool:
        return (self.stopped_at or at) > self.due_at


class Heartbeat(models.Model):
    """When a loop last finished a turn: the only sign of life that is believed."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    class Meta:
        verbose_name = _("пульс")
        verbose_name_plural = _("пульс")

    def __str__(self) -> str:
        return self.name
