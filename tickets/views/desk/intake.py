"""Writing a call down: the form, what becomes of it, and what is told to the caller at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import User
from accounts.phones import format_phone
from accounts.writes import Refused
from callbacks import services as promises
from callbacks.models import CallbackObligation, Contact
from tickets import services
from tickets.forms.intake import ENDINGS, IntakeForm
from tickets.models import AddedContact, Category, IntakeDraft, Ticket
from tickets.services.hunches import hunch_with

from .guide import guide_of
from .queue import TAKES_CALLS

PRIVATE = (
    "phone", "outside_phone", "second_phone", "site_phone", "caller_name", "for_whom", "text", "address", "access_note",
    "handed_to",
)  # fmt: skip
LONGEST_NUMBER = 19


class AlreadySaved(Refused):
    """The same form was saved before with other words in it: perhaps from another window."""

    code = "already_saved"

    def __init__(self, ticket: Ticket) -> None:
        told = _("По этому черновику уже записана заявка %s. Если это другой звонок, сохраните ещё раз.")
        super().__init__(told % ticket.number)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a call has become: where the operator goes next, what he is told, the number of its ticket."""

    url: str
    message: str = ""
    number: str = ""


@sensitive_post_parameters(*PRIVATE)
@roles_required(*TAKES_CALLS)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    if request.method != "POST":
        draft = _draft_asked_for(request, at=at)
        known = draft.typed | {"intake_key": draft.key} if draft else _blank(request)
        form = IntakeForm(initial={"received_at": timezone.localtime(at), "told_live": True} | known, at=at)
        return show(request, form, at=at, draft=draft)
    form = IntakeForm(request.POST, at=at, ending=ending_of(request.POST))
    saved = save(form, operator=request.user, at=at)
    if saved is None:
        return show(request, form, at=at)
    if saved.message:
        messages.success(request, saved.message)
    return redirect(saved.url)


def ending_of(data: Mapping[str, Any]) -> Contact.EndedAs | None:
    """How the call ended by the button that was pressed; None: as a ticket."""
    return next((ended_as for name, ended_as in ENDINGS.items() if name in data), None)


def save(form: IntakeForm, *, operator: User, at: datetime) -> Saved | None:
    """Write the call down, and let go of its draft, in one transaction; None when the form says why not."""
    if not form.is_valid():
        return None
    try:
        with services.ending_draft(form.key()):
            return _save(form, operator=operator, at=at)
    except AlreadySaved as refusal:
        form.data = dict(form.data.items()) | {"intake_key": str(uuid4())}
        form.add_error(None, str(refusal.message))
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
    return None


def _save(form: IntakeForm, *, operator: User, at: datetime) -> Saved:
    told = form.cleaned_data
    contact = form.contact(operator=operator)
    if form.ending is not None:
        promises.end_talk(contact=contact, ended_as=form.ending, note=told["text"])
        said = {
            Contact.EndedAs.ENQUIRY: _("Ответ записан. Перезванивать не нужно."),
            Contact.EndedAs.WRONG_NUMBER: _("Записано: ошиблись номером."),
        }
        return Saved(f"{reverse('desk:intake')}?saved", said[form.ending])
    if told["add_to"]:
        kind = AddedContact.Kind(told["add_kind"] or AddedContact.Kind.REPEAT)
        added = services.add_to_ticket(
            ticket=told["add_to"], contact=contact, kind=kind, operator=operator, at=at, note=told["text"]
        )
        return _at_ticket(told["add_to"], f"?added={added.pk}")
    ticket = services.register_ticket(contact=contact, operator=operator, intake_key=form.key(), at=at, **form.work())
    if ticket.contact_id == contact.pk:
        if note := form.handing_over():
            services.move_ticket(ticket=ticket, step="comment", actor=operator, at=at, note=note)
        if form.is_paper:
            promises.let_ladder_wait(promise=ticket.callback, until=at + settings.CALLBACK_PROMISE)
    elif ticket.text != told["text"].strip():
        raise AlreadySaved(ticket)
    missed = told["obligation"]
    return _at_ticket(ticket, f"?callback={missed.pk}" if missed else "")


def _at_ticket(ticket: Ticket, query: str) -> Saved:
    return Saved(reverse("desk:registered", kwargs={"number": ticket.number}) + query, number=ticket.number)


