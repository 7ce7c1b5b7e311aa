"""Choosing the period of a report."""

from datetime import UTC, date, datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import CENTRE_ROLES, User
from callbacks.models import Contact
from companies.models import Company, District
from tickets.models import Category

from .figures import FILTERS
from .figures.base import MOMENT
from .period import LONGEST, Period, today

# The order that the centre goes back to is of 2013; nobody asks about other centuries.
EARLIEST, LATEST = date(2013, 1, 1), date(2099, 12, 31)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


FIRST_MOMENT = datetime(2013, 1, 1, tzinfo=UTC)


class PeriodForm(forms.Form):
    """``from`` and ``to`` are days of the region, both included; ``at`` and ``until`` are set by links."""

    at = forms.DateTimeField(required=False, widget=forms.HiddenInput, input_formats=[MOMENT])
    until = forms.DateTimeField(required=False, widget=forms.HiddenInput, input_formats=[MOMENT])

    def __init__(self, data: Any, *, now: datetime) -> None:
        self.now = now.astimezone(UTC).replace(microsecond=0)
        given = {name: data[name] for name in ("from", "to", "at", "until") if data.get(name)}
        day = today(now).isoformat()
        super().__init__({"from": given.get("to", day), "to": given.get("from", day)} | given)
        # «from» is a word of Python, so the two days cannot be class attributes.
        for name, label in (("from", _("С")), ("to", _("По"))):
            validators = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
            self.fields[name] = forms.DateField(label=label, widget=DayInput(), validators=validators)

    def clean_at(self) -> datetime:
        asked: datetime | None = self.cleaned_data["at"]
        # A report of the future would be a promise of ours.
        if asked is None:
            return self.now
        # Nor was there a centre before the first day of this calendar.
        return max(min(asked.replace(tzinfo=UTC), self.now), FIRST_MOMENT)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first > last:
            raise ValidationError(_("Период должен кончаться не раньше, чем начинается."))
        if first and last and last - first > LONGEST:
            raise ValidationError(_("Не больше года: выберите период короче."))
        return cleaned

    def period(self) -> Period:
        """What was chosen; ask only a valid form."""
        until = self.cleaned_data["until"]
        return Period(
            self.cleaned_data["from"], self.cleaned_data["to"], self.cleaned_data["at"],
            until and until.replace(tzinfo=UTC),
        )  # fmt: skip


class FilterForm(PeriodForm):
    """The period, and what a report is narrowed by; the names of the fields are those of the addresses."""

    company = forms.ModelChoiceField(Company.objects.order_by("name"), required=False, label=_("Организация"))
    district = forms.ModelChoiceField(District.objects.order_by("name"), required=False, label=_("Район"))
    category = forms.ModelChoiceField(Category.objects.order_by("problem"), required=False, label=_("Что случилось"))
    operator = forms.ModelChoiceField(
        User.objects.filter(role__in=CENTRE_ROLES).order_by("last_name", "username"), required=False,
        label=_("Диспетчер"),
    )  # fmt: skip
    channel = forms.ChoiceField(choices=[("", _("все")), *Contact.Channel.choices], required=False, label=_("Канал"))
    emergency = forms.ChoiceField(
        choices=[("", _("все")), ("yes", _("только аварийные")), ("no", _("кроме аварийных"))], required=False,
        label=_("Аварии"),
    )  # fmt: skip

    def __init__(self, data: Any, *, now: datetime) -> None:
        super().__init__(data, now=now)
        self.data = {**self.data, **{name: data[name] for name in FILTERS if data.get(name)}}
        for name in FILTERS[:4]:
            field = cast("forms.ModelChoiceField[Any]", self.fields[name])
            field.empty_label = str(_("все"))

    @property
    def narrowed(self) -> dict[str, Any]:
        """By what the report is narrowed; ask only a valid form."""
        chosen: dict[str, Any] = {}
        for name in FILTERS:
            if value := self.cleaned_data.get(name):
                chosen[name] = getattr(value, "pk", value)
        if "emergency" in chosen:
            chosen["emergency"] = chosen["emergency"] == "yes"
        return chosen

    @property
    def words(self) -> tuple[str, ...]:
        """The same in words, for titles and files."""
        titles = {**dict(Contact.Channel.choices), "yes": _("только аварийные"), "no": _("кроме аварийных")}
        chosen = [self.cleaned_data.get(name) for name in FILTERS]
        return tuple(str(titles[value]) if isinstance(value, str) else _title(value) for value in chosen if value)

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in FILTERS)

    @property
    def filters(self) -> list[Any]:
        """Its fields besides the period."""
        return [self[name] for name in FILTERS]


def _title(row: Any) -> str:
    return str(row.name if isinstance(row, Company) else row.problem if isinstance(row, Category) else row)
