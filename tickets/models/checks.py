"""What the database's own examination found."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InvariantCheck(models.Model):
    """One look for what must never be stored (проверка правил): an empty ``broken`` is health.

    ``broken``: a list of ``{"rule", "count", "ids"}``.
    """

    checked_at = models.DateTimeField(_("когда"))
    seconds = models.FloatField(_("секунд"))
    broken = models.JSONField(_("нарушено"), default=list)

    class Meta:
        verbose_name = _("проверка правил")
        verbose_name_plural = _("проверки правил")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.checked_at:%d.%m.%Y %H:%M}"
