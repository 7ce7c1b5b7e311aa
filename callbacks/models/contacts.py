"""One person reached us once."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Length, Now, Reverse
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import E164, User


class ContactQuerySet(models.QuerySet["Contact"]):
    def of_number(self, number: str) -> Self:
        return self.filter(phone=number).order_by("-received_at")


class Contact(models.Model):
    """A contact (обращение): one person reached us once, by a call answered or missed, a message or a paper.

    Name and phone are snapshots of that moment; ``ended_as`` says how the talk ended (None: not finished).
    """

    class Channel(models.TextChoices):
        PHONE = "phone", _("телефон")
        MESSAGE = "message", _("сообщение")
        VISIT = "visit", _("личный приём")
        API = "api", _("внешняя система")

    class EndedAs(models.TextChoices):
        TICKET = "ticket", _("заявка")
        ADDED = "added", _("добавлено к заявке")
        OUTAGE = "outage", _("добавлено к отключению")
        ENQUIRY = "enquiry", _("ответ дан сразу")
        WRONG_NUMBER = "wrong_number", _("ошиблись номером")
        MISSED = "missed", _("пропущенный звонок")

    class NoPhone(models.TextChoices):
        HIDDEN = "hidden", _("номер скрыт")
        NOT_GIVEN = "not_given", _("номер не назван")

    # The call itself, not its writing down: the two are different fields by the norms.
    received_at = models.DateTimeField(_("поступило"))
    recorded_at = models.DateTimeField(_("записано"), db_default=Now(), editable=False)
    # What an exchange tells of a call: when somebody picked it up (None: nobody did) and when it was over. Both are
    # empty for what was written down by hand: how long it rang is not known then, and no figure guesses it.
    answered_at = models.DateTimeField(_("ответили"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("звонок кончился"), null=True, blank=True, editable=False)
    channel = models.CharField(_("канал"), max_length=16, choices=Channel.choices, default=Channel.PHONE)
    phone = models.CharField(_("телефон"), max_length=16, blank=True)
    extension = models.CharField(_("добавочный"), max_length=8, blank=True)
    no_phone_reason = models.CharField(_("почему нет номера"), max_length=16, choices=NoPhone.choices, blank=True)
    caller_name = models.CharField(_("заявитель"), max_length=200, blank=True)
    taken_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("кто принял")
    )
    ended_as = models.CharField(_("чем кончилось"), max_length=16, choices=EndedAs.choices, null=True, blank=True)
    # Who rang, for whom, and whom to reach when he does not answer are different people.
    for_whom = models.CharField(_("за кого звонит"), max_length=200, blank=True, db_default="")
    second_phone = models.CharField(_("второй телефон"), max_length=16, blank=True, db_default="")
    rings_long = models.BooleanField(_("звонить долго"), default=False, db_default=False)
    # Written on paper while the centre was down; its times are the true ones.
    is_from_paper = models.BooleanField(_("внесено с бумаги"), default=False, db_default=False)
    note = models.TextField(_("запись разговора"), blank=True)
    intake_key = models.UUIDField(unique=True, null=True, editable=False)
    # A search by the last digits is a search by the first ones here.
    phone_reversed = models.GeneratedField(
        expression=Reverse("phone"), output_field=models.CharField(max_length=16), db_persist=True
    )
    name_search = models.GeneratedField(
        expression=SearchVector("caller_name", "for_whom", config="russian"),
        output_field=SearchVectorField(), db_persist=True,
    )  # fmt: skip

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("обращение")
        verbose_name_plural = _("обращения")
        indexes = [
            models.Index(fields=["phone", "-received_at"], name="contact_by_phone"),
            models.Index(fields=["received_at"], name="contact_by_time"),
            models.Index(fields=["phone_reversed"], name="contact_by_last_digits"),
            models.Index(Reverse("second_phone"), name="contact_by_second_phone", condition=~Q(second_phone="")),
            GinIndex(fields=["name_search"], name="contact_by_name"),
            # A talk that ended as nothing is looked for all day; there are few of them.
            models.Index(fields=["received_at"], name="contact_unfinished", condition=Q(ended_as=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(phone__regex=E164) & Q(no_phone_reason="")) | (Q(phone="") & ~Q(no_phone_reason="")),
                name="contact_phone_e164_or_reason",
                violation_error_message=_("Нужен номер телефона или причина, почему его нет."),
            ),
            models.CheckConstraint(
                condition=Q(no_phone_reason__in=["", "hidden", "not_given"]), name="contact_no_phone_reason_is_known"
            ),
            models.CheckConstraint(condition=Q(extension__regex=r"^[0-9]*$"), name="contact_extension_digits"),
            models.CheckConstraint(
                condition=Q(second_phone="") | Q(second_phone__regex=E164), name="contact_second_phone_e164"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__gte=F("received_at")), name="contact_answered_after_ring"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=Coalesce("answered_at", "received_at")),
                name="contact_ended_after_answer",
            ),
            models.CheckConstraint(condition=LessThanOrEqual(Length("note"), 8000), name="contact_note_length"),
            # An enquiry answered on the spot is worth nothing without what was answered.
            models.CheckConstraint(
                condition=~Q(ended_as="enquiry") | ~Q(note__regex=r"^\s*$"), name="contact_enquiry_says_what"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller_name or '—'} {self.received_at:%d.%m.%Y %H:%M}"
