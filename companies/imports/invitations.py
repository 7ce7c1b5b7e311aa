"""The first person of each organisation: an account, and a paper with the link under which he first enters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string

from accounts.models import Role, User
from accounts.services import invitation_url
from accounts.writes import write
from companies.models import Company, Membership
from companies.words import fold

_LATIN = dict(
    zip("абвгдезийклмнопрстуфхыэ", "a b v g d e z i j k l m n o p r s t u f h y e".split(), strict=True),
    ж="zh", ц="c", ч="ch", ш="sh", щ="sch", ъ="", ь="", ю="yu", я="ya",
)  # fmt: skip
LONGEST_LOGIN = 40


@dataclass(frozen=True, slots=True)
class Invitation:
    """``url`` is a secret until it is used: it is shown once and stored nowhere."""

    company: Company
    login: str
    url: str
    valid_until: datetime


@write
def invite_first_users(*, at: datetime) -> list[Invitation]:
    """A first user for each organisation that has none, and links for all first users who have not come in yet.

    He may invite the others of his organisation. A link is for one use and lapses by itself; asking again makes new
    ones, and using one ends them all.
    """
    active = Company.objects.active().order_by("name")
    alone = list(active.filter(~Exists(Membership.objects.filter(company=OuterRef("pk")))))
    taken = set(User.objects.values_list("username", flat=True))
    users = []
    for company in alone:
        user = User(username=_free(login_of(company.name), taken), last_name=company.name[:150], role=Role.COMPANY)
        user.set_unusable_password()
        users.append(user)
    created = User.objects.bulk_create(users, batch_size=500)
    Membership.objects.bulk_create(
        [
            Membership(user=user, company=company, manages_users=True)
            for user, company in zip(created, alone, strict=True)
        ], batch_size=500,
    )  # fmt: skip
    waiting = Membership.objects.filter(
        company__in=active, manages_users=True, user__last_login=None, user__is_active=True,
        user__password__startswith=UNUSABLE_PASSWORD_PREFIX, user__email="",
    )  # fmt: skip
    valid_until = at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return [
        Invitation(person.company, person.user.username, invitation_url(person.user), valid_until)
        for person in waiting.select_related("company", "user").order_by("company__name")
    ]


def invitations_page(invitations: Sequence[Invitation], *, stylesheet: str = "") -> str:
    """One sheet per organisation, to be printed or read on the screen; as a file it needs nothing but itself."""
    told = {"invitations": invitations, "url": settings.PUBLIC_URL, "stylesheet": stylesheet}
    return render_to_string("companies/invitations.html", told)


def login_of(name: str) -> str:
    """«ООО «УК Влад-Дом»» → ooo-uk-vlad-dom: easily typed, and seen whose it is."""
    latin = "".join(_LATIN.get(letter, letter) for letter in fold(name))
    return re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:LONGEST_LOGIN].strip("-") or "company"


def _free(wanted: str, taken: set[str]) -> str:
    login, number = wanted, 1
    while login in taken:
        number += 1
        login = f"{wanted}-{number}"
    taken.add(login)
    return login
