"""Who is asked at a rung: by the roster, by the hour of the organisation, else the next one up."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import DutyPost, DutyShift, Role, User
from callbacks import channels
from callbacks.calendar import REGION, is_working_day
from callbacks.models import Audience, CalendarDay, CallbackObligation, Deadline
from companies.models import Company, Membership

Post = Membership.Post

# Where nobody holds a post, the next one up is asked; the pool is everybody of the centre who looks at a screen.
UPWARDS: dict[str, tuple[Audience, ...]] = {
    Audience.HOLDER: (Audience.POOL,),
    Audience.OPERATOR: (Audience.POOL,),
    Audience.COMPANY: (Audience.COMPANY_HEAD, Audience.SUPERVISOR, Audience.HEAD),
    Audience.COMPANY_HEAD: (Audience.SUPERVISOR, Audience.HEAD),
    Audience.SUPERVISOR: (Audience.HEAD,),
    Audience.HEAD: (Audience.SUPERVISOR,),
    Audience.MINISTRY: (Audience.HEAD, Audience.SUPERVISOR),
}
# They sit before a screen: it is their address.
AT_THE_DESK = frozenset({Audience.HOLDER, Audience.OPERATOR, Audience.POOL})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told; ``person`` None is the pool. ``stands_in_for``: who has no address to tell him."""

    person: User | None
    channels: tuple[str, ...]
    stands_in_for: User | None = None


def channels_of(person: User) -> tuple[str, ...]:
    """Where this person can be told beside a screen."""
    return tuple(channel.name for channel in channels.configured() if channel.address_of(person))


class Recipients:
    """Who answers for each post at a moment, read in a handful of queries for a whole batch of clocks."""

    def __init__(self, *, at: datetime, deadlines: Iterable[Deadline]) -> None:
        clocks = list(deadlines)
        self._at = at
        self._posts = _people_on_duty(at)
        self._companies: dict[int, dict[str, list[User]]] = defaultdict(lambda: defaultdict(list))
        self._open: dict[int, bool] = {}
        self._read_companies({clock.company_id for clock in clocks if clock.company_id})
        self._holders = _holders_of(clocks)

    def _read_companies(self, ids: set[int]) -> None:
        if not ids:
            return
        day = self._at.astimezone(REGION).date()
        works_today = is_working_day(day, dict(CalendarDay.objects.filter(day=day).values_list("day", "is_working")))
        for company in Company.objects.filter(pk__in=ids):
            self._open[company.pk] = is_open(company, self._at, works_today=works_today)
        members = Membership.objects.filter(company__in=ids, user__is_active=True, user__role=Role.COMPANY)
        for member in members.select_related("user").order_by("pk"):
            self._companies[member.company_id][member.post].append(member.user)

    def asked(self, audience: str, deadline: Deadline, *, is_repeat: bool = False) -> list[Recipient]:
        """Whom this rung asks, never nobody. A repeat widens a question to one operator to all of them."""
        if audience == Audience.POOL or (is_repeat and audience in AT_THE_DESK):
            return [*_at_screens(self._holder(deadline)), Recipient(None, ())]
        for post in (audience, *UPWARDS[audience]):
            people = self._people(post, deadline)
            if people:
                break
        else:
            return [Recipient(None, ())]
        if post in AT_THE_DESK:
            return _at_screens(people)
        asked = [Recipient(person, channels_of(person)) for person in people]
        silent = [one.person for one in asked if not one.channels]
        return [*asked, *self._stand_ins(post, deadline, silent)] if silent else asked

    def _stand_ins(self, post: str, deadline: Deadline, silent: list[User | None]) -> list[Recipient]:
        """Those above who can be reached, where somebody who should be told has no address."""
        for above in UPWARDS[post]:
            reachable = [person for person in self._people(above, deadline) if channels_of(person)]
            if reachable:
                return [Recipient(person, channels_of(person), silent[0]) for person in reachable]
        return []

    def _people(self, audience: str, deadline: Deadline) -> list[User]:
        match audience:
            case Audience.HOLDER:
                return self._holder(deadline)
            case Audience.OPERATOR:
                return [deadline.operator] if deadline.operator and deadline.operator.is_active else []
            case Audience.COMPANY:
                return self._dispatchers(deadline.company_id)
            case Audience.COMPANY_HEAD:
                return self._companies[deadline.company_id or 0][Post.HEAD]
            case _:
                return self._posts[audience]

    def _holder(self, deadline: Deadline) -> list[User]:
        holder = self._holders.get(deadline.pk)
        return [holder] if holder else []

    def _dispatchers(self, company_id: int | None) -> list[User]:
        posts = self._companies[company_id or 0]
        if self._open.get(company_id or 0):
            return posts[Post.DISPATCHER] or posts[Post.NIGHT]
        return posts[Post.NIGHT] or posts[Post.DISPATCHER]


def is_open(company: Company, at: datetime, *, works_today: bool) -> bool:
    """Whether the organisation's own dispatchers are at work at ``at``; outside of it their night duty is asked."""
    if company.works_from is None or company.works_to is None:
        return True
    if not (works_today or company.works_weekends):
        return False
    return company.works_from <= at.astimezone(REGION).time() < company.works_to


def _at_screens(people: list[User]) -> list[Recipient]:
    return [Recipient(person, ()) for person in people]


def _people_on_duty(at: datetime) -> dict[str, list[User]]:
    """By the roster; where it has a gap, everybody of the role."""
    posts: dict[str, list[User]] = defaultdict(list)
    for shift in DutyShift.objects.on_duty(at).filter(user__is_active=True).select_related("user"):
        # Somebody entered twice, or staying over a hand-over, is asked once.
        if shift.user not in posts[shift.post]:
            posts[shift.post].append(shift.user)
    by_role = {DutyPost.SUPERVISOR: Role.SUPERVISOR, DutyPost.HEAD: Role.HEAD}
    missing = {role for post, role in by_role.items() if not posts[post]}
    if missing:
        for user in User.objects.filter(role__in=missing, is_active=True):
            posts[user.role].append(user)
    return posts


def _holders_of(clocks: list[Deadline]) -> dict[int, User]:
    held = CallbackObligation.objects.filter(deadline__in=[clock.pk for clock in clocks], claimed_by__isnull=False)
    return {
        promise.deadline_id: promise.claimed_by
        for promise in held.select_related("claimed_by")
        if promise.deadline_id and promise.claimed_by
    }
