"""Whether the centre can keep its promises now; asked by watchdogs, containers and open pages."""

import structlog
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from callbacks.services import watch
from callbacks.services.watch import WITHOUT_DATABASE, Health

log = structlog.get_logger(__name__)


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    """200 while this process and its database answer: it can serve people.

    What containers and proxies ask. A silent worker must not make them throw away the desk, which works without it.
    """
    try:
        clock.now()
    except (DatabaseError, InterfaceError):
        return _told(WITHOUT_DATABASE)
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while every promise is watched, told of, and the database answers; else 503 with the reasons.

    What a watchdog asks that calls people. Ages are seconds, null for what never happened.
    """
    return _told(_health())


@roles_required(*CENTRE_ROLES)
@require_safe
@never_cache
def banner(request: PersonRequest) -> HttpResponse:
    """What people of the centre read at the foot of every page: nothing while all is well.

    ``shown`` is what the page shows already; 204 says that it may stay.
    """
    health = _health()
    minutes = int(health.outbox_age.total_seconds() // 60)
    key = " ".join(health.reasons)
    if watch.Reason.OUTBOX_STUCK in health.reasons:
        key = f"{key} {minutes}"
    if request.GET.get("shown", "") == key:
        return HttpResponse(status=204)
    if not health.reasons:
        return HttpResponse()
    return render(request, "components/_health.html", {"key": key, "reasons": health.reasons, "minutes": minutes})


def _health() -> Health:
    try:
        return watch.read_health(clock.now())
    except (DatabaseError, InterfaceError):
        log.exception("health_unknown")
        return WITHOUT_DATABASE


def _told(health: Health) -> JsonResponse:
    told: dict[str, object] = {"status": health.status, "reasons": list(health.reasons)}
    if health.pulse is not None:
        ages = {
            "sweep": health.pulse.sweep_age,
            "worker": health.pulse.worker_age,
            "keeper": health.pulse.keeper_age,
            "outbox": health.outbox_age,
        }
        told["ages"] = {name: None if age is None else round(age.total_seconds(), 1) for name, age in ages.items()}
    return JsonResponse(told, status=200 if health.status == "ok" else 503)
