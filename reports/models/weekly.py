"""The governor's weekly: what was signed stays as it was signed, and what turned out otherwise is said beside it."""

import json
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# How much the head may write: it has to fit the paper.
LONGEST_NOTE = 2000


class Frozen(models.Model):
    """A paper with a name under it. ``content``: its canonical JSON (reports/frozen.py), which the digest is of.

    The database refuses a digest that is not that of the content, and any change of the row.
    """

    content = models.TextField(_("содержание"))
    digest = models.CharField(_("отпечаток SHA-256"), max_length=64)
    # As of which moment its numbers were counted.
    as_of = models.DateTimeField(_("по состоянию на"))
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("подписал")
    )
    signed_at = models.DateTimeField(_("подписана"))
    # As they were then: people change their names and posts.
    signer_name = models.CharField(_("имя"), max_length=310)
    signer_post = models.CharField(_("должность"), max_length=100)
    note = models.TextField(_("пояснение"), blank=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    @cached_property
    def paper(self) -> dict[str, Any]:
        """The frozen content."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def sheet(self) -> dict[str, Any]:
        """Its numbers."""
        found: dict[str, Any] = self.paper["sheet"]
        return found


class WeeklyReport(Frozen):
    """A signed week (недельная сводка). Numbered in the order of signing, anew each year, without gaps."""

    # Its Monday.
    week = models.DateField(_("неделя"))
    # Of the year in which it was signed, by the calendar of the region.
    year = models.PositiveSmallIntegerField(_("год"))
    serial = models.PositiveSmallIntegerField(_("номер"))

    class Meta:
        verbose_name = _("недельная сводка")
        verbose_name_plural = _("недельные сводки")
        constraints = [
            models.UniqueConstraint(fields=["week"], name="weekly_once"),
            models.UniqueConstraint(fields=["year", "serial"], name="weekly_number_once"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="weekly_begins_on_monday"),
            models.CheckConstraint(condition=Q(serial__gte=1), name="weekly_number_counts_from_one"),
            models.CheckConstraint(condition=Q(as_of__lte=F("signed_at")), name="weekly_counted_before_signed"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.serial}/{self.year}"


class WeeklyCorrection(Frozen):
    """What of a signed week turned out otherwise: each changed cell, what was said of it last and what it is now.

    ``content`` holds all numbers of the week as well, so that the next one is compared with this.
    """

    report = models.ForeignKey(WeeklyReport, models.PROTECT, related_name="corrections", verbose_name=_("сводка"))
    number = models.PositiveSmallIntegerField(_("номер"))

    class Meta:
        verbose_name = _("поправка к недельной сводке")
        verbose_name_plural = _("поправки к недельным сводкам")
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="weekly_correction_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="weekly_correction_counts_from_one"),
            models.CheckConstraint(condition=~Q(note=""), name="weekly_correction_says_why"),
            models.CheckConstraint(condition=Q(as_of__lte=F("signed_at")), name="weekly_correction_counted_before"),
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.number}"
