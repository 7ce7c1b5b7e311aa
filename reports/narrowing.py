"""Forms that narrow a report, and the one by which it is ordered."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import CENTRE_ROLES, User
from callbacks.models import Contact
from companies.models import Company, District
from tickets.models import Category

from .asking import WEEKDAYS
from .catalogue import REPORTS
from .figures import FILTERS
from .forms import PeriodForm
from .models import FileKind, ReportOrder
from .period import Period
from .services.contents import filters_of
from .services.orders import READERS


class _Problems(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's class takes no argument
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.problem)


class NarrowForm(forms.Form):
    """By what everything of ``FILTERS`` is narrowed; nothing chosen: the whole centre."""

    company = forms.ModelChoiceField(Company.objects.order_by("name"), label=_("Организация"), required=False)
    district = forms.ModelChoiceField(District.objects.all(), label=_("Район"), required=False)
    category = _Problems(Category.objects.all(), label=_("Категория"), required=False)
    operator = forms.ModelChoiceField(
        User.objects.filter(role__in=CENTRE_ROLES).order_by("last_name", "username"), label=_("Диспетчер"),
        required=False,
    )  # fmt: skip
    channel = forms.ChoiceField(choices=[("", _("любой")), *Contact.Channel.choices], label=_("Канал"), required=False)
    emergency = forms.ChoiceField(
        choices=[("", _("все")), ("yes", _("аварийные")), ("no", _("не аварийные"))], label=_("Авария"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("company", "district", "category", "operator"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.empty_label = str(_("все"))

    def narrowed_query(self) -> str:
        """What was chosen, as an address says it."""
        chosen = {name: self.cleaned_data.get(name) for name in FILTERS}
        return filters_of("", {name: str(getattr(value, "pk", value)) for name, value in chosen.items() if value})


class FilterForm(PeriodForm, NarrowForm):
    """The period, and what a report is narrowed by; the names of the fields are those of the addresses."""

    def __init__(self, data: Any, *, now: datetime) -> None:
        super().__init__(data, now=now)
        self.data = {**self.data, **{name: data[name] for name in FILTERS if data.get(name)}}

    @property
    def narrowed(self) -> dict[str, Any]:
        """By what the report is narrowed; ask only a valid form."""
        chosen = {name: self.cleaned_data.get(name) for name in FILTERS}
        told = {name: getattr(value, "pk", value) for name, value in chosen.items() if value}
        return told | ({"emergency": told["emergency"] == "yes"} if "emergency" in told else {})

    @property
    def words(self) -> tuple[str, ...]:
        """The same in words, for titles and files."""
        titles = {**dict(Contact.Channel.choices), "yes": _("аварийные"), "no": _("не аварийные")}
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


class _Readers(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # Django's class takes no argument
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} · {obj.get_role_display()} · {obj.email}"


class OrderForm(NarrowForm):
    """Which report, of which days, when and to whom. What was typed stays when something is amiss."""

    name = forms.ChoiceField(
        choices=[(name, kind.title) for name, kind in REPORTS.items()], label=_("Отчёт"),
        error_messages={"invalid_choice": _("Такого отчёта нет.")},
    )  # fmt: skip
    span = forms.ChoiceField(choices=ReportOrder.Span.choices, label=_("За какие дни"))
    every = forms.ChoiceField(choices=ReportOrder.Every.choices, label=_("Как часто"))
    weekday = forms.TypedChoiceField(
        choices=[("", "—"), *((number, day) for number, day in enumerate(WEEKDAYS, start=1))], coerce=int,
        empty_value=None, required=False, label=_("День недели"),
    )  # fmt: skip
    month_day = forms.IntegerField(min_value=1, max_value=28, required=False, label=_("Число месяца"))
    hour = forms.IntegerField(min_value=0, max_value=23, initial=8, label=_("Час"))
    kind = forms.ChoiceField(choices=FileKind.choices, initial=FileKind.XLSX, label=_("Вид файла"))
    recipients = _Readers(
        User.objects.none(), widget=forms.CheckboxSelectMultiple, label=_("Кому"),
        error_messages={"required": _("Выберите, кому посылать.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recipients = self.fields["recipients"]
        assert isinstance(recipients, forms.ModelMultipleChoiceField)
        recipients.queryset = (
            User.objects.filter(is_active=True, role__in=READERS).exclude(email="").order_by("last_name", "username")
        )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        every, span = told.get("every"), told.get("span")
        if every == ReportOrder.Every.WEEKDAY and not told.get("weekday"):
            self.add_error("weekday", _("Выберите день недели."))
        if every == ReportOrder.Every.MONTH_DAY and not told.get("month_day") and "month_day" not in self.errors:
            self.add_error("month_day", _("Назовите число от 1 до 28."))
        oftener = {ReportOrder.Every.DAY: ("week", "month"), ReportOrder.Every.WEEKDAY: ("month",)}
        if span in oftener.get(ReportOrder.Every(every), ()) if every in ReportOrder.Every.values else False:
            raise ValidationError(_("Чаще, чем меняются дни отчёта, его не посылают: выберите «за вчера» или реже."))
        return told

    def order(self, owner: User) -> ReportOrder:
        """What was ordered, not written down yet."""
        told = self.cleaned_data
        return ReportOrder(
            owner=owner, name=told["name"], query=self.narrowed_query(), span=told["span"], every=told["every"],
            weekday=told["weekday"] if told["every"] == ReportOrder.Every.WEEKDAY else None,
            month_day=told["month_day"] if told["every"] == ReportOrder.Every.MONTH_DAY else None,
            hour=told["hour"], kind=told["kind"],
        )  # fmt: skip


def take_fields(name: str, period: Period, query: QueryDict) -> list[tuple[str, str]]:
    """What the buttons of templates/reports/_take.html send: all that says which file is meant."""
    narrowed = QueryDict(filters_of(name, query))
    return [
        ("name", name), ("from", str(period.first)), ("to", str(period.last)),
        ("at", f"{period.at:%Y-%m-%dT%H:%M:%SZ}"), *narrowed.dict().items(),
    ]  # fmt: skip
