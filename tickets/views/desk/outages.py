"""Outages: what is off now and soon, the calendar, what looks like one, announcing one, and tickets that join."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from accounts.writes import Refused
from companies.models import Locality
from tickets.forms.outages import AnnounceForm, DismissForm, HousesForm, JoinForm, local_locality
from tickets.models import Outage, OutageBuilding, Ticket
from tickets.services import current_outages
from tickets.services.hunches import Hunch, dismiss_hunch, hunch_with, read_hunches
from tickets.services.outage_houses import MOST
from tickets.services.outage_work import join_outage, leave_outage
from tickets.services.outages import announce_outage
from tickets.services.routing import HOUSE_SERVICE

from .pages import Slice
from .queue import TAKES_CALLS

# As far as the calendar goes.
MONTHS_BACK, MONTHS_AHEAD = 24, 12
# What began longer ago and is over stands on no calendar of this month.
LONGEST = timedelta(days=92)


def _count_of(model: Any) -> Coalesce:
    """How many rows of ``model`` each outage has."""
    rows = model.objects.filter(outage=OuterRef("pk")).order_by().values("outage").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(rows, output_field=IntegerField()), 0)


def _with_row(found: QuerySet[Outage]) -> QuerySet[Outage]:
    """Outages with what a row of the list prints."""
    return (
        found.select_related("company", "news_deadline")
        .prefetch_related("services")
        .annotate(calls=_count_of(Ticket), houses=_count_of(OutageBuilding))
    )


@roles_required(*CENTRE_ROLES)
@require_safe
def outages(request: PersonRequest) -> HttpResponse:
    """What is off now, what will be, and what looks like it; with ``?shown=past`` what was."""
    at = clock.now()
    context: dict[str, Any] = {"at": at, "takes_calls": request.user.role in TAKES_CALLS}
    if request.GET.get("shown") == "past":
        over = _with_row(Outage.objects.exclude(ended_at=None, called_off_at=None)).order_by("-starts_at", "-pk")
        return render(request, "desk/outages_past.html", context | {"page": Slice.of(over, request.GET.get("page"))})
    is_open = list(_with_row(Outage.objects.open()).order_by("starts_at", "pk"))
    context |= {
        "current": [one for one in is_open if one.starts_at <= at],
        "coming": [one for one in is_open if one.starts_at > at],
        "hunches": [(hunch, DismissForm(initial={"like": hunch.first.number}, auto_id=f"id_{hunch.first.pk}_%s"))
                    for hunch in read_hunches(at)],
    }  # fmt: skip
    return render(request, "desk/_outages.html" if request.htmx else "desk/outages.html", context)


# ── The calendar ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid; ``is_beside``: it belongs to the month before or after."""

    day: date
    is_beside: bool
    is_today: bool
    outages: list[Outage]


