"""The journal of tickets: the main columns on the page, all of them in its file."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest
from reports.asking import asked_filters
from reports.figures import FILTERS
from reports.forms import PeriodForm
from reports.journal import FIGURE, shown
from reports.narrowing import NarrowForm, take_fields
from reports.services.contents import JOURNAL_NAME

from .pages import ROWS_ON_A_PAGE, for_readers, preset_links


@for_readers
@require_safe
def journal(request: PersonRequest) -> HttpResponse:
    form = PeriodForm(request.GET, now=clock.now())
    context: dict[str, Any] = {
        "form": form, "presets": preset_links(request, form), "url": reverse("reports:journal"),
    }  # fmt: skip
    narrowed, words = asked_filters(request.GET)
    context["narrow"] = NarrowForm(initial={name: request.GET.get(name, "") for name in FILTERS})
    if not form.is_valid():
        return render(request, "reports/journal.html", context, status=400)
    period, listing = form.period(), shown()
    found = FIGURE.rows(period, narrowed).order_by(*FIGURE.subject.order)
    page = Paginator(found, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "reports/journal.html", context | {
        "scope": words, "period": period, "page": page, "columns": listing.columns,
        "lines": [listing.cells(row, period.at) for row in listing.prepared(cast("QuerySet[Any]", page.object_list))],
        "take": take_fields(JOURNAL_NAME, period, request.GET),
    })  # fmt: skip
