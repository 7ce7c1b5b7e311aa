"""Every error of the API as RFC 9457 ``application/problem+json``: sentences for people, codes for programs."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from .writes import Refused

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
# PostgreSQL's «lock_timeout passed».
LOCK_NOT_AVAILABLE = "55P03"
# How DRF's session authentication words it.
CSRF_FAILED = "CSRF Failed"

TITLES: dict[int, Promise | str] = {
    400: _("Запрос составлен неверно"),
    401: _("Нужно войти"),
    403: _("Нет права"),
    404: _("Не найдено"),
    405: _("Так к этому адресу не обращаются"),
    406: _("В таком виде ответить нельзя"),
    409: _("Сейчас так сделать нельзя"),
    413: _("Слишком большой запрос"),
    415: _("Тело запроса не того вида"),
    429: _("Слишком часто"),
    500: _("Внутренняя ошибка"),
    503: _("Служба временно недоступна"),
}


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = _("Тело запроса слишком велико.")
    default_code = "too_large"


class NeedsField(exceptions.ValidationError):
    """A rule of a service that missed something: told beside the field, like any other wrong field."""

    def __init__(self, field: str, message: Promise | str, code: str) -> None:
        super().__init__({field: [str(message)]})
        self.problem_code = code


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """What DRF calls for every exception; None lets a bug travel on, to be logged once at the edge."""
    found = _problem_of(error)
    if found is None:
        return None
    body, headers = found
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def problem(status: int, *, code: str, detail: Promise | str, **more: Any) -> dict[str, Any]:
    title = TITLES.get(status) or HTTPStatus(status).phrase
    return {
        "type": "about:blank", "title": str(title), "status": status, "detail": str(detail), "code": code, **more,
    }  # fmt: skip


def _problem_of(error: Exception) -> tuple[dict[str, Any], dict[str, str]] | None:
    if isinstance(error, Refused):
        return _refusal(error)
    error = _as_api_error(error)
    if isinstance(error, exceptions.ValidationError):
        code = getattr(error, "problem_code", "invalid")
        detail = _("Исправьте указанные поля.")
        return problem(400, code=code, detail=detail, errors=dict(_fields(error.detail))), {}
    if isinstance(error, exceptions.APIException):
        if str(error.detail).startswith(CSRF_FAILED):
            detail = _("Обновите страницу: защитный ключ формы (CSRF) не подошёл.")
            return problem(403, code="csrf_failed", detail=detail), {}
        return problem(error.status_code, code=_code_of(error), detail=str(error.detail)), _headers_of(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        return _database_trouble(error)
    return None


def _as_api_error(error: Exception) -> Exception:
    """Django's own refusals in the words of the API."""
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, (SuspiciousOperation, UnreadablePostError)):
        return exceptions.ParseError()
    return error


def _refusal(refusal: Refused) -> tuple[dict[str, Any], dict[str, str]]:
    field, rule = getattr(refusal, "field", None), getattr(refusal, "rule", None)
    if field:
        return problem(400, code=refusal.code, detail=refusal.message, errors={field: [str(refusal.message)]}), {}
    more = {"rule": rule} if rule else {}
    return problem(409, code=refusal.code, detail=refusal.message, **more), {}


def _database_trouble(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    if getattr(error.__cause__, "pgcode", None) == LOCK_NOT_AVAILABLE:
        detail = _("Эту запись сейчас меняет кто-то другой. Повторите через несколько секунд.")
        return problem(409, code="busy", detail=detail), {"Retry-After": "2"}
    log.error("database_trouble", error=type(error).__name__, exc_info=error)
    detail = _("База данных не ответила. Ничего не записано; повторите через минуту.")
    return problem(503, code="database_away", detail=detail), {"Retry-After": "5"}


def _code_of(error: exceptions.APIException) -> str:
    code = error.get_codes()
    return code if isinstance(code, str) else str(error.default_code)


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(wait)
    return headers


def _fields(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Nested errors as flat ones: ``address.street``, ``photos.0``."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}.{name}" if path else str(name))
    elif any(isinstance(inner, (dict, list)) for inner in detail):
        for index, inner in enumerate(detail):
            yield from _fields(inner, f"{path}.{index}" if path else str(index))
    else:
        yield path or "non_field_errors", [str(sentence) for sentence in detail]
