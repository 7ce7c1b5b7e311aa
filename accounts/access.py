"""Who may open a page: the roles named on the view. Which rows he finds there, ``visible_to()`` says."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from .models import User

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody who has signed in and may be here."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[PersonRequest, P], HttpResponseBase]


def roles_required(*roles: str) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Let these roles in. Others are told that there is no such page; who has not signed in is asked to."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                # A form's address answers no GET: after signing in one starts at the landing page.
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            if request.user.role not in roles:
                raise Http404
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        guarded.roles = frozenset(roles)  # type: ignore[attr-defined]  # read by the test that walks every route
        return guarded

    return decorate
