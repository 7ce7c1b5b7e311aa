"""What may be done about one outage now, as one table: buttons, forms, addresses and refusals are made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import Form
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from tickets.forms.outages import (
    AcceptForm,
    CallOffForm,
    ChangeForm,
    DoneForm,
    NewsForm,
    WaiveRestForm,
)
from tickets.models import Outage
from tickets.services.outage_calls import CallList, Waived, waive_the_rest
from tickets.services.outage_work import (
    Moved,
    accept_outage,
    end_outage,
    move_terms,
    outage_done,
    report_tickets,
)
from tickets.services.outages import call_off, change_outage, tell_news

Result = Moved | Waived | None


@dataclass(frozen=True, slots=True)
class State:
    """How an outage stands, as far as the table asks."""

    outage: Outage
    calls: CallList | None
    at: datetime

    @property
    def has_begun(self) -> bool:
        return self.outage.is_open and self.outage.starts_at <= self.at

    @property
    def unreported(self) -> int:
        return self.calls.counts["not_reported"] if self.calls and self.outage.ended_at else 0


@dataclass(frozen=True, slots=True)
class Act:
    """One line: its button, its form, who may, when, and what it does."""

    title: Promise | str
    form: type[Form]
    run: Callable[..., Result]
    when: Callable[[State], bool]
    icon: str
    by: frozenset[Role] = frozenset({Role.OPERATOR, Role.SUPERVISOR})
    consequence: Promise | str = ""
    tone: str = ""


def _news(*, outage: Outage, by: User, at: datetime, **given: Any) -> Result:
    tell_news(outage=outage, by=by, at=at, **given)
    if not given.get("ends_at"):
        return None
    outage.refresh_from_db()
    return move_terms(outage=outage, by=by, at=at)


def _change(**given: Any) -> Result:
    change_outage(**given)
    return None


def _call_off(**given: Any) -> Result:
    call_off(**given)
    return None


ACTS: dict[str, Act] = {
    "news": Act(gettext_lazy("Сообщить новость"), NewsForm, _news, lambda s: s.outage.is_open, "message"),
    "accept": Act(
        gettext_lazy("Принято по телефону"), AcceptForm, accept_outage,
        lambda s: s.outage.is_open and s.outage.accepted_at is None, "check",
        consequence=gettext_lazy("Примутся все заявки этого отключения, с этим сроком."),
    ),
    "done": Act(
        gettext_lazy("Работа сделана, сообщили по телефону"), DoneForm, outage_done,
        lambda s: s.has_begun and s.outage.done_at is None, "tool",
        consequence=gettext_lazy("Все заявки станут выполненными; отключение останется, пока вы не закончите его."),
    ),
    "end": Act(
        gettext_lazy("Включили: закончить и начать обзвон"), DoneForm, end_outage,
        lambda s: s.has_begun, "circle-check",
        consequence=gettext_lazy("Все заявки станут выполненными, откроется список обзвона."), tone="primary",
    ),
    "finish": Act(
        gettext_lazy("Отметить сделанными оставшиеся"), DoneForm, report_tickets, lambda s: s.unreported > 0,
        "clipboard-check", tone="primary",
    ),
    "waive": Act(
        gettext_lazy("Снять остальные обещания — с причиной"), WaiveRestForm, waive_the_rest,
        lambda s: s.outage.ended_at is not None and s.calls is not None and s.calls.rest > 0, "users",
        by=frozenset({Role.SUPERVISOR}), tone="danger",
        consequence=gettext_lazy(
            "Заявки остальных закроются без разговора; причина и ваше имя останутся в журнале каждой. Кто позвонит"
            " позже, тому заявку возобновят."
        ),
    ),
    "change": Act(gettext_lazy("Исправить текст"), ChangeForm, _change, lambda s: s.outage.is_open, "edit"),
    "call_off": Act(
        gettext_lazy("Отменить отключение"), CallOffForm, _call_off, lambda s: s.outage.is_open, "ban",
        by=frozenset({Role.SUPERVISOR}), tone="danger",
        consequence=gettext_lazy("Новостей больше не ждём. Заявки остаются: каждая идёт своим чередом."),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Button:
    """What components/_step_buttons.html draws."""

    url: str
    title: Promise | str
    form: Form
    tone: str
    consequence: Promise | str
    icon: str
    key: str = ""


def buttons_of(state: State, user: User, tried: tuple[str, Form] | None = None) -> list[Button]:
    """What this person may do now; a form that was refused comes back with what was typed."""
    buttons = []
    for name, act in ACTS.items():
        is_tried = tried is not None and tried[0] == name
        if user.role not in act.by or not (act.when(state) or is_tried):
            continue
        form = tried[1] if tried and is_tried else act.form(outage=state.outage, auto_id=f"id_{name}_%s")  # type: ignore[call-arg]
        url = reverse("desk:outage_act", kwargs={"pk": state.outage.pk, "act": name})
        buttons.append(Button(url, act.title, form, act.tone, act.consequence, act.icon))
    return buttons
