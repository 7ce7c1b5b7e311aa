"""Whether those on the line can keep what is promised: the nearest due first, over as many hands as there are."""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db.models import Count, Q

from accounts.models import LineSpell
from callbacks.models import CallAttempt, CallbackObligation
from callbacks.models.obligations import CallbackObligationQuerySet

State = CallbackObligation.State

# A talk takes so long where the last hours do not say otherwise.
USUAL_TALK = timedelta(minutes=3)
# Shorter ones were written down afterwards; longer ones were left open.
SHORTEST, LONGEST = timedelta(seconds=20), timedelta(minutes=20)
LOOKED_BACK, LAST_TALKS = timedelta(hours=3), 200
# One or two talks say nothing of the others.
ENOUGH_TALKS = 5
# Further ahead people come and go.
AHEAD = timedelta(minutes=60)
READ = 300


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise that waits: due at, and not to be rung before."""

    due_at: datetime
    not_before: datetime
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """``breaks``: how many promises will be broken from now on, the first at ``first_at``.

    ``missing``: how many more people would keep what can still be kept, and by the storm rule ring all that is due
    within ten minutes or late already.
    """

    at: datetime
    on_line: int
    waiting: int
    late: int
    talk: timedelta
    breaks: int = 0
    first_at: datetime | None = None
    missing: int = 0

    @property
    def minutes(self) -> int:
        """Until the first of them, at least one."""
        return max(1, int((self.first_at - self.at).total_seconds() // 60)) if self.first_at else 0

    @property
    def needed(self) -> int:
        """How many people in all: «на линии 12, нужно 28». Never fewer than there are: nobody is sent home by it."""
        return self.on_line + self.missing


def foresee(*, owed: Sequence[Owed], on_line: int, talking: int, talk: timedelta, at: datetime) -> Forecast:
    """What will be broken when ``on_line`` people, ``talking`` of them at this moment, ring on in order of urgency.

    Who is missing is found by trying, and by the storm rule never fewer than backlog × talk ÷ ten minutes (DOMAIN §11).
    """
    late = sum(one.due_at <= at for one in owed)
    soon = sum(one.due_at <= at + settings.CALLBACK_PROMISE for one in owed)
    # Those who are late already break no more, and still wait for somebody.
    storm = max(by_storm_rule(soon, talk) - on_line, 0)
    known = Forecast(at=at, on_line=on_line, waiting=len(owed), late=late, talk=talk, missing=storm)
    broken = _broken(owed, on_line, talking, talk, at)
    if not broken:
        return known
    # What even a crowd could not keep is no reason to call for one.
    most = on_line + len(owed)
    least = len(_broken(owed, most, talking, talk, at))
    low, high = on_line, most
    while low < high:
        middle = (low + high) // 2
        if len(_broken(owed, middle, talking, talk, at)) > least:
            low = middle + 1
        else:
            high = middle
    return replace(known, breaks=len(broken), first_at=min(broken), missing=max(low - on_line, storm))


def by_storm_rule(backlog: int, talk: timedelta) -> int:
    """The fewest people who ring ``backlog`` callers in time: ⌈backlog × talk ÷ ten minutes⌉ (DOMAIN §11)."""
    return ceil(backlog * talk / settings.CALLBACK_PROMISE)


def _broken(line: Sequence[Owed], people: int, talking: int, talk: timedelta, at: datetime) -> list[datetime]:
    """When each promise that will be broken is due; those that are late already are not counted again."""
    if not people:
        return [one.due_at for one in line if one.due_at > at]
    # Who talks now is half through with it.
    free = [at + talk / 2 if number < talking else at for number in range(people)]
    heapq.heapify(free)
    ahead = deque(sorted(line, key=lambda one: one.not_before))
    ready: list[tuple[bool, datetime]] = []
    broken = []
    while ahead or ready:
        now = heapq.heappop(free)
        if not ready:
            now = max(now, ahead[0].not_before)
        while ahead and ahead[0].not_before <= now:
            one = ahead.popleft()
            heapq.heappush(ready, (not one.is_danger, one.due_at))
        _, due_at = heapq.heappop(ready)
        heapq.heappush(free, now + talk)
        if at < due_at < now + talk:
            broken.append(due_at)
    return broken


def read_forecast(at: datetime) -> Forecast:
    """The forecast of this moment, from the promises due within the hour; four short queries, in a storm a fifth."""
    waits = CallbackObligation.objects.filter(state=State.OPEN, queue_at__lte=at + AHEAD)
    rows = waits.most_urgent_first().values_list("due_at", "next_attempt_at", "is_danger")[:READ]
    # Without a number nothing waits to be rung, so both moments are there.
    owed = [Owed(due_at, not_before, danger) for due_at, not_before, danger in rows if due_at and not_before]
    seen = foresee(
        owed=owed,
        on_line=LineSpell.objects.on_line().count(),
        talking=CallAttempt.objects.in_progress().count(),
        talk=usual_talk(at),
        at=at,
    )
    return seen if len(owed) < READ else _whole_storm(seen, waits)


def _whole_storm(seen: Forecast, waits: CallbackObligationQuerySet) -> Forecast:
    """What was read is the head of the queue only: it is tried no further, but counted to its end."""
    due = settings.CALLBACK_PROMISE
    counted = waits.aggregate(
        waiting=Count("pk"),
        late=Count("pk", filter=Q(due_at__lte=seen.at)),
        soon=Count("pk", filter=Q(due_at__lte=seen.at + due)),
    )
    missing = max(seen.missing, by_storm_rule(counted["soon"], seen.talk) - seen.on_line)
    return replace(seen, waiting=counted["waiting"], late=counted["late"], missing=missing)


def usual_talk(at: datetime) -> timedelta:
    """How long a ring-back of the last hours took on average."""
    lately = CallAttempt.objects.filter(
        started_at__gt=at - LOOKED_BACK, direction=CallAttempt.Direction.OUT, outcome=CallAttempt.Outcome.REACHED
    )
    lengths = [
        ended_at - started_at
        for started_at, ended_at in lately.order_by("-started_at").values_list("started_at", "ended_at")[:LAST_TALKS]
        if ended_at
    ]
    counted = [length for length in lengths if SHORTEST <= length <= LONGEST]
    return sum(counted, timedelta()) / len(counted) if len(counted) >= ENOUGH_TALKS else USUAL_TALK
