"""The houses at which nobody answers for a service."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from companies.forms import GapsForm
from companies.services import houses_without

READERS = (Role.SUPERVISOR, Role.HEAD, Role.ADMIN)
SHOWN = 50


@roles_required(*READERS)
@require_safe
def show(request: PersonRequest) -> HttpResponse:
    """Fifty at a time in the order of the register; counting them all would read every house."""
    form = GapsForm(request.GET)
    told = form.cleaned_data if form.is_valid() else {}
    service = told.get("service") or form.usual_service
    found = houses_without(service, day=timezone.localdate(clock.now())).search(told.get("q", "")) if service else None
    if found is not None and told.get("after"):
        found = found.filter(pk__gt=told["after"])
    rows = list(found.with_locality().order_by("pk")[: SHOWN + 1]) if found is not None else []
    context = {
        "form": form, "service": service, "houses": rows[:SHOWN], "q": told.get("q", ""),
        "after": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        "may_write": request.user.role == Role.ADMIN,
    }  # fmt: skip
    return render(request, "register/gaps.html", context)
