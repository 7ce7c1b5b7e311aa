"""«Кто обслуживает этот дом»: every service with whoever answers for it, since when and by which word."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, Role
from companies.models import Building
from companies.services import coverage_of, is_gap


@roles_required(*CENTRE_ROLES)
@require_safe
def show(request: PersonRequest, pk: int) -> HttpResponse:
    building = get_object_or_404(Building.objects.select_related("locality__district", "district"), pk=pk)
    lines = coverage_of(building, day=timezone.localdate(clock.now()))
    context = {
        "building": building,
        "district": building.district or building.locality.district,
        "lines": [line for line in lines if not is_gap(line)],
        "gaps": [line for line in lines if is_gap(line)],
        "may_write": request.user.role == Role.ADMIN,
    }
    return render(request, "register/house.html", context)
