"""The queue of callbacks: what is owed, to whom, who holds it; and taking the next call."""

import hashlib
import json
import threading
from dataclasses import asdict

from django.contrib import messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, Role
from accounts.writes import Refused
from callbacks import services
from callbacks.models import CallAttempt, CallbackObligation
from tickets.models import CompanyNote, PhoneRequest, PhoneStop
from tickets.services import unfinished_count
from tickets.views.asked import asked_now

from .board import Kind, kind_of, read_queue
from .drawing import draw_boards, draw_parts, draw_row, personal
from .strips import draw_strip, read_strip

# Who takes calls and rings back.
TAKES_CALLS = (Role.OPERATOR, Role.SUPERVISOR)
# Who lets somebody look at numbers again.
LIFTS = (Role.SUPERVISOR, Role.HEAD)


@roles_required(*CENTRE_ROLES)
@require_safe
def queue(request: PersonRequest) -> HttpResponse:
    """The page as it is opened; from then on the board and the strip renew it."""
    at, user = clock.now(), request.user
    kind = kind_of(user) or Kind.READER
    shown = read_queue(at=at, decides=kind.decides)
    strip = read_strip(user, at=at)
    key = get_token(request)
    context = {
        "queue": shown,
        "rows": [personal(draw_row(row, kind, at=at), user=user, csrf_token=key) for row in shown.rows],
        "exhausted": [personal(draw_row(row, kind, at=at), user=user, csrf_token=key) for row in shown.exhausted],
        "parts": draw_parts(shown, kind),
        "strip": strip,
        "at": at,
        "mine": next((row for row in shown.rows if row.is_of(user)), None),
        "takes_calls": kind.takes_calls,
        "menu_counts": {**shown.menu_counts, "alarms": strip.count or ""},
    }
    return render(request, "desk/queue.html", context)


@roles_required(*CENTRE_ROLES)
@require_safe
def strip(request: PersonRequest) -> HttpResponse:
    """This person's alarms above the queue, and their number in the menu."""
    drawn = draw_strip(request.user, at=clock.now())
    return HttpResponse(personal(drawn, user=request.user, csrf_token=get_token(request)))


@roles_required(*CENTRE_ROLES)
@require_safe
def counts(request: PersonRequest) -> HttpResponse:
    """The numbers of the menu that are each person's own; those of all come with the board."""
    user, at = request.user, clock.now()
    written = CompanyNote.objects.unread().count() + PhoneRequest.objects.waiting().count()
    own = {"alarms": asked_now(user).count() or "", "notes": written or ""}
    # Whoever takes no calls has no such place in his menu.
    if user.role in TAKES_CALLS:
        own["unfinished"] = unfinished_count(user=user, at=at) or ""
    # Who looked at too many numbers is looked into by those who can let him go on.
    stops = PhoneStop.objects.standing().select_related("user", "company") if user.role in LIFTS else ()
    return render(request, "desk/_counts.html", {"own_counts": own, "stops": stops})


@roles_required(*CENTRE_ROLES)
@require_safe
def board(request: PersonRequest) -> HttpResponse:
    """The board for screens whose stream is blocked: the same as it would send, in one piece."""
    kind = kind_of(request.user)
    assert kind is not None
    drawn = _drawn_lately(kind)
    tag = quote_etag(hashlib.sha256(drawn).hexdigest()[:20])
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    return HttpResponse(drawn, content_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})


# A hundred screens without a stream ask every few seconds: one drawing serves those of the same half second.
_DRAWN_FOR = 0.5
_drawn: dict[Kind, tuple[float, bytes]] = {}
_drawing = threading.Lock()


def _drawn_lately(kind: Kind) -> bytes:
    at = clock.now()
    with _drawing:
        drawn_at, body = _drawn.get(kind, (0.0, b""))
        if not 0 <= at.timestamp() - drawn_at < _DRAWN_FOR:
            body = json.dumps(asdict(draw_boards([kind], at=at)[kind]), ensure_ascii=False).encode()
            _drawn[kind] = (at.timestamp(), body)
    return body


@roles_required(*TAKES_CALLS)
@require_POST
def take_next(request: PersonRequest) -> HttpResponse:
    running = CallAttempt.objects.in_progress().filter(operator=request.user).first()
    if running is not None:
        messages.warning(request, _("Сначала запишите, чем кончился этот звонок."))
        return redirect("desk:callback", pk=running.obligation_id)
    promise = services.claim_next(operator=request.user, at=clock.now())
    if promise is None:
        messages.info(request, _("Сейчас звонить некому: все звонки взяты или ждут своего времени."))
        return redirect("desk:queue")
    return redirect("desk:callback", pk=promise.pk)


@roles_required(*TAKES_CALLS)
@require_POST
def take(request: PersonRequest, pk: int) -> HttpResponse:
    promise = get_object_or_404(CallbackObligation, pk=pk)
    try:
        services.claim(obligation=promise, operator=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect("desk:queue")
    return redirect("desk:callback", pk=promise.pk)
