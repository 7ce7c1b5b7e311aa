"""What the clocks are and how long they run: the centre's rules, each change of them a new version."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Clock(models.TextChoices):
    """Which promise or norm a deadline stands for; each has its own ladder and its own report (DOMAIN §2)."""

    FIRST_ANSWER = "first_answer", _("обещание центра")
    MISSED_CALL = "missed_call", _("пропущенный звонок")
    DROPPED_CALL = "dropped_call", _("сорвавшийся звонок")
    MESSAGE = "message", _("сообщение")
    PROMISED_LATER = "promised_later", _("обещанный звонок")
    CONTROL_CALL = "control_call", _("контрольный звонок")
    REOPENED = "reopened", _("возобновление")
    WAITING_CENTRE = "waiting_centre", _("ждёт решения центра")
    ACCEPTANCE = "acceptance", _("принятие организацией")
    PLANNED_TERM = "planned_term", _("сообщить срок заявителю")
    LOCALISE = "localise", _("локализация")
    CHECK = "check", _("проверка")
    FIX = "fix", _("устранение")
    WRITTEN_REPLY = "written_reply", _("письменный ответ")
    REPEATS = "repeats", _("повторные обращения")
    REFUSALS = "refusals", _("отказались две организации")
    OUTAGE_NEWS = "outage_news", _("новость об отключении")
    DELAY = "delay", _("сообщить о переносе срока")


# What an organisation is held to; the others are the centre's own.
COMPANY_CLOCKS = (Clock.ACCEPTANCE, Clock.LOCALISE, Clock.CHECK, Clock.FIX, Clock.WRITTEN_REPLY)


class Mark(models.TextChoices):
    """How sure we are of a number: only VERIFIED and SECOND_HAND may be shown as law."""

    VERIFIED = "V", _("норма")
    SECOND_HAND = "V2", _("норма, по пересказу")
    MEMORY = "M", _("не проверено")
    DEFAULT = "D", _("правило центра")


class Audience(models.TextChoices):
    """Who is asked at a rung of the ladder."""

    HOLDER = "holder", _("кто держит звонок")
    POOL = "pool", _("все на линии")
    OPERATOR = "operator", _("диспетчер заявки")
    COMPANY = "company", _("диспетчер организации")
    COMPANY_HEAD = "company_head", _("руководитель организации")
    SUPERVISOR = "supervisor", _("старший смены")
    HEAD = "head", _("руководитель центра")
    MINISTRY = "ministry", _("дежурный министерства")


class ClockRuleQuerySet(models.QuerySet["ClockRule"]):
    def in_force(self) -> Self:
        return self.filter(retired_at=None)


class ClockRule(models.Model):
    """How long a clock runs and whom its ladder asks (правило срока): one version, never changed once written.

    A change is a new row; clocks that run keep the version they started with. ``length`` is None where something else
    says how long: a norm, the moment agreed with the caller, or CALLBACK_PROMISE for the ten-minute promises.
    """

    clock = models.CharField(_("срок"), max_length=20, choices=Clock.choices)
    length = models.DurationField(_("сколько"), null=True, blank=True)
    emergency_length = models.DurationField(_("сколько при аварии"), null=True, blank=True)
    source = models.CharField(_("основание"), max_length=200)
    mark = models.CharField(_("чем подтверждено"), max_length=2, choices=Mark.choices)
    note = models.CharField(_("почему изменено"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("кто изменил")
    )
    created_at = models.DateTimeField(_("действует с"), db_default=Now(), editable=False)
    retired_at = models.DateTimeField(_("заменено"), null=True, editable=False)

    objects = ClockRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("правило срока")
        verbose_name_plural = _("сроки и лестницы")
        ordering = ["clock", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["clock"], name="clock_rule_one_in_force", condition=Q(retired_at=None)),
            models.CheckConstraint(condition=Q(clock__in=Clock.values), name="clock_rule_clock_is_known"),
            models.CheckConstraint(condition=Q(mark__in=Mark.values), name="clock_rule_mark_is_known"),
            models.CheckConstraint(
                condition=(Q(length=None) | Q(length__gt=timedelta()))
                & (Q(emergency_length=None) | Q(emergency_length__gt=timedelta())),
                name="clock_rule_length_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.get_clock_display()

    def length_for(self, *, is_emergency: bool) -> timedelta:
        """How long this clock runs; only for those whose length is the centre's own."""
        length = self.emergency_length if is_emergency and self.emergency_length else self.length
        assert length is not None, self.clock
        return length


class Rung(models.Model):
    """One step of a ladder (ступень): so long before or after the deadline this post is asked.

    Either ``offset`` or ``share`` says when: percent of the clock's length (−20: a fifth of it before the end).
    Before the deadline it is a warning: shown on screens, with no answer expected. At or after it somebody must answer
    by name; until then it rings again every ``repeat_every``, at most ``repeat_times`` times.
    """

    rule = models.ForeignKey(ClockRule, models.PROTECT, related_name="rungs", verbose_name=_("правило"))
    number = models.PositiveSmallIntegerField(_("номер"))
    offset = models.DurationField(_("через сколько после срока"), null=True, blank=True)
    share = models.SmallIntegerField(_("или в процентах от срока"), null=True, blank=True)
    audience = models.CharField(_("кого"), max_length=16, choices=Audience.choices)
    repeat_every = models.DurationField(_("повторять каждые"), null=True, blank=True)
    repeat_times = models.PositiveSmallIntegerField(_("сколько раз"), default=0)

    class Meta:
        verbose_name = _("ступень")
        verbose_name_plural = _("ступени")
        ordering = ["rule", "number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rung_once_per_rule"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="rung_audience_is_known"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rung_number_from_one"),
            models.CheckConstraint(
                condition=Q(offset=None, share__isnull=False) | Q(offset__isnull=False, share=None),
                name="rung_has_one_moment",
                violation_error_message=_("Укажите одно: через сколько или процент от срока."),
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__range=(-90, 100)),
                name="rung_share_is_percent",
                violation_error_message=_("Процент от срока: от −90 до 100."),
            ),
            models.CheckConstraint(
                condition=Q(repeat_every=None, repeat_times=0)
                | Q(repeat_every__gte=timedelta(minutes=1), repeat_times__gte=1),
                name="rung_repeats_by_a_rule",
                violation_error_message=_("Для повтора нужны оба числа: не чаще раза в минуту и сколько раз."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.get_audience_display()}"


class CalendarDay(models.Model):
    """A day that the region works or rests otherwise than the country's calendar says (день календаря)."""

    day = models.DateField(_("день"), primary_key=True)
    is_working = models.BooleanField(_("рабочий"))
    note = models.CharField(_("почему"), max_length=200)

    class Meta:
        verbose_name = _("день календаря")
        verbose_name_plural = _("местный календарь")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"
