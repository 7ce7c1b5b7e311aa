"""What only the pages of organisations need: their history in words, and texts without telephone numbers."""

from datetime import datetime

from django import template
from django.template.defaultfilters import stringfilter
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.phones import hide_phones
from tickets.models import TicketEvent
from tickets.workflow import STEPS, Status

register = template.Library()

# What a step looks like when it has been taken.
TAKEN: dict[str, Promise | str] = {
    "register": _("Зарегистрирована"),
    "assign": _("Передана организации"),
    "appoint": _("Назначена до решения"),
    "accept": _("Принята"),
    "accept_by_phone": _("Принята по телефону"),
    "reject": _("Возвращена в центр"),
    "start": _("Работа начата"),
    "plan": _("Назван срок"),
    "plan_by_phone": _("Срок назван по телефону"),
    "localise": _("Опасность устранена"),
    "localise_by_phone": _("Опасность устранена, сообщили по телефону"),
    "postpone": _("Отложена"),
    "report_done": _("Работа сделана"),
    "done_by_phone": _("Работа сделана, сообщили по телефону"),
    "not_confirmed": _("Не подтвердилась на месте"),
    "close": _("Закрыта: заявитель подтвердил"),
    "close_unconfirmed": _("Закрыта без подтверждения"),
    "return_to_work": _("Не сделано: возвращена в работу"),
    "cancel": _("Отменена"),
    "mark_duplicate": _("Объединена с другой заявкой"),
    "reopen": _("Возобновлена"),
    "answer": _("Ответ центра"),
    "comment": _("Запись"),
    "import": _("Внесена из прежнего журнала"),
    "give": _("Дана мастеру"),
    "photo": _("Фото"),
    "correct_address": _("Исправлен адрес"),
    "ask_phone": _("Запрошен телефон жителя"),
    "grant_phone": _("Доступ к телефону дан"),
    "refuse_phone": _("В доступе к телефону отказано"),
}
TONES = {
    Status.ASSIGNED: "soon", Status.ACCEPTED: "info", Status.IN_WORK: "info", Status.RETURNED: "late",
    Status.DONE: "info", Status.NOT_CONFIRMED: "info", Status.CLOSED: "kept",
}  # fmt: skip


@register.filter
@stringfilter
def without_phones(text: str) -> str:
    return hide_phones(text)


@register.filter
def taken(event: TicketEvent) -> Promise | str:
    return TAKEN.get(event.step, event.step)


@register.filter
def reason(event: TicketEvent) -> str:
    """Why, in the words of the step's own list."""
    rule = STEPS.get(event.step)
    if not event.reason or rule is None or rule.reasons is None:
        return ""
    return str(dict(rule.reasons.choices).get(event.reason, event.reason))


@register.filter
def detail_moment(event: TicketEvent, name: str) -> datetime | None:
    """A moment that came with the step: planned_at, until."""
    return parse_datetime(event.details[name]) if event.details.get(name) else None


@register.filter
def until(due_at: datetime, now: datetime) -> str:
    """What follows «до»: 14:22 today, 23.11 14:22 otherwise."""
    local, today = timezone.localtime(due_at), timezone.localtime(now)
    return local.strftime("%H:%M" if local.date() == today.date() else "%d.%m %H:%M")


@register.filter
def tone(status: str) -> str:
    return TONES.get(Status(status), "plain")
