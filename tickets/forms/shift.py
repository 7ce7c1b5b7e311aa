"""Leaving the line, and correcting what was written down wrongly."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.phones import Phone, WrongPhone, parse_phone
from companies.models import Building
from tickets.models import Ticket
from tickets.services import Address

from .fields import phone_field


class LeaveForm(forms.Form):
    note = forms.CharField(
        label=_("Что передать тем, кто остаётся"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-focus": True}),
    )


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Почему исправляете"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("ошибка в цифре, перезвонил и уточнил")}),
    )


class PhoneForm(forms.Form):
    """The caller's right number, as people say it."""

    phone = phone_field(required=True, attrs={"data-focus": True})
    reason = _reason()

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket = ticket
        self.fields["phone"].label = _("Верный номер")

    def clean_phone(self) -> Phone:
        house = self.ticket.building
        try:
            return parse_phone(self.cleaned_data["phone"], area_code=house.locality.area_code if house else "")
        except WrongPhone as wrong:
            raise ValidationError(wrong.message) from None


PARTS = ("entrance", "floor", "flat")


class AddressForm(forms.Form):
    """Where it really is; a house that the register knows is tied to it by itself."""

    locality = forms.CharField(label=_("Населённый пункт"), max_length=120, required=False)
    street = forms.CharField(label=_("Улица"), max_length=150, widget=forms.TextInput(attrs={"data-focus": True}))
    house = forms.CharField(label=_("Дом"), max_length=20)
    entrance = forms.CharField(label=_("Подъезд"), max_length=8, required=False)
    floor = forms.CharField(label=_("Этаж"), max_length=8, required=False)
    flat = forms.CharField(label=_("Квартира"), max_length=12, required=False)
    reason = _reason()

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        shown = {name: getattr(ticket, name) for name in ("street", "house", *PARTS)}
        kwargs["initial"] = shown | {"locality": ticket.locality_name}
        super().__init__(*args, **kwargs)

    def address(self) -> Address:
        told = {name: value.strip() for name, value in self.cleaned_data.items() if name != "reason"}
        building = Building.objects.at_address(street=told["street"], house=told["house"], locality=told["locality"])
        if building is None:
            return Address(**told)
        return Address(building=building, **{name: told[name] for name in PARTS})
