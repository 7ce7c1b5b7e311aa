"""Writing a call down: one screen, in the order of speech."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import CENTRE_ROLES, User
from accounts.phones import Phone, WrongPhone, parse_phone
from callbacks.models import CallbackObligation, Contact
from companies.models import Building, Company
from tickets.models import AddedContact, Category, Outage, Scope, Ticket
from tickets.services import Address, Routing, responsible_for

from .addresses import the_one_meant
from .fields import SLIP, MomentField, NoPhoneField, past_call, phone_field, told_phone

# What broke longer ago is a story for the description.
OLDEST_DAMAGE = timedelta(days=366)
EndedAs = Contact.EndedAs
# Which button says how the call ends without a ticket.
ENDINGS = {"answered": EndedAs.ENQUIRY, "wrong_number": EndedAs.WRONG_NUMBER}
# What the caller may be reached at besides his own number.
FURTHER_PHONES = ("second_phone", "outside_phone", "site_phone")


def _text(label: Any, length: int, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"} | attrs)
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


def _tick(label: Any, **attrs: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=forms.CheckboxInput(attrs=attrs))


class IntakeForm(forms.Form):
    """A call as it is told. ``ending``: how it ends without a ticket; then it needs neither address nor category."""

    intake_key = forms.UUIDField(widget=forms.HiddenInput)
    obligation = forms.ModelChoiceField(
        CallbackObligation.objects.filter(ticket=None), required=False, widget=forms.HiddenInput
    )
    # A talk of which nothing has been written yet: this form goes on with it.
    talk = forms.ModelChoiceField(
        Contact.objects.filter(ended_as=None), required=False, widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Этот разговор уже записал кто-то другой.")},
    )  # fmt: skip
    # A further ticket of the same call, for another organisation.
    beside = forms.ModelChoiceField(
        Ticket.objects.select_related("contact"), to_field_name="number", required=False, widget=forms.HiddenInput
    )
    phone = phone_field(required=False)
    no_phone_reason = NoPhoneField()
    category = forms.ModelChoiceField(
        Category.objects.active().select_related("service"), to_field_name="code", required=False,
        label=_("Что случилось?"), widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Выберите, что случилось, из списка.")},
    )  # fmt: skip
    handed_over = _tick(_("Передано в 104/112"))
    handed_to = _text(_("Кто принял"), 120)
    outside_phone = _text(_("Номер вне квартиры"), 40, inputmode="tel")
    scope = forms.ChoiceField(
        choices=Scope.choices, required=False, label=_("Где ещё?"), initial=Scope.HERE, widget=forms.RadioSelect
    )
    address = _text(_("Где случилось?"), 320)
    building = forms.ModelChoiceField(Building.objects.with_locality(), required=False, widget=forms.HiddenInput)
    locality = _text(_("Населённый пункт"), 120)
    street = _text(_("Улица"), 150)
    house = _text(_("Дом"), 20)
    flat = _text(_("Квартира"), 12, inputmode="numeric")
    entrance = _text(_("Подъезд"), 8, inputmode="numeric")
    floor = _text(_("Этаж"), 8, inputmode="numeric")
    celsius = forms.IntegerField(
        label=_("°C в комнате"), required=False, min_value=-50, max_value=50,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    text = forms.CharField(
        label=_("Описание"), max_length=8000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    caller_name = _text(_("Как обращаться"), 200)
    for_whom = _text(_("За кого звонит"), 200)
    second_phone = _text(_("Второй телефон"), 40, inputmode="tel")
    rings_long = _tick(_("Звонить долго"))
    access_note = _text(_("Доступ: время, код"), 300)
    site_phone = _text(_("Телефон на месте"), 40, inputmode="tel")
    shares_phone = _tick(_("Дать мастеру телефон?"))
    is_emergency = _tick(_("Авария"))
    company = forms.ModelChoiceField(
        Company.objects.active(), required=False, label=_("Исполнитель"), empty_label=_("пока никому")
    )
    # Which category, house and reach the shown organisation and emergency mark belong to; others are found anew.
    guided_for = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    outage = forms.ModelChoiceField(
        Outage.objects.select_related("company", "category"), required=False, widget=forms.HiddenInput
    )
    told_live = _tick(_("Причина и срок сказаны"))
    wants_news = _tick(_("Просит позвонить, когда включат"))
    add_to = forms.ModelChoiceField(
        Ticket.objects.with_row_details(), to_field_name="number", required=False, widget=forms.HiddenInput
    )
    add_kind = forms.ChoiceField(choices=AddedContact.Kind.choices, required=False)
    received_at = MomentField(seconds=True, label=_("Время звонка"), required=False)
    damaged_at = MomentField(label=_("Когда случилось"), required=False)
    use_required_attribute = False
    is_paper = False

    def __init__(self, *args: Any, at: datetime, ending: EndedAs | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.ending = at, ending
        self.number = Phone("")

    # ── What was told ────────────────────────────────────────────────────────────────────────────────────────────
    def clean_received_at(self) -> datetime:
        return past_call(self.cleaned_data["received_at"] or self.at, at=self.at)

    def clean_damaged_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["damaged_at"]
        if moment is None:
            return None
        if moment > self.at + SLIP:
            raise ValidationError(_("Случиться это могло только раньше звонка."))
        if moment < self.at - OLDEST_DAMAGE:
            raise ValidationError(_("Повреждение старше года впишите словами в описание."))
        return min(moment, self.at)

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if self.makes_ticket:
            self._find_house(told)
            self._find_category(told)
        self._find_words(told)
        building = told.get("building")
        area_code = building.locality.area_code if building else ""
        if self.ending == EndedAs.WRONG_NUMBER and not told.get("phone"):
            told["no_phone_reason"] = told.get("no_phone_reason") or Contact.NoPhone.NOT_GIVEN
        try:
            self.number = told_phone(told, area_code=area_code)
        except ValidationError as error:
            # A number longer than any is already refused by its field.
            if "phone" not in self.errors:
                self.add_error(None, error)
        for name in FURTHER_PHONES:
            if told.get(name):
                self._read_phone(name, area_code)
        return told

    def _read_phone(self, name: str, area_code: str) -> None:
        try:
            self.cleaned_data[name] = parse_phone(self.cleaned_data[name], area_code=area_code).number
        except WrongPhone as wrong:
            self.add_error(name, str(wrong.message))

    def _find_house(self, told: dict[str, Any]) -> None:
        """The chosen house, else the one that the words mean, else street and house as typed."""
        if told.get("building"):
            return
        if told.get("street") and told.get("house"):
            told["building"] = Building.objects.at_address(
                locality=told.get("locality", ""), street=told["street"], house=told["house"]
            )
            return
        if told.get("street") or told.get("house"):
            missing = "house" if told.get("street") else "street"
            self.add_error(missing, _("Нужны улица и дом."))
            return
        meant = the_one_meant(told.get("address", ""))
        if meant is None:
            self.add_error("address", _("Выберите дом из списка или возьмите адрес как набран."))
            return
        told["building"] = meant.building
        for part in ("flat", "entrance", "floor"):
            told[part] = told.get(part) or getattr(meant, part)

    def _find_category(self, told: dict[str, Any]) -> None:
        """What happened; of a call joined to an outage, that of the outage where nothing was chosen."""
        outage = told.get("outage")
        if told.get("category") is None and outage is not None and "category" not in self.errors:
            told["category"] = outage.category or (
                Category.objects.active().filter(service__in=outage.services.all()).select_related("service").first()
            )
        if told.get("category") is None and "category" not in self.errors:
            self.add_error("category", _("Выберите, что случилось."))

    def _find_words(self, told: dict[str, Any]) -> None:
        """What is known already needs no words of its own."""
        if told.get("text", "").strip() or "text" in self.errors or self.ending == EndedAs.WRONG_NUMBER:
            return
        if self.ending == EndedAs.ENQUIRY:
            self.add_error("text", _("Запишите, что ответили."))
        elif told.get("add_to"):
            told["text"] = _now("Звонит о том же.")
        elif told.get("outage"):
            told["text"] = _now("Сообщили об отключении: %s") % told["outage"].where
        else:
            self.add_error("text", _("Опишите, что случилось."))

    # ── What the services take ───────────────────────────────────────────────────────────────────────────────────
    @property
    def makes_ticket(self) -> bool:
        return self.ending is None and not self.cleaned_data.get("add_to")

    @property
    def is_further(self) -> bool:
        """Whoever rang is known already, and what is told of him here is only read."""
        return self.makes_ticket and self.cleaned_data.get("beside") is not None

    def contact(self, *, operator: User) -> Contact:
        """The call itself, unsaved unless it was begun already: it is written together with what it becomes."""
        told = self.cleaned_data
        if self.is_further:
            known: Contact = told["beside"].contact
            return known
        contact: Contact = told["talk"] or Contact(received_at=told["received_at"])
        contact.phone, contact.extension = self.number
        contact.no_phone_reason = "" if contact.phone else told["no_phone_reason"]
        contact.caller_name, contact.for_whom = told["caller_name"], told["for_whom"]
        contact.second_phone = told["outside_phone"] or told["second_phone"]
        contact.rings_long, contact.is_from_paper = told["rings_long"], self.is_paper
        contact.taken_by = contact.taken_by or told.get("taken_by") or operator
        if not self.makes_ticket:
            contact.intake_key = contact.intake_key or self.key()
        return contact

    def where(self) -> Address:
        told = self.cleaned_data
        names = ("building", "locality", "street", "house", "entrance", "floor", "flat")
        return Address(**{name: told[name] for name in names})

    def work(self) -> dict[str, Any]:
        """What ``register_ticket`` is told about the trouble itself."""
        told = self.cleaned_data
        names = (
            "category", "text", "damaged_at", "celsius", "access_note", "site_phone", "shares_phone", "outage",
            "wants_news",
        )  # fmt: skip
        work = {name: told[name] for name in names}
        return work | {
            "address": self.where(), "scope": told["scope"] or Scope.HERE, "company": self.chosen_company(),
            "is_emergency": self.emergency(), "told_live": bool(told["outage"]) and told["told_live"],
        }  # fmt: skip

    def handing_over(self) -> str:
        """The line of the history that says who took over the danger; empty when nobody did or there is none."""
        told = self.cleaned_data
        if not told["handed_over"] or not told["category"].is_danger:
            return ""
        who = told["handed_to"].strip()
        return _now("Передано в 104/112, принял: %s") % who if who else _now("Передано в 104/112")

    def routing(self) -> Routing:
        told = self.cleaned_data
        return responsible_for(
            category=told["category"], building=told.get("building"), day=timezone.localdate(self.at),
            scope=told.get("scope") or Scope.HERE,
        )  # fmt: skip

    def was_guided(self) -> bool:
        """Whether organisation and emergency mark were shown for this very category, house and reach."""
        told = self.cleaned_data
        return bool(told["guided_for"]) and told["guided_for"] == guided_for(told)

    def chosen_company(self) -> Company | None:
        """Whom the operator saw and left or chose; whom the outage or the register names, when he could not see it."""
        chosen: Company | None = self.cleaned_data["company"]
        if self.was_guided():
            return chosen
        outage: Outage | None = self.cleaned_data["outage"]
        return outage.company if outage and outage.company else self.routing().company

    def emergency(self) -> bool | None:
        """As marked; None leaves it to the category."""
        marked: bool = self.cleaned_data["is_emergency"]
        return marked if self.was_guided() else (marked or None)

    def key(self) -> UUID:
        key: UUID = self.cleaned_data["intake_key"]
        return key


class PaperForm(IntakeForm):
    """A call that was written on paper while the centre was down: its own time, and who took it."""

    received_at = MomentField(seconds=True, label=_("Когда звонили"))
    taken_by = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role__in=CENTRE_ROLES).order_by("last_name", "username"),
        label=_("Кто принял"), empty_label=None,
    )  # fmt: skip
    is_paper = True


def guided_for(told: Mapping[str, Any]) -> str:
    """The name of a choice of the operator's: it stays as long as problem, house, reach and outage do."""
    category, building, outage = told.get("category"), told.get("building"), told.get("outage")
    name = f"{category.code if category else ''}:{building.pk if building else ''}"
    if (scope := told.get("scope")) and scope != Scope.HERE:
        name += f":{scope}"
    return f"{name}:{outage.pk}" if outage else name


# What a draft keeps: all that is typed, and nothing that the server says itself.
KEPT = frozenset(IntakeForm.base_fields) - {"intake_key", "guided_for", "company", "is_emergency"}


def typed_of(data: Mapping[str, str]) -> dict[str, str]:
    """What somebody has typed so far, as it stands in his form."""
    typed = {name: data[name][:8000].replace("\x00", "") for name in KEPT if data.get(name)}
    # What stands in an untouched form says nothing.
    if typed.get("scope") == Scope.HERE:
        del typed["scope"]
    if not typed.keys() - {"received_at", "add_kind", "obligation", "talk", "beside"}:
        return {}
    return typed
