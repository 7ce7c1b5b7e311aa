"""Who works in the demonstration, and whose turn it is."""

from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

from accounts.backends import DEMO_PASSWORD
from accounts.models import DutyPost, DutyShift, Role, User
from accounts.writes import write
from callbacks.calendar import REGION
from companies.models import Company, Membership

from .register import read_register

ADMIN = "admin"

# name for signing in: first name, last name, role, key of the organisation
PEOPLE: dict[str, tuple[str, str, Role, str]] = {
    "operator": ("Ольга", "Смирнова", Role.OPERATOR, ""),
    "operator2": ("Ирина", "Ковалёва", Role.OPERATOR, ""),
    "supervisor": ("Наталья", "Белова", Role.SUPERVISOR, ""),
    "head": ("Сергей", "Орлов", Role.HEAD, ""),
    "ministry": ("Дмитрий", "Крылов", Role.HEAD, ""),
    "uk": ("Марина", "Фомина", Role.COMPANY, "svet"),
    "rso": ("Андрей", "Лукин", Role.COMPANY, "heat"),
    "municipal": ("Татьяна", "Зайцева", Role.COMPANY, "town"),
    "foreman": ("Виктор", "Громов", Role.FOREMAN, "svet"),
    "foreman2": ("Павел", "Сомов", Role.FOREMAN, "svet"),
    ADMIN: ("Анна", "Жукова", Role.ADMIN, ""),
}
POSTS = {DutyPost.SUPERVISOR: "supervisor", DutyPost.HEAD: "head", DutyPost.MINISTRY: "ministry"}
DAY_STARTS, NIGHT_STARTS = time(8), time(20)
BEHIND, AHEAD = timedelta(days=15), timedelta(days=3)


def dispatcher_name(key: str) -> str:
    """The account of an organisation that has no login of its own in the demonstration."""
    return f"dispatcher-{key.replace('_', '-')}"


@write
def load_people() -> int:
    """Write the people who are missing; those who are there keep what was changed of them."""
    register = read_register()
    names = {row["key"]: row["name"] for row in register["company"]}
    people = PEOPLE | {
        dispatcher_name(key): ("Диспетчер", name, Role.COMPANY, key)
        for key, name in names.items()
        if key not in {key for *_, key in PEOPLE.values()}
    }
    known = set(User.objects.filter(username__in=people).values_list("username", flat=True))
    missing = {name: row for name, row in people.items() if name not in known}
    if not missing:
        return 0
    # One hash for all: it costs a third of a second on purpose.
    password = make_password(DEMO_PASSWORD)
    User.objects.bulk_create(
        User(
            username=name, first_name=first, last_name=last, role=role, email=f"{name}@example.org",
            password=password if name in PEOPLE else UNUSABLE_PASSWORD_PREFIX,
            is_staff=name == ADMIN, is_superuser=name == ADMIN,
        )
        for name, (first, last, role, _key) in missing.items()
    )  # fmt: skip
    users = {user.username: user for user in User.objects.filter(username__in=missing)}
    companies = {company.name: company for company in Company.objects.all()}
    Membership.objects.bulk_create(
        Membership(
            user=users[name], company=companies[names[key]],
            # Whoever signs in with a name of his own shows how an organisation keeps its people.
            manages_users=name in PEOPLE and role == Role.COMPANY, manages_programs=role == Role.COMPANY,
        )
        for name, (_first, _last, role, key) in missing.items()
        if key
    )  # fmt: skip
    return len(missing)


@write
def load_roster(*, at: datetime) -> int:
    """Twelve-hour shifts without a gap, from a fortnight ago to three days ahead: somebody is always on duty."""
    users = {user.username: user for user in User.objects.filter(username__in=POSTS.values())}
    added = []
    for post, name in POSTS.items():
        last = DutyShift.objects.filter(post=post, user=users[name]).order_by("-ends_at").first()
        starts_at = last.ends_at if last else _shift_start(at - BEHIND)
        while starts_at < at + AHEAD:
            ends_at = starts_at + timedelta(hours=12)
            if ends_at > at - BEHIND:
                added.append(DutyShift(user=users[name], post=post, starts_at=starts_at, ends_at=ends_at))
            starts_at = ends_at
    return len(DutyShift.objects.bulk_create(added))


def _shift_start(moment: datetime) -> datetime:
    local = moment.astimezone(REGION)
    morning = datetime.combine(local.date(), DAY_STARTS, tzinfo=REGION)
    if local < morning:
        return datetime.combine(local.date() - timedelta(days=1), NIGHT_STARTS, tzinfo=REGION)
    evening = datetime.combine(local.date(), NIGHT_STARTS, tzinfo=REGION)
    return evening if local >= evening else morning
