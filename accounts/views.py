"""Signing in and out, passwords, the landing page of each role, and the pages that say what went wrong."""

import sys
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from . import forms
from .models import Role
from .problems import MEDIA_TYPE, problem
from .services import invitation_tokens

# Where a person's day begins. Names only: the pages belong to the applications above.
LANDING = {
    Role.OPERATOR: "desk:queue",
    Role.SUPERVISOR: "desk:queue",
    Role.HEAD: "reports:overview",
    Role.COMPANY: "portal:list",
    Role.FOREMAN: "portal:list",
    Role.ADMIN: "admin:index",
}


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    assert request.user.is_authenticated
    return redirect(LANDING[Role(request.user.role)])


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/profile.html")


class Login(auth.LoginView):
    template_name = "accounts/login.html"
    authentication_form = forms.LoginForm
    redirect_authenticated_user = True


class PasswordChange(auth.PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = forms.ChangePasswordForm
    success_url = reverse_lazy("profile")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, _("Пароль изменён."))
        return answer


class PasswordReset(auth.PasswordResetView):
    template_name = "accounts/password_reset.html"
    email_template_name = "accounts/mail/password_reset.txt"
    subject_template_name = "accounts/mail/password_reset_subject.txt"
    form_class = forms.ResetForm
    success_url = reverse_lazy("password_reset_done")
    # The address of the site is a setting: what a request calls itself must not end in somebody's letter.
    extra_email_context = {"public_url": settings.PUBLIC_URL}


class PasswordResetDone(auth.PasswordResetDoneView):
    template_name = "accounts/password_reset_done.html"


class NewPassword(auth.PasswordResetConfirmView):
    template_name = "accounts/new_password.html"
    form_class = forms.NewPasswordForm
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, _("Пароль сохранён. Теперь войдите с ним."))
        return answer


class Invitation(NewPassword):
    """The same page for the first password: under another token, so that one link cannot stand for the other."""

    token_generator = invitation_tokens
    extra_context = {"invited": True}


# ── What went wrong, with the number by which the log can be searched ───────────────────────────────────────────
def request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _say(request: HttpRequest, template: str, status: int) -> HttpResponse:
    if _is_program(request):
        return _problem(status)
    return render(request, template, {"request_id": request_id()}, status=status)


@sensitive_post_parameters()
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _say(request, "403_csrf.html", 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _say(request, "400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _say(request, "403.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _say(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the request, the database or the session: any of them may be what broke."""
    # A database that is away is told apart from a bug: open pages wait for it instead of complaining.
    is_away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if is_away else 500
    if _is_program(request):
        return _problem(status)
    page = loader.get_template("500.html").render({"request_id": request_id()})
    return HttpResponse(page, status=status)


def _is_program(request: HttpRequest) -> bool:
    """What goes wrong outside the API's own operations is told to programs in their language too."""
    return request.path.startswith("/api/v1/")


def _problem(status: int) -> HttpResponse:
    code, detail = {
        400: ("bad_request", _("Запрос составлен неверно.")),
        403: ("permission_denied", _("Сюда вам нельзя.")),
        404: ("not_found", _("Такого адреса нет.")),
        500: ("internal_error", _("Что-то сломалось у нас. Номер запроса: %s") % request_id()),
        503: ("database_away", _("База данных не ответила. Ничего не записано; повторите через минуту.")),
    }[status]
    body = problem(status, code=code, detail=detail)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False})
