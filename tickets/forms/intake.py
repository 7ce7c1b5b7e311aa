"""Writing a call down: one screen, in the order of speech."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.phones import Phone
from callbacks.models import CallbackObligation, Contact
from companies.models import Building, Company
from tickets.models import Category
from tickets.services import Address, Routing, responsible_for

from .addresses import the_one_meant
from .fields import MomentField, NoPhoneField, phone_field, told_phone

Reason = CallbackObligation.Reason

# Paper notes of a long breakdown are written down later; further back it is a slip of the pen.
OLDEST_CALL = timedelta(days=31)
# What broke longer ago is a story for the description.
OLDEST_DAMAGE = timedelta(days=366)
# The operator's clock and ours differ a little.
SLIP = timedelta(minutes=1)


def _text(label: Any, length: int, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"} | attrs)
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


class IntakeForm(forms.Form):
    """A call as it is told. ``is_enquiry``: the answer was given at once, so no address and no category is needed."""

    intake_key = forms.UUIDField(widget=forms.HiddenInput)
    obligation = forms.ModelChoiceField(
        CallbackObligation.objects.filter(ticket=None), required=False, widget=forms.HiddenInput
    )
    phone = phone_field(required=False)
    no_phone_reason = NoPhoneField()
    caller_name = _text(_("Как обращаться"), 200)
    address = _text(_("Где случилось?"), 320)
    building = forms.ModelChoiceField(Building.objects.with_locality(), required=False, widget=forms.HiddenInput)
    locality = _text(_("Населённый пункт"), 120)
    street = _text(_("Улица"), 150)
    house = _text(_("Дом"), 20)
    entrance = _text(_("Подъезд"), 8, inputmode="numeric")
    floor = _text(_("Этаж"), 8, inputmode="numeric")
    flat = _text(_("Квартира"), 12, inputmode="numeric")
    category = forms.ModelChoiceField(
        Category.objects.active().select_related("service"), to_field_name="code", required=False, empty_label="",
        label=_("Что случилось?"), error_messages={"required": _("Выберите, что случилось.")},
    )  # fmt: skip
    text = forms.CharField(
        label=_("Описание"), max_length=8000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Опишите, что случилось.")},
    )  # fmt: skip
    is_emergency = forms.BooleanField(label=_("Авария"), required=False)
    company = forms.ModelChoiceField(
        Company.objects.active(), required=False, label=_("Исполнитель"), empty_label=_("пока никому")
    )
    # Which category and house the shown organisation and emergency mark belong to; others are found anew.
    guided_for = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    received_at = MomentField(seconds=True, label=_("Время звонка"), required=False)
    damaged_at = MomentField(label=_("Когда случилось"), required=False)
    use_required_attribute = False

    def __init__(self, *args: Any, at: datetime, is_enquiry: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.is_enquiry = at, is_enquiry
        self.number = Phone("")
        if is_enquiry:
            self.fields["text"].error_messages["required"] = _("Запишите, что ответили.")
        else:
            self.fields["category"].required = True

    def clean_received_at(self) -> datetime:
        moment: datetime = self.cleaned_data["received_at"] or self.at
        if moment > self.at + SLIP:
            raise ValidationError(_("Звонок не может быть в будущем."))
        if moment < self.at - OLDEST_CALL:
            raise ValidationError(_("Звонок не может быть старше 31 дня."))
        return min(moment, self.at)

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
        if not self.is_enquiry:
            self._find_house(told)
        building = told.get("building")
        try:
            self.number = told_phone(told, area_code=building.locality.area_code if building else "")
        except ValidationError as error:
            # A number longer than any is already refused by its field.
            if "phone" not in self.errors:
                self.add_error(None, error)
        return told

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
            self.add_error("address", _("Выберите дом из списка или впишите улицу и дом ниже."))
            return
        told["building"] = meant.building
        told["flat"] = told.get("flat") or meant.flat

    # ── What the services take ───────────────────────────────────────────────────────────────────────────────────
    def contact(self, *, operator: User) -> Contact:
        """The call itself, unsaved: it is written together with its ticket."""
        told = self.cleaned_data
        return Contact(
            received_at=told["received_at"], phone=self.number.number, extension=self.number.extension,
            no_phone_reason="" if self.number.number else told["no_phone_reason"], caller_name=told["caller_name"],
            taken_by=operator,
        )  # fmt: skip

    def where(self) -> Address:
        told = self.cleaned_data
        names = ("building", "locality", "street", "house", "entrance", "floor", "flat")
        return Address(**{name: told[name] for name in names})

    def routing(self) -> Routing:
        return responsible_for(
            category=self.cleaned_data["category"],
            building=self.cleaned_data.get("building"),
            day=timezone.localdate(self.at),
        )

    def was_guided(self) -> bool:
        """Whether organisation and emergency mark were shown for this very category and house."""
        told = self.cleaned_data
        return bool(told["guided_for"]) and told["guided_for"] == guided_for(told["category"], told["building"])

    def chosen_company(self) -> Company | None:
        """Whom the operator saw and left or chose; whom the register names, when he could not see it."""
        chosen: Company | None = self.cleaned_data["company"]
        return chosen if self.was_guided() else self.routing().company

    def emergency(self) -> bool | None:
        """As marked; None leaves it to the category."""
        marked: bool = self.cleaned_data["is_emergency"]
        return marked if self.was_guided() else (marked or None)

    def key(self) -> UUID:
        key: UUID = self.cleaned_data["intake_key"]
        return key


def guided_for(category: Category | None, building: Building | None) -> str:
    return f"{category.code if category else ''}:{building.pk if building else ''}"


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
        moment: datetime = self.cleaned_data["received_at"]
        if moment > self.at + SLIP:
            raise ValidationError(_("Звонок не может быть в будущем."))
        if moment < self.at - OLDEST_CALL:
            raise ValidationError(_("Звонок не может быть старше 31 дня."))
        return min(moment, self.at)

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
