"""Whether the centre can keep its promises now; asked by load balancers, containers and open pages."""

from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import clock
from callbacks.models import Heartbeat

# The sweep turns every two seconds: seven missed turns are no longer a hiccup.
FRESH = timedelta(seconds=15)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and somebody sweeps for broken promises, else 503 with the reason."""
    try:
        at = clock.now()
        last = Heartbeat.objects.filter(name__in=["sweep", "keeper"]).aggregate(last=Max("beat_at"))["last"]
    except (DatabaseError, InterfaceError):
        return _unwell("database_away")
    if last is None:
        return _unwell("sweep_never_ran")
    age = round((at - last).total_seconds(), 1)
    if at - last > FRESH:
        return _unwell("sweep_stopped", sweep_age=age)
    return JsonResponse({"status": "ok", "sweep_age": age})


def _unwell(reason: str, **facts: float) -> JsonResponse:
    return JsonResponse({"status": "unwell", "reason": reason, **facts}, status=503)
