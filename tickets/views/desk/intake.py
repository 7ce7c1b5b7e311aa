"""Writing a call down: the form, its helpful parts, what is told to the caller at the end; and missed calls."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.phones import WrongPhone, format_phone, parse_phone
from accounts.writes import Refused
from callbacks import services as promises
from callbacks.models import CallbackObligation, Contact
from companies.models import Building
from tickets import services
from tickets.forms.addresses import suggest
from tickets.forms.intake import IntakeForm, MissedCallForm, SettleForm, guided_for
from tickets.models import Category, Norm, Ticket

from .norm_terms import norm_terms
from .promises import WITH_TICKET, ticket_shown
from .queue import TAKES_CALLS

private = sensitive_post_parameters("phone", "caller_name", "text", "note", "address")
NAMES_SHOWN = 5
LONGEST_TALK = timedelta(hours=4)


@private
@roles_required(*TAKES_CALLS)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    if request.method != "POST":
        return _show(request, _blank(request, at=at), at=at)
    form = IntakeForm(request.POST, at=at, is_enquiry="answered" in request.POST)
    if not form.is_valid():
        return _show(request, form, at=at)
    try:
        return _record_enquiry(request, form) if form.is_enquiry else _register(request, form, at=at)
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _show(request, form, at=at)


def _register(request: PersonRequest, form: IntakeForm, *, at: datetime) -> HttpResponse:
    told = form.cleaned_data
    ticket = services.register_ticket(
        contact=form.contact(operator=request.user), category=told["category"], address=form.where(), text=told["text"],
        operator=request.user, intake_key=form.key(), at=at, company=form.chosen_company(),
        is_emergency=form.emergency(), damaged_at=told["damaged_at"],
    )  # fmt: skip
    url = reverse("desk:registered", kwargs={"number": ticket.number})
    missed = told["obligation"]
    return redirect(f"{url}?callback={missed.pk}" if missed else url)


def _record_enquiry(request: PersonRequest, form: IntakeForm) -> HttpResponse:
    told = form.cleaned_data
    promises.record_enquiry(
        received_at=told["received_at"], phone=form.number.number, extension=form.number.extension,
        no_phone_reason=told["no_phone_reason"], operator=request.user, note=told["text"],
        caller_name=told["caller_name"], intake_key=form.key(),
    )  # fmt: skip
    messages.success(request, _("Ответ записан. Перезванивать не нужно."))
    return redirect(f"{reverse('desk:intake')}?saved")


def _blank(request: PersonRequest, *, at: datetime) -> IntakeForm:
    """An empty form; of a missed call it already knows the number, which stands in no address."""
    known: dict[str, Any] = {"intake_key": uuid4(), "received_at": timezone.localtime(at)}
    asked = request.GET.get("callback", "")
    if asked.isdecimal() and len(asked) < 19:
        promise = CallbackObligation.objects.filter(pk=asked, ticket=None).select_related("contact").first()
        if promise:
            known |= {
                "obligation": promise.pk, "phone": format_phone(promise.number, promise.extension),
                "caller_name": promise.contact.caller_name,
            }  # fmt: skip
    return IntakeForm(initial=known, at=at)


def _show(request: PersonRequest, form: IntakeForm, *, at: datetime) -> HttpResponse:
    context = {"form": form, "at": at, "was_saved": "saved" in request.GET and not form.is_bound}
    if form.is_bound:
        told = form.cleaned_data if hasattr(form, "cleaned_data") else {}
        context |= _guide(told.get("category"), told.get("building"), form, at=at)
    return render(request, "desk/intake.html", context)


@roles_required(*TAKES_CALLS)
@require_safe
def registered(request: PersonRequest, number: str) -> HttpResponse:
    """What is dictated to the caller."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user).with_card_details(), number=number)
    asked = request.GET.get("callback", "")
    missed = None
    if asked.isdecimal() and len(asked) < 19:
        missed = CallbackObligation.objects.outstanding().filter(pk=asked).first()
    return render(request, "desk/registered.html", {"ticket": ticket, "at": clock.now(), "missed": missed})


# ── Parts that the form asks for while it is being typed ─────────────────────────────────────────────────────────
@roles_required(*TAKES_CALLS)
@require_POST
def buildings(request: PersonRequest) -> HttpResponse:
    """Houses of the register that the typed words may mean."""
    text = request.POST.get("address", "")[:200].replace("\x00", "")
    return render(request, "desk/_buildings.html", {"suggestions": suggest(text), "text": text.strip()})


@roles_required(*TAKES_CALLS)
@require_POST
def guide(request: PersonRequest) -> HttpResponse:
    """What the norm says of the chosen problem, who answers for it at this house and why, and the script of danger."""
    at = clock.now()
    form = IntakeForm(request.POST, at=at)
    form.is_valid()  # of a half-typed form only the choices are read
    told = form.cleaned_data
    return render(
        request, "desk/_guide.html", _guide(told.get("category"), told.get("building"), form, at=at) | {"at": at}
    )


