"""What an address asks for: a figure, and by what it is narrowed, read strictly and told in words."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from callbacks.models import Audience, CallbackObligation, Clock, Contact
from companies.models import Company, District
from tickets.models import Category, Outage
from tickets.workflow import STEPS

from .figures import FIGURES, FILTERS, NONE, Figure
from .listing import step_of

Asked = tuple[Any, str]
WEEKDAYS = (
    gettext_lazy("понедельник"), gettext_lazy("вторник"), gettext_lazy("среда"), gettext_lazy("четверг"),
    gettext_lazy("пятница"), gettext_lazy("суббота"), gettext_lazy("воскресенье"),
)  # fmt: skip


def asked_figure(query: QueryDict) -> tuple[Figure, dict[str, object], list[str]]:
    """The figure, what narrows it, and the same in words. An unknown one is no page of ours."""
    figure = FIGURES.get(query.get("cell", ""))
    if figure is None:
        raise Http404
    narrowed: dict[str, object] = {}
    words: list[str] = []
    for name, read in READ.items():
        if (value := query.get(name, "")) and figure.subject.may_be_narrowed_by(name):
            narrowed[name], word = (NONE, NOBODY[name]()) if value == NONE and name in NOBODY else read(value)
            words.append(word)
    return figure, narrowed, words


def asked_filters(query: QueryDict) -> tuple[dict[str, object], list[str]]:
    """What a report is narrowed by."""
    narrowed: dict[str, object] = {}
    words: list[str] = []
    for name in FILTERS:
        if value := query.get(name, ""):
            narrowed[name], word = READ[name](value)
            words.append(word)
    return narrowed, words


def _whole(value: str) -> int:
    # Nine digits fit every key and keep PostgreSQL from complaining about the rest.
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise Http404
    return int(value)


def _row_of(model: Any, title: Callable[[Any], str] = str) -> Callable[[str], Asked]:
    def read(value: str) -> Asked:
        if (row := model.objects.filter(pk=_whole(value)).first()) is None:
            raise Http404
        return row.pk, title(row)

    return read


def _one_of(choices: Any) -> Callable[[str], Asked]:
    def read(value: str) -> Asked:
        if value not in choices.values:
            raise Http404
        return value, str(choices(value).label)

    return read


def _emergency(value: str) -> Asked:
    if value not in {"yes", "no"}:
        raise Http404
    return value == "yes", _("аварийные") if value == "yes" else _("не аварийные")


def _hour(value: str) -> Asked:
    if (hour := _whole(value)) > 23:
        raise Http404
    return hour, f"{hour:02d}:00–{hour + 1:02d}:00"


def _weekday(value: str) -> Asked:
    if not 1 <= (day := _whole(value)) <= 7:
        raise Http404
    return day, str(WEEKDAYS[day - 1])


def _half(value: str) -> Asked:
    if (half := _whole(value)) > 47:
        raise Http404
    return half, f"{half // 2:02d}:{half % 2 * 30:02d}"


def _rung(value: str) -> Asked:
    # A rung is a small number; a larger one is no rung of ours.
    if (rung := _whole(value)) > 1000:
        raise Http404
    return rung, _("ступень %s") % rung


def _wait(value: str) -> Asked:
    low, dash, high = value.partition("-")
    if not dash:
        raise Http404
    bounds = (_whole(low), _whole(high) if high else None)
    return bounds, length_words(*bounds)


def length_words(low: int, high: int | None) -> str:
    """A stretch of lengths in words: whole hours as hours, everything else in minutes."""
    in_hours = low % 3600 == 0 and (high or 0) % 3600 == 0 and bool(low or high)
    size, unit = (3600, _("ч")) if in_hours else (60, _("мин"))
    if high is None:
        return _("от %(low)s %(unit)s") % {"low": f"{low / size:g}", "unit": unit}
    return f"{low / size:g}–{high / size:g} {unit}"


def _step(value: str) -> Asked:
    if value not in STEPS:
        raise Http404
    return value, step_of(value)


def _what(value: str) -> Asked:
    if len(value) > 40 or "\x00" in value:
        raise Http404
    return value, value


READ: dict[str, Callable[[str], Asked]] = {
    "company": _row_of(Company, lambda company: company.name),
    "district": _row_of(District),
    "category": _row_of(Category, lambda category: f"{category.problem} · {category.place}"),
    "operator": _row_of(User),
    "person": _row_of(User),
    "channel": _one_of(Contact.Channel),
    "emergency": _emergency,
    "hour": _hour,
    "half": _half,
    "weekday": _weekday,
    "wait": _wait,
    "reason": _one_of(CallbackObligation.Reason),
    "clock": _one_of(Clock),
    "rung": _rung,
    "audience": _one_of(Audience),
    "step": _step,
    "kind": _one_of(Outage.Kind),
    "what": _what,
}
# How «none of them» is said.
NOBODY: dict[str, Callable[[], str]] = {
    "company": lambda: _("без организации"), "district": lambda: _("район не указан"),
    "category": lambda: _("без заявки"), "operator": lambda: _("никто"), "person": lambda: _("никто"),
    "emergency": lambda: _("без заявки"),
}  # fmt: skip
