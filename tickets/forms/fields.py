"""What several forms ask for: a moment, a telephone number."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.phones import Phone, WrongPhone, parse_phone
from callbacks.models import Contact

# Years that every time zone can show.
EARLIEST_YEAR, LATEST_YEAR = 2000, 2099
# Paper notes of a long breakdown are written down later; further back it is a slip of the pen.
OLDEST_CALL = timedelta(days=31)
# The operator's clock and ours differ a little.
SLIP = timedelta(minutes=1)


class MomentField(forms.DateTimeField):
    """A day and a time of the region, picked in the browser's own calendar."""

    def __init__(self, *, seconds: bool = False, **given: Any) -> None:
        attrs = {"type": "datetime-local"} | ({"step": "1"} if seconds else {})
        shown = "%Y-%m-%dT%H:%M:%S" if seconds else "%Y-%m-%dT%H:%M"
        given.setdefault("widget", forms.DateTimeInput(attrs=attrs, format=shown))
        super().__init__(**given)

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment is not None and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValidationError(_("Укажите момент между 2000 и 2099 годом."))
        return moment


class NoPhoneField(forms.ChoiceField):
    """Why there is no number; empty when there is one."""

    def __init__(self, **given: Any) -> None:
        choices = [("", _("номер есть")), *Contact.NoPhone.choices]
        super().__init__(choices=choices, required=False, label=_("Почему нет номера"), **given)


def phone_field(**given: Any) -> forms.CharField:
    attrs = {"inputmode": "tel", "autocomplete": "off"} | given.pop("attrs", {})
    return forms.CharField(max_length=40, label=_("Телефон"), widget=forms.TextInput(attrs=attrs), **given)


def told_phone(told: dict[str, Any], *, area_code: str = "") -> Phone:
    """The number of a cleaned form, or none with its reason. Raises ValidationError."""
    text, reason = told.get("phone", ""), told.get("no_phone_reason", "")
    if not text:
        if not reason:
            raise ValidationError({"phone": _("Нужен номер телефона или причина, почему его нет.")})
        return Phone("")
    try:
        return parse_phone(text, area_code=area_code)
    except WrongPhone as wrong:
        raise ValidationError({"phone": wrong.message}) from None


def past_call(moment: datetime, *, at: datetime) -> datetime:
    """When a call came that is written down at ``at``. Raises ValidationError."""
    if moment > at + SLIP:
        raise ValidationError(_("Звонок не может быть в будущем."))
    if moment < at - OLDEST_CALL:
        raise ValidationError(_("Звонок не может быть старше 31 дня."))
    return min(moment, at)
