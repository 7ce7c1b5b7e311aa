"""A form for any step of the workflow table, made from what the step needs and asks."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company
from tickets.models import Ticket
from tickets.workflow import STEPS

from .fields import MomentField

PLACEHOLDERS = {"said_by": _("Иванова, диспетчер, 8 (4842) 55-12-30"), "duplicate_of": "26-000123"}
LABELS = {
    "note": _("Пояснение"),
    "reason": _("Причина"),
    "until": _("До какого времени"),
    "company": _("Организация"),
    "planned_at": _("Плановый срок"),
    "works": _("Что сделано"),
    "act_number": _("Номер акта"),
    "said_by": _("Кто сказал и по какому номеру"),
    "duplicate_of": _("Номер основной заявки"),
}


def _line(length: int) -> Callable[..., forms.Field]:
    return lambda **given: forms.CharField(max_length=length, **given)


def _lines(**given: Any) -> forms.Field:
    return forms.CharField(max_length=8000, widget=forms.Textarea(attrs={"rows": 2}), **given)


def _company(**given: Any) -> forms.Field:
    return forms.ModelChoiceField(Company.objects.active(), empty_label=_("выберите"), **given)


FIELDS: dict[str, Callable[..., forms.Field]] = {
    "note": _lines,
    "works": _lines,
    "until": MomentField,
    "planned_at": MomentField,
    "company": _company,
    "act_number": _line(60),
    "said_by": _line(200),
    "duplicate_of": _line(16),
}


class StepForm(forms.Form):
    """The fields of ``step`` for ``ticket``: what it needs is required, what it asks is not."""

    use_required_attribute = False

    def __init__(self, *args: Any, step: str, ticket: Ticket, actor: User, **kwargs: Any) -> None:
        # Several forms of one page must not share the ids of their fields.
        super().__init__(*args, **({"auto_id": f"id_{step}_%s"} | kwargs))
        self.ticket, self.actor = ticket, actor
        rule = STEPS[step]
        for name in (*rule.needs, *rule.asks):
            given: dict[str, Any] = {"label": LABELS[name], "required": name in rule.needs}
            if name == "reason":
                choices = [("", _("выберите")), *(rule.reasons.choices if rule.reasons else ())]
                self.fields[name] = forms.ChoiceField(choices=choices, **given)
            else:
                self.fields[name] = FIELDS[name](**given)
            if placeholder := PLACEHOLDERS.get(name):
                self.fields[name].widget.attrs["placeholder"] = placeholder

    def clean_duplicate_of(self) -> Ticket:
        number = re.sub(r"\s", "", self.cleaned_data["duplicate_of"])
        main = Ticket.objects.visible_to(self.actor).filter(number=number).first()
        if main is None:
            raise ValidationError(_("Заявки с таким номером нет."))
        return main

    def given(self) -> dict[str, Any]:
        """What ``move_ticket`` takes besides the step itself."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
