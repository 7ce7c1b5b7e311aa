"""What an organisation's people fill in beside the steps: a search, a request for a telephone, their colleagues."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessRecord, Presence, Role
from callbacks.calendar import REGION
from companies.models import Company, Membership


def _why(label: Any, placeholder: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, widget=forms.Textarea(attrs={"rows": 2, "placeholder": placeholder})
    )


class OwnSearchForm(forms.Form):
    """It is posted: somebody may look for a number that he was shown, and that must not stand in an address."""

    words = forms.CharField(
        label=_("Найти заявку"),
        max_length=100,
        strip=True,
        error_messages={"required": _("Напишите номер заявки, адрес или слово из описания.")},
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("номер, адрес или слово"), "autocomplete": "off"}
        ),
    )


class AskPhoneForm(forms.Form):
    reason = _why(_("Зачем нужен телефон"), _("не открывают дверь, мастер у подъезда"))


class SoundForm(forms.Form):
    sound = forms.ChoiceField(choices=Presence.Sound.choices)


class LettersForm(forms.Form):
    wanted = forms.BooleanField(required=False)


# What the centre's people answer.
class DecidePhoneForm(forms.Form):
    """``said``: what the citizen answered when he was asked, or why he was not."""

    said = _why(_("Что сказал житель"), _("спросили по телефону: согласна, звонить до восьми вечера"))


class LiftStopForm(forms.Form):
    note = _why(_("Почему можно смотреть дальше"), _("авария в трёх домах, обзванивали жителей"))


class PhoneJournalForm(forms.Form):
    """Narrows the journal of shown numbers; a ticket's number and an organisation are nobody's secret."""

    number = forms.CharField(
        label=_("Заявка"), max_length=16, required=False,
        widget=forms.TextInput(attrs={"placeholder": "26-000123", "autocomplete": "off"}),
    )  # fmt: skip
    company = forms.ModelChoiceField(
        label=_("Организация"), queryset=Company.objects.all(), required=False, empty_label=_("все")
    )
    since = forms.DateField(
        label=_("С какого дня"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def narrow(self, records: QuerySet[AccessRecord]) -> QuerySet[AccessRecord]:
        """What of ``records`` is asked for; what is typed wrongly narrows nothing."""
        self.is_valid()
        asked = self.cleaned_data
        if number := asked.get("number"):
            records = records.filter(subject__endswith=number.strip())
        if company := asked.get("company"):
            records = records.filter(actor__membership__company=company)
        if since := asked.get("since"):
            records = records.filter(recorded_at__gte=datetime.combine(since, time.min, tzinfo=REGION))
        return records


# ── Own people ───────────────────────────────────────────────────────────────────────────────────────────────────
ROLES = [(Role.COMPANY.value, Role.COMPANY.label), (Role.FOREMAN.value, Role.FOREMAN.label)]


class PersonForm(forms.Form):
    """What somebody of an organisation may do, and when he is asked."""

    role = forms.ChoiceField(label=_("Кто это"), choices=ROLES)
    post = forms.ChoiceField(label=_("Когда спрашивать"), choices=Membership.Post.choices)
    manages_users = forms.BooleanField(label=_("ведёт сотрудников: приглашает и отключает"), required=False)

    def __init__(self, *args: Any, member: Membership | None = None, **kwargs: Any) -> None:
        if member is not None:
            initial = {"role": member.user.role, "post": member.post, "manages_users": member.manages_users}
            kwargs = {"initial": initial, "auto_id": f"id_person_{member.pk}_%s"} | kwargs
        super().__init__(*args, **kwargs)


class InviteForm(PersonForm):
    field_order = ("last_name", "first_name", "email", "role", "post", "manages_users")

    last_name = forms.CharField(
        label=_("Фамилия"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    first_name = forms.CharField(label=_("Имя"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label=_("Почта"), max_length=254, help_text=_("Сюда придёт приглашение; пароль человек задаст сам."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
