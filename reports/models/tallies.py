"""Counts made beforehand, so that a year is added up and not read through. All of it can be made anew at any time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """How many rows of one day, or of one whole month, there are of one kind (свёртка).

    ``cube`` says which of the keys tell the rows apart (reports/cubes.py); the others are empty. ``counts``: its
    figures, in its order. No foreign keys: it is derived, and made anew when what it names has gone.
    """

    cube = models.CharField(max_length=24)
    is_month = models.BooleanField()
    # Its first day, for a month.
    day = models.DateField()
    company = models.BigIntegerField(null=True)
    category = models.BigIntegerField(null=True)
    district = models.BigIntegerField(null=True)
    operator = models.BigIntegerField(null=True)
    person = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=16, null=True)
    emergency = models.BooleanField(null=True)
    reason = models.CharField(max_length=16, null=True)
    clock = models.CharField(max_length=20, null=True)
    rung = models.SmallIntegerField(null=True)
    weekday = models.SmallIntegerField(null=True)
    hour = models.SmallIntegerField(null=True)
    half = models.SmallIntegerField(null=True)
    wait = models.IntegerField(null=True)
    counts = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("свёртка")
        verbose_name_plural = _("свёртки")
        indexes = [models.Index(fields=["cube", "is_month", "day"], name="tally_of_day")]

    def __str__(self) -> str:
        return f"{self.cube} {self.day}"


class RolledDay(models.Model):
    """All cubes of one subject are counted for this day, or for the month that begins with it.

    ``quiet_since``: the last moment at which anything happened that its figures look at. As of any later moment the
    counts are what they were; as of an earlier one the rows themselves have to be asked.
    """

    subject = models.CharField(max_length=16)
    is_month = models.BooleanField()
    day = models.DateField()
    quiet_since = models.DateTimeField()
    # Which figures and keys were counted: others make the counts worthless.
    version = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("свёрнутый день")
        verbose_name_plural = _("свёрнутые дни")
        constraints = [models.UniqueConstraint(fields=["subject", "is_month", "day"], name="rolled_day_once")]
        indexes = [models.Index(F("day"), name="rolled_month", condition=Q(is_month=True))]

    def __str__(self) -> str:
        return f"{self.subject} {self.day}"


class StaleDay(models.Model):
    """A row of a day that is past was changed: written by triggers, so that nobody can forget it.

    Not unique on purpose: two people who change rows of one day must not wait for each other.
    """

    subject = models.CharField(max_length=16)
    day = models.DateField()

    class Meta:
        verbose_name = _("изменённый день")
        verbose_name_plural = _("изменённые дни")
        indexes = [models.Index(fields=["subject", "day"], name="stale_day")]

    def __str__(self) -> str:
        return f"{self.subject} {self.day}"
