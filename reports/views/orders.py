"""«Подписки»: reports that come by mail."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import clock
from accounts.access import PersonRequest
from reports.asking import WEEKDAYS, asked_filters
from reports.catalogue import REPORTS
from reports.models import ReportOrder
from reports.narrowing import OrderForm
from reports.services import orders as service

from .pages import for_readers

# Of each order: so many of its letters.
LETTERS = 3


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def orders(request: PersonRequest) -> HttpResponse:
    if request.method == "POST":
        form = OrderForm(request.POST)
        if form.is_valid():
            service.order_report(
                order=form.order(request.user), recipients=form.cleaned_data["recipients"], at=clock.now()
            )
            messages.success(request, _("Подписка записана."))
            return redirect("reports:orders")
    else:
        form = OrderForm(initial=request.GET.dict() | {"recipients": [request.user.pk]})
    found = ReportOrder.objects.visible_to(request.user).select_related("owner")
    rows = [_row(order) for order in found.prefetch_related("recipients", "letters")]
    return render(request, "reports/orders.html", {"form": form, "rows": rows}, status=400 if form.errors else 200)


def _row(order: ReportOrder) -> dict[str, object]:
    """What the page says of an order. Its filters may name what has gone from the registers."""
    try:
        words = asked_filters(QueryDict(order.query))[1]
    except Http404:
        words = [_("отбор, которого больше нет")]
    title = REPORTS[order.name].title if order.name in REPORTS else order.name
    return {
        "order": order, "title": title, "words": words, "letters": list(order.letters.all())[:LETTERS],
        "weekday": WEEKDAYS[order.weekday - 1] if order.weekday else "",
    }  # fmt: skip


@for_readers
@require_POST
def order(request: PersonRequest, pk: int) -> HttpResponse:
    """Pause, resume or delete one."""
    found = get_object_or_404(ReportOrder.objects.visible_to(request.user), pk=pk)
    match request.POST.get("do"):
        case "pause":
            service.pause(order=found)
        case "resume":
            service.resume(order=found, at=clock.now())
        case "delete":
            service.delete_order(order=found)
            messages.success(request, _("Подписка удалена."))
        case _:
            raise Http404
    return redirect("reports:orders")
