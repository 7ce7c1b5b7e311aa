"""What may happen to a house, and within which time the law wants it mended."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callbacks.models import Mark
from companies.models import Company, Service

MONTH_DAY = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


class CategoryQuerySet(models.QuerySet["Category"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Category(models.Model):
    """A kind of problem (категория заявки): where, which service, what is wrong.

    ``repeat_hours`` and ``repeat_scope``: a second call about it within these hours and from the same scope is a
    repeat (the rule of the Moscow centre's classifier); empty: it never is.
    """

    class RepeatScope(models.TextChoices):
        HOUSE = "house", _("дом")
        ENTRANCE = "entrance", _("подъезд")
        FLAT = "flat", _("квартира")

    code = models.CharField(_("код"), max_length=12, unique=True)
    place = models.CharField(_("место"), max_length=80)
    group = models.CharField(_("группа"), max_length=80)
    problem = models.CharField(_("что случилось"), max_length=160)
    is_emergency = models.BooleanField(_("авария"), default=False)
    # Danger to life: the script opens, 104/112 is told first, and the call stands before all others.
    is_danger = models.BooleanField(_("опасность"), default=False)
    script = models.TextField(_("что сказать"), blank=True)
    responsible_kind = models.CharField(_("кто отвечает"), max_length=16, choices=Company.Kind.choices)
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("услуга"))
    also_notify = models.CharField(_("кому ещё сообщить"), max_length=200, blank=True)
    # Words by which callers mean it, beside its own name.
    keywords = models.CharField(_("как ещё говорят"), max_length=400, blank=True, db_default="")
    # What the answer decides is asked before saving: degrees in the room decide the time of a repair.
    question = models.CharField(_("о чём спросить"), max_length=200, blank=True, db_default="")
    repeat_hours = models.PositiveSmallIntegerField(_("повтор в течение, ч"), null=True, blank=True)
    repeat_scope = models.CharField(
        _("повтор в пределах"), max_length=8, choices=RepeatScope.choices, blank=True, db_default=""
    )
    position = models.PositiveSmallIntegerField(_("порядок"), default=100)
    is_active = models.BooleanField(_("в ходу"), default=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("категория")
        verbose_name_plural = _("категории")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(repeat_hours=None, repeat_scope="")
                | Q(repeat_hours__gte=1, repeat_scope__in=["house", "entrance", "flat"]),
                name="category_repeat_is_whole",
                violation_error_message=_("Для повтора нужны и часы, и пределы."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.problem} · {self.place}"


class NormQuerySet(models.QuerySet["Norm"]):
    def valid_on(self, day: date) -> Self:
        return self.filter(valid_from__lte=day).order_by("-valid_from")


class Norm(models.Model):
    """The times of one category by one edition of the law (норматив).

    Minutes, because some are half an hour. ``own_columns`` names those of its numbers that are the centre's own
    default and may not be shown as law. A new edition is a new row; tickets keep the one they were registered with.
    """

    category = models.ForeignKey(Category, models.PROTECT, related_name="norms", verbose_name=_("категория"))
    valid_from = models.DateField(_("действует с"))
    localise_minutes = models.PositiveIntegerField(_("локализовать, мин"), null=True, blank=True)
    check_minutes = models.PositiveIntegerField(_("проверить, мин"), null=True, blank=True)
    fix_minutes = models.PositiveIntegerField(_("устранить, мин"), null=True, blank=True)
    # Peculiarities (DOMAIN §2): a longer time in summer; hours outside of which the time stands still; a repair
    # counted from the damage itself; a written answer in working days.
    summer_fix_minutes = models.PositiveIntegerField(_("устранить летом, мин"), null=True, blank=True)
    summer_from = models.CharField(_("лето с"), max_length=5, blank=True, help_text=_("Месяц и день: 04-15."))
    summer_to = models.CharField(_("лето по"), max_length=5, blank=True)
    opens_at = models.TimeField(_("работы не раньше"), null=True, blank=True)
    closes_at = models.TimeField(_("работы не позднее"), null=True, blank=True)
    # The colder the room, the sooner: from so many degrees so many minutes, [[12, 960], [10, 480], [8, 240]].
    fix_minutes_by_celsius = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    counts_from_damage = models.BooleanField(_("считать от повреждения"), default=False)
    reply_working_days = models.PositiveSmallIntegerField(_("ответить, рабочих дней"), null=True, blank=True)
    text = models.CharField(_("как сказано"), max_length=300, blank=True)
    act = models.CharField(_("акт"), max_length=200)
    mark = models.CharField(_("чем подтверждено"), max_length=2, choices=Mark.choices)
    own_columns = models.JSONField(default=list, blank=True)

    objects = NormQuerySet.as_manager()

    class Meta:
        verbose_name = _("норматив")
        verbose_name_plural = _("нормативы")
        ordering = ["category", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["category", "valid_from"], name="norm_edition_once"),
            models.CheckConstraint(condition=Q(mark__in=Mark.values), name="norm_mark_is_known"),
            models.CheckConstraint(
                condition=Q(summer_fix_minutes=None, summer_from="", summer_to="")
                | Q(summer_fix_minutes__isnull=False, summer_from__regex=MONTH_DAY, summer_to__regex=MONTH_DAY),
                name="norm_summer_is_whole",
                violation_error_message=_("Для летнего срока нужны его длина и оба края лета, как 04-15."),
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None, closes_at=None) | Q(opens_at__lt=models.F("closes_at")),
                name="norm_window_is_whole",
                violation_error_message=_("Укажите оба часа, первый раньше второго."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category.code}: {self.act}"

    def minutes_of(self, clock: str) -> int | None:
        minutes: int | None = getattr(self, f"{clock}_minutes")
        return minutes

    def mark_of(self, clock: str) -> str:
        """How sure we are of this very number: a default of ours is never shown as law."""
        return Mark.DEFAULT if f"{clock}_minutes" in self.own_columns else self.mark
