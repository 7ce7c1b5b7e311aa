"""One webhook: its address and events, what was sent there, and the buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts import clock
from accounts.writes import Refused
from companies.models import WebhookEndpoint
from companies.services import webhooks
from tickets.forms.programs import WebhookForm

from .entry import Keeper, for_keepers
from .overview import show_secret

PER_PAGE = 20
# What the buttons do, and what is said when it is done.
ACTS: dict[str, tuple[Callable[..., object], Promise | str]] = {
    "test": (
        lambda webhook: webhooks.send_test(webhook=webhook, at=clock.now()),
        gettext_lazy("Проба отправлена: ответ появится в журнале через несколько секунд."),
    ),
    "on": (lambda webhook: webhooks.switch_on(webhook=webhook), gettext_lazy("Вебхук включён.")),
    "off": (lambda webhook: webhooks.switch_off(webhook=webhook), gettext_lazy("Вебхук выключен.")),
    "remove": (lambda webhook: webhooks.remove_webhook(webhook=webhook), gettext_lazy("Вебхук и его журнал удалены.")),
}


@for_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, keeper: Keeper, pk: int) -> HttpResponse:
    found = _own(keeper, pk)
    if request.method != "POST":
        return _page(request, keeper, found, form=WebhookForm(webhook=found))
    form = WebhookForm(request.POST, webhook=found)
    if not form.is_valid():
        return _page(request, keeper, found, form=form, status=422)
    try:
        webhooks.change_webhook(webhook=found, url=form.cleaned_data["url"], events=form.cleaned_data["events"])
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _page(request, keeper, found, form=form, status=409)
    messages.success(request, _("Сохранено."))
    return redirect("programs:webhook", pk=found.pk)


@for_keepers
@require_POST
def act(request: HttpRequest, keeper: Keeper, pk: int, act: str) -> HttpResponse:
    found = _own(keeper, pk)
    if act == "secret":
        return show_secret(request, keeper, secret=webhooks.renew_secret(webhook=found).secret, webhook=found)
    if act not in ACTS:
        raise Http404
    do, said = ACTS[act]
    try:
        do(found)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, str(said))
    return redirect("programs:overview") if act == "remove" else redirect("programs:webhook", pk=found.pk)


@for_keepers
@require_POST
def replay(request: HttpRequest, keeper: Keeper, pk: int, delivery: int) -> HttpResponse:
    row = get_object_or_404(_own(keeper, pk).deliveries, pk=delivery)
    try:
        webhooks.replay(delivery=row, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Событие отправляется ещё раз под тем же номером доставки."))
    return redirect("programs:webhook", pk=pk)


def _own(keeper: Keeper, pk: int) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects.visible_to(keeper.user), pk=pk)


def _page(
    request: HttpRequest, keeper: Keeper, found: WebhookEndpoint, *, form: WebhookForm, status: int = 200
) -> HttpResponse:  # fmt: skip
    page = Paginator(found.deliveries.order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"at": clock.now(), "company": keeper.company, "webhook": found, "page": page}
    if request.headers.get("HX-Request"):
        return render(request, "portal/programs/_log.html", context)
    return render(request, "portal/programs/webhook.html", context | {"form": form}, status=status)
