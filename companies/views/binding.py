"""Giving houses, a part of a street, a locality or a district to an organisation, after looking at what it does."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from accounts.writes import Refused
from companies.forms import BindForm
from companies.models import Responsibility
from companies.services import Binding, bind, plan

# So many of each kind are named; the rest is counted.
NAMED = 30


@dataclass(frozen=True, slots=True)
class Part:
    """What of the plan is shown under one heading."""

    title: str
    tone: str
    count: int
    rows: list[Responsibility]


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: PersonRequest) -> HttpResponse:
    """The form; sent, what it would do; sent again with «confirm», it is done."""
    today = timezone.localdate(clock.now())
    if request.method != "POST":
        chosen = request.GET.get("houses", "")
        form = BindForm(initial={"houses": chosen, "since": today, "target": "houses", "replaces": True})
        return render(request, "register/bind.html", {"form": form, "parts": None})
    form = BindForm(request.POST)
    parts = None
    if form.is_valid():
        if "confirm" in request.POST and _bind(request, form):
            return redirect("register:bind")
        parts = _parts(plan(**form.binding()))
    return render(request, "register/bind.html", {"form": form, "parts": parts})


def _bind(request: PersonRequest, form: BindForm) -> bool:
    try:
        made = bind(**form.binding(), by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return False
    told = _("Записано: %(starts)s, закончено прежних: %(ends)s, оставлено как есть: %(blocked)s.")
    counts = {"starts": len(made.starts), "ends": len(made.ends), "blocked": len(made.blocked)}
    messages.success(request, told % counts)
    return True


def _parts(made: Binding) -> list[Part]:
    told = [
        (_("Начнут отвечать"), "kept", made.starts),
        (_("Перестанут отвечать с этого дня"), "soon", made.ends),
        (_("Уже отвечает эта организация"), "", made.keeps),
        (_("Мешают: эти дни заняты, и они останутся"), "late", made.blocked),
    ]
    return [Part(title, tone, len(rows), rows[:NAMED]) for title, tone, rows in told if rows]