# ── The form ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _draft_asked_for(request: PersonRequest, *, at: datetime) -> IntakeDraft | None:
    """The draft that the address names; else, where a new call was not asked for, what was typed a moment ago."""
    if asked := request.GET.get("draft"):
        try:
            return services.drafts_of(request.user).filter(key=UUID(asked)).first()
        except ValueError:
            return None
    if {"fresh", "saved", "callback", "talk", "beside"} & request.GET.keys():
        return None
    return services.draft_to_restore(user=request.user, at=at)


def _asked_number(request: PersonRequest, name: str) -> int | None:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isdecimal() and len(asked) < LONGEST_NUMBER else None


def _blank(request: PersonRequest) -> dict[str, Any]:
    """What an empty form knows: of a missed call or a talk begun already the number, which stands in no address."""
    known: dict[str, Any] = {"intake_key": uuid4()}
    if asked := _asked_number(request, "callback"):
        promise = CallbackObligation.objects.filter(pk=asked, ticket=None).select_related("contact").first()
        if promise:
            known |= {"obligation": promise.pk} | _heard(promise.contact)
            known["phone"] = format_phone(promise.number, promise.extension)
    if asked := _asked_number(request, "talk"):
        talk = services.talks_of(request.user).filter(pk=asked).first()
        if talk:
            known |= {"talk": talk.pk, "received_at": timezone.localtime(talk.received_at)} | _heard(talk)
    if asked_beside := request.GET.get("beside", ""):
        ticket = (
            Ticket.objects.visible_to(request.user)
            .select_related("contact", "building__locality")
            .filter(number=asked_beside[:16].replace("\0", ""))
            .first()
        )
        known |= _beside(ticket) if ticket else {}
    return known


def _beside(ticket: Ticket) -> dict[str, Any]:
    """The same caller and the same place; what happened is another thing."""
    place = {name: getattr(ticket, name) for name in ("street", "house", "flat", "entrance", "floor")}
    return _heard(ticket.contact) | place | {
        "beside": ticket.number, "building": ticket.building_id, "locality": ticket.locality_name,
        "address": f"{ticket.street}, {ticket.house}" + (f", {ticket.flat}" if ticket.flat else ""),
        "access_note": ticket.access_note, "shares_phone": ticket.shares_phone, "site_phone": ticket.site_phone,
    }  # fmt: skip


def _heard(contact: Contact) -> dict[str, Any]:
    return {
        "phone": format_phone(contact.phone, contact.extension), "caller_name": contact.caller_name,
        "no_phone_reason": contact.no_phone_reason,
    }  # fmt: skip


def show(request: PersonRequest, form: IntakeForm, *, at: datetime, draft: IntakeDraft | None = None) -> HttpResponse:
    """The form, empty, restored, or with what was wrong; what stands beside it comes with it or asks for itself."""
    # As it was sent, and no text of PostgreSQL holds a NUL.
    code = str(form["category"].value() or "").replace("\0", "")
    context: dict[str, Any] = {
        "form": form, "at": at, "draft": draft, "restored": bool(draft) and "draft" not in request.GET,
        "was_saved": not form.is_bound and bool({"saved", "after"} & request.GET.keys()),
        "chosen": Category.objects.filter(code=code).first() if code else None,
        # What is not empty asks for what belongs to it at once.
        "asks_now": bool(draft or form.initial.get("beside"))
        or (form.is_bound and not hasattr(form, "cleaned_data")),
    }  # fmt: skip
    if form.is_bound:
        context |= guide_of(form, at=at)
    return render(request, "desk/paper.html" if form.is_paper else "desk/intake.html", context)


@roles_required(*TAKES_CALLS)
@require_safe
def registered(request: PersonRequest, number: str) -> HttpResponse:
    """What is dictated to the caller."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user).with_card_details(), number=number)
    missed = added = None
    if asked := _asked_number(request, "callback"):
        missed = CallbackObligation.objects.outstanding().filter(pk=asked).first()
    if asked := _asked_number(request, "added"):
        added = ticket.added.filter(pk=asked).select_related("contact").first()
    at = clock.now()
    context: dict[str, Any] = {
        "ticket": ticket, "at": at, "missed": missed, "added": added, "hunch": hunch_with(number, at=at)
    }  # fmt: skip
    if added:
        context["promise"] = added.contact.obligations.first()
    if ticket.category.is_danger:
        context["was_handed_over"] = ticket.events.filter(step="comment").exists()
    return render(request, "desk/registered.html", context)
