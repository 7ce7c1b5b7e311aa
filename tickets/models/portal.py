"""What passes between the centre and an organisation beside the work itself: its notes, and the citizen's telephone."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company

from .history import TicketEvent
from .tickets import Ticket


class CompanyNoteQuerySet(models.QuerySet["CompanyNote"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)


class CompanyNote(models.Model):
    """What an organisation wrote to the centre about a ticket (запись организации), until somebody has read it."""

    event = models.OneToOneField(TicketEvent, models.PROTECT, primary_key=True, related_name="company_note")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="company_notes")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    read_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)

    objects = CompanyNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("запись организации")
        verbose_name_plural = _("записи организаций")
        indexes = [models.Index(fields=["written_at"], name="company_note_unread", condition=Q(read_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(read_by=None, read_at=None) | Q(read_by__isnull=False, read_at__isnull=False),
                name="company_note_read_by_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}, {self.written_at:%d.%m.%Y %H:%M}"


class PhoneRequestQuerySet(models.QuerySet["PhoneRequest"]):
    def waiting(self) -> Self:
        """Those that nobody has decided yet, of work that goes on."""
        return self.filter(state=PhoneRequest.State.ASKED, ended_at=None)

    def in_force(self) -> Self:
        """Those that let their organisation see the number now."""
        return self.filter(state=PhoneRequest.State.GRANTED, ended_at=None)


class PhoneRequest(models.Model):
    """An organisation asks for the citizen's number of one ticket (запрос телефона).

    The centre asks the citizen and grants or refuses, by name; all of it ends with the work (``ended_at``).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("ждёт ответа центра")
        GRANTED = "granted", _("доступ дан")
        REFUSED = "refused", _("отказано")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="phone_requests")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.CharField(_("зачем нужен телефон"), max_length=300)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(_("что сказал житель"), max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PhoneRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("запрос телефона")
        verbose_name_plural = _("запросы телефона")
        indexes = [
            models.Index(fields=["asked_at"], name="phone_request_waiting", condition=Q(state="asked", ended_at=None))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None, decided_at=None)
                | Q(state__in=["granted", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="phone_request_decided_by_name",
            ),
            models.CheckConstraint(condition=~Q(reason__regex=r"^\s*$"), name="phone_request_says_why"),
            # Without the citizen's word, or one why not, nothing is decided.
            models.CheckConstraint(
                condition=Q(state="asked") | ~Q(note__regex=r"^\s*$"), name="phone_request_decision_says_why"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(state="refused"), name="phone_request_refused_has_no_end"
            ),
            models.UniqueConstraint(
                fields=["ticket", "company"],
                name="phone_request_one_waiting",
                condition=Q(state="asked", ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.get_state_display()}"


class PhoneStopQuerySet(models.QuerySet["PhoneStop"]):
    def standing(self) -> Self:
        return self.filter(lifted_at=None)


class PhoneStop(models.Model):
    """Somebody looked at more numbers within an hour than work needs: he sees none until a supervisor lifts it."""

    user = models.ForeignKey(User, models.PROTECT, related_name="phone_stops")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    note = models.CharField(_("почему можно снова"), max_length=300, blank=True)

    objects = PhoneStopQuerySet.as_manager()

    class Meta:
        verbose_name = _("остановка показа телефонов")
        verbose_name_plural = _("остановки показа телефонов")
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_by=None, lifted_at=None)
                | (Q(lifted_by__isnull=False, lifted_at__isnull=False) & ~Q(note__regex=r"^\s*$")),
                name="phone_stop_lifted_by_name",
            ),
            models.UniqueConstraint(fields=["user"], name="phone_stop_one_standing", condition=Q(lifted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.stopped_at:%d.%m.%Y %H:%M}"
