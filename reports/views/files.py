"""«Выгрузки»: whatever a page shows, whole and as a file; small ones at once, large ones made meanwhile."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest
from accounts.models import Role
from accounts.writes import Refused
from reports.forms import PeriodForm
from reports.models import FileKind, ReportFile
from reports.services import making
from reports.services.contents import UnknownName, Wanted, filters_of
from reports.services.files import KINDS

from .pages import ROWS_ON_A_PAGE, for_readers


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: PersonRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _ask(request)
    found = ReportFile.objects.visible_to(request.user).select_related("owner").order_by("-asked_at", "-pk")
    page = Paginator(found, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page, "files": page.object_list, "kept_days": making.KEPT.days,
        "is_at_work": any(file.is_at_work for file in page.object_list),
        "shows_owner": request.user.role != Role.SUPERVISOR,
    }  # fmt: skip
    return render(request, "reports/_files.html" if request.htmx else "reports/files.html", context)


def _ask(request: PersonRequest) -> HttpResponseBase:
    """The file itself when it is small; otherwise its row on the page of files."""
    at = clock.now()
    form = PeriodForm(request.POST, now=at)
    kind, name = request.POST.get("format", ""), request.POST.get("name", "")
    if kind not in FileKind.values:
        raise Http404
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return redirect("reports:files")
    wanted = Wanted(name, form.period(), filters_of(name, request.POST))
    try:
        contents = wanted.open()
    except UnknownName:
        raise Http404 from None
    count = contents.count()
    if (count or 0) <= making.AT_ONCE:
        making.write_down(owner=request.user, wanted=wanted, contents=contents, count=count)
        return _file(making.make_at_once(contents=contents, kind=kind), wanted, kind)
    try:
        making.ask_for_file(owner=request.user, wanted=wanted, contents=contents, kind=kind, count=count, at=at)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Файл большой: он готовится. Страницу можно закрыть."))
    return redirect("reports:files")


def _file(content: Any, wanted: Wanted, kind: str) -> FileResponse:
    answer = FileResponse(
        content, as_attachment=True, filename=f"{wanted.file_name}.{kind}", content_type=KINDS[kind]
    )  # fmt: skip
    # Whatever somebody typed into a ticket stays what it is said to be.
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


@for_readers
@require_safe
def file(request: PersonRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(ReportFile.objects.visible_to(request.user), pk=pk, state=ReportFile.State.DONE)
    try:
        content = found.path.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    making.note_taken(file=found, by=request.user)
    return _file(content, Wanted(found.name, found.period, found.query), found.kind)


@for_readers
@require_POST
def cancel(request: PersonRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ReportFile.objects.visible_to(request.user), pk=pk)
    try:
        making.cancel(file=found, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    return redirect("reports:files")
