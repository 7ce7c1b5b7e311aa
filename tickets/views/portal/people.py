"""Who comes into the portal, and how his organisation's tickets are found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.models import Role, User
from accounts.wall import behind_wall, marks_wall
from companies.models import Company, Membership
from tickets.models import PortalTab, Ticket

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, for which organisation. ``manages``: he keeps its people."""

    user: User
    company: Company

    manages: bool = False

    @property
    def accepts(self) -> bool:
        """The dispatcher answers to the centre; a foreman works."""
        return self.user.role == Role.COMPANY


View = Callable[Concatenate[HttpRequest, Asker, P], HttpResponse]


def for_organisations(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only people of organisations come in, and read behind the second wall; a person of none yet is told so."""

    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = request.user
        assert user.is_authenticated
        if not user.is_of_company:
            raise PermissionDenied
        with behind_wall(user):
            asker = asker_of(user)
            if asker is None:
                return render(request, "portal/no_company.html", status=403)
            return view(request, asker, *args, **kwargs)

    return login_required(marks_wall(view, wrapped))


def asker_of(user: User) -> Asker | None:
    """This person of an organisation; nobody else, and nobody who is tied to none."""
    if not user.is_of_company:
        return None
    found = Membership.objects.filter(user=user, company__in=Company.objects.visible_to(user))
    member = found.select_related("company").first()
    if member is None:
        return None
    return Asker(user, member.company, member.manages_users and user.role == Role.COMPANY)


def own_ticket(asker: Asker, number: str) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(asker.user).for_organisation(), number=number)


def back(request: HttpRequest, number: str = "") -> HttpResponse:
    """To the tab that the button was pressed on, narrowed as it was, else to the card."""
    tab = request.POST.get("tab", "")
    if tab in PortalTab:
        kept = {name: request.POST[name] for name in ("foreman", "emergency") if name in request.POST}
        return redirect(f"{reverse('portal:list')}?{urlencode({'tab': tab} | kept)}")
    return redirect("portal:card", number=number) if number else redirect("portal:list")
