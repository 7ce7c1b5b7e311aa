"""«Внести с бумаги»: calls that were written on paper while the centre was down, several in a row."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import clock
from accounts.access import PersonRequest, roles_required
from tickets.forms.intake import PaperForm

from .intake import PRIVATE, ending_of, save, show
from .queue import TAKES_CALLS


@sensitive_post_parameters(*PRIVATE)
@roles_required(*TAKES_CALLS)
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: PersonRequest) -> HttpResponse:
    """The same form with the true time of the call and who took it; both stay for the next sheet."""
    at = clock.now()
    if request.method != "POST":
        kept = {"received_at": request.GET.get("after", "")[:19], "taken_by": request.GET.get("taken_by", "")}
        known = {"intake_key": uuid4(), "told_live": True, "taken_by": request.user.pk}
        form = PaperForm(initial=known | {name: value for name, value in kept.items() if value}, at=at)
        return show(request, form, at=at)
    form = PaperForm(request.POST, at=at, ending=ending_of(request.POST))
    saved = save(form, operator=request.user, at=at)
    if saved is None:
        return show(request, form, at=at)
    told = form.cleaned_data
    messages.success(request, saved.message or _("Внесено: заявка %s.") % saved.number)
    # Neither a phone nor a name: the hour of the call and the number of a colleague.
    called_at = timezone.localtime(told["received_at"])
    next_sheet = {"after": f"{called_at:%Y-%m-%dT%H:%M:%S}", "taken_by": told["taken_by"].pk}
    return redirect(f"{reverse('desk:paper')}?{urlencode(next_sheet)}")
