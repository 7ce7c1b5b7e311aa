"""The rising ladder of people: who is asked, when a promise or a norm is broken."""

import tomllib
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import structlog
from django.db import DatabaseError
from django.db.models import Case, DateTimeField, F, PositiveSmallIntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import DutyPost, DutyShift, Role, User
from accounts.writes import write
from callbacks import alarms
from callbacks.models import Deadline, Escalation, Outbox, Rung
from callbacks.models.deadlines import Audience

from .promises import load_rungs

log = structlog.get_logger(__name__)

BATCH = 50


def load_ladder() -> int:
    """Write the default ladder for clocks that have none yet; what supervisors edited stays. Returns rungs added."""
    document = tomllib.loads((Path(__file__).parent.parent / "ladder.toml").read_text(encoding="utf-8"))
    known = set(Rung.objects.values_list("clock", flat=True))
    rungs = [
        Rung(clock=clock, number=number, offset=timedelta(minutes=step["minutes"]), audience=step["audience"])
        for block in document["rung"]
        for clock in block["clocks"]
        if clock not in known
        for number, step in enumerate(block["steps"], start=1)
    ]
    Rung.objects.bulk_create(rungs)
    return len(rungs)


def escalate_overdue_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Raise every rung that is due by ``at``, for up to ``limit`` clocks; returns how many.

    Any number of processes may run it at once, twice or late: rows are taken with SKIP LOCKED, the escalation and its
    messages are written inside the claiming transaction, and a rung is unique per clock. One bad row must not stop
    the others: when a batch fails it is tried again row by row.
    """
    try:
        return _escalate(at=at, limit=limit)
    except DatabaseError:
        log.exception("escalation_batch_failed")
    raised = 0
    for pk in Deadline.objects.to_ring(at).values_list("pk", flat=True)[:limit]:
        try:
            raised += _escalate(at=at, limit=1, only=pk)
        except DatabaseError:
            log.exception("escalation_failed", deadline=pk)
    return raised


@write
def _escalate(*, at: datetime, limit: int, only: int | None = None) -> int:
    due = Deadline.objects.to_ring(at).select_for_update(skip_locked=True, no_key=True)
    if only is not None:
        due = due.filter(pk=only)
    deadlines = list(due[:limit])
    if not deadlines:
        return 0
    rungs = load_rungs()
    people = Recipients(at=at, companies={deadline.company_id for deadline in deadlines if deadline.company_id})
    escalations = [_escalation(deadline, rungs, at=at) for deadline in deadlines]
    Escalation.objects.bulk_create(escalations)
    Outbox.objects.bulk_create(
        message
        for escalation in escalations
        for message in _messages(escalation, people.of(escalation.audience, escalation.deadline.company_id), at=at)
    )
    _climb(deadlines, rungs)
    alarms.tell_screens("alarms")
    return len(escalations)


def _escalation(deadline: Deadline, rungs: dict[tuple[str, int], Rung], *, at: datetime) -> Escalation:
    assert deadline.next_rung is not None
    assert deadline.next_rung_at is not None
    rung = rungs.get((deadline.clock, deadline.next_rung))
    return Escalation(
        deadline=deadline,
        rung=deadline.next_rung,
        rung_due_at=deadline.next_rung_at,
        raised_at=at,
        # A rung removed from the ladder meanwhile still rings for the clocks that were promised it.
        audience=rung.audience if rung else Audience.SUPERVISOR,
    )


def _climb(deadlines: list[Deadline], rungs: dict[tuple[str, int], Rung]) -> None:
    """Write each clock's next rung, in one statement."""
    numbers, moments = [], []
    for deadline in deadlines:
        assert deadline.next_rung is not None
        following = rungs.get((deadline.clock, deadline.next_rung + 1))
        if following is not None:
            numbers.append(When(pk=deadline.pk, then=Value(following.number)))
            # The ladder only goes up, even if it was edited so that a higher rung lies earlier.
            moment = max(deadline.due_at + following.offset, deadline.next_rung_at or deadline.due_at)
            moments.append(When(pk=deadline.pk, then=Value(moment)))
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in deadlines]).update(
        next_rung=Case(*numbers, default=None, output_field=PositiveSmallIntegerField()),
        next_rung_at=Case(*moments, default=None, output_field=DateTimeField()),
    )


class Recipients:
    """Who answers for each post at a moment: by the roster, else everybody of the role, else the next one up."""

    UPWARDS = (Audience.SUPERVISOR, Audience.HEAD)

    def __init__(self, *, at: datetime, companies: set[int]) -> None:
        self._posts: dict[str, list[User]] = defaultdict(list)
        shifts = DutyShift.objects.on_duty(at).filter(user__is_active=True).select_related("user")
        for shift in shifts:
            # Somebody entered twice, or staying over a hand-over, is asked once.
            if shift.user not in self._posts[shift.post]:
                self._posts[shift.post].append(shift.user)
        for user in User.objects.filter(role__in=[Role.SUPERVISOR, Role.HEAD], is_active=True):
            if not any(shift.post == user.role for shift in shifts):
                self._posts[user.role].append(user)
        self._companies: dict[int, list[User]] = defaultdict(list)
        members = User.objects.filter(membership__company__in=companies, role=Role.COMPANY, is_active=True)
        if companies:
            for user in members.annotate(company_id=F("membership__company")):
                self._companies[user.company_id].append(user)

    def of(self, audience: str, company_id: int | None) -> list[User]:
        """The people to ask; empty only when the centre has neither a supervisor nor a head."""
        if audience == Audience.COMPANY and company_id and self._companies[company_id]:
            return self._companies[company_id]
        if audience == Audience.MINISTRY and self._posts[DutyPost.MINISTRY]:
            return self._posts[DutyPost.MINISTRY]
        ladder = self.UPWARDS if audience in (Audience.SUPERVISOR, Audience.COMPANY) else (Audience.HEAD,)
        for post in (*ladder, *self.UPWARDS):
            if self._posts[post]:
                return self._posts[post]
        return []


def _messages(escalation: Escalation, people: list[User], *, at: datetime) -> list[Outbox]:
    deadline = escalation.deadline
    with override("ru"):
        due = timezone.localtime(deadline.due_at)
        subject = _("%(clock)s: срок %(due)s. %(title)s") % {
            "clock": deadline.get_clock_display().capitalize(),
            "due": f"{due:%H:%M}",
            "title": deadline.title,
        }
        body = _("%(title)s\nСрок: %(due)s. Ступень %(rung)s. Основание: %(source)s.") % {
            "title": deadline.title,
            "due": f"{due:%d.%m.%Y %H:%M}",
            "rung": escalation.rung,
            "source": deadline.source,
        }
    # A line break that somebody typed into an address must not become a header of a letter.
    subject = " ".join(subject.split())
    # Shown on the screen by the row itself; a letter is sent after the commit.
    everybody: list[User | None] = [*people] or [None]
    messages = [
        Outbox(
            escalation=escalation, channel=Outbox.Channel.SCREEN, recipient=person, key=uuid4(), subject=subject[:200],
            body=body, next_try_at=at, sent_at=at,
        )
        for person in everybody
    ]  # fmt: skip
    messages += [
        Outbox(
            escalation=escalation, channel=Outbox.Channel.EMAIL, recipient=person, key=uuid4(), subject=subject[:200],
            body=body, next_try_at=at,
        )
        for person in people
        if person.email
    ]  # fmt: skip
    return messages
