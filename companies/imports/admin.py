"""Справочники, импорт реестра: file, columns, what would change, then the import, with its progress as it goes."""

import gzip
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.adminkit import ReadOnlyAdmin
from accounts.models import User
from accounts.writes import Refused
from companies.models import ImportRun

from . import runs
from .columns import REGISTER
from .forms import ColumnsForm, UploadForm
from .invitations import invitations_page, invite_first_users
from .wording import TITLES

State = ImportRun.State


class ImportRunAdmin(ReadOnlyAdmin[ImportRun]):
    """The list and the pages of imports; nothing here is edited as a row."""

    list_display = ("file_name", "state", "created_at", "started_by", "finished_at")
    list_select_related = ("started_by",)
    sortable_by = ()
    change_list_template = "admin/companies/importrun/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("companies.add_importrun"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """A list of files does not carry the files."""
        return super().get_queryset(request).defer("content", "errors")

    def get_urls(self) -> list[URLPattern]:
        def named(route: str, view: Any, name: str) -> URLPattern:
            found: URLPattern = path(route, self.admin_site.admin_view(view), name=f"companies_importrun_{name}")
            return found

        return [
            named("invitations/", require_POST(self.invitations), "invitations"),
            named("<int:pk>/columns/", self.columns, "columns"),
            named("<int:pk>/start/", require_POST(self.start), "start"),
            named("<int:pk>/again/", require_POST(self.take_up), "again"),
            named("<int:pk>/progress/", self.progress, "progress"),
            named("<int:pk>/errors/", self.errors, "errors"),
            *super().get_urls(),
        ]

    # ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        person = self._person(request)
        form = UploadForm(_posted(request), request.FILES)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = runs.take_file(file=file, name=file.name, size=file.size, by=person)
                return redirect(self._url("columns", run))
            except Refused as refusal:
                form.add_error("file", str(refusal.message))
        return self._page(request, "upload", _("Импорт реестра"), form=form)

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._person(request)
        run = self._run(request, pk)
        if run.state not in (State.UPLOADED, State.CHECKED):
            return redirect(self._url("change", run))
        form = ColumnsForm(_posted(request), run=run)
        if request.method == "POST" and form.is_valid():
            try:
                runs.choose_columns(run=run, columns=form.cleaned_data, at=clock.now())
                return redirect(self._url("change", run))
            except Refused as refusal:
                form.add_error(None, str(refusal.message))
        return self._page(
            request, "columns", _("Столбцы файла"), form=form, run=run, rows=self._preview(run), fields=REGISTER.fields
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        self._person(request)
        if not object_id.isdigit():
            raise Http404
        run = self._run(request, int(object_id))
        return self._page(request, "run", run.file_name, run=run, **self._told(run))

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that is asked for each second; when the work is over, the page itself is."""
        self._person(request)
        run = self._run(request, pk)
        answer = TemplateResponse(request, "admin/companies/importrun/_progress.html", {"run": run} | self._told(run))
        if not run.is_at_work:
            answer["HX-Refresh"] = "true"
        return answer

    # ── Deeds ────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._do(request, pk, runs.start)

    def take_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._do(request, pk, runs.take_up)

    def _do(self, request: HttpRequest, pk: int, deed: Any) -> HttpResponse:
        self._person(request)
        run = self._run(request, pk)
        try:
            deed(run=run, at=clock.now())
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        return redirect(self._url("change", run))

    def errors(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._person(request)
        run = self._run(request, pk)
        if not run.errors:
            raise Http404
        answer = HttpResponse(gzip.decompress(bytes(run.errors)), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="import-{run.pk}.csv"'
        return answer

    def invitations(self, request: HttpRequest) -> HttpResponse:
        """The links are made for this answer and are in no other place: neither the page nor a cache keeps them."""
        self._person(request)
        page = invitations_page(invite_first_users(at=clock.now()), stylesheet=static("css/invitations.css"))
        answer = HttpResponse(page)
        answer["Cache-Control"] = "no-store"
        return answer

    # ── What they share ──────────────────────────────────────────────────────────────────────────────────────────
    def _person(self, request: HttpRequest) -> User:
        """Raises PermissionDenied: whoever imports may add to the register."""
        if not self.has_add_permission(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def _run(self, request: HttpRequest, pk: int) -> ImportRun:
        run = ImportRun.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        return run

    def _preview(self, run: ImportRun) -> list[tuple[str, ...]]:
        try:
            return runs.preview(run)
        except Refused:
            return []

    def _told(self, run: ImportRun) -> dict[str, Any]:
        counts = run.result.get("counts", {})
        return {
            "counts": [(title, counts[name]) for name, title in TITLES.items() if name in counts],
            "is_stuck": runs.is_stuck(run, clock.now()), "has_errors": bool(run.errors),
            "bad": counts.get("errors", 0) + counts.get("remarks", 0),
        }  # fmt: skip

    def _url(self, name: str, run: ImportRun) -> str:
        return reverse(f"admin:companies_importrun_{name}", args=[run.pk])

    def _page(self, request: HttpRequest, name: str, title: Any, **context: Any) -> HttpResponse:
        given = self.admin_site.each_context(request) | {"title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, f"admin/companies/importrun/{name}.html", given | context)


def _posted(request: HttpRequest) -> Any:
    """What was sent, though it be nothing; None where nobody sent anything."""
    return request.POST if request.method == "POST" else None
