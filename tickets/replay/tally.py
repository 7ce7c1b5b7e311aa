"""What came of a rehearsal, read from the rows, and whether it adds up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from callbacks.models import CallbackObligation, Deadline, Escalation
from callbacks.services.rules import moment_of
from tickets.models import Ticket
from tickets.services.invariants import broken_invariants
from tickets.workflow import Status

# The sweep comes every second or two; within this either answer is right.
GRACE = timedelta(seconds=5)

State = CallbackObligation.State


@dataclass(frozen=True)
class Tally:
    """The numbers that are printed, all about the tickets of one rehearsal."""

    read: int
    registered: int
    routed: int
    without_organisation: int
    promised: int
    not_callable: int
    kept_in_time: int
    kept_late: int
    satisfied: int
    waived: int
    open_in_time: int
    overdue: int
    escalated: int
    statuses: dict[str, int]
    failed: int
    complaints: list[str] = field(default_factory=list)

    @property
    def kept(self) -> int:
        return self.kept_in_time + self.kept_late

    @property
    def closed(self) -> int:
        return self.statuses.get(Status.CLOSED, 0)

    def lines(self) -> Iterator[tuple[str, int]]:
        yield "read", self.read
        yield "registered", self.registered
        yield "  routed", self.routed
        yield "  without organisation", self.without_organisation
        yield "promised", self.promised
        yield "  no number to ring", self.not_callable
        yield "kept", self.kept
        yield "  in time", self.kept_in_time
        yield "  late", self.kept_late
        yield "rang in themselves", self.satisfied
        yield "waived", self.waived
        yield "open, not due yet", self.open_in_time
        yield "overdue, still open", self.overdue
        yield "escalated", self.escalated
        yield "closed", self.closed
        for status, count in sorted(self.statuses.items()):
            yield f"  now {status}", count
        yield "failed", self.failed


def tally(*, read: int, failed: int, tickets: list[int], at: datetime) -> Tally:
    """Count what became of ``tickets`` by ``at``; the first promise of each is what «promised» means."""
    ours = Ticket.objects.filter(pk__in=tickets)
    owed = Q(state__in=CallbackObligation.OUTSTANDING)
    promises = CallbackObligation.objects.filter(ticket__in=ours).aggregate(
        promised=Count("pk"),
        not_callable=Count("pk", filter=Q(number="")),
        kept_in_time=Count("pk", filter=Q(state=State.KEPT, settled_at__lte=F("due_at"))),
        kept_late=Count("pk", filter=Q(state=State.KEPT, settled_at__gt=F("due_at"))),
        satisfied=Count("pk", filter=Q(state=State.SATISFIED)),
        waived=Count("pk", filter=Q(state=State.WAIVED) & ~Q(number="")),
        open_in_time=Count("pk", filter=owed & Q(due_at__gt=at)),
        overdue=Count("pk", filter=owed & Q(due_at__lte=at)),
    )
    found = Tally(
        read=read,
        registered=ours.count(),
        routed=ours.exclude(transferred_at=None).count(),
        without_organisation=ours.filter(transferred_at=None).count(),
        escalated=Escalation.objects.filter(deadline__obligation__ticket__in=ours, is_warning=False)
        .values("deadline")
        .distinct()
        .count(),
        statuses=dict(ours.order_by().values_list("status").annotate(Count("pk"))),
        failed=failed,
        **promises,
    )
    found.complaints.extend(complaints(found, tickets=tickets, at=at))
    return found


def complaints(found: Tally, *, tickets: list[int], at: datetime) -> Iterator[str]:
    """Everything that is not as it must be; silence is success."""
    if found.failed:
        yield f"{found.failed} failed"
    for name, left, right in (
        ("read = registered + failed", found.read, found.registered + found.failed),
        ("registered = routed + without organisation", found.registered, found.routed + found.without_organisation),
        ("registered = promised", found.registered, found.promised),
        (
            "promised = kept + rang in + waived + open + overdue + no number", found.promised,
            found.kept + found.satisfied + found.waived + found.open_in_time + found.overdue + found.not_callable,
        ),
        ("registered = all states", found.registered, sum(found.statuses.values())),
    ):  # fmt: skip
        if left != right:
            yield f"does not add up: {name}: {left} ≠ {right}"
    yield from rung_complaints(tickets=tickets, at=at)
    for broken in broken_invariants():
        yield f"broken: {broken.rule}: {broken.count}"


def rung_complaints(*, tickets: list[int], at: datetime) -> Iterator[str]:
    """Every clock of the tickets: each rung that was due before it stopped rang once, and no other rang."""
    clocks = Deadline.objects.filter(
        Q(obligation__contact__tickets__in=tickets) | Q(ticket_deadline__ticket__in=tickets)
    )
    rang: dict[int, Counter[int]] = {}
    for pk, number in Escalation.objects.filter(deadline__in=clocks).values_list("deadline_id", "rung"):
        rang.setdefault(pk, Counter())[number] += 1
    for deadline in clocks.select_related("rule").prefetch_related("rule__rungs").distinct():
        stopped_at = deadline.stopped_at or at
        counted = rang.get(deadline.pk, Counter())
        for rung in deadline.rule.rungs.all() if deadline.rule else ():
            what, times = f"deadline {deadline.pk} ({deadline.clock}): rung {rung.number} rang", counted[rung.number]
            if rung.number < deadline.first_rung:
                continue
            if deadline.next_rung is None or rung.number < deadline.next_rung:
                if times != 1:
                    yield f"{what} {times} times"
                if moment_of(rung, started_at=deadline.started_at, due_at=deadline.due_at) > stopped_at + GRACE:
                    yield f"{what} although it was not due"
            elif times:
                yield f"{what} although it was not its turn"
            # A rung may be held back by a try in time: then its moment says so.
            elif rung.number == deadline.next_rung and (deadline.next_rung_at or at) + GRACE <= stopped_at:
                yield f"{what} 0 times"
