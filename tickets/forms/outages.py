"""Announcing an outage, and what is said of it afterwards."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, When
from django.utils.translation import gettext_lazy as _

from companies.models import Company, Locality, Service
from tickets.models import Category, Outage
from tickets.services.outage_calls import WAIVED_FOR
from tickets.services.outage_houses import MOST, Found, houses_of_filter, houses_of_lines
from tickets.services.outages import Announcement

from .fields import MomentField

# What is usually off stands first.
IS_SELDOM = Case(
    When(code__in=["cold_water", "hot_water", "heating", "electricity", "gas", "sewer"], then=False), default=True,
    output_field=BooleanField(),
)  # fmt: skip
MANAGERS = (Company.Kind.MANAGEMENT, Company.Kind.HOMEOWNERS)


def _words(label: Any, *, rows: int = 2, length: int = 2000, **given: Any) -> forms.CharField:
    return forms.CharField(max_length=length, label=label, widget=forms.Textarea(attrs={"rows": rows}), **given)


class HousesForm(forms.Form):
    """Which houses: by streets with their numbers, by whose management they are, or all of a settlement."""

    locality = forms.ModelChoiceField(
        Locality.objects.all(), label=_("Населённый пункт"), empty_label=_("выберите"),
        error_messages={"required": _("Выберите населённый пункт.")},
    )  # fmt: skip
    lines = forms.CharField(
        max_length=4000, required=False, label=_("Улицы и дома, по одной улице в строке"),
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("ул. Кирова 1–40 чётные")}),
    )  # fmt: skip
    manager = forms.ModelChoiceField(
        Company.objects.active().filter(kind__in=MANAGERS), required=False, label=_("Только дома организации"),
        empty_label=_("любой"),
    )  # fmt: skip
    is_whole = forms.BooleanField(required=False, label=_("Весь населённый пункт"))
    use_required_attribute = False

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def find(self, day: date) -> Found:
        """The houses that the cleaned fields name; both of streets and organisation: those that are in both."""
        told = self.cleaned_data
        locality: Locality | None = told.get("locality")
        manager: Company | None = told.get("manager")
        if locality is None:
            return Found()
        lines = told.get("lines", "").strip()
        if not lines:
            wanted = manager is not None or told.get("is_whole")
            return houses_of_filter(day=day, locality=locality, company=manager) if wanted else Found()
        found = houses_of_lines(lines, locality=locality)
        if manager is not None:
            managed = {house.pk for house in houses_of_filter(day=day, locality=locality, company=manager).buildings}
            found.buildings = [house for house in found.buildings if house.pk in managed]
        return found

    def where_in_words(self) -> str:
        """How the chosen houses are read out, when nobody has written it better."""
        told = self.cleaned_data
        lines = "; ".join(line.strip() for line in told["lines"].splitlines() if line.strip())
        parts = [told["locality"].name, lines or _("весь населённый пункт")]
        if told["manager"]:
            parts = [told["locality"].name, *([lines] if lines else []), _("дома: %s") % told["manager"]]
        return ", ".join(str(part) for part in parts)[:500]


class AnnounceForm(HousesForm):
    """An outage as it is announced."""

    kind = forms.ChoiceField(
        choices=Outage.Kind.choices, initial=Outage.Kind.EMERGENCY, label=_("Вид"), widget=forms.RadioSelect
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.order_by(IS_SELDOM, "title"), label=_("Что отключено"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Отметьте, что отключено.")},
    )  # fmt: skip
    category = forms.ModelChoiceField(
        Category.objects.active(), required=False, label=_("Только об этом"), empty_label=_("обо всём по услуге"),
        help_text=_("Нужно, когда услуга — управление домом: лифт, мусоропровод."),
    )  # fmt: skip
    text = _words(
        _("Что сказать жителю"), rows=3, help_text=_("Срок допишется сам."),
        error_messages={"required": _("Напишите, что сказать жителю.")},
    )  # fmt: skip
    cause = forms.CharField(max_length=300, required=False, label=_("Причина"))
    company = forms.ModelChoiceField(
        Company.objects.active(), required=False, label=_("Исполнитель"), empty_label=_("ещё не известен")
    )
    starts_at = MomentField(label=_("С какого времени"))
    ends_at = MomentField(required=False, label=_("Обещают включить"))
    next_by = MomentField(
        required=False, label=_("Следующая новость до"), help_text=_("Пусто — по правилу центра, через полчаса.")
    )
    where = forms.CharField(
        max_length=500, required=False, label=_("Где, как прочитать человеку"),
        help_text=_("Пусто — как вписано в улицы и дома."),
    )  # fmt: skip
    # The ticket that made somebody suggest it: the others of its suggestion are joined as well.
    like = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        starts_at, ends_at = told.get("starts_at"), told.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("Отключение должно кончаться позже, чем начинается."))
        if told.get("next_by") and told["next_by"] <= self.at:
            self.add_error("next_by", _("Время следующей новости должно быть в будущем."))
        if told.get("locality"):
            self.found = self.find(self.at.date())
            if not self.found.buildings:
                missed = " ".join(self.found.unknown)
                self.add_error("lines", missed or _("Впишите улицы и дома, выберите организацию или весь пункт."))
            elif len(self.found.buildings) > MOST:
                self.add_error("lines", _("Домов больше %s: разделите отключение.") % MOST)
        return told

    def announcement(self) -> Announcement:
        told = self.cleaned_data
        names = ("services", "starts_at", "ends_at", "text", "category", "company", "cause")
        return Announcement(
            kind=Outage.Kind(told["kind"]), buildings=self.found.buildings,
            where=told["where"] or self.where_in_words(), **{name: told[name] for name in names},
        )  # fmt: skip


def local_locality() -> Locality | None:
    """Where the centre itself is: most outages are there."""
    return Locality.objects.filter(area_code=settings.AREA_CODE).order_by("pk").first()


class _ActForm(forms.Form):
    """What goes with one thing that is said or done about an outage."""

    use_required_attribute = False

    def __init__(self, *args: Any, outage: Outage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outage = outage

    def given(self) -> dict[str, Any]:
        """What the service takes beside the outage, the person and the moment."""
        return self.cleaned_data


SAID_BY = {"placeholder": _("Иванова, диспетчер, 8 (4842) 55-12-30")}


class NewsForm(_ActForm):
    text = _words(_("Что нового"), error_messages={"required": _("Напишите, что нового.")})
    ends_at = MomentField(required=False, label=_("Новый срок, если перенесли"))
    next_by = MomentField(required=False, label=_("Следующая новость до"))


class ChangeForm(_ActForm):
    text = _words(_("Что сказать жителю"), rows=3)
    cause = forms.CharField(max_length=300, required=False, label=_("Причина"))
    where = forms.CharField(max_length=500, label=_("Где, как прочитать человеку"))
    company = forms.ModelChoiceField(
        Company.objects.active(), required=False, label=_("Исполнитель"), empty_label=_("ещё не известен")
    )

    def __init__(self, *args: Any, outage: Outage, **kwargs: Any) -> None:
        shown = {name: getattr(outage, name) for name in ("text", "cause", "where", "company")}
        super().__init__(*args, outage=outage, **({"initial": shown} | kwargs))


class AcceptForm(_ActForm):
    said_by = forms.CharField(
        max_length=200, label=_("Кто сказал и по какому номеру"), widget=forms.TextInput(attrs=SAID_BY)
    )
    ends_at = MomentField(required=False, label=_("Когда обещают включить"))

    def clean_ends_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["ends_at"]
        if moment is not None and moment <= self.outage.starts_at:
            raise ValidationError(_("Отключение должно кончаться позже, чем начинается."))
        return moment


class DoneForm(_ActForm):
    works = _words(_("Что сделано"))
    said_by = forms.CharField(
        max_length=200, label=_("Кто сказал и по какому номеру"), widget=forms.TextInput(attrs=SAID_BY)
    )


class CallOffForm(_ActForm):
    reason = forms.CharField(max_length=300, label=_("Почему отменено"))


class WaiveRestForm(_ActForm):
    reason = forms.ChoiceField(
        choices=[(reason.value, reason.label) for reason in WAIVED_FOR], label=_("Причина"), initial=WAIVED_FOR[0]
    )
    note = _words(
        _("Пояснение"), length=400, error_messages={"required": _("Нужно пояснение: оно останется в журнале.")}
    )


class DismissForm(forms.Form):
    """«I looked, and it is no outage»: ``like`` is a ticket of the suggestion."""

    like = forms.CharField(max_length=16, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=300, label=_("Почему это не отключение"), error_messages={"required": _("Напишите почему.")}
    )
    use_required_attribute = False


class JoinForm(forms.Form):
    """A ticket becomes part of one of the outages at its address."""

    outage = forms.ModelChoiceField(
        Outage.objects.open(), widget=forms.RadioSelect, label=_("К какому отключению"), empty_label=None,
        error_messages={"required": _("Выберите отключение.")},
    )  # fmt: skip
    wants_news = forms.BooleanField(required=False, label=_("Просит позвонить, когда включат"))
    use_required_attribute = False

    def __init__(self, *args: Any, offered: list[Outage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["outage"]
        field.queryset = Outage.objects.open().filter(pk__in=[outage.pk for outage in offered])
        field.initial = offered[0].pk if offered else None