def _guide(category: Category | None, building: Building | None, form: IntakeForm, *, at: datetime) -> dict[str, Any]:
    """A choice of the operator's stays as long as the problem and the house do."""
    key = guided_for(category, building)
    if category is None:
        return {"category": None, "guided_for": key, "form": form}
    routing = services.responsible_for(category=category, building=building, day=timezone.localdate(at))
    kept = form.data.get("guided_for") == key
    norm = Norm.objects.filter(category=category).valid_on(timezone.localdate(at)).first()
    told = getattr(form, "cleaned_data", {})
    # As registering reckons: from the damage, where it is known, else from the call.
    damaged_at = told.get("damaged_at") or told.get("received_at") or at
    return {
        "category": category,
        "building": building,
        "norm": norm,
        "terms": norm_terms(norm, at=at, damaged_at=damaged_at) if norm else [],
        "routing": routing,
        "guided_for": key,
        "company_id": form.data.get("company", "") if kept else str(routing.company.pk if routing.company else ""),
        "is_emergency": bool(form.data.get("is_emergency")) if kept else category.is_emergency,
        "form": form,
    }


@private
@roles_required(*TAKES_CALLS)
@require_POST
def known(request: PersonRequest) -> HttpResponse:
    """Who rings from this number, what he already has with us, and what we owe him."""
    return _known(request, request.POST.get("phone", ""), at=clock.now())


def _known(
    request: PersonRequest, text: str, *, at: datetime, form: SettleForm | None = None, settled: bool = False
) -> HttpResponse:
    try:
        number = parse_phone(text[:40]).number
    except WrongPhone:
        number = ""
    context: dict[str, Any] = {"at": at, "number": number, "form": form or SettleForm(), "settled": settled}
    if number:
        recent = Contact.objects.of_number(number).exclude(caller_name="").values_list("caller_name", flat=True)[:30]
        outstanding = CallbackObligation.objects.outstanding().filter(number=number).select_related(*WITH_TICKET)
        owed = list(outstanding.most_urgent_first()[:20])
        context |= {
            "names": list(dict.fromkeys(recent))[:NAMES_SHOWN],
            "tickets": services.open_tickets_of_number(number),
            "owed": [(promise, ticket_shown(promise)) for promise in owed],
            "asks_verdict": any(promise.reason == CallbackObligation.Reason.CONTROL_CALL for promise in owed),
            "chosen": (form["promises"].value() or []) if form else None,
        }
    return render(request, "desk/_known.html", context)


@private
@roles_required(*TAKES_CALLS)
@require_POST
def settle(request: PersonRequest) -> HttpResponse:
    """The caller rang himself while we owed him a call: this talk fulfils what is marked."""
    at = clock.now()
    phone = request.POST.get("phone", "")
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _known(request, phone, at=at, form=form)
    started_at = max(min(form.cleaned_data["started_at"] or at, at), at - LONGEST_TALK)
    try:
        services.settle_by_inbound(
            obligations=form.cleaned_data["promises"], operator=request.user, started_at=started_at, at=at,
            note=form.cleaned_data["note"], confirmed=form.verdict,
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _known(request, phone, at=at, form=form)
    return _known(request, phone, at=at, settled=True)


# ── A call that nobody answered ──────────────────────────────────────────────────────────────────────────────────
@private
@roles_required(*TAKES_CALLS)
@require_http_methods(["GET", "HEAD", "POST"])
def missed(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    form = MissedCallForm(request.POST or None, at=at, initial={"received_at": timezone.localtime(at)})
    if form.is_valid():
        try:
            promise = promises.record_missed_call(
                phone=form.number.number, extension=form.number.extension, at=at, recorded_by=request.user,
                received_at=form.cleaned_data["received_at"], no_phone_reason=form.cleaned_data["no_phone_reason"],
                reason=form.cleaned_data["reason"], note=form.cleaned_data["note"],
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _what_is_owed(promise))
            return redirect("desk:queue")
    return render(request, "desk/missed.html", {"form": form, "at": at})


def _what_is_owed(promise: CallbackObligation) -> str:
    if promise.due_at is None:
        return _("Записано. Номера нет: перезвонить нельзя, звонок посчитан.")
    due = timezone.localtime(promise.due_at).strftime("%H:%M")
    if promise.occurrences > 1:
        told = _("Этот номер уже ждёт звонка: записан %(times)s-й раз. Перезвонить до %(due)s.")
        return told % {"times": promise.occurrences, "due": due}
    told = _("Записано: %(what)s. Перезвонить до %(due)s.")
    return told % {"what": promise.get_reason_display(), "due": due}
