"""Ready lists above the list: a few for everybody, and those that a person keeps; saving, renaming, deleting them."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES, User
from accounts.writes import Refused
from tickets.forms.filters import TicketFilter
from tickets.forms.search import ViewNameForm
from tickets.models import SavedView
from tickets.services import saved_views

from .columns import columns_of

# For everybody: the name and the address.
READY: tuple[tuple[Promise, str], ...] = (
    (gettext_lazy("Незакрытые"), ""),
    (gettext_lazy("Просроченные"), "overdue=on&order=due"),
    (gettext_lazy("Истекают за 2 часа"), "within=2&order=due"),
    (gettext_lazy("Мои"), "mine=on"),
    (gettext_lazy("Без исполнителя"), "nobody=on"),
    (gettext_lazy("Повторные"), "repeated=on"),
    (gettext_lazy("Авария сейчас"), "kind=emergency"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """``view``: of the person himself; None for a ready one."""

    title: Promise | str
    query: str
    is_open: bool
    view: SavedView | None = None


def tabs_of(user: User, chosen: TicketFilter) -> list[Tab]:
    now = _in_order(chosen.kept_query().urlencode()) if not chosen.looks_everywhere else None
    tabs = [Tab(title, query, now == _in_order(query)) for title, query in READY]
    taken = any(tab.is_open for tab in tabs)
    for view in SavedView.objects.filter(user=user):
        is_open = not taken and now == _in_order(view.query)
        taken = taken or is_open
        tabs.append(Tab(view.name, view.query, is_open, view))
    return tabs


def _in_order(query: str) -> list[tuple[str, list[str]]]:
    """The same list, whatever the order of its conditions."""
    return sorted((name, sorted(values)) for name, values in QueryDict(query).lists())


@roles_required(*CENTRE_ROLES)
@require_safe
def open_view(request: PersonRequest, pk: int) -> HttpResponse:
    """His own view: its columns are shown from now on."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    if view.columns:
        request.session["columns"] = view.columns
    return _back(QueryDict(view.query))


@roles_required(*CENTRE_ROLES)
@require_POST
def save_view(request: PersonRequest) -> HttpResponse:
    chosen = TicketFilter(request.GET, user=request.user, at=clock.now())
    form = ViewNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return _back(request.GET)
    columns = [column.key for column in columns_of(request.session.get("columns", ()))]
    query = chosen.kept_query()
    try:
        saved_views.save_view(
            user=request.user, name=form.cleaned_data["name"], query=query.urlencode(), columns=columns
        )
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return _back(request.GET)
    messages.success(
        request, _("Вид «%s» сохранён. Набранный в поиске текст в него не входит.") % form.cleaned_data["name"]
    )
    return _back(query)


@roles_required(*CENTRE_ROLES)
@require_POST
def rename_view(request: PersonRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    form = ViewNameForm(request.POST)
    if form.is_valid():
        try:
            saved_views.rename_view(view=view, name=form.cleaned_data["name"])
        except Refused as refusal:
            messages.error(request, str(refusal.message))
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return _back(request.GET)


@roles_required(*CENTRE_ROLES)
@require_POST
def delete_view(request: PersonRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    saved_views.delete_view(view=view)
    messages.success(request, _("Вид «%s» удалён.") % view.name)
    return _back(request.GET)


@roles_required(*CENTRE_ROLES)
@require_POST
def choose_columns(request: PersonRequest) -> HttpResponse:
    """Which columns and in which order: kept for this sign-in, and with the view that is open."""
    keys = [column.key for column in columns_of(request.POST.getlist("columns"))]
    request.session["columns"] = keys
    chosen = TicketFilter(request.GET, user=request.user, at=clock.now(), looks_everywhere="q" in request.GET)
    own = next((tab.view for tab in tabs_of(request.user, chosen) if tab.is_open and tab.view), None)
    if own is not None:
        saved_views.choose_columns(view=own, columns=keys)
    return _back(request.GET)


def _back(query: QueryDict) -> HttpResponse:
    answer = redirect("desk:tickets")
    answer["Location"] += f"?{query.urlencode()}" if query else ""
    return answer
