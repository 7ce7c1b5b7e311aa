"""A call that nobody answered, written down by hand."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.writes import Refused
from callbacks import services as promises
from callbacks.models import CallbackObligation
from tickets.forms.talks import MissedCallForm

from .queue import TAKES_CALLS


@sensitive_post_parameters("phone", "note")
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
