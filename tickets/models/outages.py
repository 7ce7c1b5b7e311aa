"""Outages: what is off, where, until when, and what to tell whoever asks."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from callbacks.models import Deadline
from companies.models import Building, Company, Service

from .norms import Category


class OutageQuerySet(models.QuerySet["Outage"]):
    def open(self) -> Self:
        """Announced and neither over nor called off, begun or not."""
        return self.filter(ended_at=None, called_off_at=None)

    def current(self, at: datetime) -> Self:
        """Off at this moment: a planned one not before its time. One past its promised end stays until it is closed."""
        return self.open().filter(starts_at__lte=at)


class Outage(models.Model):
    """A utility is off in some houses (отключение): planned, or an accident.

    ``ends_at`` is what was promised, ``ended_at`` what came true. ``text`` is read out to callers. ``news_deadline`` is
    the clock of «следующая новость до» that runs now.
    """

    class Kind(models.TextChoices):
        PLANNED = "planned", _("плановое")
        EMERGENCY = "emergency", _("аварийное")

    kind = models.CharField(_("вид"), max_length=12, choices=Kind.choices)
    services = models.ManyToManyField(Service, related_name="+", verbose_name=_("что отключено"))
    # Where one service covers many troubles (управление домом), this one is meant.
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("что случилось")
    )
    buildings = models.ManyToManyField(
        Building, through="OutageBuilding", related_name="outages", verbose_name=_("дома")
    )
    where = models.CharField(_("где"), max_length=500, help_text=_("Как это прочитать человеку: ул. Кирова, 1–40."))
    starts_at = models.DateTimeField(_("с"))
    ends_at = models.DateTimeField(_("до"), null=True, blank=True)
    ended_at = models.DateTimeField(_("включили"), null=True)
    called_off_at = models.DateTimeField(_("отменено"), null=True)
    cause = models.CharField(_("причина"), max_length=300, blank=True)
    text = models.TextField(_("что сказать жителю"))
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="outages", verbose_name=_("исполнитель")
    )
    accepted_at = models.DateTimeField(_("принято организацией"), null=True)
    done_at = models.DateTimeField(_("сделано"), null=True)
    news_deadline = models.OneToOneField(Deadline, models.PROTECT, null=True, related_name="outage")
    announced_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("кто объявил"))
    announced_at = models.DateTimeField(_("объявлено"))
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("отключение")
        verbose_name_plural = _("отключения")
        indexes = [
            models.Index(fields=["starts_at"], name="outage_open", condition=Q(ended_at=None, called_off_at=None)),
            models.Index(fields=["-starts_at"], name="outage_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["planned", "emergency"]), name="outage_kind_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="outage_ends_after_start",
                violation_error_message=_("Отключение должно кончаться позже, чем начинается."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("starts_at")), name="outage_ended_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(called_off_at=None), name="outage_ended_or_called_off"
            ),
            models.CheckConstraint(
                condition=~Q(text__regex=r"^\s*$") & Q(LessThanOrEqual(Length("text"), 2000)),
                name="outage_says_what",
                violation_error_message=_("Напишите, что сказать жителю."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.where}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.called_off_at is None


class OutageBuilding(models.Model):
    """A house that an outage covers."""

    outage = models.ForeignKey(Outage, models.CASCADE, related_name="covers")
    building = models.ForeignKey(Building, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("дом отключения")
        verbose_name_plural = _("дома отключения")
        constraints = [models.UniqueConstraint(fields=["outage", "building"], name="outage_building_once")]
        indexes = [models.Index(fields=["building"], name="outage_of_building")]

    def __str__(self) -> str:
        return str(self.building)


class OutageNews(models.Model):
    """A line of an outage's history (новость): what became known, when, by whom; ``next_by``: when the next is due."""

    outage = models.ForeignKey(Outage, models.PROTECT, related_name="news")
    at = models.DateTimeField(_("когда"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("кто"))
    text = models.TextField(_("что нового"))
    next_by = models.DateTimeField(_("следующая новость до"), null=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("новость об отключении")
        verbose_name_plural = _("новости об отключении")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text__regex=r"^\s*$") & Q(LessThanOrEqual(Length("text"), 2000)),
                name="outage_news_says_what",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class DismissedHunch(models.Model):
    """Several calls that looked like an outage and were none (отклонённая догадка): not suggested until ``until``."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    locality_name = models.CharField(max_length=120, blank=True)
    street = models.CharField(max_length=150)
    # Empty: the whole street.
    house = models.CharField(max_length=20, blank=True)
    until = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("отклонённая догадка")
        verbose_name_plural = _("отклонённые догадки")
        indexes = [models.Index(fields=["until"], name="hunch_until")]

    def __str__(self) -> str:
        return f"{self.category}: {self.street} {self.house}"
