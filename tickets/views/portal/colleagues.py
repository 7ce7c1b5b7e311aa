"""«Сотрудники»: who of the organisation may enter, what each is, and one's own letters."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.services import InvitationNotSent
from accounts.services import invite as send_invitation
from accounts.writes import Refused
from companies.models import Membership
from companies.services import people as service
from tickets.forms.portal import InviteForm, LettersForm, PersonForm
from tickets.models import Ticket
from tickets.views.portal.people import Asker, for_organisations

ACTS = ("disable", "enable", "invite")


@for_organisations
@require_safe
def people(request: HttpRequest, asker: Asker) -> HttpResponse:
    _for_dispatchers(asker)
    return _page(request, asker)


@sensitive_post_parameters("email")
@for_organisations
@require_POST
def invite(request: HttpRequest, asker: Asker) -> HttpResponse:
    _for_managers(asker)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, asker, inviting=form, status=422)
    try:
        member = service.add_person(company=asker.company, by=asker.user, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return _page(request, asker, inviting=form, status=409)
    _send(request, member)
    return redirect("portal:people")


@for_organisations
@require_POST
def change(request: HttpRequest, asker: Asker, pk: int) -> HttpResponse:
    member = _colleague(asker, pk)
    form = PersonForm(request.POST, member=member)
    if not form.is_valid():
        return _page(request, asker, changing=(member.pk, form), status=422)
    try:
        service.change_person(member=member, by=asker.user, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _page(request, asker, changing=(member.pk, form), status=409)
    messages.success(request, _("%(name)s: записано.") % {"name": member.user})
    return redirect("portal:people")


@for_organisations
@require_POST
def act(request: HttpRequest, asker: Asker, pk: int, act: str) -> HttpResponse:
    """Disable, enable, or send the invitation once more."""
    member = _colleague(asker, pk)
    if act not in ACTS:
        raise Http404
    if act == "invite":
        _send(request, member)
        return redirect("portal:people")
    try:
        service.switch_person(member=member, by=asker.user, is_active=act == "enable")
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect("portal:people")
    if act == "enable":
        messages.success(request, _("%(name)s снова может входить.") % {"name": member.user})
    else:
        messages.success(request, _("%(name)s больше не может входить.") % {"name": member.user})
        if left := Ticket.objects.live().filter(foreman=member.user).count():
            said = _("За ним остались заявки: %(count)s. Дайте их другому мастеру.")
            messages.warning(request, said % {"count": left})
    return redirect("portal:people")


@for_organisations
@require_POST
def letters(request: HttpRequest, asker: Asker) -> HttpResponse:
    _for_dispatchers(asker)
    form = LettersForm(request.POST)
    wanted = form.is_valid() and form.cleaned_data["wanted"]
    service.choose_letters(user=asker.user, wanted=wanted)
    if wanted:
        messages.success(request, _("Письма о новых заявках будут приходить."))
    else:
        messages.warning(request, _("Письма о новых заявках приходить не будут: остаются экран и звук."))
    return redirect("portal:people")


def _send(request: HttpRequest, member: Membership) -> None:
    try:
        send_invitation(user=member.user)
    except InvitationNotSent as refusal:
        messages.warning(request, str(refusal.message))
    else:
        messages.success(request, _("Приглашение послано: %(email)s.") % {"email": member.user.email})


def _for_dispatchers(asker: Asker) -> None:
    if not asker.accepts:
        raise PermissionDenied


def _for_managers(asker: Asker) -> None:
    _for_dispatchers(asker)
    if not asker.manages:
        raise PermissionDenied


def _colleague(asker: Asker, pk: int) -> Membership:
    _for_managers(asker)
    member = service.person_of(asker.company, pk)
    if member is None:
        raise Http404
    return member


def _page(
    request: HttpRequest,
    asker: Asker,
    *,
    inviting: InviteForm | None = None,
    changing: tuple[int, PersonForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """``inviting``, ``changing``: a form that was refused."""
    members = service.people_of(asker.company)
    rows: list[tuple[Membership, PersonForm | None]] = []
    for member in members:
        form = PersonForm(member=member) if asker.manages else None
        rows.append((member, changing[1] if changing and changing[0] == member.pk else form))
    context: dict[str, Any] = {
        "at": clock.now(), "asker": asker, "rows": rows,
        "inviting": (inviting or InviteForm()) if asker.manages else None,
        "own": next((member for member in members if member.user_id == asker.user.pk), None),
        "history": service.history_of(asker.company) if asker.manages else [],
    }  # fmt: skip
    return render(request, "portal/people.html", context, status=status)
