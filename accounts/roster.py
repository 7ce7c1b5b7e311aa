"""The duty roster as it will be used: who holds a post when, and when nobody does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .models import DutyPost, DutyShift

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of a post's roster, in order of time. ``shift`` None: a gap, nobody holds the post."""

    since: datetime
    until: datetime
    shift: DutyShift | None

    def is_now(self, at: datetime) -> bool:
        return self.since <= at < self.until

    @property
    def counts(self) -> bool:
        """Whether alarms find somebody here: of a person who has left nobody is asked."""
        return self.shift is not None and self.shift.user.is_active


def gaps(spans: Iterable[Span], *, since: datetime, until: datetime) -> list[Span]:
    """The stretches between ``since`` and ``until`` that no span covers. Spans may overlap, touch and stick out."""
    found = []
    covered_until = since
    for start, end in sorted(spans):
        if start >= until:
            break
        if start > covered_until:
            found.append((covered_until, start))
        covered_until = max(covered_until, end)
    if covered_until < until:
        found.append((covered_until, until))
    return found


def read_roster(*, since: datetime, until: datetime) -> dict[str, list[Line]]:
    """The lines of every post from ``since`` to ``until``, shifts and gaps as they follow each other; one query."""
    shifts = DutyShift.objects.filter(starts_at__lt=until, ends_at__gt=since).select_related("user")
    by_post: dict[str, list[Line]] = {post: [] for post in DutyPost.values}
    for shift in shifts.order_by("starts_at", "ends_at", "pk"):
        by_post[shift.post].append(Line(shift.starts_at, shift.ends_at, shift))
    for lines in by_post.values():
        held = [(line.since, line.until) for line in lines if line.counts]
        lines += [Line(*gap, None) for gap in gaps(held, since=since, until=until)]
        lines.sort(key=lambda line: (line.since, line.until))
    return by_post
