"""Figures for Prometheus: requests of this process, and how the promise is kept, read from the database when asked.

No personal data, but nobody else's business. What is read from the database is the same whichever process answers.

Answered to a collector on this machine that asks the process itself, and to an administrator (by session, or by his
token from another machine). Whatever came through a proxy is a stranger, wherever the proxy stands.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import clock
from accounts.authentication import TokenAuthentication
from accounts.models import Role
from callbacks.models import CallbackObligation, Clock, Deadline, Escalation
from callbacks.services import channel_states, watch
from tickets.models import InvariantCheck

log = structlog.get_logger(__name__)

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_is_local(request) or _is_admin(request)):
        raise Http404
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _is_admin(request: HttpRequest) -> bool:
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return False
    user = found[0] if found else request.user
    return getattr(user, "role", None) == Role.ADMIN


# ── The promise in figures ───────────────────────────────────────────────────────────────────────────────────────
# Seconds from the moment of a rung to its ringing: usual, slow, a fault.
LATENESS_BUCKETS = (0.5, 1, 2, 5, 10, 30, 60, 300)


class PromiseCollector(Collector):
    """Reads everything anew at each scrape, by indexes only; a database that is away is a figure as well."""

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: without this the registry would read the database when the program starts."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(_promise_figures(clock.now()))
        except (DatabaseError, InterfaceError):
            log.exception("figures_unknown")
            found = []
        yield GaugeMetricFamily("dispatch_database_up", "1 while the database answers.", value=float(bool(found)))
        yield from found


def _promise_figures(at: datetime) -> Iterator[Metric]:
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    yield _lateness(midnight)
    yield from _clocks(at)
    yield from _obligations(midnight)
    yield from _channels(at)
    yield from _watchmen(at)
    yield GaugeMetricFamily(
        "dispatch_alarms_unanswered", "Alarms that nobody has answered by name.",
        value=Escalation.objects.unacknowledged().count(),
    )  # fmt: skip
    yield from _examination(at)


def _lateness(midnight: datetime) -> Metric:
    """Of the local day: at midnight it begins anew, which Prometheus takes for the reset of a counter."""
    late = "extract(epoch FROM raised_at - rung_due_at)"
    buckets = ", ".join(f"count(*) FILTER (WHERE {late} <= {bound})" for bound in LATENESS_BUCKETS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {buckets}, count(*), coalesce(sum({late}), 0) FROM callbacks_escalation"  # noqa: S608
            " WHERE raised_at >= %s",
            [midnight],
        )
        row = cursor.fetchone()
    assert row is not None
    *counts, every, total = row
    bounds = [*(str(float(bound)) for bound in LATENESS_BUCKETS), "+Inf"]
    family = HistogramMetricFamily(
        "dispatch_rung_lateness_seconds", "How long after its moment a rung rang; rungs of the local day."
    )
    family.add_metric([], list(zip(bounds, [*counts, every], strict=True)), float(total))
    return family


def _clocks(at: datetime) -> Iterator[Metric]:
    running = GaugeMetricFamily("dispatch_clocks_running", "Clocks that run.", labels=["clock"])
    overdue = GaugeMetricFamily("dispatch_clocks_overdue", "Running clocks past their time.", labels=["clock"])
    rows = Deadline.objects.running().values("clock").order_by("clock")
    counted = {
        row["clock"]: row for row in rows.annotate(running=Count("pk"), overdue=Count("pk", filter=Q(due_at__lte=at)))
    }
    for name in Clock.values:
        row = counted.get(name, {"running": 0, "overdue": 0})
        running.add_metric([name], row["running"])
        overdue.add_metric([name], row["overdue"])
    return iter((running, overdue))


def _obligations(midnight: datetime) -> Iterator[Metric]:
    """Owed now, and of the promises of the local day: to count all there ever were would read them all."""
    owed = GaugeMetricFamily("dispatch_callbacks_owed", "Calls owed to people, by state.", labels=["state"])
    _by_state(owed, CallbackObligation.objects.outstanding(), CallbackObligation.OUTSTANDING)
    yield owed
    today = GaugeMetricFamily(
        "dispatch_callbacks_promised_today", "Calls promised since local midnight, by state.", labels=["state"]
    )
    _by_state(today, CallbackObligation.objects.filter(promised_at__gte=midnight), CallbackObligation.State)
    yield today


def _by_state(
    family: GaugeMetricFamily, rows: QuerySet[CallbackObligation], states: Iterable[CallbackObligation.State]
) -> None:
    counted = dict(rows.values_list("state").order_by("state").annotate(Count("pk")))
    for state in states:
        family.add_metric([state.value], counted.get(state.value, 0))


def _channels(at: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("dispatch_outbox_messages", "Messages that have not left.", labels=["channel"])
    age = GaugeMetricFamily(
        "dispatch_outbox_age_seconds", "How long the oldest message that has not left waits.", labels=["channel"]
    )
    for state in channel_states(at):
        if state.is_configured:
            waiting.add_metric([state.channel], state.waiting)
            age.add_metric([state.channel], _seconds(at - state.waiting_since if state.waiting_since else None) or 0)
    return iter((waiting, age))


def _watchmen(at: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "dispatch_heartbeat_age_seconds",
        "How long ago a watchman of the clocks finished a turn; absent when he never did.",
        labels=["watchman"],
    )
    pulse = watch.read_pulse(at)
    for name, ago in (("worker", pulse.worker_age), ("keeper", pulse.keeper_age)):
        seconds = _seconds(ago)
        if seconds is not None:
            age.add_metric([name], seconds)
    yield age


def _examination(at: datetime) -> Iterator[Metric]:
    """Absent until the stored rows were examined once."""
    last = InvariantCheck.objects.first()
    if last is not None:
        yield GaugeMetricFamily(
            "dispatch_invariants_broken", "Rules that stored rows broke at the last examination.",
            value=len(last.broken),
        )  # fmt: skip
        yield GaugeMetricFamily(
            "dispatch_invariants_age_seconds", "How long ago the stored rows were examined.",
            value=(at - last.checked_at).total_seconds(),
        )  # fmt: skip


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


REGISTRY.register(PromiseCollector())
