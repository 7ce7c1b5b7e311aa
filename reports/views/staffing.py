"""«Сколько нужно людей»: the page of a day, the same as a file, and the line of this moment."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest
from reports.forecast import LIKE, TESTED
from reports.staffing import BUSY, LATE, Half, Plan, plan
from reports.staffing_forms import StaffingForm
from tickets.exports import csv_response
from tickets.services.forecast import read_forecast

from .pages import for_readers


@for_readers
@require_safe
def staffing(request: PersonRequest) -> HttpResponse:
    """The page; htmx asks for the line of this moment only."""
    now = clock.now()
    if request.htmx:
        return render(request, "reports/_staffing_now.html", {"forecast": read_forecast(now)})
    form = StaffingForm(request.GET, now=now)
    context: dict[str, Any] = {"form": form, "forecast": read_forecast(now)}
    if not form.is_valid():
        return render(request, "reports/staffing.html", context, status=400)
    found = plan(form.cleaned_data["day"], form.target(), at=now)
    return render(request, "reports/staffing.html", context | {
        "plan": found, "finding": _finding(found), "chart": _chart(found),
        "columns": columns(found), "query": urlencode(form.data),
        "like": LIKE, "tested": TESTED, "late": f"{LATE:.0%}", "busy": f"{100 * BUSY:g}".replace(".", ",") + "%",
        "minutes": f"{settings.CALLBACK_PROMISE.total_seconds() / 60:g}",
    })  # fmt: skip


@for_readers
@require_safe
def staffing_csv(request: PersonRequest) -> HttpResponseBase:
    form = StaffingForm(request.GET, now=clock.now())
    if not form.is_valid():
        # The page says what is wrong.
        return redirect(f"{reverse('reports:staffing')}?{request.GET.urlencode()}")
    found = plan(form.cleaned_data["day"], form.target(), at=clock.now())
    return csv_response(f"lyudi-{found.day:%Y-%m-%d}", _file_rows(found))


def columns(found: Plan) -> list[str]:
    """The headings, the same on the page and in the file."""
    target = found.target
    return [
        _("Полчаса"),
        _("Ждём звонков"),
        _("Поступило"),
        _("Нагрузка, эрл"),
        _("Для %(share)s/%(seconds)s") % {"share": target.percent, "seconds": target.seconds},
        _("Для обещания"),
        _("Нужно людей"),
        _("Входящих линий"),
        _("Бросят трубку, %"),
        _("На линии %s") % f"{found.seen_on:%d.%m}",
        _("Старший смены"),
    ]


def _file_rows(found: Plan) -> Iterator[list[Any]]:
    yield columns(found)
    if found.has_data:
        for half in found.halves:
            yield [
                _half_hour(half), tenths(half.calls), half.came, tenths(half.load), half.for_share, half.for_promise,
                half.needed, half.lines, tenths(half.abandoned_percent), half.on_line, ", ".join(half.seniors),
            ]  # fmt: skip


def tenths(number: float) -> Decimal:
    return Decimal(number).quantize(Decimal("0.1"))


def _half_hour(half: Half) -> str:
    return f"{timezone.localtime(half.starts_at):%H:%M}–{timezone.localtime(half.ends_at):%H:%M}"


# ── What the page needs besides the numbers ──────────────────────────────────────────────────────────────────────
def _finding(found: Plan) -> str:
    """What the chart shows, said in its title."""
    peak = found.peak
    told = _("Больше всего людей нужно в %(half)s: %(needed)s") % {"half": _half_hour(peak), "needed": peak.needed}
    if peak.on_line is None:
        return told
    return told + _(", на линии %(day)s было %(count)s") % {"day": f"{found.seen_on:%d.%m}", "count": peak.on_line}


def _chart(found: Plan) -> dict[str, Any]:
    """What static/js/staffing.js draws; its words come from here too."""
    _half, _calls, _came, _load, for_share, for_promise, *_counts, on_line, _senior = columns(found)
    return {
        "halves": [f"{timezone.localtime(half.starts_at):%H:%M}" for half in found.halves],
        "share": [half.for_share for half in found.halves],
        "promise": [half.for_promise for half in found.halves],
        "onLine": [half.on_line for half in found.halves],
        "words": {"share": for_share, "promise": for_promise, "onLine": on_line},
    }
