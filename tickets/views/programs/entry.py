"""Who may look after the programs of an organisation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Role, User
from accounts.wall import behind_wall, marks_wall
from companies.models import Company, Membership

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Keeper:
    """Whose right it is, in which organisation."""

    user: User
    company: Company


View = Callable[Concatenate[HttpRequest, Keeper, P], HttpResponse]


def for_keepers(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only dispatchers of organisations whose right it is come in; the others are told whom to ask."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = request.user
        assert user.is_authenticated
        if user.role != Role.COMPANY:
            raise PermissionDenied
        with behind_wall(user):
            membership = Membership.objects.select_related("company").filter(user=user).first()
            if membership is None:
                return render(request, "portal/no_company.html", status=403)
            if not membership.manages_programs:
                return render(request, "portal/programs/no_right.html", {"company": membership.company}, status=403)
            return view(request, Keeper(user, membership.company), *args, **kwargs)

    return marks_wall(view, login_required(wrapped))
