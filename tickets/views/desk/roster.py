"""The duty roster of the next two weeks: who is asked when a promise breaks, and where nobody would be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import DutyPost, DutyShift, Role, User
from accounts.roster import Line, read_roster
from tickets.services.forecast import read_forecast
from tickets.services.shift import people_on_line

AHEAD = timedelta(days=14)
READERS = (Role.SUPERVISOR, Role.HEAD, Role.ADMIN)
# What the ladder does in a gap (callbacks.services.recipients): everybody of the role, else the next one up.
INSTEAD: dict[str, Promise | str] = {
    DutyPost.SUPERVISOR: _("спросят всех старших смены"),
    DutyPost.HEAD: _("спросят всех руководителей центра"),
    DutyPost.MINISTRY: _("спросят руководителя центра"),
}


@dataclass(frozen=True, slots=True)
class Post:
    """One post: its lines day by day, and how many of them are gaps."""

    title: str
    instead: Promise | str
    days: list[tuple[datetime, list[Line]]]
    gap_count: int
    now: list[DutyShift]


def posts_of(at: datetime) -> list[Post]:
    return [_post(post, lines, at) for post, lines in read_roster(since=at, until=at + AHEAD).items()]


def _post(post: str, lines: list[Line], at: datetime) -> Post:
    # What began before stands under today.
    def day_of(line: Line) -> datetime:
        return timezone.localtime(max(line.since, at)).replace(hour=0, minute=0, second=0, microsecond=0)

    return Post(
        title=str(DutyPost(post).label),
        instead=INSTEAD[post],
        days=[(day, list(group)) for day, group in groupby(lines, key=day_of)],
        gap_count=sum(line.shift is None for line in lines),
        now=[line.shift for line in lines if line.shift is not None and line.counts and line.is_now(at)],
    )


def may_edit(user: User) -> bool:
    return user.has_perm("accounts.change_dutyshift")


@roles_required(*READERS)
@require_safe
def roster(request: PersonRequest) -> HttpResponse:
    at = clock.now()
    context = {
        "at": at,
        "until": at + AHEAD,
        "posts": posts_of(at),
        "may_edit": may_edit(request.user),
        "people": people_on_line(),
        "forecast": read_forecast(at),
        "takes_off": request.user.role == Role.SUPERVISOR,
    }
    return render(request, "desk/roster.html", context)
