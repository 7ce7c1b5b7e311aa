"""Writing a house that a caller named into the register."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from companies.address_text import name_of
from companies.addresses import find
from companies.models import Locality
from companies.words import fold
from tickets.services.unknown_houses import UnknownHouse


class HouseForm(forms.Form):
    """``told_…`` is the address as it was taken down; the others are how the register is to say it."""

    told_locality = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput, strip=False)
    told_street = forms.CharField(max_length=150, widget=forms.HiddenInput, strip=False)
    told_house = forms.CharField(max_length=20, widget=forms.HiddenInput, strip=False)
    locality = forms.CharField(
        label=_("Населённый пункт"), max_length=260,
        widget=forms.TextInput(attrs={"list": "localities", "autocomplete": "off"}),
        error_messages={"required": _("Выберите населённый пункт.")},
    )  # fmt: skip
    street = forms.CharField(label=_("Улица"), max_length=150, error_messages={"required": _("Впишите улицу.")})
    house = forms.CharField(label=_("Дом"), max_length=20, error_messages={"required": _("Впишите дом.")})
    use_required_attribute = False

    def __init__(self, *args: Any, localities: list[Locality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.localities = localities

    @property
    def told(self) -> UnknownHouse:
        said = self.cleaned_data
        return UnknownHouse(said["told_locality"], said["told_street"], said["told_house"])

    def clean_locality(self) -> Locality:
        said = self.cleaned_data["locality"]
        whole = [one for one in self.localities if titled(one) == said]
        found = whole or [one for one in self.localities if _is_called(one, said)]
        if not found:
            raise ValidationError(_("Такого населённого пункта нет: выберите из списка."))
        if len(found) > 1:
            raise ValidationError(_("Таких несколько: выберите из списка тот, что в нужном районе."))
        return found[0]


def titled(locality: Locality) -> str:
    """«с. Воскресенск (Кировский район)»: of two villages of one name the district decides."""
    return f"{locality.name} ({locality.district})" if locality.district else locality.name


def proposed(told: UnknownHouse, *, localities: list[Locality]) -> dict[str, str]:
    """How the register would say it, as far as it knows the settlement and the street."""
    initial = {"told_locality": told.locality, "told_street": told.street, "told_house": told.house}
    said = {"locality": told.locality, "street": told.street, "house": told.house}
    known = find(f"{told.locality}, {told.street}, {told.house}", limit=1)
    if known and (known[0].building is None or known[0].is_sure):
        said = {"locality": known[0].locality, "street": known[0].street, "house": known[0].house}
    named = [one for one in localities if said["locality"] and _is_called(one, said["locality"])]
    if len(named) == 1:
        said["locality"] = titled(named[0])
    return initial | said


def _is_called(locality: Locality, said: str) -> bool:
    if locality.name == said:
        return True
    words = name_of(fold(said)).words
    return bool(words) and name_of(fold(locality.name)).words == words
