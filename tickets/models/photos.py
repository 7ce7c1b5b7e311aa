"""What a telephone sends: photos before and after the work, and the steps that were pressed without a network."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company

from .history import TicketEvent
from .tickets import Ticket

# More would be paid for by whoever opens the card on a telephone.
MOST_PHOTOS = 20


class TicketPhotoQuerySet(models.QuerySet["TicketPhoto"]):
    def visible_to(self, user: User) -> Self:
        """The centre sees all, an organisation what was taken while it had the ticket; as with the history."""
        return self if user.is_of_centre else self.filter(company__memberships__user=user)

    def in_order(self) -> Self:
        """Before, then after; as they were taken."""
        return self.order_by("-stage", "pressed_at", "id")


class TicketPhoto(models.Model):
    """A photo of the work (фото до, фото после). Append-only, like the history that names it.

    The file is a JPEG that we wrote ourselves, under ``name`` in MEDIA_ROOT (see services/photo_files.py).
    """

    class Stage(models.TextChoices):
        BEFORE = "before", _("до работы")
        AFTER = "after", _("после работы")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="photos")
    # Its place among the photos of the ticket: the schema itself refuses one too many.
    position = models.PositiveSmallIntegerField()
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    stage = models.CharField(_("когда снято"), max_length=8, choices=Stage.choices)
    # Random: nothing of the name that the telephone gave is kept.
    name = models.CharField(max_length=32, unique=True)
    size = models.PositiveIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    # When the shutter was pressed, by the telephone's clock; and when the photo reached us, by ours.
    pressed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    # One key of one person, one photo: what is sent again meets this index.
    upload_key = models.UUIDField(editable=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TicketPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("фото")
        verbose_name_plural = _("фото")
        constraints = [
            models.UniqueConstraint(fields=["uploaded_by", "upload_key"], name="photo_sent_once"),
            models.UniqueConstraint(fields=["ticket", "position"], name="photo_position_once"),
            models.CheckConstraint(condition=Q(position__range=(1, MOST_PHOTOS)), name="photo_not_too_many"),
            models.CheckConstraint(condition=Q(stage__in=["before", "after"]), name="photo_stage_is_known"),
            models.CheckConstraint(condition=Q(name__regex=r"^[0-9a-f]{32}$"), name="photo_name_is_random"),
            models.CheckConstraint(condition=Q(size__gt=0) & Q(width__gt=0) & Q(height__gt=0), name="photo_has_a_size"),
            models.CheckConstraint(condition=Q(pressed_at__lte=models.F("received_at")), name="photo_taken_then_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.stage} {self.position}"


class SentStep(models.Model):
    """A step that a telephone sent under a key of its own: sent again, it is the same step."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    key = models.UUIDField(editable=False)
    event = models.OneToOneField(TicketEvent, models.PROTECT, related_name="sent")

    class Meta:
        verbose_name = _("шаг с телефона")
        verbose_name_plural = _("шаги с телефона")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="step_sent_once")]

    def __str__(self) -> str:
        return str(self.event)
