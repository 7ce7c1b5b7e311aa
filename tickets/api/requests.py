"""What the API may be told. Whatever a service or the database would refuse with a crash is refused here by a field."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from accounts.phones import WrongPhone, parse_phone
from callbacks.models import CallAttempt, CallbackObligation, Contact
from companies.models import Building, Company
from tickets.models import MOST_PHOTOS, Category, Ticket, TicketPhoto
from tickets.services import Address

# Paper notes of a long breakdown are written down later; further back it is a slip of the pen.
OLDEST_CALL = timedelta(days=31)
# What broke longer ago is a story for the description.
OLDEST_DAMAGE = timedelta(days=366)
# Clocks of two servers differ a little.
SLIP = timedelta(minutes=1)
LATEST_YEAR = 2099
OUT_OF_YEARS = _("Укажите момент между 2000 и 2099 годом.")


class Moment(serializers.DateTimeField):
    """ISO 8601, within years that every time zone can show."""

    default_error_messages = {"year": OUT_OF_YEARS}

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = super().to_internal_value(value)
        except OverflowError:
            # The first and the last hours of all have no moment in our zone.
            self.fail("year")
        if not 2000 <= moment.year <= LATEST_YEAR:
            self.fail("year")
        return moment


class Row(serializers.PrimaryKeyRelatedField[Any]):
    """A row by its whole number; anything else is a wrong field, whatever Python makes of it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(pk_field=serializers.IntegerField(), **given)


class AddressRequest(serializers.Serializer[Any]):
    locality = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    street = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    house = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    entrance = serializers.CharField(max_length=8, required=False, allow_blank=True, default="")
    floor = serializers.CharField(max_length=8, required=False, allow_blank=True, default="")
    flat = serializers.CharField(max_length=12, required=False, allow_blank=True, default="")


class TicketRequest(serializers.Serializer[Any]):
    """A call, written down. Either ``building``, or street and house in ``address``."""

    phone = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", trim_whitespace=True,
        help_text="Any usual spelling; without a number say why in `no_phone_reason`.",
    )  # fmt: skip
    no_phone_reason = serializers.ChoiceField(choices=Contact.NoPhone.choices, required=False, allow_blank=True)
    caller_name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    channel = serializers.ChoiceField(choices=Contact.Channel.choices, default=Contact.Channel.API)
    called_at = Moment(required=False, help_text="When the person reached us; now, if left out.")
    building = Row(queryset=Building.objects.with_locality(), required=False, allow_null=True)
    address = AddressRequest(required=False)
    category = serializers.SlugRelatedField(slug_field="code", queryset=Category.objects.active())
    text = serializers.CharField(max_length=8000)
    emergency = serializers.BooleanField(required=False, allow_null=True, default=None)
    damaged_at = Moment(
        required=False, allow_null=True, default=None,
        help_text="When it broke, if known: some norms count from there.",
    )  # fmt: skip

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        told["address"] = self._address(told)
        told["phone"], told["extension"] = self._phone(told)
        at = cast(datetime, self.context["at"])
        told["called_at"] = _moment_of_call("called_at", told.get("called_at"), at=at)
        told["damaged_at"] = _damaged_at(told["damaged_at"], at=at)
        return told

    def _address(self, told: dict[str, Any]) -> Address:
        typed = {name: value.strip() for name, value in told.get("address", {}).items()}
        building = told.get("building")
        if building is None:
            missing = [name for name in ("street", "house") if not typed.get(name)]
            if missing:
                raise serializers.ValidationError({"address": {name: [_("Нужны улица и дом.")] for name in missing}})
            building = Building.objects.at_address(
                locality=typed["locality"], street=typed["street"], house=typed["house"]
            )  # fmt: skip
        return Address(building=building, **typed)

    def _phone(self, told: dict[str, Any]) -> tuple[str, str]:
        if not told["phone"]:
            if not told.get("no_phone_reason"):
                raise serializers.ValidationError({"phone": [_("Нужен номер или причина, почему его нет.")]})
            return "", ""
        building = told["address"].building
        try:
            found = parse_phone(told["phone"], area_code=building.locality.area_code if building else "")
        except WrongPhone as wrong:
            raise serializers.ValidationError({"phone": [wrong.message]}) from None
        return found.number, found.extension


def _moment_of_call(field: str, moment: datetime | None, *, at: datetime) -> datetime:
    """When the person reached us: ``at`` unless told. Raises ValidationError for ``field``."""
    if moment is None:
        return at
    if moment > at + SLIP:
        raise serializers.ValidationError({field: [_("Звонок не может быть в будущем.")]})
    if moment < at - OLDEST_CALL:
        raise serializers.ValidationError({field: [_("Звонок не может быть старше 31 дня.")]})
    return min(moment, at)


def _damaged_at(moment: datetime | None, *, at: datetime) -> datetime | None:
    if moment is None:
        return None
    if moment > at + SLIP:
        raise serializers.ValidationError({"damaged_at": [_("Случиться это могло только раньше звонка.")]})
    if moment < at - OLDEST_DAMAGE:
        raise serializers.ValidationError({"damaged_at": [_("Повреждение старше года впишите словами в описание.")]})
    return min(moment, at)


