"""Choosing the period of a report."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

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

    def __init__(self, data: Any, *, now: datetime, longest: timedelta = LONGEST) -> None:
        self.longest = longest
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
        if first and last and last - first > self.longest:
            raise ValidationError(_("Не больше года: выберите период короче."))
        return cleaned

    def period(self) -> Period:
        """What was chosen; ask only a valid form."""
        until = self.cleaned_data["until"]
        return Period(
            self.cleaned_data["from"], self.cleaned_data["to"], self.cleaned_data["at"],
            until and until.replace(tzinfo=UTC),
        )  # fmt: skip
