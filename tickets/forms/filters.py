"""Narrowing the list of tickets: every filter, what it says of itself on the page, and how it asks the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import django_filters as filters
from django import forms
from django.contrib.postgres.search import SearchQuery
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from companies.addresses import find
from companies.models import Company
from tickets.models import Category, Ticket, TicketDeadline
from tickets.models.tickets import TicketQuerySet
from tickets.workflow import Status

ALL = "all"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOURS = (1, 2, 4, 8, 24)
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _abouts() -> list[tuple[str, Any]]:
    """Groups of problems, each with its problems; the group itself may be chosen."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for group, code, problem, place in Category.objects.values_list("group", "code", "problem", "place"):
        groups.setdefault(group, [(group, _("%s: всё") % group)]).append((code, f"{problem} · {place}"))
    return sorted(groups.items())


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that narrows the list, in words, and the address of the same list without it."""

    name: str
    label: str
    without: str


class TicketFilter(filters.FilterSet):
    """The list of the desk. What it is narrowed by stands in its address, and holds nobody's phone or name.

    Without a chosen status it shows what is not finished; a search by text looks through everything.
    """

    status = filters.MultipleChoiceFilter(
        label=gettext_lazy("Состояние"), choices=[(ALL, gettext_lazy("все, и закрытые")), *Status.choices],
        method="by_status", widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    company = filters.ModelChoiceFilter(
        label=gettext_lazy("Исполнитель"), queryset=Company.objects.all(), empty_label=gettext_lazy("все")
    )
    about = filters.ChoiceFilter(
        label=gettext_lazy("О чём"), choices=_abouts, method="by_about", empty_label=gettext_lazy("обо всём")
    )
    kind = filters.ChoiceFilter(
        label=gettext_lazy("Вид"), method="by_kind", empty_label=gettext_lazy("любые"),
        choices=[
            ("danger", gettext_lazy("опасность")), ("emergency", gettext_lazy("аварии")),
            ("usual", gettext_lazy("обычные")),
        ],
    )  # fmt: skip
    within = filters.ChoiceFilter(
        label=gettext_lazy("Срок истекает"), method="by_within", empty_label=gettext_lazy("когда угодно"),
        choices=[(hours, gettext_lazy("в ближайшие %s ч") % hours) for hours in HOURS],
    )  # fmt: skip
    address = filters.CharFilter(
        label=gettext_lazy("Адрес"), method="by_address", max_length=100,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("кирова 20"), "autocomplete": "off"}),
    )  # fmt: skip
    since = filters.DateFilter(label=gettext_lazy("Приняты с"), method="by_since", widget=DAY)
    until = filters.DateFilter(label=gettext_lazy("по"), method="by_until", widget=DAY)
    overdue = filters.BooleanFilter(
        label=gettext_lazy("Срок просрочен"), method="by_overdue", widget=forms.CheckboxInput
    )
    nobody = filters.BooleanFilter(
        label=gettext_lazy("Без исполнителя"), method="by_nobody", widget=forms.CheckboxInput
    )
    mine = filters.BooleanFilter(label=gettext_lazy("Принял я"), method="by_mine", widget=forms.CheckboxInput)
    repeated = filters.BooleanFilter(
        label=gettext_lazy("Повторные и возвращённые"), method="by_repeated", widget=forms.CheckboxInput
    )
    outage = filters.BooleanFilter(
        label=gettext_lazy("Часть отключения"), method="by_outage", widget=forms.CheckboxInput
    )
    order = filters.ChoiceFilter(
        label=gettext_lazy("Сначала"), empty_label=gettext_lazy("новые"),
        choices=[("due", gettext_lazy("чей срок ближе"))],
    )  # fmt: skip

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User, at: datetime, looks_everywhere: bool = False) -> None:
        super().__init__(data, queryset=Ticket.objects.visible_to(user))
        self.query, self.user, self.at, self.looks_everywhere = data, user, at, looks_everywhere

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """What was chosen and is understood, in the order of the form."""
        self.form.is_valid()
        told = self.form.cleaned_data
        return {name: told[name] for name in self.base_filters if told.get(name) and name != "order"}

    @property
    def by_due(self) -> bool:
        return bool(self.form.is_valid() and self.form.cleaned_data["order"])

    @property
    def shows_unfinished(self) -> bool:
        return "status" not in self.chosen and not self.looks_everywhere

    def rows(self) -> TicketQuerySet:
        rows: Any = self.queryset
        for name, value in self.chosen.items():
            rows = self.filters[name].filter(rows, value)
        # A clock runs only on what is not finished. Said once: said twice, the planner thinks of far fewer.
        has_clock = not {"overdue", "within"}.isdisjoint(self.chosen)
        if has_clock or (self.shows_unfinished and not self.by_due):
            rows = rows.live()
        return cast(TicketQuerySet, _running(rows) if self.by_due else rows)

    # ── What each filter asks ────────────────────────────────────────────────────────────────────────────────────
    def by_status(self, rows: TicketQuerySet, name: str, value: list[str]) -> TicketQuerySet:
        return rows if ALL in value else rows.filter(status__in=value)

    def by_about(self, rows: TicketQuerySet, name: str, value: str) -> TicketQuerySet:
        return rows.filter(category__in=list(Category.objects.filter(Q(group=value) | Q(code=value))))

    def by_kind(self, rows: TicketQuerySet, name: str, value: str) -> TicketQuerySet:
        if value == "danger":
            return rows.filter(category__in=list(Category.objects.filter(is_danger=True)))
        return rows.filter(is_emergency=value == "emergency")

    def by_overdue(self, rows: TicketQuerySet, name: str, value: bool) -> TicketQuerySet:
        return _with_clock(rows, deadline__due_at__lte=self.at)

    def by_within(self, rows: TicketQuerySet, name: str, value: str) -> TicketQuerySet:
        until = self.at + timedelta(hours=int(value))
        return _with_clock(rows, deadline__due_at__gt=self.at, deadline__due_at__lte=until)

    def by_address(self, rows: TicketQuerySet, name: str, value: str) -> TicketQuerySet:
        """By the house, where only one can be meant; otherwise by the words of the street and the number."""
        sure = next((found for found in find(value, limit=1) if found.is_sure and found.building), None)
        if sure is None:
            return rows.filter(search=SearchQuery(value, config="russian", search_type="websearch"))
        rows = rows.filter(building=sure.building)
        return rows.filter(flat=sure.flat) if sure.flat else rows

    def by_since(self, rows: TicketQuerySet, name: str, value: date) -> TicketQuerySet:
        return rows.filter(registered_at__gte=timezone.make_aware(datetime.combine(value, time.min)))

    def by_until(self, rows: TicketQuerySet, name: str, value: date) -> TicketQuerySet:
        return rows.filter(registered_at__lte=timezone.make_aware(datetime.combine(value, time.max)))

    def by_nobody(self, rows: TicketQuerySet, name: str, value: bool) -> TicketQuerySet:
        return rows.filter(company=None)

    def by_mine(self, rows: TicketQuerySet, name: str, value: bool) -> TicketQuerySet:
        return rows.filter(registered_by=self.user)

    def by_repeated(self, rows: TicketQuerySet, name: str, value: bool) -> TicketQuerySet:
        return rows.filter(Q(repeats__gt=0) | Q(returns__gt=0))

    def by_outage(self, rows: TicketQuerySet, name: str, value: bool) -> TicketQuerySet:
        return rows.filter(outage__isnull=False)

    # ── What narrows, in words ───────────────────────────────────────────────────────────────────────────────────
    def chips(self) -> Iterator[Chip]:
        for name, value in self.chosen.items():
            for one in value if name == "status" else [value]:
                yield Chip(name, self._words(name, one), self._without(name, str(one)))
        if self.shows_unfinished:
            query = self.kept_query()
            query.appendlist("status", ALL)
            yield Chip("status", _("незакрытые"), query.urlencode())

    def periods(self) -> Iterator[tuple[str, str]]:
        """Ready periods: their names and addresses. What was closed meanwhile is of the day as well."""
        today = timezone.localdate(self.at)
        for title, first, last in (
            (_("сегодня"), today, today),
            (_("вчера"), today - timedelta(days=1), today - timedelta(days=1)),
            (_("неделя"), today - timedelta(days=6), today),
        ):
            query = self.kept_query()
            query["since"], query["until"] = first.isoformat(), last.isoformat()
            query.setlistdefault("status", [ALL])
            yield title, query.urlencode()

    def kept_query(self) -> QueryDict:
        """The address of this list and nothing else: what a saved view keeps."""
        query = QueryDict(mutable=True)
        for name in self.base_filters:
            for value in self.query.getlist(name):
                if value and name in ({**self.chosen, "order": ""} if self.by_due else self.chosen):
                    query.appendlist(name, value)
        return query

    def _without(self, name: str, value: str) -> str:
        query = self.kept_query()
        query.setlist(name, [kept for kept in query.getlist(name) if name == "status" and kept != value])
        return query.urlencode()

    def _words(self, name: str, value: Any) -> str:
        label = str(self.filters[name].label)
        match name:
            case "status":
                return str(dict(Status.choices).get(value, _("все, и закрытые")))
            case "about" | "kind":
                return self._choice(name, value)
            case "within":
                return str(_("истекают в ближайшие %s ч") % value)
            case "since" | "until":
                return f"{label} {value:%d.%m.%Y}"
            case "company" | "address":
                return f"{label}: {value}"
        return label

    def _choice(self, name: str, value: str) -> str:
        # Django types a choice as whatever may be turned into one; groups of them are lists.
        choices: Any = cast(forms.ChoiceField, self.form.fields[name]).choices
        every = [pair for key, label in choices for pair in (label if isinstance(label, list) else [(key, label)])]
        return str(dict(every)[value])


def _running(rows: Any) -> Any:
    """With each of its running clocks, to be ordered by them.

    Without a due time there would be no inner join, and it could not begin with the few that run.
    """
    return rows.filter(deadlines__deadline__stopped_at=None, deadlines__deadline__due_at__gt=EPOCH)


def _with_clock(rows: TicketQuerySet, **due: datetime) -> TicketQuerySet:
    """Tickets of which a clock runs that is due so. There are few running ones: the look begins with them."""
    running = TicketDeadline.objects.filter(deadline__stopped_at=None, **due)
    return rows.filter(pk__in=running.values("ticket_id"))
