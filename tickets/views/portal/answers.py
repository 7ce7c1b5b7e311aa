"""What an organisation is asked by name, and its answer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.writes import Refused
from callbacks.services import acknowledge
from tickets.forms.callbacks import AcknowledgeForm
from tickets.views.asked import asked_of_organisation
from tickets.views.portal.people import Asker, back, for_organisations


@for_organisations
@require_POST
def answer(request: HttpRequest, asker: Asker, pk: int) -> HttpResponse:
    """«I know, and this is what I do»: by whoever was asked by name, about work that his organisation has."""
    asked = asked_of_organisation(asker.user, asker.company).filter(is_warning=False)
    escalation = get_object_or_404(asked, pk=pk)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Пояснение слишком длинное: до 500 знаков."))
        return back(request)
    try:
        acknowledge(escalation=escalation, by=asker.user, at=clock.now(), note=form.cleaned_data["note"])
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Ответ принят. Центр видит ваше имя и что вы делаете."))
    return back(request)
