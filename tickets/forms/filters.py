"""Narrowing the list of tickets, and finding one."""

import re
from datetime import datetime, time
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.phones import WrongPhone, parse_phone
from companies.models import Company
from tickets.models import Category, Ticket
from tickets.workflow import Status

NUMBER = re.compile(r"\d{2}-\d{6,10}")
# Fewer digits than this are in too many numbers to mean one.
LEAST_DIGITS = 3
# From here on it is a telephone with its code; less is the end of one, or of a ticket's number.
WHOLE_NUMBER = 10


def _groups() -> list[tuple[str, str]]:
    groups = Category.objects.order_by("group").values_list("group", flat=True).distinct()
    return [(group, group) for group in groups]


class TicketFilter(filters.FilterSet):
    """The list of the desk; without a choice, what is not finished yet."""

    state = filters.ChoiceFilter(
        label=_("Состояние"), choices=[("all", _("все, и закрытые")), *Status.choices], method="by_state",
        empty_label=_("не закрытые"),
    )  # fmt: skip
    company = filters.ModelChoiceFilter(label=_("Исполнитель"), queryset=Company.objects.all(), empty_label=_("все"))
    group = filters.ChoiceFilter(
        label=_("О чём"), field_name="category__group", choices=_groups, empty_label=_("обо всём")
    )
    overdue = filters.BooleanFilter(
        label=_("Только с просроченным сроком"), method="by_overdue", widget=forms.CheckboxInput
    )
    since = filters.DateFilter(
        label=_("С"), method="by_since", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = filters.DateFilter(
        label=_("По"), method="by_until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def filter_queryset(self, queryset: Any) -> Any:
        rows: Any = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.live()

    def by_state(self, rows: Any, name: str, value: str) -> Any:
        return rows if value == "all" else rows.filter(status=value)

    def by_overdue(self, rows: Any, name: str, value: bool) -> Any:
        return rows.overdue(self.at) if value else rows

    def by_since(self, rows: QuerySet[Ticket], name: str, value: Any) -> QuerySet[Ticket]:
        return rows.filter(registered_at__gte=timezone.make_aware(datetime.combine(value, time.min)))

    def by_until(self, rows: QuerySet[Ticket], name: str, value: Any) -> QuerySet[Ticket]:
        return rows.filter(registered_at__lte=timezone.make_aware(datetime.combine(value, time.max)))


class SearchForm(forms.Form):
    """One line: a ticket's number, a telephone or its last digits, or words of the address and the text."""

    text = forms.CharField(
        label=_("Номер заявки, телефон или слова"), max_length=200,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "placeholder": _("26-000123, 12-34-56, Кирова 20")}
        ),
        error_messages={"required": _("Введите номер, телефон или слова.")},
    )  # fmt: skip
    use_required_attribute = False

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        digits = re.sub(r"\D", "", text)
        if self._is_digits(text) and len(digits) < LEAST_DIGITS:
            raise forms.ValidationError(_("Нужно хотя бы три цифры."))
        return text

    @staticmethod
    def _is_digits(text: str) -> bool:
        return not re.search(r"[^\d\s()+.\-–]", text)

    def is_number(self) -> bool:
        return bool(NUMBER.fullmatch(self.cleaned_data["text"]))

    def narrow(self, rows: Any) -> Any:
        text: str = self.cleaned_data["text"]
        if self.is_number():
            return rows.filter(number=text)
        if not self._is_digits(text):
            return rows.search(text)
        digits = re.sub(r"\D", "", text)
        if len(digits) < WHOLE_NUMBER:
            return rows.ending_with(digits)
        try:
            return rows.of_phone(parse_phone(text).number)
        except WrongPhone:
            return rows.none()
