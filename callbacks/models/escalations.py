"""Rungs that rang, and what was sent to whom."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .deadlines import Deadline
from .obligations import CallbackObligation
from .rules import Audience


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def unacknowledged(self) -> Self:
        """Those that somebody still has to answer for; a warning asks for no answer."""
        return self.filter(acknowledged_at=None, is_warning=False)

    def to_repeat(self, at: datetime) -> Self:
        return self.filter(acknowledged_at=None, repeat_at__lte=at).order_by("repeat_at")

    def addressed_to(self, user: User) -> Self:
        """What this person is asked about on his screen; what names nobody asks everybody of the centre."""
        asked = Outbox.objects.filter(escalation=models.OuterRef("pk"), channel=Outbox.Channel.SCREEN)
        mine = Q(recipient=user) if user.is_of_company else Q(recipient=user) | Q(recipient=None)
        return self.filter(models.Exists(asked.filter(mine)))


class Escalation(models.Model):
    """A rung that rang (эскалация): recorded exactly once per deadline and rung, acknowledged by a named person.

    ``repeat_at`` is when it rings again, as long as its clock runs and nobody has answered; None: no more.
    """

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="escalations")
    rung = models.PositiveSmallIntegerField(_("ступень"))
    audience = models.CharField(_("кого спросили"), max_length=16, choices=Audience.choices)
    rung_due_at = models.DateTimeField(_("срок ступени"))
    raised_at = models.DateTimeField(_("когда"))
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    # Before the deadline: shown, with no answer expected.
    is_warning = models.BooleanField(_("предупреждение"), default=False, db_default=False)
    repeats = models.PositiveSmallIntegerField(_("повторов"), default=0, db_default=0)
    repeat_at = models.DateTimeField(null=True)
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
            models.Index(
                fields=["-raised_at"], name="escalation_unanswered", condition=Q(acknowledged_at=None, is_warning=False)
            ),
            models.Index(
                fields=["repeat_at"],
                name="escalation_to_repeat",
                condition=Q(acknowledged_at=None, repeat_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["deadline", "rung"], name="escalation_once_per_rung"),
            models.CheckConstraint(condition=Q(raised_at__gte=F("rung_due_at")), name="escalation_never_early"),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="escalation_acknowledged_by_name",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(repeat_at=None), name="escalation_answered_rings_no_more"
            ),
            models.CheckConstraint(
                condition=Q(is_warning=False) | Q(repeat_at=None, repeats=0), name="escalation_warning_rings_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline}, ступень {self.rung}"


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def to_pack(self, channel: str) -> Self:
        """Messages of a channel that lie in no envelope yet."""
        return self.filter(channel=channel, sent_at=None, envelope=None)


class Outbox(models.Model):
    """A message owed to somebody, written in the transaction of what it tells about.

    On a screen it is there at once. On any other channel an envelope carries it, alone or with others of its minute.
    It belongs to a rung that rang, or tells of an ``occasion`` that asks for no answer: work that was handed over.
    """

    class Channel(models.TextChoices):
        SCREEN = "screen", _("экран")
        EMAIL = "email", _("почта")
        HOOK = "hook", _("сообщение на телефон")

    escalation = models.ForeignKey(Escalation, models.PROTECT, null=True, related_name="outbox")
    # «work 1234»: one letter of one occasion to one person, however often it is told.
    occasion = models.CharField(max_length=60, blank=True, default="", db_default="")
    # Which ringing of the rung it belongs to: 0 the first, then its repeats.
    turn = models.PositiveSmallIntegerField(default=0, db_default=0)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    # NULL: everybody of the centre who looks at a screen: the pool, or when no named person could be found.
    recipient = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # Who should have been told, but has no address on this channel.
    stands_in_for = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    key = models.UUIDField(unique=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    envelope = models.ForeignKey("Envelope", models.PROTECT, null=True, related_name="messages")
    sent_at = models.DateTimeField(null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("сообщение")
        verbose_name_plural = _("исходящие сообщения")
        indexes = [
            models.Index(
                fields=["channel", "recipient"], name="outbox_to_pack", condition=Q(sent_at=None, envelope=None)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "occasion", "turn", "channel", "recipient"],
                name="outbox_once_per_occasion_and_recipient",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(escalation__isnull=False, occasion="") | (Q(escalation=None) & ~Q(occasion="")),
                name="outbox_has_one_occasion",
            ),
            models.CheckConstraint(
                condition=Q(channel="screen") | Q(channel__in=["email", "hook"], recipient__isnull=False),
                name="outbox_letter_has_recipient",
            ),
            models.CheckConstraint(
                condition=~Q(channel="screen") | Q(sent_at__isnull=False, envelope=None),
                name="outbox_screen_is_shown_at_once",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


UNSENT = Q(sent_at=None, abandoned_at=None)


class Posting(models.Model):
    """What is sent over a channel until it has left: tried, and tried again with growing waits.

    ``key`` makes a second delivery recognisable: recorded once, delivered at least once. ``abandoned_at``: nobody is
    there to get it any more, or it is too old to be of use; it is shown and tried no more.
    """

    key = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    abandoned_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(sent_at=None) | Q(abandoned_at=None), name="%(class)s_sent_or_abandoned")
        ]


class EnvelopeQuerySet(models.QuerySet["Envelope"]):
    def to_send(self, channel: str, at: datetime) -> Self:
        return self.filter(channel=channel, sent_at=None, abandoned_at=None, next_try_at__lte=at).order_by(
            "next_try_at"
        )


class Envelope(Posting):
    """All that one person is told over one channel within one minute (конверт): a storm is one message, not 500."""

    channel = models.CharField(max_length=8, choices=Outbox.Channel.choices)
    recipient = models.ForeignKey(User, models.PROTECT, related_name="+")
    minute = models.DateTimeField()

    objects = EnvelopeQuerySet.as_manager()

    class Meta:
        verbose_name = _("конверт")
        verbose_name_plural = _("конверты")
        indexes = [
            models.Index(fields=["channel", "next_try_at"], name="envelope_to_send", condition=UNSENT),
            models.Index(fields=["channel", "-sent_at"], name="envelope_last_sent", condition=Q(sent_at__isnull=False)),
        ]
        constraints = [
            *Posting.Meta.constraints,
            models.UniqueConstraint(fields=["channel", "recipient", "minute"], name="envelope_once_per_minute"),
            models.CheckConstraint(condition=Q(channel__in=["email", "hook"]), name="envelope_channel_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.minute:%d.%m %H:%M}"


class ChannelTurn(models.Model):
    """Until when a process has a channel for itself: a server that hangs holds one of them, never all.

    A lease and no lock: a process that is frozen with it does not silence the channel.
    """

    channel = models.CharField(max_length=8, primary_key=True)
    held_until = models.DateTimeField()

    class Meta:
        verbose_name = _("очередь канала")
        verbose_name_plural = _("очереди каналов")

    def __str__(self) -> str:
        return self.channel


class CitizenNotice(Posting):
    """A text message to a person whom nobody could reach by telephone, on a supervisor's decision."""

    obligation = models.ForeignKey(CallbackObligation, models.PROTECT, related_name="notices")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("сообщение заявителю")
        verbose_name_plural = _("сообщения заявителям")
        indexes = [
            models.Index(fields=["next_try_at"], name="notice_to_send", condition=UNSENT),
            models.Index(fields=["-sent_at"], name="notice_last_sent", condition=Q(sent_at__isnull=False)),
        ]
        constraints = Posting.Meta.constraints

    def __str__(self) -> str:
        return self.text
