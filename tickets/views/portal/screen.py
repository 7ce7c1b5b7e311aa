"""What the browser tells of itself: that the portal is open, and whether an alarm would be heard there."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from accounts.presence import keep_sound
from tickets.forms.portal import SoundForm
from tickets.views.portal.people import Asker, for_organisations


@for_organisations
@require_POST
def report(request: HttpRequest, asker: Asker) -> HttpResponse:
    form = SoundForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    keep_sound(asker.user.pk, form.cleaned_data["sound"])
    return HttpResponse(status=204)
