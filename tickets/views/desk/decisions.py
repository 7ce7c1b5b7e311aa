"""What a supervisor decides about a person whom nobody could reach: another round, a message, or letting go."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from accounts.phones import format_phone
from accounts.writes import Refused
from callbacks import services
from callbacks.models import CallbackObligation, CitizenNotice
from callbacks.services.retries import ATTEMPTS
from tickets.forms.callbacks import NoticeForm, WaiveForm
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Decision:
    """The three ways, as the row of an exhausted call offers them.

    ``notice_form`` None: no gateway, or this round's message is written already. ``was_tried``: often enough for
    «not reached».
    """

    waive_form: WaiveForm
    notice_form: NoticeForm | None
    has_gateway: bool
    was_tried: bool


def decision_for(promise: CallbackObligation, ticket: Ticket | None) -> Decision:
    """``promise`` with its notices prefetched."""
    sent = [notice for notice in promise.notices.all() if notice.abandoned_at is None]
    may_write = bool(settings.NOTIFY_HOOK_URL) and len(sent) < promise.rounds
    was_tried = promise.counted_attempts >= ATTEMPTS
    auto_id = f"id_{promise.pk}_%s"
    return Decision(
        waive_form=WaiveForm(auto_id=auto_id, was_tried=was_tried),
        notice_form=NoticeForm(auto_id=auto_id, initial={"text": proposed_text(ticket)}) if may_write else None,
        has_gateway=bool(settings.NOTIFY_HOOK_URL),
        was_tried=was_tried,
    )


def last_notice(promise: CallbackObligation) -> CitizenNotice | None:
    return max(promise.notices.all(), key=lambda notice: notice.pk, default=None)


def proposed_text(ticket: Ticket | None) -> str:
    """What is sent unless the supervisor changes it: in Russian, whatever the language of his screen."""
    told = {"number": ticket.number if ticket else "", "phone": format_phone(settings.CENTRE_PHONE)}
    with override("ru"):
        if ticket is None:
            return _("Мы звонили вам в ответ на ваш звонок и не дозвонились. Позвоните нам: %(phone)s.") % told
        return _("Мы звонили вам по заявке %(number)s и не дозвонились. Позвоните нам: %(phone)s.") % told


def _decided(request: PersonRequest, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, done)
    return redirect("desk:queue")


def _refused(request: PersonRequest, form: Form) -> HttpResponse:
    messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("desk:queue")


@roles_required(Role.SUPERVISOR)
@require_POST
def another_round(request: PersonRequest, pk: int) -> HttpResponse:
    promise = get_object_or_404(CallbackObligation, pk=pk)
    return _decided(
        request,
        lambda: services.order_another_round(obligation=promise, by=request.user, at=clock.now()),
        _("Ещё круг: звонок вернулся диспетчерам."),
    )


@roles_required(Role.SUPERVISOR)
@require_POST
def notice(request: PersonRequest, pk: int) -> HttpResponse:
    promise = get_object_or_404(CallbackObligation, pk=pk)
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    return _decided(
        request,
        lambda: services.send_notice(obligation=promise, by=request.user, at=clock.now(), **form.cleaned_data),
        _("Сообщение уйдёт через шлюз. Решение остаётся за вами."),
    )


@roles_required(Role.SUPERVISOR)
@require_POST
def waive(request: PersonRequest, pk: int) -> HttpResponse:
    promise = get_object_or_404(CallbackObligation, pk=pk)
    form = WaiveForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    return _decided(
        request,
        lambda: services.waive(obligation=promise, by=request.user, at=clock.now(), **form.cleaned_data),
        _("Обязательство снято. Причина и ваше имя записаны."),
    )
