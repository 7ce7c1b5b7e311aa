"""Clocks: a row per deadline, the ladder of people who are asked, and what was sent to them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company


class Clock(models.TextChoices):
    """Which promise or norm a deadline stands for; each has its own ladder and its own report."""

    FIRST_ANSWER = "first_answer", _("обещание центра")
    MISSED_CALL = "missed_call", _("пропущенный звонок")
    PROMISED_LATER = "promised_later", _("обещанный звонок")
    CONTROL_CALL = "control_call", _("контрольный звонок")
    REOPENED = "reopened", _("возобновление")
    ACCEPTANCE = "acceptance", _("принятие организацией")
    LOCALISE = "localise", _("локализация")
    CHECK = "check", _("проверка")
    FIX = "fix", _("устранение")


class Mark(models.TextChoices):
    """How sure we are of a number: only VERIFIED and SECOND_HAND may be shown as law."""

    VERIFIED = "V", _("норма")
    SECOND_HAND = "V2", _("норма, по пересказу")
    MEMORY = "M", _("не проверено")
    DEFAULT = "D", _("правило центра")


class Audience(models.TextChoices):
    """Who is asked at a rung of the ladder."""

    SUPERVISOR = "supervisor", _("старший смены")
    HEAD = "head", _("руководитель центра")
    MINISTRY = "ministry", _("дежурный министерства")
    COMPANY = "company", _("диспетчер организации")


class Rung(models.Model):
    """One step of a clock's ladder (ступень): so long after the deadline, this post is asked."""

    clock = models.CharField(_("срок"), max_length=20, choices=Clock.choices)
    number = models.PositiveSmallIntegerField(_("номер"))
    offset = models.DurationField(_("через сколько после срока"))
    audience = models.CharField(_("кого"), max_length=16, choices=Audience.choices)

    class Meta:
        verbose_name = _("ступень")
        verbose_name_plural = _("лестница эскалации")
        ordering = ["clock", "number"]
        constraints = [
            models.UniqueConstraint(fields=["clock", "number"], name="rung_once_per_clock"),
            models.CheckConstraint(condition=Q(clock__in=Clock.values), name="rung_clock_is_known"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="rung_audience_is_known"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rung_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.get_clock_display()}, {self.number}: {self.get_audience_display()}"


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
        ]

    def __str__(self) -> str:
        return f"{self.get_clock_display()} до {self.due_at:%d.%m.%Y %H:%M}"

    def is_overdue(self, at: datetime) -> bool:
        return (self.stopped_at or at) > self.due_at


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def unacknowledged(self) -> Self:
        return self.filter(acknowledged_at=None)

    def for_user(self, user: User) -> Self:
        return self.filter(outbox__recipient=user).distinct()

    def addressed_to(self, user: User) -> Self:
        """What this person is asked about on his screen; what names nobody asks everybody of the centre."""
        asked = Outbox.objects.filter(escalation=models.OuterRef("pk"), channel=Outbox.Channel.SCREEN)
        return self.filter(models.Exists(asked.filter(Q(recipient=user) | Q(recipient=None))))


class Escalation(models.Model):
    """A rung that rang (эскалация): recorded exactly once per deadline and rung, acknowledged by a named person."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="escalations")
    rung = models.PositiveSmallIntegerField(_("ступень"))
    audience = models.CharField(_("кого спросили"), max_length=16, choices=Audience.choices)
    rung_due_at = models.DateTimeField(_("срок ступени"))
    raised_at = models.DateTimeField(_("когда"))
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_note = models.CharField(max_length=500, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name = _("эскалация")
        verbose_name_plural = _("эскалации")
        ordering = ["-raised_at"]
        indexes = [
            models.Index(fields=["-raised_at"], name="escalation_by_time"),
            models.Index(fields=["audience"], name="escalation_unanswered", condition=Q(acknowledged_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["deadline", "rung"], name="escalation_once_per_rung"),
            models.CheckConstraint(condition=Q(raised_at__gte=F("rung_due_at")), name="escalation_never_early"),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="escalation_acknowledged_by_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline}, ступень {self.rung}"


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def to_send(self, at: datetime) -> Self:
        return self.filter(sent_at=None, next_try_at__lte=at).order_by("next_try_at")


class Outbox(models.Model):
    """A message owed to somebody, written in the transaction of what it tells about.

    ``key`` makes a second delivery recognisable (it becomes the Message-ID): recorded once, delivered at least once.
    """

    class Channel(models.TextChoices):
        SCREEN = "screen", _("экран")
        EMAIL = "email", _("почта")

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="outbox")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    # NULL: everybody of the centre who looks at a screen, when no named person could be found.
    recipient = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    key = models.UUIDField(unique=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("сообщение")
        verbose_name_plural = _("исходящие сообщения")
        indexes = [models.Index(fields=["next_try_at"], name="outbox_to_send", condition=Q(sent_at=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "channel", "recipient"],
                name="outbox_once_per_escalation_and_recipient",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(channel="screen") | Q(channel="email", recipient__isnull=False),
                name="outbox_letter_has_recipient",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class Heartbeat(models.Model):
    """When a loop last finished a turn: the only sign of life that is believed."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    class Meta:
        verbose_name = _("пульс")
        verbose_name_plural = _("пульс")

    def __str__(self) -> str:
        return self.name
