"""What a person is asked about: alarms that wait for his answer, and warnings that ask for none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User, named
from callbacks.models import Escalation, Outbox
from companies.models import Company
from tickets.models import Outage, Ticket, TicketDeadline, TicketPromise

SHOWN_IN_PORTAL = 50
DETAILS = ("acknowledged_by", "deadline__company", "deadline__outage")
# What an organisation's people read of an alarm: not what somebody of the centre answered for himself.
SHOWN_TO_ORGANISATIONS = (
    "rung", "audience", "raised_at", "is_warning", "repeats", "acknowledged_at", "deadline",
)  # fmt: skip
Asked = QuerySet[Escalation]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rung that rang, as one person sees it. ``number``: of the ticket that it is about, if it is about one.

    ``instead_of``: who should have been asked, but has no address.
    """

    escalation: Escalation
    number: str
    instead_of: User | None = None

    @property
    def is_over(self) -> bool:
        """The clock has stopped: what it asked about is no longer wanted."""
        return self.escalation.deadline.stopped_at is not None

    @property
    def asks(self) -> bool:
        """Somebody has to answer for it now; the only kind that sounds."""
        escalation = self.escalation
        return escalation.acknowledged_at is None and not escalation.is_warning and not self.is_over

    @property
    def outage(self) -> Outage | None:
        """What its clock is about, where it waits for news of an outage."""
        outage: Outage | None = getattr(self.escalation.deadline, "outage", None)
        return outage

    @property
    def key(self) -> str:
        """What a screen remembers having sounded: a repeat sounds anew."""
        return f"escalation-{self.escalation.pk}-{self.escalation.repeats}"


def asked_now(user: User) -> Asked:
    """What waits for this person's answer while its clock runs, the newest first."""
    return _newest(Escalation.objects.unacknowledged().addressed_to(user).filter(deadline__stopped_at=None))


def no_longer_asked(user: User) -> Asked:
    """What nobody answered before its clock stopped."""
    return _newest(Escalation.objects.unacknowledged().addressed_to(user).filter(deadline__stopped_at__isnull=False))


def ever_asked(user: User) -> Asked:
    return _newest(Escalation.objects.addressed_to(user))


def warned_of(user: User, *, at: datetime) -> Asked:
    """Whose time is running out: gone as soon as the clock stops, or the time is over and an alarm takes its place."""
    warnings = Escalation.objects.addressed_to(user).filter(
        is_warning=True, acknowledged_at=None, deadline__stopped_at=None, deadline__due_at__gt=at
    )
    return warnings.order_by("deadline__due_at", "pk")


def asked_on_screens(at: datetime) -> QuerySet[Outbox]:
    """Whom the screens ask at ``at``, about what; without a recipient: everybody of the centre."""
    # A warning is gone as soon as its time is over.
    matters = Q(is_warning=False) | Q(deadline__due_at__gt=at)
    open_ones = Escalation.objects.filter(matters, acknowledged_at=None, deadline__stopped_at=None)
    return Outbox.objects.filter(channel=Outbox.Channel.SCREEN, escalation__in=open_ones)


def asked_of_organisation(user: User, company: Company) -> Asked:
    """What this person of an organisation was ever asked by name about work that it has; the pool is the centre's."""
    by_name = Outbox.objects.filter(escalation=OuterRef("pk"), channel=Outbox.Channel.SCREEN, recipient=user)
    found = Escalation.objects.filter(Exists(by_name), deadline__ticket_deadline__ticket__company=company)
    return found.only(*SHOWN_TO_ORGANISATIONS).select_related("deadline")


def open_in_organisation(user: User, company: Company, *, at: datetime) -> Asked:
    """Of these what still matters at ``at``: unanswered while the clock runs, or a warning before its time."""
    found = asked_of_organisation(user, company).filter(acknowledged_at=None, deadline__stopped_at=None)
    return found.filter(Q(is_warning=False) | Q(deadline__due_at__gt=at)).order_by("deadline__due_at", "pk")


def asked_in_portal(user: User, company: Company, *, at: datetime) -> tuple[list["Alarm"], list["Alarm"]]:
    """What waits for this person's answer in the portal, and what will be late soon."""
    found = open_in_organisation(user, company, at=at)
    alarms = alarms_from(found[:SHOWN_IN_PORTAL], user=user)
    return [one for one in alarms if one.asks], [one for one in alarms if not one.asks]


def alarms_from(found: Iterable[Escalation], *, user: User) -> list[Alarm]:
    """Escalations read with DETAILS, with their tickets and whom this person stands in for."""
    escalations = list(found)
    instead_of = _stood_in_for(escalations, user)
    numbers = _numbers_of({one.deadline_id for one in escalations}, of_company=user.is_of_company)
    return [Alarm(one, numbers.get(one.deadline_id, ""), instead_of.get(one.pk)) for one in escalations]


def _numbers_of(clocks: set[int], *, of_company: bool) -> dict[int, str]:
    """The ticket of each clock, of the work itself or of a promise: four short questions in one.

    Joined to the escalations they take longer to plan than all the rest of the page. Of an organisation nothing leads
    to the caller: promises are not even asked about.
    """
    if not clocks:
        return {}
    work = TicketDeadline.objects.filter(deadline__in=clocks).values_list("deadline_id", "ticket__number")
    if of_company:
        return dict(work)
    first = Ticket.objects.filter(callback__deadline__in=clocks).values_list("callback__deadline_id", "number")
    control = Ticket.objects.filter(control_callback__deadline__in=clocks).values_list(
        "control_callback__deadline_id", "number"
    )
    further = TicketPromise.objects.filter(obligation__deadline__in=clocks).values_list(
        "obligation__deadline_id", "ticket__number"
    )
    return dict(work.union(first, control, further))


def _stood_in_for(escalations: list[Escalation], user: User) -> dict[int, User]:
    if not escalations:
        return {}
    told = Outbox.objects.filter(
        escalation__in=escalations, channel=Outbox.Channel.SCREEN, recipient=user, stands_in_for__isnull=False
    )
    return {
        message.escalation_id: message.stands_in_for
        for message in told.select_related("stands_in_for").only("escalation", *named("stands_in_for"))
        if message.stands_in_for and message.escalation_id
    }


def _newest(found: Asked) -> Asked:
    return found.order_by("-raised_at", "-pk")
