"""The page of the organisation's programs, and its tokens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.wall import behind_wall, marks_wall
from accounts.writes import Refused
from companies.models import WebhookEndpoint
from companies.services import webhooks
from companies.services.tokens import issue_token, revoke_token, tokens_of
from tickets.forms.programs import TokenForm, WebhookForm

from .entry import Keeper, for_keepers

SHOWN_TOKENS = 50


@for_keepers
@require_safe
def overview(request: HttpRequest, keeper: Keeper) -> HttpResponse:
    return _overview(request, keeper)


@for_keepers
@require_POST
def make_token(request: HttpRequest, keeper: Keeper) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _overview(request, keeper, token_form=form, status=422)
    try:
        token, secret = issue_token(company=keeper.company, name=form.cleaned_data["name"], by=keeper.user)
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _overview(request, keeper, token_form=form, status=409)
    return show_secret(request, keeper, secret=secret, token=token)


@for_keepers
@require_POST
def revoke(request: HttpRequest, keeper: Keeper, pk: int) -> HttpResponse:
    token = get_object_or_404(tokens_of(keeper.company), pk=pk)
    revoke_token(token=token, by=keeper.user, at=clock.now())
    messages.success(request, _("Токен «%(name)s» отозван: программа с ним больше не войдёт.") % {"name": token.name})
    return redirect("programs:overview")


@for_keepers
@require_POST
def add(request: HttpRequest, keeper: Keeper) -> HttpResponse:
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _overview(request, keeper, webhook_form=form, status=422)
    told = form.cleaned_data
    try:
        webhook = webhooks.add_webhook(company=keeper.company, url=told["url"], events=told["events"], by=keeper.user)
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _overview(request, keeper, webhook_form=form, status=409)
    return show_secret(request, keeper, secret=webhook.secret, webhook=webhook)


def notice(request: HttpRequest) -> HttpResponse:
    """A part for other pages: that a webhook of theirs was switched off. Empty for everybody else."""
    user = request.user
    assert user.is_authenticated
    with behind_wall(user):
        stopped = list(WebhookEndpoint.objects.visible_to(user).stopped()) if user.is_of_company else []
        return render(request, "portal/programs/_notice.html", {"stopped": stopped})


notice = marks_wall(notice, login_required(require_safe(notice)))


@never_cache
def show_secret(request: HttpRequest, keeper: Keeper, *, secret: str, **of: Any) -> HttpResponse:
    """The only page that ever holds it."""
    context = {"company": keeper.company, "secret": secret, **of}
    return render(request, "portal/programs/secret.html", context, status=201)


def _overview(
    request: HttpRequest,
    keeper: Keeper,
    *,
    token_form: TokenForm | None = None,
    webhook_form: WebhookForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "at": clock.now(), "company": keeper.company, "tokens": tokens_of(keeper.company)[:SHOWN_TOKENS],
        "webhooks": WebhookEndpoint.objects.visible_to(keeper.user), "token_form": token_form or TokenForm(),
        "webhook_form": webhook_form or WebhookForm(), "per_minute": settings.API_REQUESTS_PER_MINUTE,
    }  # fmt: skip
    return render(request, "portal/programs/overview.html", context, status=status)
