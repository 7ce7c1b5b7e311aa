"""The list of tickets and the search in it: one question, put by an address and by a typed text that is in none."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from tickets.forms.filters import TicketFilter
from tickets.forms.finding import Finding, Place
from tickets.forms.meanings import Meaning, meanings_of
from tickets.forms.search import SearchForm, ViewNameForm
from tickets.models import Ticket

from .columns import COLUMNS, Column, columns_of
from .rows import draw_rows
from .view_tabs import tabs_of

COUNTED = 10_000
# What somebody typed is kept for leafing through what was found, and not for long.
KEPT_FOR = timedelta(hours=1)
KEPT = 5
SEARCHES, SHOWN_COLUMNS = "searches", "columns"


@dataclass(frozen=True)
class Asked:
    """What a request for the list asks: by its address, and by the text that its search has left in the session."""

    finding: Finding
    text: str
    is_lapsed: bool

    @property
    def filter(self) -> TicketFilter:
        return self.finding.filter


def read_asked(request: PersonRequest, *, at: datetime) -> Asked:
    token = request.GET.get("q", "")
    kept = request.session.get(SEARCHES, {}).get(token) if token else None
    text = kept[0] if kept and _is_fresh(kept[1], at) else ""
    meanings: list[Meaning] = meanings_of(text) if text else []
    chosen = TicketFilter(request.GET, user=request.user, at=at, looks_everywhere=bool(text))
    return Asked(Finding(chosen, meanings), text, is_lapsed=bool(token) and not text)


def shown_columns(request: PersonRequest) -> list[Column]:
    return columns_of(request.session.get(SHOWN_COLUMNS, ()))


@roles_required(*CENTRE_ROLES)
@sensitive_post_parameters("text")
@require_http_methods(["GET", "HEAD", "POST"])
def tickets(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request)
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    if len(form.meanings) == 1 and form.meanings[0].is_number:
        exact = form.meanings[0].narrow(Ticket.objects.visible_to(request.user)).first()
        if exact is not None:
            return redirect("desk:card", number=exact.number)
    query = request.GET.copy()
    for name in ("q", "after", "before", "page"):
        query.pop(name, None)
    if form.cleaned_data["text"]:
        query["q"] = _keep(request, form.cleaned_data["text"], at=clock.now())
    return redirect(address_of(query))


@roles_required(*CENTRE_ROLES)
@require_safe
def count(request: PersonRequest) -> HttpResponse:
    """How many the list has in all: asked by the page when it stands, because counting takes longer than showing."""
    found = read_asked(request, at=clock.now()).finding.count(COUNTED)
    return render(request, "desk/_count.html", {"count": found, "counted": COUNTED})


@roles_required(*CENTRE_ROLES)
@require_safe
def conditions(request: PersonRequest) -> HttpResponse:
    """The form of all filters: asked for when somebody unfolds it, because it is longer than the list."""
    asked = read_asked(request, at=clock.now())
    context = {
        "filter": asked.filter,
        "periods": list(asked.filter.periods()),
        "token": request.GET.get("q", "") if asked.text else "",
    }
    return render(request, "desk/_conditions.html", context)


@roles_required(*CENTRE_ROLES)
@require_safe
def columns(request: PersonRequest) -> HttpResponse:
    """The choice of columns, the shown ones first."""
    shown = shown_columns(request)
    others = [column for column in COLUMNS.values() if column not in shown]
    return render(
        request, "desk/_columns.html", {"columns": shown, "other_columns": others, "query": request.GET.urlencode()}
    )


def address_of(query: QueryDict) -> str:
    return f"{reverse('desk:tickets')}?{query.urlencode()}" if query else reverse("desk:tickets")


def _show(request: PersonRequest, form: SearchForm | None = None) -> HttpResponse:
    at = clock.now()
    asked = read_asked(request, at=at)
    shown = shown_columns(request)
    page = asked.finding.page(
        after=Place.read(request.GET.get("after", "")), before=Place.read(request.GET.get("before", ""))
    )
    context: dict[str, Any] = {
        "at": at,
        "page": page,
        "columns": shown,
        "lines": draw_rows(page.rows, shown, at=at),
        "chips": list(asked.filter.chips()),
        "text": asked.text,
        "links": _links(request, page.before, page.after),
        "query": request.GET.urlencode(),
        "token": request.GET.get("q", "") if asked.text else "",
    }
    if request.htmx:
        return render(request, "desk/_found.html", context)
    if asked.is_lapsed:
        messages.info(request, _("Текст поиска хранится один час. Наберите его ещё раз."))
    context |= {
        "form": form or SearchForm({"text": asked.text} if asked.text else None),
        "tabs": tabs_of(request.user, asked.filter),
        "name_form": ViewNameForm(),
    }
    return render(request, "desk/tickets.html", context)


def _links(request: PersonRequest, before: Place | None, after: Place | None) -> dict[str, Any]:
    """The addresses of the neighbouring pages. The number of a page is only told, never asked for."""
    told = request.GET.get("page", "1")
    number = max(1, int(told)) if told.isascii() and told.isdigit() and len(told) < 7 else 1
    query = {name: request.GET.getlist(name) for name in request.GET if name not in ("after", "before", "page")}
    links: dict[str, Any] = {"number": number}
    if before:
        links["previous"] = urlencode({**query, "before": str(before), "page": max(1, number - 1)}, doseq=True)
    if after:
        links["next"] = urlencode({**query, "after": str(after), "page": number + 1}, doseq=True)
    return links


# ── What was typed, for as long as it is leafed through ──────────────────────────────────────────────────────────
def _keep(request: PersonRequest, text: str, *, at: datetime) -> str:
    searches: dict[str, list[str]] = request.session.get(SEARCHES, {})
    fresh = [(token, kept) for token, kept in searches.items() if _is_fresh(kept[1], at) and kept[0] != text]
    token = get_random_string(8)
    request.session[SEARCHES] = {**dict(fresh[1 - KEPT :]), token: [text, at.isoformat()]}
    return token


def _is_fresh(kept_at: str, at: datetime) -> bool:
    moment = parse_datetime(kept_at)
    return moment is not None and at - moment < KEPT_FOR
