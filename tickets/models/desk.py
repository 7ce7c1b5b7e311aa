"""What the desk keeps for its people: calls being written down, calls joined to a ticket, views, handing over."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import LineSpell, User
from callbacks.models import Contact

from .tickets import Ticket


class IntakeDraft(models.Model):
    """A call that somebody is writing down (черновик): as typed, kept until it is saved or given up.

    It outlives the page, the browser and the sign-in; one that nobody goes on with is a talk that ended as nothing.
    """

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    typed = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("черновик звонка")
        verbose_name_plural = _("черновики звонков")
        indexes = [models.Index(fields=["touched_at"], name="draft_by_time")]

    def __str__(self) -> str:
        return f"{self.user}: {self.started_at:%d.%m.%Y %H:%M}"


class AddedContact(models.Model):
    """A further call about a ticket that is there (добавлено к заявке): its own caller again, or a neighbour."""

    class Kind(models.TextChoices):
        REPEAT = "repeat", _("повторное обращение")
        NEIGHBOUR = "neighbour", _("сосед о том же")
        NEWS = "news", _("дополнил сведения")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="added")
    contact = models.OneToOneField(Contact, models.PROTECT, related_name="added")
    kind = models.CharField(_("кто"), max_length=12, choices=Kind.choices)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("добавленное обращение")
        verbose_name_plural = _("добавленные обращения")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["repeat", "neighbour", "news"]), name="added_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.get_kind_display()}"


class SavedView(models.Model):
    """A search that somebody keeps under a name (сохранённый вид): its filters as in the address, and its columns."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("название"), max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    columns = models.JSONField(default=list)

    class Meta:
        verbose_name = _("сохранённый вид")
        verbose_name_plural = _("сохранённые виды")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_view_name_once",
                violation_error_message=_("Вид с таким названием уже есть."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Handover(models.Model):
    """What an operator left at the end of his time on the line (передача смены): open promises by name, and a word.

    ``owed``: a list of ``{"promise": id, "ticket": number or "", "what": text, "due": ISO moment or null}`` of then.
    """

    spell = models.OneToOneField(LineSpell, models.PROTECT, related_name="handover")
    at = models.DateTimeField()
    owed = models.JSONField(default=list)
    note = models.TextField(_("что передать"), blank=True)
    read_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("передача смены")
        verbose_name_plural = _("передачи смены")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.spell_id} {self.at:%d.%m.%Y %H:%M}"
