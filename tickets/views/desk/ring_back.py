"""The ring-back panel: whom to ring, what to say, and how it ended."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, User
from accounts.writes import Refused
from callbacks import services as promises
from callbacks.models import CallAttempt, CallbackObligation, Deadline
from callbacks.services.promises import AlreadySettled
from tickets import services
from tickets.forms.callbacks import Result, RingBackForm
from tickets.models import Ticket
from tickets.services.calls import VerdictRequired, WrongMoment
from tickets.workflow import Status

from .card import norm_clocks_of, refusal_of
from .promises import WITH_TICKET, messages_left, ticket_shown
from .queue import TAKES_CALLS

Reason = CallbackObligation.Reason
State = CallbackObligation.State
# An organisation that is silent is given so long before the caller is rung about it again.
ASK_AGAIN = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)


@roles_required(*CENTRE_ROLES)
@require_safe
def callback(request: PersonRequest, pk: int) -> HttpResponse:
    promise = _find(pk)
    at = clock.now()
    ticket = ticket_shown(promise)
    form = RingBackForm(obligation=promise, at=at, initial=_suggested(promise, ticket, request, at=at))
    return render(request, "desk/callback.html", _panel(request.user, promise, form, at=at))


@roles_required(*TAKES_CALLS)
@require_POST
def dial(request: PersonRequest, pk: int) -> HttpResponse:
    """«Звоню»: from now on the call is in progress."""
    promise = get_object_or_404(CallbackObligation, pk=pk)
    refused: Promise | str = ""
    try:
        promises.start_attempt(obligation=promise, operator=request.user, at=clock.now())
    except Refused as refusal:
        refused = refusal.message
    if not request.htmx:
        if refused:
            messages.error(request, str(refused))
        return redirect("desk:callback", pk=pk)
    running = promise.attempts.in_progress().filter(operator=request.user).first()
    return render(request, "desk/_dial.html", {"promise": promise, "running": running, "refused": refused})


@roles_required(*TAKES_CALLS)
@require_POST
def finish(request: PersonRequest, pk: int) -> HttpResponse:
    promise = _find(pk)
    at = clock.now()
    form = RingBackForm(request.POST, obligation=promise, at=at)
    if form.is_valid():
        try:
            attempt = services.record_ring_back(obligation=promise, operator=request.user, at=at, **form.given())
        except AlreadySettled as refusal:
            messages.error(request, str(refusal.message))
            return redirect("desk:queue")
        except VerdictRequired as refusal:
            form.add_error(None, str(refusal.message))
        except WrongMoment as refusal:
            form.add_error("call_again_at", str(refusal.message))
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _what_follows(Result(form.cleaned_data["result"]), attempt))
            return redirect("desk:queue")
    return render(request, "desk/callback.html", _panel(request.user, promise, form, at=at))


@roles_required(*TAKES_CALLS)
@require_POST
def release(request: PersonRequest, pk: int) -> HttpResponse:
    promise = get_object_or_404(CallbackObligation, pk=pk)
    if promises.release(obligation=promise, operator=request.user, at=clock.now()):
        messages.info(request, _("Звонок вернулся на своё место в очереди."))
    else:
        messages.warning(request, _("Этот звонок не у вас, или по нему уже звонят."))
    return redirect("desk:queue")


@roles_required(*TAKES_CALLS)
@require_POST
def renew(request: PersonRequest, pk: int) -> HttpResponse:
    """While the panel is open, the call stays this operator's."""
    promise = get_object_or_404(CallbackObligation.objects.select_related("claimed_by"), pk=pk)
    held = promises.renew(obligation=promise, operator=request.user, at=clock.now())
    return render(request, "desk/_lease.html", {"promise": promise, "is_mine": held})


def _find(pk: int) -> CallbackObligation:
    return get_object_or_404(CallbackObligation.objects.select_related(*WITH_TICKET), pk=pk)


