"""What a telephone's queue sends when the network is back: answered with a status and a sentence, never with a page.

200: it is on record (sent again, it was already). 403, 404, 409, 422: refused for good, with the reason. 401: the
session has ended. 412: another person has signed in on this telephone. All else is worth trying again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.wall import behind_wall, marks_wall
from accounts.writes import Refused
from tickets import services
from tickets.forms.photos import PressedForm
from tickets.forms.steps import StepForm
from tickets.services.steps import StepRefused
from tickets.views.portal.people import Asker, P, View, asker_of, own_ticket
from tickets.workflow import STEPS

# Whose queue it is that sends.
PERSON = "X-Person"


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    message: str = ""
    code: str = ""


def told(answer: Told) -> JsonResponse:
    return JsonResponse({"message": answer.message, "code": answer.code}, status=answer.status)


def for_telephones(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """People of organisations only, and only for the queue of the person who has signed in."""

    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return told(Told(401, _("Войдите снова, чтобы отправить."), "signed_out"))
        with behind_wall(request.user):
            asker = asker_of(request.user)
            if asker is None:
                return told(Told(403, _("Вы не приписаны ни к одной организации."), "no_company"))
            if request.headers.get(PERSON, str(asker.user.pk)) != str(asker.user.pk):
                return told(Told(412, _("На этом телефоне вошёл другой человек."), "other_person"))
            try:
                return view(request, asker, *args, **kwargs)
            except Http404:
                return told(Told(404, _("Этой заявки у вас больше нет: её передали другому."), "not_yours"))

    return never_cache(marks_wall(view, wrapped))


@ensure_csrf_cookie
@for_telephones
@require_safe
def whose(request: HttpRequest, asker: Asker) -> HttpResponse:
    """Asked before anything is sent: is the network there, and am I still signed in?"""
    return JsonResponse({"person": asker.user.pk})


@for_telephones
@require_POST
def sent_step(request: HttpRequest, asker: Asker, number: str, step: str) -> HttpResponse:
    pressed = PressedForm(request.POST)
    if not pressed.is_valid():
        return told(Told(422, first_error(pressed), "invalid"))
    key = pressed.cleaned_data["key"]
    # Asked first: what it did may have taken the ticket out of his hands.
    if services.was_sent(actor=asker.user, key=key):
        return told(Told(200))
    ticket = own_ticket(asker, number)
    if step not in STEPS:
        raise Http404
    if asker.user.role not in STEPS[step].roles:
        return told(Told(403, str(StepRefused.message), StepRefused.code))
    at = clock.now()
    form = StepForm(request.POST, step=step, ticket=ticket, actor=asker.user)
    if not form.is_valid():
        return told(Told(422, first_error(form), "invalid"))
    try:
        services.move_ticket(
            ticket=ticket, step=step, actor=asker.user, at=at, pressed_at=pressed.pressed(at=at), sent_key=key,
            **form.given(),
        )  # fmt: skip
    except Refused as refusal:
        return told(Told(409, str(refusal.message), refusal.code))
    return told(Told(200))


def first_error(form: Form) -> str:
    """The first thing that is wrong, with the name of its field."""
    name, errors = next(iter(form.errors.items()))
    sentence = str(errors[0])
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}: {sentence}" if label else sentence
