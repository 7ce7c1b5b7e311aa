"""«Наши показатели»: an organisation reads its figures as the centre does, with the rows behind every number."""

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from accounts.wall import behind_wall, in_front, marks_wall
from companies.models import Company
from reports.figures import FIGURES
from reports.forms import PeriodForm
from reports.organisation import OWN, own_figures
from reports.own_listing import own_listing

from .pages import ROWS_ON_A_PAGE, for_readers, preset_links

Own = Callable[[PersonRequest, Company], HttpResponse]


def for_dispatchers(view: Own) -> Callable[..., HttpResponse]:
    """Their organisation is found behind the wall; what is counted of it is counted in front.

    Behind it a hand-over whose ticket has gone to somebody else is out of sight, and the numbers would not be those
    that the centre reads. Every question is narrowed to the organisation that was found.
    """

    @roles_required(Role.COMPANY)
    def guarded(request: PersonRequest) -> HttpResponse:
        with behind_wall(request.user):
            company = Company.objects.visible_to(request.user).first()
            if company is None:
                raise PermissionDenied
            with in_front():
                return view(request, company)

    return marks_wall(view, guarded)


@for_dispatchers
@require_safe
def own(request: PersonRequest, company: Company) -> HttpResponse:
    form = PeriodForm(request.GET, now=clock.now())
    return _page(request, form, company, reverse("reports:own"), reverse("reports:own-tickets"))


@for_readers
@require_safe
def company(request: PersonRequest, pk: int) -> HttpResponse:
    """The same page of any organisation, for those who answer for the centre."""
    found = get_object_or_404(Company, pk=pk)
    form = PeriodForm(request.GET, now=clock.now())
    own_url = reverse("reports:company", kwargs={"pk": pk})
    return _page(request, form, found, own_url, reverse("reports:tickets"))


def _page(request: PersonRequest, form: PeriodForm, company: Company, period_url: str, rows_url: str) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form, "presets": preset_links(request, form), "company": company, "period_url": period_url,
        "rows_url": rows_url,
    }  # fmt: skip
    if not form.is_valid():
        return render(request, "reports/own.html", context, status=400)
    return render(request, "reports/own.html", context | {"report": own_figures(form.period(), company)})


@for_dispatchers
@require_safe
def own_rows(request: PersonRequest, company: Company) -> HttpResponse:
    """Exactly the rows that a number of the page counted."""
    form = PeriodForm(request.GET, now=clock.now())
    if not form.is_valid():
        return redirect(f"{reverse('reports:own')}?{request.GET.urlencode()}")
    name = request.GET.get("cell", "")
    if name not in OWN:
        raise Http404
    figure, period = FIGURES[name], form.period()
    listing = own_listing(figure.subject.listing, company)
    found = figure.rows(period, {"company": company.pk}).order_by(*figure.subject.order)
    page = Paginator(found, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "reports/own_list.html", {
        "figure": figure, "period": period, "page": page, "columns": listing.columns, "company": company,
        "lines": [listing.cells(row, period.at) for row in listing.prepared(cast("QuerySet[Any]", page.object_list))],
    })  # fmt: skip
