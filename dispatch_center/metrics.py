"""Figures for Prometheus: how many requests, how slow, how many queries. No personal data, but nobody else's business.

Answered to a collector on this machine that asks the process itself, and to an administrator (by session, or by his
token from another machine). Whatever came through a proxy is a stranger, wherever the proxy stands.
"""

from ipaddress import ip_address

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.authentication import TokenAuthentication
from accounts.models import Role

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_is_local(request) or _is_admin(request)):
        raise Http404
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _is_admin(request: HttpRequest) -> bool:
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return False
    user = found[0] if found else request.user
    return getattr(user, "role", None) == Role.ADMIN
