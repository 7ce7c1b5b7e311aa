"""The supervisors' page, the lists behind its numbers, and both as files."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from reports.asking import asked_figure
from reports.figures import FIGURES, FILTERS, Figure
from reports.forms import PeriodForm
from reports.listing import LISTINGS, Listing
from reports.narrowing import take_fields
from reports.period import Period, presets
from reports.queries import Overview
from reports.queries import overview as numbers_of
from reports.sheets import page_rows
from tickets.exports import csv_response

ROWS_ON_A_PAGE = 50

for_readers = roles_required(Role.SUPERVISOR, Role.HEAD, Role.ADMIN)


@for_readers
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    now = clock.now()
    form = PeriodForm(request.GET, now=now)
    context: dict[str, Any] = {
        "form": form,
        "presets": preset_links(request, form),
        "figures": FIGURES,
    }
    if not form.is_valid():
        return render(request, "reports/overview.html", context, status=400)
    report = numbers_of(form.period())
    return render(request, "reports/overview.html", context | {
        "report": report, "finding": _finding(report), "charts": {"hours": _chart(report)},
        "minutes": f"{settings.CALLBACK_PROMISE / timedelta(minutes=1):g}",
        "days_query": urlencode({"from": report.period.first, "to": report.period.last}),
    })  # fmt: skip


@for_readers
@require_safe
def overview_csv(request: PersonRequest) -> HttpResponseBase:
    form = PeriodForm(request.GET, now=clock.now())
    if not form.is_valid():
        return _ask_again(request)
    period = form.period()
    return csv_response(f"otchet-{_days(period)}", page_rows(numbers_of(period)))


@for_readers
@require_safe
def rows(request: PersonRequest) -> HttpResponse:
    """Exactly the rows that a number of the page counted."""
    form = PeriodForm(request.GET, now=clock.now())
    if not form.is_valid():
        return _ask_again(request)
    figure, narrowed, words = asked_figure(request.GET)
    period, listing = form.period(), LISTINGS[figure.subject.listing]
    page = Paginator(_found(figure, period, narrowed), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "reports/list.html", {
        "figure": figure, "scope": words, "period": period, "page": page, "columns": listing.columns,
        "take": take_fields(f"rows:{request.GET['cell']}", period, request.GET),
        "lines": [listing.cells(row, period.at) for row in listing.prepared(cast("QuerySet[Any]", page.object_list))],
    })  # fmt: skip


@for_readers
@require_safe
def rows_csv(request: PersonRequest) -> HttpResponseBase:
    form = PeriodForm(request.GET, now=clock.now())
    if not form.is_valid():
        return _ask_again(request)
    figure, narrowed, _words = asked_figure(request.GET)
    period = form.period()
    found = _found(figure, period, narrowed)
    name = f"{request.GET['cell'].replace('_', '-')}-{_days(period)}"
    return csv_response(name, _file_rows(LISTINGS[figure.subject.listing], found, period))


def _found(figure: Figure, period: Period, narrowed: dict[str, object]) -> Any:
    return figure.rows(period, narrowed).order_by(*figure.subject.order)


def _file_rows(listing: Listing, found: Any, period: Period) -> Iterator[list[Any]]:
    yield [column.title for column in listing.columns]
    for row in listing.prepared(found).iterator(chunk_size=1000):
        yield [cell.value for cell in listing.cells(row, period.at)]


def _ask_again(request: PersonRequest) -> HttpResponse:
    """The page with the period says what is wrong with it."""
    return redirect(f"{reverse('reports:overview')}?{request.GET.urlencode()}")


# ── What the page needs besides the numbers ──────────────────────────────────────────────────────────────────────
def preset_links(request: PersonRequest, form: PeriodForm) -> list[dict[str, Any]]:
    titles = {
        "today": _("Сегодня"), "yesterday": _("Вчера"), "week": _("7 дней"), "month": _("С начала месяца"),
        "last_month": _("Прошлый месяц"), "year": _("Год"),
    }  # fmt: skip
    # Another period of the same: what it was narrowed by stays.
    kept = urlencode({name: request.GET[name] for name in FILTERS if request.GET.get(name)})
    chosen = (form["from"].value(), form["to"].value())
    links = []
    for name, (first, last) in presets(form.now).items():
        days = (first.isoformat(), last.isoformat())
        links.append(
            {
                "title": titles[name],
                "query": f"from={days[0]}&to={days[1]}{kept and f'&{kept}'}",
                "active": days == chosen,
            }
        )
    return links


def _days(period: Period) -> str:
    return f"{period.first:%Y-%m-%d}" if period.first == period.last else f"{period.first}-{period.last}"


def _finding(report: Overview) -> str:
    """What the strip by hour shows, said in its title."""
    if not report.hours:
        return _("Обещания по часам")
    worst = max(report.hours, key=lambda line: line.share.broken.count)
    if not worst.share.broken.count:
        return _("Ни одно обещание не сорвано")
    return _("Больше всего сорвано в %(hour)s: %(broken)s из %(all)s") % {
        "hour": f"{worst.hour}:00", "broken": worst.share.broken.count, "all": worst.share.decided,
    }  # fmt: skip


def _chart(report: Overview) -> dict[str, Any]:
    """What static/js/reports.js draws; its words come from here too."""
    return {
        "labels": [f"{line.hour}:00" for line in report.hours],
        "rows": [
            {"title": _("В срок"), "tone": "kept", "values": [line.share.kept.count for line in report.hours]},
            {"title": _("Не в срок"), "tone": "late", "values": [line.share.broken.count for line in report.hours]},
        ],
        "stacked": True,
    }
