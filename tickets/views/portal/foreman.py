"""The foreman's own pages: made for a telephone, light to load, and able to wait for the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.models import Role
from tickets.forms.steps import StepForm
from tickets.models import PortalTab, Ticket
from tickets.views.asked import asked_in_portal
from tickets.views.portal.people import Asker
from tickets.workflow import STEPS, Status

PER_PAGE = 20
WORKER = Path(settings.BASE_DIR) / "static" / "js" / "crew" / "worker.js"
ICONS = {
    "start": "player-play", "localise": "check", "report_done": "circle-check", "not_confirmed": "ban",
    "comment": "message",
}  # fmt: skip
# The step of the large button, and in which states it is that.
MAIN = {
    "start": (Status.ASSIGNED, Status.ACCEPTED, Status.POSTPONED, Status.RETURNED),
    "report_done": (Status.IN_WORK,),
}


@dataclass(frozen=True, slots=True)
class CrewStep:
    """A step of a foreman. The page knows from which states it leads where, so that it can go on without a network."""

    code: str
    title: Promise | str
    url: str
    sent_url: str
    form: StepForm | None
    icon: str
    sources: str
    target: str
    is_allowed: bool
    main_of: str
    is_main: bool
    is_opened: bool


def crew_list(request: HttpRequest, asker: Asker, *, at: datetime) -> HttpResponse:
    """Everything he was given and has not done, whose clock ends first on top; and what he has done this month."""
    own = Ticket.objects.visible_to(asker.user)
    tab = PortalTab.DONE if request.GET.get("tab") == PortalTab.DONE else PortalTab.WORK
    found = own.for_organisation()
    tickets = found.on_tab(tab, at) if tab == PortalTab.DONE else found.to_be_worked()
    page = Paginator(tickets, PER_PAGE).get_page(request.GET.get("page"))
    asked, warnings = asked_in_portal(asker.user, asker.company, at=at)
    context = {
        "at": at, "asker": asker, "tab": tab, "page": page, "keeps": True, "asked": asked, "warnings": warnings,
        "counts": own.tab_counts(at), "rows": [(ticket, list(crew_steps(ticket, only=tuple(MAIN)))) for ticket in page],
        "key": uuid4(),
    }  # fmt: skip
    return render(request, "portal/crew/list.html", context)


def crew_steps(
    ticket: Ticket, asker: Asker | None = None, *, tried: tuple[str, StepForm] | None = None, opened: str = "",
    only: tuple[str, ...] = (),
) -> Iterator[CrewStep]:  # fmt: skip
    """His steps, those included that become possible when another one has been pressed."""
    for code, rule in STEPS.items():
        if Role.FOREMAN not in rule.roles or (only and code not in only):
            continue
        is_tried = tried is not None and tried[0] == code
        form = None
        if asker is not None:
            form = tried[1] if tried and is_tried else StepForm(step=code, ticket=ticket, actor=asker.user)
        given = {"number": ticket.number, "step": code}
        yield CrewStep(
            code=code, title=rule.title, form=form if form and form.fields else None, icon=ICONS.get(code, ""),
            url=reverse("portal:step", kwargs=given), sent_url=reverse("portal:sent_step", kwargs=given),
            sources=" ".join(sorted(rule.sources)), target=rule.target or "",
            is_allowed=ticket.status in rule.sources, main_of=" ".join(MAIN.get(code, ())),
            is_main=ticket.status in MAIN.get(code, ()), is_opened=is_tried or code == opened,
        )  # fmt: skip


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: its address decides that it serves the portal and nothing else. It holds nobody's data."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a telephone shows without a network instead of a page that it has never seen. The same for everybody."""
    return render(request, "portal/crew/offline.html")
