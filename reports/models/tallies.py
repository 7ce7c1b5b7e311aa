"""What is counted beforehand: a year is added up and not read through. All of it can be made anew at any time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Keys(models.Model):
    """By what counted rows are told apart. No foreign keys: they are derived, and outlive what they name."""

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

    class Meta:
        abstract = True


KEYS = (
    "company", "category", "district", "operator", "person", "channel", "emergency", "reason", "clock", "rung",
    "weekday", "hour", "half", "wait",
)  # fmt: skip


class CountedRow(Keys):
    """One row of a day that is over, as the figures of its subject see it (посчитанная строка).

    ``figures``: a bit for each figure that counts it, in the order of the subject's figures (reports/cubes.py);
    ``measures``: what each figure adds up over it.
    """

    subject = models.CharField(max_length=16)
    day = models.DateField()
    figures = models.BigIntegerField()
    measures = ArrayField(models.IntegerField(), null=True)

    class Meta:
        verbose_name = _("посчитанная строка")
        verbose_name_plural = _("посчитанные строки")
        indexes = [models.Index(fields=["subject", "day"], name="counted_of_day")]

    def __str__(self) -> str:
        return f"{self.subject} {self.day}"


class Tally(Keys):
    """How many rows of one whole month there are of one kind (свёртка).

    ``cube`` says which of the keys tell the rows apart (reports/cubes.py); the others are empty. ``counts``: its
    figures, in its order.
    """

    cube = models.CharField(max_length=80)
    # Its first day.
    month = models.DateField()
    counts = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("свёртка")
        verbose_name_plural = _("свёртки")
        indexes = [models.Index(fields=["cube", "month"], name="tally_of_month")]

    def __str__(self) -> str:
        return f"{self.cube} {self.month}"


class RolledDay(models.Model):
    """All rows of one subject are counted for this day, or added up for the month that begins with it.

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
        constraints = [
            models.UniqueConstraint(fields=["subject", "is_month", "day"], name="rolled_day_once"),
            models.CheckConstraint(
                condition=Q(is_month=False) | Q(day__day=1), name="rolled_month_begins_with_the_first"
            ),
        ]

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
