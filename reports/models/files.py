"""Files that people take away, made beside their work; and reports that come by mail."""

from pathlib import Path
from secrets import token_hex
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from reports.period import Period


class FileKind(models.TextChoices):
    XLSX = "xlsx", "XLSX"
    CSV = "csv", "CSV"


# Who sees what others asked for.
SEE_ALL = (Role.HEAD, Role.ADMIN)


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def visible_to(self, user: User) -> Self:
        """One's own; the head and the administrator see everybody's."""
        return self if user.role in SEE_ALL else self.filter(owner=user)


class ReportOrderQuerySet(models.QuerySet["ReportOrder"]):
    def visible_to(self, user: User) -> Self:
        """One's own; the head and the administrator see everybody's."""
        return self if user.role in SEE_ALL else self.filter(owner=user)


def new_key() -> str:
    return token_hex(16)


class ReportFile(models.Model):
    """A file that somebody asked for (выгрузка): what it holds, how far it is, where it lies.

    A worker holds it by ``tries`` and ``beat_at``: one that has not moved for a while is followed by another, and what
    the first one still writes goes nowhere.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("ждёт очереди")
        RUNNING = "running", _("готовится")
        DONE = "done", _("готова")
        FAILED = "failed", _("не получилась")
        CANCELLED = "cancelled", _("отменена")

    AT_WORK = (State.WAITING, State.RUNNING)

    owner = models.ForeignKey(User, models.PROTECT, related_name="report_files", verbose_name=_("кто просил"))
    name = models.CharField(_("что"), max_length=60)
    title = models.CharField(_("название"), max_length=200)
    query = models.CharField(_("отбор"), max_length=1000, blank=True)
    first_day = models.DateField(_("с"))
    last_day = models.DateField(_("по"))
    as_of = models.DateTimeField(_("по состоянию на"))
    kind = models.CharField(_("вид"), max_length=4, choices=FileKind.choices)
    state = models.CharField(_("состояние"), max_length=10, choices=State.choices, default=State.WAITING)
    rows_done = models.PositiveIntegerField(_("строк готово"), default=0)
    rows_total = models.PositiveIntegerField(_("строк всего"), null=True)
    asked_at = models.DateTimeField(_("запрошена"))
    started_at = models.DateTimeField(_("начата"), null=True)
    beat_at = models.DateTimeField(_("двигалась"), null=True)
    finished_at = models.DateTimeField(_("кончена"), null=True)
    tries = models.PositiveSmallIntegerField(_("попыток"), default=0)
    size = models.BigIntegerField(_("байт"), null=True)
    error = models.CharField(_("почему не получилась"), max_length=300, blank=True)
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("выгрузка")
        verbose_name_plural = _("выгрузки")
        indexes = [
            models.Index(fields=["owner", "-asked_at"], name="report_file_of_owner"),
            models.Index(
                fields=["asked_at"], name="report_file_at_work", condition=Q(state__in=["waiting", "running"])
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["xlsx", "csv"]), name="report_file_kind_is_known"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="report_file_days_in_order"),
            models.CheckConstraint(
                condition=Q(state="waiting", finished_at=None)
                | Q(state="running", started_at__isnull=False, beat_at__isnull=False, finished_at=None)
                | Q(state="done", started_at__isnull=False, finished_at__isnull=False, size__isnull=False)
                | (Q(state="failed", finished_at__isnull=False) & ~Q(error=""))
                | Q(state="cancelled", finished_at__isnull=False),
                name="report_file_state_has_moments",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("asked_at")), name="report_file_ends_after_asking"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.first_day:%d.%m.%Y}"

    @property
    def period(self) -> Period:
        return Period(self.first_day, self.last_day, self.as_of)

    @property
    def path(self) -> Path:
        """Outside of everything that is served by itself."""
        return folder() / f"{self.key}.{self.kind}"

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "reports"


class ReportOrder(models.Model):
    """A report that comes by itself (подписка): which one, of which days, when, and to whom."""

    class Span(models.TextChoices):
        YESTERDAY = "yesterday", _("за вчера")
        WEEK = "week", _("за прошлую неделю")
        MONTH = "month", _("за прошлый месяц")

    class Every(models.TextChoices):
        DAY = "day", _("каждый день")
        WEEKDAY = "weekday", _("раз в неделю")
        MONTH_DAY = "month_day", _("раз в месяц")

    owner = models.ForeignKey(User, models.PROTECT, related_name="report_orders", verbose_name=_("чья"))
    name = models.CharField(_("отчёт"), max_length=40)
    query = models.CharField(_("отбор"), max_length=1000, blank=True)
    span = models.CharField(_("за какие дни"), max_length=10, choices=Span.choices)
    every = models.CharField(_("как часто"), max_length=10, choices=Every.choices)
    weekday = models.PositiveSmallIntegerField(_("день недели"), null=True, blank=True)
    month_day = models.PositiveSmallIntegerField(_("число месяца"), null=True, blank=True)
    hour = models.PositiveSmallIntegerField(_("час"))
    kind = models.CharField(_("вид файла"), max_length=4, choices=FileKind.choices, default=FileKind.XLSX)
    recipients = models.ManyToManyField(User, related_name="+", verbose_name=_("кому"))
    is_active = models.BooleanField(_("действует"), default=True)
    # What came due before that is not sent: nobody had asked for it yet.
    since = models.DateTimeField(_("действует с"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReportOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("подписка на отчёт")
        verbose_name_plural = _("подписки на отчёты")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(span__in=["yesterday", "week", "month"], kind__in=["xlsx", "csv"]),
                name="report_order_words_are_known",
            ),
            models.CheckConstraint(
                condition=Q(every="day", weekday=None, month_day=None)
                | Q(every="weekday", weekday__isnull=False, weekday__range=(1, 7), month_day=None)
                | Q(every="month_day", weekday=None, month_day__isnull=False, month_day__range=(1, 28)),
                name="report_order_has_its_day",
            ),
            models.CheckConstraint(condition=Q(hour__range=(0, 23)), name="report_order_hour_is_real"),
            # The same days are not sent twice, so oftener than they change would be a promise not kept.
            models.CheckConstraint(
                condition=Q(every="day", span="yesterday")
                | Q(every="weekday", span__in=["yesterday", "week"])
                | Q(every="month_day"),
                name="report_order_not_oftener_than_its_days",
                violation_error_message=_("Чаще, чем меняются дни отчёта, его не посылают."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_every_display()}"


class ReportLetter(models.Model):
    """One report of one order (письмо): unique by its days, so that it leaves once, whoever looks how often."""

    order = models.ForeignKey(ReportOrder, models.CASCADE, related_name="letters")
    first_day = models.DateField(_("с"))
    last_day = models.DateField(_("по"))
    due_at = models.DateTimeField(_("когда послать"))
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(_("попыток"), default=0)
    sent_at = models.DateTimeField(_("ушло"), null=True)
    given_up_at = models.DateTimeField(_("не ушло"), null=True)
    last_error = models.CharField(_("ошибка"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("письмо с отчётом")
        verbose_name_plural = _("письма с отчётами")
        ordering = ["-first_day", "-id"]
        indexes = [
            models.Index(fields=["next_try_at"], name="report_letter_to_send", condition=Q(next_try_at__isnull=False))
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "first_day"], name="report_letter_once"),
            models.CheckConstraint(
                condition=Q(next_try_at__isnull=False, sent_at=None, given_up_at=None)
                | Q(next_try_at=None, sent_at__isnull=False, given_up_at=None)
                | Q(next_try_at=None, sent_at=None, given_up_at__isnull=False),
                name="report_letter_waits_or_is_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.first_day:%d.%m.%Y}"
