"""Talks that are no new call: the person rang himself while we owed him one, and calls that nobody heard."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.phones import Phone
from callbacks.models import CallbackObligation, Contact
from tickets.models import IntakeDraft
from tickets.services import drafts_of, talks_of

from .fields import MomentField, NoPhoneField, past_call, phone_field, told_phone

EndedAs = Contact.EndedAs
Reason = CallbackObligation.Reason


class SettleForm(forms.Form):
    """The person rang himself: which promises this talk fulfils, and what was said."""

    promises = forms.ModelMultipleChoiceField(
        CallbackObligation.objects.outstanding(), error_messages={"required": _("Отметьте, о чём поговорили.")}
    )
    note = forms.CharField(
        max_length=8000, label=_("Что сказали и что ответили"), widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Запишите, что сказали и что ответили.")},
    )  # fmt: skip
    confirmed = forms.ChoiceField(
        choices=[("", "—"), ("yes", _("Подтвердил")), ("no", _("Не сделано"))], required=False,
        label=_("Работа сделана?"),
    )  # fmt: skip
    started_at = MomentField(required=False, widget=forms.HiddenInput)
    use_required_attribute = False

    @property
    def verdict(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.cleaned_data["confirmed"])

    def clean_promises(self) -> Any:
        promises = self.cleaned_data["promises"]
        if len({promise.number for promise in promises}) > 1:
            raise ValidationError(_("Это обещания разным номерам."))
        return promises


class MissedCallForm(forms.Form):
    """Somebody who reached us unheard, written down by hand: a missed call, one that broke off, a message."""

    KINDS = (
        (Reason.MISSED_CALL, _("пропущенный: никто не ответил")),
        (Reason.DROPPED_CALL, _("сорвался: разговор короче 10 секунд")),
        (Reason.MESSAGE, _("сообщение: голосовое или письменное")),
    )
    phone = phone_field(required=False, attrs={"autofocus": True})
    no_phone_reason = NoPhoneField()
    reason = forms.ChoiceField(
        choices=[(reason.value, label) for reason, label in KINDS], label=_("Что это было"),
        initial=Reason.MISSED_CALL, widget=forms.RadioSelect,
    )  # fmt: skip
    note = forms.CharField(
        max_length=8000, required=False, label=_("Что успел сказать или написал"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    received_at = MomentField(seconds=True, label=_("Когда звонили"))
    use_required_attribute = False

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.number = Phone("")

    def clean_reason(self) -> CallbackObligation.Reason:
        return Reason(self.cleaned_data["reason"])

    def clean_received_at(self) -> datetime:
        return past_call(self.cleaned_data["received_at"], at=self.at)

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("reason") == Reason.MESSAGE and not told.get("note", "").strip():
            self.add_error("note", _("Запишите, что в сообщении."))
        try:
            self.number = told_phone(self.cleaned_data)
        except ValidationError as error:
            if "phone" not in self.errors:
                self.add_error(None, error)
        return self.cleaned_data


class KeepForm(forms.Form):
    """Which call a draft is of; what is typed is kept as it stands."""

    intake_key = forms.UUIDField()


class EndingForm(forms.Form):
    """How a talk ended that nobody has gone on with: ``draft`` of what was typed, or a ``talk`` without a letter."""

    ended_as = forms.ChoiceField(choices=[(EndedAs.ENQUIRY.value, ""), (EndedAs.WRONG_NUMBER.value, "")])
    draft = forms.ModelChoiceField(IntakeDraft.objects.none(), required=False)
    talk = forms.ModelChoiceField(Contact.objects.none(), required=False)
    note = forms.CharField(max_length=8000, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["draft"].queryset = drafts_of(user).select_related("user")  # type: ignore[attr-defined]
        self.fields["talk"].queryset = talks_of(user)  # type: ignore[attr-defined]

    def clean_ended_as(self) -> Contact.EndedAs:
        return EndedAs(self.cleaned_data["ended_as"])

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("draft") is None and told.get("talk") is None:
            raise ValidationError(_("Этот разговор уже записал кто-то другой."))
        if told.get("ended_as") == EndedAs.ENQUIRY and not told.get("note", "").strip():
            self.add_error("note", _("Запишите, что ответили."))
        return told
