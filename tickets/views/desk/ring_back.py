"""The ring-back panel: whom to ring, what to say, and how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, User
from accounts.moments import moment
from accounts.writes import Refused
from callbacks import services as promises
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.models.obligations import CallbackObligationQuerySet
from callbacks.services.claims import held_by_another
from callbacks.services.promises import AlreadySettled
from tickets import services
from tickets.forms.callbacks import Beside, Result, RingBackForm
from tickets.forms.later import QUICK, LaterForm
from tickets.models import Outage, Ticket
from tickets.services.calls import VerdictRequired, WrongMoment, awaits_verdict, tells_term
from tickets.services.delays import term_of
from tickets.services.portals import PortalState, portal_states
from tickets.workflow import Status

from .card import norm_clocks_of, refusal_of
from .promises import messages_left, read_with_tickets, ticket_shown, tickets_of
from .queue import TAKES_CALLS
from .saying import sentence_for

Reason = CallbackObligation.Reason
State = CallbackObligation.State
# An organisation that is silent is given so long before the caller is rung about it again.
ASK_AGAIN = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
# What else is owed to one number: more than that is a mistake, or an office.
BESIDE = 10
# What organisations wrote before that stands on the card.
NOTES = 3


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the person in hand. ``other``: somebody else's call, of this promise or another one to the number."""

    is_mine: bool
    is_free: bool
    other: CallbackObligation | None = None
    talks_since: datetime | None = None


@roles_required(*CENTRE_ROLES)
@require_safe
def callback(request: PersonRequest, pk: int) -> HttpResponse:
    promise = _find(pk)
    at = clock.now()
    ticket = ticket_shown(promise)
    beside = _beside(promise, request.user, at=at)
    initial = _suggested(promise, ticket, beside, request, at=at)
    form = RingBackForm(
        obligation=promise, beside=beside, at=at, is_control=_is_control(promise, ticket), initial=initial
    )
    return render(request, "desk/callback.html", _panel(request.user, promise, form, at=at))


@roles_required(*CENTRE_ROLES)
@require_safe
def say(request: PersonRequest, pk: int) -> HttpResponse:
    """«Что сказать» anew, when something has happened to the ticket meanwhile."""
    promise, at = _find(pk), clock.now()
    try:
        again_at = parse_datetime(request.GET.get("call_again_at", ""))
    except ValueError:
        again_at = None
    if again_at is not None and timezone.is_naive(again_at):
        again_at = timezone.make_aware(again_at)
    return render(request, "desk/_say.html", _saying(promise, at=at, again_at=again_at))


@roles_required(*CENTRE_ROLES)
@require_safe
def holder(request: PersonRequest, pk: int) -> HttpResponse:
    """Whose call it is, as soon as that changes; what is typed beside it stays as it is."""
    promise, at = _find_alone(pk), clock.now()
    held = _holder(promise, request.user, at=at)
    return render(
        request, "desk/_lease.html", {"promise": promise, "holder": held, "takes_calls": _takes(request.user)}
    )


@roles_required(*TAKES_CALLS)
@require_safe
def coming(request: PersonRequest) -> HttpResponse:
    """What comes next: how many wait, and the nearest clock."""
    at = clock.now()
    return render(request, "desk/_coming.html", {"coming": _coming(at), "at": at})


@roles_required(*TAKES_CALLS)
@require_safe
def recorded(request: PersonRequest, pk: int) -> HttpResponse:
    """What was written down, and the next call one key away."""
    promise, at = _find(pk), clock.now()
    last = promise.attempts.select_related("operator").filter(ended_at__isnull=False).order_by("-ended_at").first()
    shown = {"promise": promise, "ticket": ticket_shown(promise), "attempts": [last] if last else [], "at": at}
    return render(request, "desk/recorded.html", shown | {"coming": _coming(at)})


