"""«Недельная сводка губернатору»: the weeks, one of them alive or as it was signed, signing, correcting, paper."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from accounts.writes import Refused
from reports.catalogue.weekly import build_week
from reports.forms_weekly import CorrectForm, SignForm
from reports.frozen import Sheet, changes, seen_of, seen_of_changes, sheet_of
from reports.models import WeeklyReport
from reports.paper import draft_pdf, signed_pdf
from reports.period import today
from reports.services import weekly

from .pages import for_readers

# So many weeks that nobody has signed are offered, and so many signed ones stand on a page.
OFFERED, ON_A_PAGE = 8, 52
for_signer = roles_required(Role.HEAD)


@dataclass(frozen=True, slots=True)
class Week:
    """A week that waits for its signature."""

    first: date
    is_over: bool

    @property
    def last(self) -> date:
        return self.first + weekly.WEEK - timedelta(days=1)


@for_readers
@require_safe
def weeks(request: PersonRequest) -> HttpResponse:
    now = clock.now()
    monday = _monday(now)
    offered = [monday - number * weekly.WEEK for number in range(OFFERED + 1)]
    signed = set(WeeklyReport.objects.filter(week__in=offered).values_list("week", flat=True))
    found = WeeklyReport.objects.annotate(correction_count=Count("corrections")).defer("content")
    return render(request, "reports/weeklies.html", {
        "open": [Week(day, weekly.is_over(day, now)) for day in offered if day not in signed],
        "page": Paginator(found.order_by("-year", "-serial"), ON_A_PAGE).get_page(request.GET.get("page")),
        "signs": request.user.role == Role.HEAD,
    })  # fmt: skip


@for_readers
@require_safe
def week(request: PersonRequest, monday: date) -> HttpResponse:
    return _page(request, monday, _moment(monday))


@for_signer
@require_POST
def sign(request: PersonRequest, monday: date) -> HttpResponse:
    now = _moment(monday)
    sheet = _sheet(monday, now)
    # Of a week that is signed already the service tells who was quicker; its numbers are not asked about.
    is_signed = WeeklyReport.objects.filter(week=monday).exists()
    form = SignForm(request.POST, seen=request.POST.get("seen", "") if is_signed else seen_of(sheet))
    if not form.is_valid():
        return _page(request, monday, now, sheet=sheet, sign_form=form, status=422)
    try:
        signed = weekly.sign_week(
            week=monday, sheet=sheet, as_of=now, note=form.cleaned_data["note"], by=request.user, at=clock.now()
        )
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _page(request, monday, now, sheet=sheet, sign_form=form, status=409)
    messages.success(request, _("Сводка подписана: № %s.") % signed.number)
    return redirect("reports:weekly", monday)


@for_signer
@require_POST
def correct(request: PersonRequest, monday: date) -> HttpResponse:
    now = _moment(monday)
    report = get_object_or_404(WeeklyReport, week=monday)
    sheet = _sheet(monday, now)
    told = _changes(report, sheet)
    # Where nothing is otherwise the service says so; there was nothing to look at.
    form = CorrectForm(request.POST, seen=seen_of_changes(told) if told else request.POST.get("seen", ""))
    if not form.is_valid():
        return _page(request, monday, now, sheet=sheet, correct_form=form, status=422)
    try:
        made = weekly.correct_week(
            report=report, sheet=sheet, as_of=now, note=form.cleaned_data["note"], by=request.user, at=clock.now()
        )
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return _page(request, monday, now, sheet=sheet, correct_form=form, status=409)
    messages.success(request, _("Выпущена поправка № %s.") % made.number)
    return redirect("reports:weekly", monday)


@for_readers
@require_safe
def pdf(request: PersonRequest, monday: date) -> HttpResponse:
    now = _moment(monday)
    signed = WeeklyReport.objects.filter(week=monday).first()
    made = signed_pdf(signed) if signed else draft_pdf(_sheet(monday, now), monday, now)
    name = f"svodka-{signed.year}-{signed.serial:02d}" if signed else f"proekt-svodki-{monday:%Y-%m-%d}"
    return HttpResponse(made, content_type="application/pdf", headers={
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        # The draft is another one the next minute, and a correction adds a page.
        "Cache-Control": "private, no-cache",
    })  # fmt: skip


# ── What they share ──────────────────────────────────────────────────────────────────────────────────────────────
def _page(
    request: PersonRequest, monday: date, now: datetime, *, sheet: Sheet | None = None,
    sign_form: SignForm | None = None, correct_form: CorrectForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The week as it was signed with what has changed since, or as it is now with the form that signs it."""
    report = WeeklyReport.objects.filter(week=monday).first()
    found = sheet or _sheet(monday, now)
    signs = request.user.role == Role.HEAD
    context: dict[str, Any] = {
        "week": Week(monday, weekly.is_over(monday, now)), "at": now, "report": report, "signs": signs,
        "sheet": report.sheet if report else found, "sign_form": sign_form, "correct_form": correct_form,
    }  # fmt: skip
    if report:
        told = _changes(report, found)
        context |= {"changes": told, "corrections": report.corrections.order_by("number")}
        if signs and told and correct_form is None:
            context["correct_form"] = CorrectForm(seen=seen_of_changes(told))
    elif signs and context["week"].is_over and sign_form is None:
        context["sign_form"] = SignForm(seen=seen_of(found))
    return render(request, "reports/weekly.html", context, status=status)


def _moment(monday: date) -> datetime:
    """Now, to the whole second as the addresses of rows say it. A week that has not begun is no page of ours."""
    now = clock.now().replace(microsecond=0)
    if monday > _monday(now):
        raise Http404
    return now


def _monday(now: datetime) -> date:
    day = today(now)
    return day - timedelta(days=day.weekday())


def _sheet(monday: date, now: datetime) -> Sheet:
    with override(weekly.LANGUAGE):
        return sheet_of(build_week(monday, now))


def _changes(report: WeeklyReport, sheet: Sheet) -> list[dict[str, Any]]:
    with override(weekly.LANGUAGE):
        return changes(weekly.last_said(report), sheet)