@roles_required(*CENTRE_ROLES)
@require_safe
def calendar(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    today = timezone.localdate(at)
    month = _month_of(request.GET.get("month", ""), today)
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    since, until = _midnight(weeks[0][0]), _midnight(weeks[-1][-1] + timedelta(days=1))
    lasting = Q(ended_at=None, called_off_at=None) | Q(starts_at__gte=since - LONGEST)
    found = list(Outage.objects.filter(lasting, starts_at__lt=until).prefetch_related("services").order_by("starts_at"))
    grid = [
        [
            Day(day, day.month != month.month, day == today, [one for one in found if _lasts_on(one, day, at)])
            for day in week
        ]
        for week in weeks
    ]
    context = {
        "at": at, "month": month, "weeks": grid, "days": [day for week in grid for day in week if not day.is_beside],
        "previous": (month - timedelta(days=1)).replace(day=1),
        "next": (month + timedelta(days=31)).replace(day=1), "takes_calls": request.user.role in TAKES_CALLS,
    }  # fmt: skip
    return render(request, "desk/outage_calendar.html", context)


def _month_of(text: str, today: date) -> date:
    """The first day of the month in the address, «2026-11»; of this one when there is none within reach."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  (a month has no time zone)
    except ValueError:
        return today.replace(day=1)
    months = (month.year - today.year) * 12 + month.month - today.month
    return month if -MONTHS_BACK <= months <= MONTHS_AHEAD else today.replace(day=1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _lasts_on(outage: Outage, day: date, at: datetime) -> bool:
    """Whether it is off at any time of that day; one that goes on past its promise is off until now."""
    end = outage.ended_at or outage.called_off_at
    if end is None:
        end = max(outage.starts_at, outage.ends_at or outage.starts_at, at)
    return timezone.localdate(outage.starts_at) <= day <= timezone.localdate(end)


# ── Announcing ───────────────────────────────────────────────────────────────────────────────────────────────────
@roles_required(*TAKES_CALLS)
@require_http_methods(["GET", "POST"])
def announce(request: PersonRequest) -> HttpResponse:
    """A new outage; with ``?like=26-000123`` prefilled from the suggestion that this ticket is part of."""
    at = clock.now()
    if request.method != "POST":
        hunch = hunch_with(request.GET.get("like", ""), at=at)
        form = AnnounceForm(initial=_initial(hunch, at=at), at=at)
        return render(request, "desk/outage_new.html", {"form": form, "hunch": hunch, "at": at})
    form = AnnounceForm(request.POST, at=at)
    if form.is_valid():
        hunch = hunch_with(form.cleaned_data["like"], at=at) if form.cleaned_data["like"] else None
        try:
            made = announce_outage(
                announcement=form.announcement(), by=request.user, at=at, next_by=form.cleaned_data["next_by"]
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Отключение объявлено: оно уже видно при приёме звонков."))
            _join_all(request, made, hunch.tickets if hunch else [], at=at)
            return redirect("desk:outage", pk=made.pk)
    hunch = hunch_with(form.data.get("like", ""), at=at)
    return render(request, "desk/outage_new.html", {"form": form, "hunch": hunch, "at": at})


def _initial(hunch: Hunch | None, *, at: datetime) -> dict[str, Any]:
    if hunch is None:
        return {"locality": local_locality(), "starts_at": at}
    houses = sorted({ticket.house for ticket in hunch.tickets})
    service = hunch.category.service
    companies = {ticket.company for ticket in hunch.tickets}
    return {
        "locality": Locality.objects.filter(name=hunch.locality_name).first() or local_locality(),
        "lines": f"{hunch.street} {', '.join(houses)}",
        "services": [service],
        # A service of many troubles: this one is meant.
        "category": hunch.category if service.code == HOUSE_SERVICE else None,
        "text": _("%s. Причину выясняем.") % hunch.category.problem,
        "company": companies.pop() if len(companies) == 1 else None,
        "starts_at": hunch.first.registered_at,
        "like": hunch.first.number,
    }


def _join_all(request: PersonRequest, outage: Outage, tickets: list[Ticket], *, at: datetime) -> None:
    """The tickets of a suggestion become part of what was announced from it."""
    refused = []
    for ticket in tickets:
        try:
            join_outage(ticket=ticket, outage=outage, by=request.user, at=at)
        except Refused as refusal:
            refused.append(f"{ticket.number}: {refusal.message}")
    if refused:
        messages.error(request, _("Не присоединились: %s") % "; ".join(refused))


@roles_required(*TAKES_CALLS)
@require_POST
def houses(request: PersonRequest) -> HttpResponse:
    """Which houses the typed lines mean, before anything is announced."""
    at = clock.now()
    form = HousesForm(request.POST, at=at)
    form.is_valid()  # of a half-filled form what is there is read
    return render(request, "desk/_outage_houses.html", {"found": form.find(timezone.localdate(at)), "most": MOST})


# ── Suggestions, and tickets that join and leave ─────────────────────────────────────────────────────────────────
@roles_required(*TAKES_CALLS)
@require_POST
def dismiss(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    form = DismissForm(request.POST)
    hunch = hunch_with(request.POST.get("like", ""), at=at)
    if hunch is None:
        messages.warning(request, _("Этой догадки уже нет: звонки присоединили или прошло полчаса."))
    elif not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    else:
        dismiss_hunch(hunch=hunch, by=request.user, at=at, reason=form.cleaned_data["reason"])
        messages.success(request, _("Записано: это не отключение. Два часа не предложим."))
    return redirect("desk:outages")


def offered_to(ticket: Ticket, *, at: datetime) -> list[Outage]:
    """The outages that an open ticket may join: at its address, those about its trouble first."""
    if ticket.outage_id is not None:
        return []
    found = current_outages(
        building=ticket.building, at=at, street=ticket.street, locality=ticket.locality_name
    )  # fmt: skip
    about = {one.pk for one in found if one.category_id in (None, ticket.category_id)}
    return sorted(found, key=lambda one: one.pk not in about)


@roles_required(*TAKES_CALLS)
@require_POST
def join(request: PersonRequest, number: str) -> HttpResponse:
    """The ticket becomes part of the chosen outage."""
    at = clock.now()
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user).select_related("building"), number=number)
    form = JoinForm(request.POST, offered=offered_to(ticket, at=at))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("desk:card", number=number)
    try:
        join_outage(ticket=ticket, by=request.user, at=at, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Заявка присоединена к отключению."))
    return redirect("desk:card", number=number)


@roles_required(*TAKES_CALLS)
@require_POST
def leave(request: PersonRequest, number: str) -> HttpResponse:
    """The ticket is no part of its outage after all."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), number=number)
    try:
        leave_outage(ticket=ticket, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Заявка больше не входит в отключение."))
    return redirect("desk:card", number=number)