@roles_required(*TAKES_CALLS)
@require_POST
def later(request: PersonRequest) -> HttpResponse:
    """What the typed words would promise, before they are saved."""
    at = clock.now()
    return render(request, "desk/_later.html", {"form": LaterForm(request.POST, at=at), "at": at})


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
    promise = get_object_or_404(CallbackObligation, pk=pk)
    at = clock.now()
    # What the page shows besides is read for those alone who get it back.
    ticket = tickets_of([promise], Ticket.objects.only("status", "callback_id", "control_callback_id")).get(pk)
    beside = _beside(promise, request.user, at=at) if _owed_beside(promise).exists() else []
    form = RingBackForm(request.POST, obligation=promise, beside=beside, at=at, is_control=_is_control(promise, ticket))
    if form.is_valid():
        try:
            attempt = services.record_ring_back(obligation=promise, operator=request.user, at=at, **form.given())
        except AlreadySettled as refusal:
            settled = CallbackObligation.objects.select_related("settled_by").get(pk=pk).settled_by
            if settled is not None and settled.operator_id == request.user.pk:
                # The same form twice: what it said is on record.
                messages.error(request, str(refusal.message))
                return redirect("desk:recorded", pk=pk)
            form.add_error(None, str(refusal.message))
        except VerdictRequired as refusal:
            form.add_error(None, str(refusal.message))
        except WrongMoment as refusal:
            form.add_error("call_again_at", str(refusal.message))
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _what_follows(form, attempt, at=at))
            return redirect("desk:recorded", pk=pk)
    return render(request, "desk/callback.html", _panel(request.user, _find(pk), form, at=at))


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
    at = clock.now()
    promises.renew(obligation=_find_alone(pk), operator=request.user, at=at)
    promise = _find_alone(pk)
    held = _holder(promise, request.user, at=at)
    return render(request, "desk/_lease.html", {"promise": promise, "holder": held, "takes_calls": True})


def _find(pk: int) -> CallbackObligation:
    found = read_with_tickets(CallbackObligation.objects.filter(pk=pk))
    if not found:
        raise Http404
    return found[0]


def _find_alone(pk: int) -> CallbackObligation:
    return get_object_or_404(CallbackObligation.objects.select_related("claimed_by"), pk=pk)


def _takes(user: User) -> bool:
    return user.role in TAKES_CALLS


def _panel(user: User, promise: CallbackObligation, form: RingBackForm, *, at: datetime) -> dict[str, Any]:
    ticket = ticket_shown(promise)
    attempts = list(promise.attempts.select_related("operator"))
    running = next((attempt for attempt in attempts if attempt.ended_at is None), None)
    held = _holder(promise, user, at=at)
    again_at = form.cleaned_data.get("call_again_at") if form.is_bound else form.initial.get("call_again_at")
    is_owed = promise.state in CallbackObligation.OUTSTANDING
    return {
        "promise": promise,
        "ticket": ticket,
        "at": at,
        "form": form,
        "attempts": [attempt for attempt in attempts if attempt.ended_at],
        "running": running,
        "holder": held,
        "is_mine": held.is_mine,
        "is_control": _is_control(promise, ticket),
        "was_unheard": promise.reason in CallbackObligation.UNHEARD,
        "said": messages_left([promise]).get(promise.pk, []),
        "next_try_at": _next_try_at(promise, at=at),
        "takes_calls": _takes(user),
        # A refused form stays on the page with what was typed, even when the call is no longer his.
        "writes": held.is_mine or form.is_bound,
        "rows": list(form.rows()) if held.is_mine or form.is_bound else [],
        "quick": QUICK,
        "open_section": form["result"].value() if form.is_bound else "",
        "coming": None if held.is_mine or not _takes(user) or (is_owed and held.is_free) else _coming(at),
        **_saying(promise, at=at, again_at=again_at),
    }


def _saying(promise: CallbackObligation, *, at: datetime, again_at: datetime | None) -> dict[str, Any]:
    """What _say.html reads out: the sentence first, then what stands behind it."""
    ticket = ticket_shown(promise)
    refusal = refusal_of(ticket) if ticket and ticket.status == Status.REJECTED else None
    return {
        "promise": promise,
        "ticket": ticket,
        "at": at,
        "sentence": sentence_for(promise, ticket, at=at, again_at=again_at, refusal=refusal),
        "again_at": again_at,
        "refusal": refusal,
        "clocks": norm_clocks_of(ticket) if ticket else [],
        # As the service does it: a talk that is to tell the term tells it.
        "term_to_tell": term_of(ticket) if ticket and _is_to_tell(promise, ticket) else None,
        "portal": _portal(ticket, at=at),
        "outages": _outages(ticket, at=at),
        "notes": list(ticket.events.said_by_organisations()[:NOTES]) if ticket else [],
    }


def _outages(ticket: Ticket | None, *, at: datetime) -> list[Outage]:
    """What is off at the address and may be the reason, where nobody has tied the ticket to it."""
    if ticket is None or ticket.building is None or ticket.outage_id is not None:
        return []
    return services.current_outages(building=ticket.building, at=at, category=ticket.category)


