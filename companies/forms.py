"""What is typed into the register: an organisation's numbers, where it answers, which gaps are looked for."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from companies.address_text import name_of
from companies.models import Building, Company, District, Locality, Parity, Responsibility, Service
from companies.requisites import checked_inn, checked_kpp, checked_ogrn
from companies.services import Place
from companies.words import fold

# The type stubs know them as generic, Django itself does not.
if TYPE_CHECKING:
    CompanyModelForm = forms.ModelForm[Company]
    ResponsibilityModelForm = forms.ModelForm[Responsibility]
else:
    CompanyModelForm = ResponsibilityModelForm = forms.ModelForm

# More at once is a region, and the table of the preview no preview.
MOST = 5000
USUAL_SERVICE = "management"


class CompanyForm(CompanyModelForm):
    """An organisation as the administrator types it."""

    # Spaces are let in here and taken out in cleaning.
    inn = forms.CharField(label=_("ИНН"), max_length=20, required=False)
    kpp = forms.CharField(label=_("КПП"), max_length=16, required=False)
    ogrn = forms.CharField(label=_("ОГРН"), max_length=24, required=False)

    class Meta:
        model = Company
        fields = (
            "name", "kind", "is_active", "inn", "kpp", "ogrn", "contract_number", "contract_from", "contract_to",
            "phone", "duty_phone", "email", "head_name", "head_phone", "works_from", "works_to", "works_weekends",
        )  # fmt: skip

    def clean_inn(self) -> str:
        return checked_inn(self.cleaned_data["inn"])

    def clean_kpp(self) -> str:
        return checked_kpp(self.cleaned_data["kpp"])

    def clean_ogrn(self) -> str:
        return checked_ogrn(self.cleaned_data["ogrn"])


class ResponsibilityForm(ResponsibilityModelForm):
    """One row; its street is one of the locality's streets, spelled as the register spells it."""

    class Meta:
        model = Responsibility
        fields = (
            "company", "service", "building", "locality", "street", "house_from", "house_to", "parity", "district",
            "valid_from", "valid_to",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("street") and told.get("locality"):
            try:
                told["street"] = street_named(told["street"], locality=told["locality"])
            except ValidationError as error:
                self.add_error("street", error)
        return told


def street_named(text: str, *, locality: Locality) -> str:
    """The street of the register that is meant, however it was typed; ValidationError where there is none."""
    wanted = name_of(fold(text))
    streets = Building.objects.filter(locality=locality).order_by("street").values_list("street", flat=True).distinct()
    known = [street for street in streets if street == text.strip()]
    known = known or [
        street
        for street in streets
        if (frozenset(name_of(fold(street)).words), name_of(fold(street)).numbers)
        == (frozenset(wanted.words), wanted.numbers)
    ]
    if len(known) != 1:
        raise ValidationError(_("Такой улицы в этом населённом пункте нет: впишите, как она названа в реестре."))
    return known[0]


class GapsForm(forms.Form):
    """Which service, and where."""

    service = forms.ModelChoiceField(Service.objects.all(), required=False, label=_("Услуга"))
    q = forms.CharField(
        max_length=200, required=False, label=_("Где"),
        widget=forms.TextInput(attrs={"placeholder": _("населённый пункт, улица")}),
    )  # fmt: skip
    after = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.usual_service:
            self.fields["service"].empty_label = None  # type: ignore[attr-defined]
            self.initial["service"] = self.usual_service

    @cached_property
    def usual_service(self) -> Service | None:
        return Service.objects.filter(code=USUAL_SERVICE).first()


def _day(label: Any, **given: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


class BindForm(forms.Form):
    """Where, for which services, who, and since when."""

    houses = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)
    target = forms.ChoiceField(
        label=_("Как записать"), widget=forms.RadioSelect,
        choices=[
            ("houses", _("по домам, каждый отдельно")),
            ("street", _("одной строкой: улица или её часть")),
            ("locality", _("одной строкой: весь населённый пункт")),
            ("district", _("одной строкой: весь район")),
        ],
    )  # fmt: skip
    locality = forms.ModelChoiceField(
        Locality.objects.all(), required=False, label=_("Населённый пункт"), empty_label=_("выберите")
    )
    street = forms.CharField(max_length=150, required=False, label=_("Улица"))
    house_from = forms.IntegerField(min_value=0, max_value=32767, required=False, label=_("Дома с"))
    house_to = forms.IntegerField(min_value=0, max_value=32767, required=False, label=_("по"))
    parity = forms.ChoiceField(choices=Parity.choices, required=False, initial=Parity.ALL, label=_("Сторона"))
    district = forms.ModelChoiceField(
        District.objects.all(), required=False, label=_("Район"), empty_label=_("выберите")
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.all(), label=_("Услуги"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Отметьте хотя бы одну услугу.")},
    )  # fmt: skip
    company = forms.ModelChoiceField(
        Company.objects.active(), label=_("Организация"), empty_label=_("выберите"),
        error_messages={"required": _("Выберите организацию.")},
    )  # fmt: skip
    since = _day(_("С какого дня"), error_messages={"required": _("Укажите день.")})
    until = _day(_("До какого дня (не включая)"), required=False)
    replaces = forms.BooleanField(
        required=False, label=_("Сменить того, кто отвечает сейчас: его срок кончится в этот день")
    )
    use_required_attribute = False

    def clean_houses(self) -> list[Building]:
        """Those ticked in the list of houses."""
        ids = [part for part in self.cleaned_data["houses"].split(",") if part.isdecimal() and len(part) < 19]
        return list(Building.objects.with_locality().filter(pk__in=ids[:MOST]).order_by("pk")) if ids else []

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        since, until = told.get("since"), told.get("until")
        if since and until and until <= since:
            self.add_error("until", _("Срок должен кончаться позже, чем начинается."))
        if told.get("street") and told.get("locality"):
            try:
                told["street"] = street_named(told["street"], locality=told["locality"])
            except ValidationError as error:
                self.add_error("street", error)
        numbers = told.get("house_from"), told.get("house_to")
        if None not in numbers and numbers[1] < numbers[0]:  # type: ignore[operator]
            self.add_error("house_to", _("Последний дом не может быть меньше первого."))
        if not self.errors:
            told["places"] = self._places()
        return told

    def _places(self) -> list[Place]:
        told = self.cleaned_data
        match told["target"]:
            case "district":
                return [Place(district=told["district"])] if self._has("district") else []
            case "locality":
                return [Place(locality=told["locality"])] if self._has("locality") else []
            case "street":
                return [self._street()] if self._has("locality") and self._has("street") else []
        return [Place(building=house) for house in self._houses()]

    def _has(self, name: str) -> bool:
        if not self.cleaned_data.get(name):
            self.add_error(name, MISSING[name])
        return bool(self.cleaned_data.get(name))

    def _street(self) -> Place:
        told = self.cleaned_data
        return Place(
            locality=told["locality"], street=told["street"], house_from=told["house_from"], house_to=told["house_to"],
            parity=told["parity"] or Parity.ALL,
        )  # fmt: skip

    def _houses(self) -> list[Building]:
        """The ticked ones, else those of the street, the locality or the district."""
        told = self.cleaned_data
        if told["houses"]:
            chosen: list[Building] = told["houses"]
            return chosen
        found = Building.objects.with_locality().order_by("pk")
        if told["locality"]:
            found = found.filter(locality=told["locality"])
        if told["district"]:
            found = found.in_district(told["district"])
        if told["street"]:
            found = found.filter(street=told["street"])
        if not (told["locality"] or told["district"]):
            self.add_error("locality", MISSING["locality"])
            return []
        found = found.in_range(told["house_from"], told["house_to"], told["parity"] or Parity.ALL)
        houses = list(found[: MOST + 1])
        if not houses:
            self.add_error(None, _("Таких домов в реестре нет."))
        if len(houses) > MOST:
            self.add_error(None, _("Домов больше 5000: запишите одной строкой или по частям."))
            return []
        return houses

    def binding(self) -> dict[str, Any]:
        """What ``plan`` and ``bind`` take."""
        told = self.cleaned_data
        until: date | None = told["until"]
        return {
            "places": told["places"], "services": list(told["services"]), "company": told["company"],
            "since": told["since"], "until": until, "replaces": told["replaces"],
        }  # fmt: skip


MISSING = {
    "locality": _("Выберите населённый пункт."),
    "district": _("Выберите район."),
    "street": _("Впишите улицу."),
}
