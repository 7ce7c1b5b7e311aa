"""«Кто видел телефоны»: every number that an organisation's person was shown, and those who saw too many."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import AccessRecord
from accounts.writes import Refused
from tickets.forms.portal import LiftStopForm, PhoneJournalForm
from tickets.models import PhoneStop
from tickets.services import phones as service

from .pages import Slice
from .queue import LIFTS
from .roster import READERS


@roles_required(*READERS)
@require_safe
def phones(request: PersonRequest) -> HttpResponse:
    form = PhoneJournalForm(request.GET)
    records = AccessRecord.objects.filter(what=service.WHAT).select_related("actor__membership__company")
    page = Slice.of(form.narrow(records).order_by("-pk"), request.GET.get("page"))
    stops = PhoneStop.objects.standing().select_related("user", "company").order_by("stopped_at")
    context = {
        "at": clock.now(), "form": form, "page": page, "most": service.AN_HOUR,
        "stops": [(stop, LiftStopForm(auto_id=f"id_stop_{stop.pk}_%s")) for stop in stops],
        "lifts": request.user.role in LIFTS,
    }  # fmt: skip
    return render(request, "desk/phones.html", context)


@roles_required(*LIFTS)
@require_POST
def lift(request: PersonRequest, pk: int) -> HttpResponse:
    stop = get_object_or_404(PhoneStop.objects.select_related("user"), pk=pk)
    form = LiftStopForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Напишите, почему можно смотреть дальше."))
        return redirect("desk:phones")
    try:
        service.lift_stop(stop=stop, by=request.user, note=form.cleaned_data["note"], at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("%(name)s снова может смотреть телефоны.") % {"name": stop.user})
    return redirect("desk:phones")