def _panel(user: User, promise: CallbackObligation, form: RingBackForm, *, at: datetime) -> dict[str, Any]:
    ticket = ticket_shown(promise)
    attempts = list(promise.attempts.select_related("operator"))
    running = next((attempt for attempt in attempts if attempt.ended_at is None), None)
    is_mine = promise.claimed_by_id == user.pk and (
        promise.state == State.DIALLING or (promise.claimed_until or at) > at
    )
    clocks: list[Deadline] = norm_clocks_of(ticket) if ticket else []
    return {
        "promise": promise,
        "ticket": ticket,
        "at": at,
        "form": form,
        "attempts": [attempt for attempt in attempts if attempt.ended_at],
        "running": running,
        "is_mine": is_mine and user.role in TAKES_CALLS,
        "is_held": promise.state == State.DIALLING or (promise.claimed_until or at) > at,
        "is_control": promise.reason == Reason.CONTROL_CALL,
        "was_unheard": promise.reason in CallbackObligation.UNHEARD,
        "said": messages_left([promise]).get(promise.pk, []),
        "next_try_at": _next_try_at(promise, at=at),
        # As the service does it: any talk with him tells the term that the organisation has named.
        "term_to_tell": ticket.planned_at if ticket and ticket.term_told_at is None else None,
        "takes_calls": user.role in TAKES_CALLS,
        # A refused form stays on the page with what was typed, even when the call is no longer his.
        "writes": (is_mine and user.role in TAKES_CALLS) or form.is_bound,
        "others": _others(promise) if is_mine else [],
        "chosen": form["also"].value() or [],
        "clocks": clocks,
        "refusal": refusal_of(ticket) if ticket and ticket.status == Status.REJECTED else None,
        "again_at": form.cleaned_data.get("call_again_at") if form.is_bound else form.initial.get("call_again_at"),
        "open_section": form["result"].value() if form.is_bound else "",
    }


def _next_try_at(promise: CallbackObligation, *, at: datetime) -> datetime | None:
    """Until when it is not to be rung, None when it may be rung now (or no more)."""
    waits = promise.state == State.OPEN and promise.next_attempt_at is not None and promise.next_attempt_at > at
    return promise.next_attempt_at if waits else None


def _others(promise: CallbackObligation) -> list[tuple[CallbackObligation, Ticket | None]]:
    """What else is owed to the same number: one talk may settle it all."""
    owed = CallbackObligation.objects.outstanding().filter(number=promise.number).exclude(pk=promise.pk)
    return [(other, ticket_shown(other)) for other in owed.select_related(*WITH_TICKET).most_urgent_first()[:10]]


def _suggested(
    promise: CallbackObligation, ticket: Ticket | None, request: PersonRequest, *, at: datetime
) -> dict[str, Any]:
    """A dated promise while the organisation is silent; a note that names the ticket just made of a missed call."""
    suggested: dict[str, Any] = {}
    if ticket and promise.reason != Reason.CONTROL_CALL and ticket.status in (Status.ASSIGNED, Status.REGISTERED):
        again = at + ASK_AGAIN
        # Rounded up to a quarter of an hour: it is said aloud.
        midnight = timezone.localtime(again).replace(hour=0, minute=0, second=0, microsecond=0)
        suggested["call_again_at"] = midnight - QUARTER * ((midnight - again) // QUARTER)
    made = Ticket.objects.filter(
        number=request.GET.get("made", "").replace("\0", ""), contact__phone=promise.number
    ).first()
    if made:
        suggested["note"] = _("Зарегистрирована заявка %(number)s.") % {"number": made.number}
    return suggested


def _what_follows(result: Result, attempt: CallAttempt) -> str:
    promise = CallbackObligation.objects.get(pk=attempt.obligation_id)
    match result:
        case Result.TALKED:
            return _("Разговор записан, обещание исполнено.")
        case Result.CONFIRMED:
            return _("Заявитель подтвердил: заявка закрыта.")
        case Result.NOT_DONE:
            return _("Работа возвращена организации.")
        case Result.LATER:
            return _("Записано. Позвоним, когда просили.")
    if promise.state == State.EXHAUSTED:
        return _("%(result)s. Дальше решает старший смены.") % {"result": result.label}
    assert promise.next_attempt_at is not None
    again = timezone.localtime(promise.next_attempt_at).strftime("%H:%M")
    return _("%(result)s. Следующая попытка в %(time)s.") % {"result": result.label, "time": again}