class Unheard(TextChoices):
    """How somebody reached us without being heard."""

    MISSED = "missed", _("пропущенный: никто не ответил")
    DROPPED = "dropped", _("сорвался: разговор короче 10 секунд")
    MESSAGE = "message", _("сообщение: голосовое или письменное")

    @property
    def reason(self) -> CallbackObligation.Reason:
        return {
            Unheard.MISSED: CallbackObligation.Reason.MISSED_CALL,
            Unheard.DROPPED: CallbackObligation.Reason.DROPPED_CALL,
            Unheard.MESSAGE: CallbackObligation.Reason.MESSAGE,
        }[self]


class MissedCallRequest(serializers.Serializer[Any]):
    """Somebody reached us and was not heard."""

    phone = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="",
        help_text="Any usual spelling; without a number say why in `no_phone_reason`.",
    )  # fmt: skip
    no_phone_reason = serializers.ChoiceField(
        choices=Contact.NoPhone.choices, required=False, allow_blank=True, default=""
    )
    kind = serializers.ChoiceField(
        choices=Unheard.choices, default=Unheard.MISSED,
        help_text="`missed`: nobody answered; `dropped`: the talk broke off within ten seconds; "
        "`message`: by voice or in writing.",
    )  # fmt: skip
    received_at = Moment(required=False, help_text="When he reached us; now, if left out. The ten minutes run from it.")
    note = serializers.CharField(
        max_length=8000, required=False, allow_blank=True, default="", help_text="What he said or wrote, if known.",
    )  # fmt: skip

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        at = cast(datetime, self.context["at"])
        told["received_at"] = _moment_of_call("received_at", told.get("received_at"), at=at)
        told["reason"] = Unheard(told.pop("kind")).reason
        if not told["phone"]:
            if not told["no_phone_reason"]:
                raise serializers.ValidationError({"phone": [_("Нужен номер или причина, почему его нет.")]})
            return told
        try:
            found = parse_phone(told["phone"])
        except WrongPhone as wrong:
            raise serializers.ValidationError({"phone": [wrong.message]}) from None
        return told | {"phone": found.number, "extension": found.extension, "no_phone_reason": ""}


class PhoneRequest(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=40)

    def validate_phone(self, value: str) -> str:
        try:
            return parse_phone(value).number
        except WrongPhone as wrong:
            raise serializers.ValidationError([wrong.message]) from None


class StepRequest(serializers.Serializer[Any]):
    """Everything a step may need; which of it, GET …/steps/ tells."""

    note = serializers.CharField(max_length=8000, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=24, required=False, allow_blank=True)
    until = Moment(required=False, allow_null=True)
    company = Row(queryset=Company.objects.active(), required=False, allow_null=True)
    planned_at = Moment(required=False, allow_null=True)
    works = serializers.CharField(max_length=8000, required=False, allow_blank=True)
    act_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    said_by = serializers.CharField(max_length=200, required=False, allow_blank=True)
    duplicate_of = serializers.SlugRelatedField(
        slug_field="number", queryset=Ticket.objects.none(), required=False, allow_null=True,
        help_text="Number of the main ticket.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user := self.context.get("user"):
            main: Any = self.fields["duplicate_of"]
            main.queryset = Ticket.objects.visible_to(cast(User, user))

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        """Only what this step has a use for: a word that would be lost is refused, not swallowed."""
        rule = self.context["rule"]
        given = {name: value for name, value in told.items() if value not in (None, "")}
        useless = set(given) - {"note", *rule.needs, *rule.asks}
        if useless:
            raise serializers.ValidationError({name: [_("Этот шаг такого не принимает.")] for name in sorted(useless)})
        return given


class PhotosRequest(serializers.Serializer[Any]):
    """Files of one stage; what of them is kept is written anew, without the place and the device."""

    photos = serializers.ListField(
        child=serializers.FileField(), min_length=1, max_length=MOST_PHOTOS,
        help_text="HEIC, JPEG, PNG or WebP, up to 10 MB each; a ticket has at most 20.",
    )  # fmt: skip
    stage = serializers.ChoiceField(choices=TicketPhoto.Stage.choices)
    pressed_at = Moment(required=False, default=None, help_text="When they were taken; without it, now.")


class AttemptRequest(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=CallAttempt.Outcome.choices)
    note = serializers.CharField(
        max_length=8000, required=False, allow_blank=True, default="", help_text="Needed when the person was reached.",
    )  # fmt: skip
    promised_at = Moment(required=False, allow_null=True, default=None, help_text="Ring again by this moment.")
    confirmed = serializers.BooleanField(
        required=False, allow_null=True, default=None,
        help_text="Needed for a control call that was talked: true closes the ticket, false returns the work.",
    )  # fmt: skip

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["outcome"] == CallAttempt.Outcome.REACHED and not told["note"].strip():
            raise serializers.ValidationError({"note": [_("Запишите, что сказали и что ответили.")]})
        return told
