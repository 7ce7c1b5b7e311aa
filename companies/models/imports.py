"""Files that people bring in, and how their columns were understood."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class ImportMapping(models.Model):
    """Which column is which field, for one set of headings (соответствие столбцов): chosen once, kept for next time."""

    kind = models.CharField(max_length=16)
    # Of the headings, whatever their order.
    fingerprint = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    # What the words in the cells mean, where that was said: {"categories": {"10.67": "lighting"}}.
    words = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("соответствие столбцов")
        verbose_name_plural = _("соответствия столбцов")
        constraints = [models.UniqueConstraint(fields=["kind", "fingerprint"], name="import_mapping_once")]

    def __str__(self) -> str:
        return self.kind


class ImportRun(models.Model):
    """One file with houses and organisations, from its arrival to what came of it (импорт реестра).

    The file lies in the row: the worker that reads it need not share a disk with the page that took it. It is thrown
    away when the import is over.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("загружен")
        CHECKING = "checking", _("проверяется")
        CHECKED = "checked", _("проверен")
        RUNNING = "running", _("записывается")
        DONE = "done", _("выполнен")

    file_name = models.CharField(_("файл"), max_length=200)
    content = models.BinaryField(default=bytes)
    header = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    state = models.CharField(_("состояние"), max_length=12, choices=State.choices, default=State.UPLOADED)
    done_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    # Counts, the differences and the merged names of the last check or import.
    result = models.JSONField(default=dict)
    errors = models.BinaryField(default=bytes)
    refusal = models.CharField(max_length=500, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("кто загрузил"))
    created_at = models.DateTimeField(_("загружен"), db_default=Now(), editable=False)
    # A sign of life: a run that has not moved for a minute may be taken up again.
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("закончен"), null=True)

    class Meta:
        verbose_name = _("импорт реестра")
        verbose_name_plural = _("импорт реестра")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["uploaded", "checking", "checked", "running", "done"]),
                name="import_run_state_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        return min(100, self.done_rows * 100 // self.total_rows) if self.total_rows else 0
