"""Letters that ask for no answer: work that has just come to an organisation, or what became of what it asked."""

from datetime import datetime
from uuid import uuid4

from accounts.models import Role, User
from callbacks import alarms, channels
from callbacks.calendar import REGION, is_working_day
from callbacks.models import CalendarDay, Outbox
from companies.models import Company, Membership

from .recipients import is_open

Post = Membership.Post
# Who is told of new work at this hour, and who if nobody holds that post.
BY_DAY = (Post.DISPATCHER, Post.NIGHT, Post.HEAD)
BY_NIGHT = (Post.NIGHT, Post.DISPATCHER, Post.HEAD)


def at_work(company: Company, *, at: datetime) -> list[User]:
    """The organisation's dispatchers whose hour it is and who want letters; the same people whom an alarm would ask.

    Whoever has switched letters off is not stood in for: he has the screen.
    """
    members = list(
        Membership.objects.filter(company=company, user__is_active=True, user__role=Role.COMPANY)
        .select_related("user")
        .order_by("pk")
    )
    order = BY_DAY if _is_open(company, at) else BY_NIGHT
    for post in order:
        if holders := [member for member in members if member.post == post]:
            return [member.user for member in holders if member.wants_letters]
    return []


def write_letters(*, occasion: str, people: list[User], subject: str, body: str, at: datetime) -> int:
    """Owe each of ``people`` one letter about ``occasion``; what was owed already is not owed twice.

    It leaves with everything else he is told within the minute: a storm is one letter, not five hundred.
    """
    by_mail = [channel for channel in channels.configured() if channel.name == Outbox.Channel.EMAIL]
    letters = [
        Outbox(
            occasion=occasion, channel=Outbox.Channel.EMAIL, recipient=person, key=uuid4(), subject=subject[:200],
            body=body,
        )
        for channel in by_mail
        for person in people
        if channel.address_of(person)
    ]  # fmt: skip
    if letters:
        Outbox.objects.bulk_create(letters, ignore_conflicts=True)
        # At once: the bell is a hint, whoever turns next would send it as well.
        alarms.ring_at(at, now=at, task="callbacks.deliver_outbox")
    return len(letters)


def _is_open(company: Company, at: datetime) -> bool:
    if company.works_from is None:
        return True
    day = at.astimezone(REGION).date()
    known = dict(CalendarDay.objects.filter(day=day).values_list("day", "is_working"))
    return is_open(company, at, works_today=is_working_day(day, known))