def _portal(ticket: Ticket | None, *, at: datetime) -> PortalState | None:
    """Where the portal of the organisation that has not answered stands: one rings it instead."""
    if ticket is None or ticket.company is None or ticket.status != Status.ASSIGNED:
        return None
    return portal_states([ticket.company], at)[ticket.company.pk]


def _is_to_tell(promise: CallbackObligation, ticket: Ticket) -> bool:
    return tells_term(ticket, promise) and (ticket.term_told_at is None or promise.reason == Reason.DELAY)


def _is_control(promise: CallbackObligation, ticket: Ticket | None) -> bool:
    return ticket is not None and awaits_verdict(ticket, promise)


def _next_try_at(promise: CallbackObligation, *, at: datetime) -> datetime | None:
    """Until when it is not to be rung, None when it may be rung now (or no more)."""
    waits = promise.state == State.OPEN and promise.next_attempt_at is not None and promise.next_attempt_at > at
    return promise.next_attempt_at if waits else None


def _is_held(promise: CallbackObligation, at: datetime) -> bool:
    """In somebody's hand, as ``callbacks.services.claims.in_hand`` says of rows."""
    is_claimed = promise.state == State.CLAIMED and promise.claimed_until is not None and promise.claimed_until > at
    return promise.state == State.DIALLING or is_claimed


def _beside(promise: CallbackObligation, user: User, *, at: datetime) -> list[Beside]:
    """What else is owed to the same number: one talk may settle it all."""
    if not promise.number:
        return []
    return [
        Beside(
            promise=other,
            ticket=(ticket := ticket_shown(other)),
            is_held=_is_held(other, at) and other.claimed_by_id != user.pk,
            is_control=_is_control(other, ticket),
            said=sentence_for(other, ticket, at=at) if ticket else "",
        )
        for other in read_with_tickets(_owed_beside(promise).most_urgent_first()[:BESIDE])
    ]


def _owed_beside(promise: CallbackObligation) -> CallbackObligationQuerySet:
    return CallbackObligation.objects.outstanding().filter(number=promise.number).exclude(pk=promise.pk)


def _holder(promise: CallbackObligation, user: User, *, at: datetime) -> Holder:
    if _is_held(promise, at) and promise.claimed_by_id == user.pk:
        return Holder(is_mine=_takes(user), is_free=False)
    other = held_by_another(promise.number, operator=user, at=at)
    talk = other.attempts.in_progress().first() if other and other.state == State.DIALLING else None
    return Holder(is_mine=False, is_free=other is None, other=other, talks_since=talk.started_at if talk else None)


@dataclass(frozen=True, slots=True)
class Coming:
    """What waits to be rung now."""

    count: int
    overdue: int
    due_at: datetime | None


def _coming(at: datetime) -> Coming:
    late = Q(due_at__lte=at)
    owed = CallbackObligation.objects.callable_at(at)
    return Coming(**owed.aggregate(count=Count("pk"), overdue=Count("pk", filter=late), due_at=Min("due_at")))


def _suggested(
    promise: CallbackObligation, ticket: Ticket | None, beside: list[Beside], request: PersonRequest, *, at: datetime
) -> dict[str, Any]:
    """A dated promise while the organisation is silent; a note that names the ticket just made of a missed call."""
    suggested: dict[str, Any] = {
        # Another promise about the same ticket is kept by the same words.
        "also": [one.promise.pk for one in beside if ticket and one.ticket == ticket and not one.is_held]
    }
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


def _what_follows(form: RingBackForm, attempt: CallAttempt, *, at: datetime) -> str:
    told = form.cleaned_data
    match result := Result(told["result"]):
        case Result.TALKED if told["call_again_at"]:
            again = moment(told["call_again_at"], at)
            return _("Разговор записан, обещание исполнено. Позвоним снова до: %(time)s.") % {"time": again}
        case Result.TALKED:
            return _("Разговор записан, обещание исполнено.")
        case Result.CONFIRMED:
            return _("Заявитель подтвердил: заявка закрыта.")
        case Result.NOT_DONE:
            return _("Работа возвращена организации.")
        case Result.LATER:
            return _("Записано. Позвоним, когда просили: %(time)s.") % {"time": moment(told["later_at"], at)}
    promise = CallbackObligation.objects.only("state", "next_attempt_at").get(pk=attempt.obligation_id)
    if promise.state == State.EXHAUSTED:
        return _("%(result)s. Дальше решает старший смены.") % {"result": result.label}
    assert promise.next_attempt_at is not None
    again = moment(promise.next_attempt_at, at)
    return _("%(result)s. Следующая попытка: %(time)s.") % {"result": result.label, "time": again}
