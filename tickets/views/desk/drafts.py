"""What is typed and not yet saved: kept as it is typed, given up, and found again as a talk that ended as nothing."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from accounts.phones import Phone, WrongPhone, parse_phone
from accounts.writes import Refused
from callbacks import services as promises
from callbacks.models import Contact
from tickets import services
from tickets.forms.intake import typed_of
from tickets.forms.talks import EndingForm, KeepForm
from tickets.models import IntakeDraft

from .queue import TAKES_CALLS


@sensitive_post_parameters()
@roles_required(*TAKES_CALLS)
@require_POST
def keep(request: PersonRequest) -> HttpResponse:
    """What the form holds now. 204: kept; 409: this call has been saved, there is nothing to keep any more."""
    form = KeepForm(request.POST)
    typed = typed_of(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    key: UUID = form.cleaned_data["intake_key"]
    if not typed:
        services.drop_draft(key=key, user=request.user)
        return HttpResponse(status=204)
    kept = services.keep_draft(key=key, user=request.user, typed=typed, at=clock.now())
    return HttpResponse(status=204 if kept else 409)


@roles_required(*TAKES_CALLS)
@require_POST
def drop(request: PersonRequest) -> HttpResponse:
    """Give up what was typed."""
    form = KeepForm(request.POST)
    if form.is_valid():
        services.drop_draft(key=form.cleaned_data["intake_key"], user=request.user)
    return redirect(f"{reverse('desk:intake')}?saved")


@roles_required(*TAKES_CALLS)
@require_safe
def unfinished(request: PersonRequest) -> HttpResponse:
    """The page, and the same list of it every few seconds."""
    return _show(request)


@sensitive_post_parameters("note")
@roles_required(*TAKES_CALLS)
@require_POST
def end(request: PersonRequest) -> HttpResponse:
    """Such a talk was an enquiry answered at once, or a wrong number."""
    form = EndingForm(request.POST, user=request.user)
    if gone := form.non_field_errors():
        messages.error(request, str(gone[0]))
        return redirect("desk:unfinished")
    if not form.is_valid():
        return _show(request, tried=form)
    told = form.cleaned_data
    draft: IntakeDraft | None = told["draft"]
    try:
        with services.ending_draft(draft.key if draft else None):
            contact = _contact_of(draft) if draft else told["talk"]
            contact.taken_by = contact.taken_by or request.user
            promises.end_talk(contact=contact, ended_as=told["ended_as"], note=told["note"])
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect("desk:unfinished")
    messages.success(request, _("Записано: %(how)s.") % {"how": Contact.EndedAs(told["ended_as"]).label})
    return redirect("desk:unfinished")


def _contact_of(draft: IntakeDraft) -> Contact:
    """The call that was typed and left, unsaved; a number that is none is «не назван»."""
    try:
        phone = parse_phone(draft.typed.get("phone", ""))
    except WrongPhone:
        phone = Phone("")
    reason = draft.typed.get("no_phone_reason") or Contact.NoPhone.NOT_GIVEN
    return Contact(
        received_at=draft.started_at, phone=phone.number, extension=phone.extension, taken_by=draft.user,
        no_phone_reason="" if phone.number else reason, caller_name=draft.typed.get("caller_name", ""),
        intake_key=draft.key,
    )  # fmt: skip


def _show(request: PersonRequest, *, tried: EndingForm | None = None) -> HttpResponse:
    at = clock.now()
    found = services.unfinished(user=request.user, at=at)
    count = len(found.drafts) + len(found.contacts)
    context = {
        "found": found, "count": count, "at": at, "tried": tried, "menu_counts": {"unfinished": count or ""},
        "shows_names": request.user.role == Role.SUPERVISOR,
    }  # fmt: skip
    return render(request, "desk/_unfinished.html" if request.htmx else "desk/unfinished.html", context)
