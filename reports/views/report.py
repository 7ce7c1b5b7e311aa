"""One report of the catalogue: facts, tables and charts, every number a link to its rows."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest
from reports.catalogue import REPORTS, Chart, Report, build
from reports.narrowing import FilterForm, take_fields
from reports.services.reading import Reading

from .pages import for_readers, preset_links


@for_readers
@require_safe
def report(request: PersonRequest, name: str) -> HttpResponse:
    if name not in REPORTS:
        raise Http404
    form = FilterForm(request.GET, now=clock.now())
    context: dict[str, Any] = {
        "form": form, "name": name, "kind": REPORTS[name], "presets": preset_links(request, form),
    }  # fmt: skip
    if not form.is_valid():
        return render(request, "reports/report.html", context, status=400)
    period = form.period()
    found = build(name, Reading(period, form.narrowed), form.words)
    return render(request, "reports/report.html", context | {
        "report": found, "charts": charts_of(found), "take": take_fields(name, period, request.GET),
        "left_out": [str(form.fields[field].label).lower() for field in found.left_out],
    })  # fmt: skip


def charts_of(found: Report) -> dict[str, Any]:
    """What static/js/reports.js draws, by the code of its section; its words come from here too."""
    return {section.code: _drawn(section.chart) for section in found.sections if section.chart}


def _drawn(chart: Chart) -> dict[str, Any]:
    return {
        "labels": chart.labels,
        "rows": [{"title": title, "tone": tone, "values": values} for title, tone, values in chart.rows],
        "stacked": chart.is_stacked,
    }
