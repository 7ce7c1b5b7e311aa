"""An organisation keeps its own people: invites them, says what each is, lets them go. Never itself out."""

import secrets

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import COMPANY_ROLES, Role, User
from accounts.wall import in_front
from accounts.writes import Refused, write
from companies.models import Company, Membership

LATIN = dict(
    zip(
        "абвгдезийклмнопрстуфыэ",
        ["a", "b", "v", "g", "d", "e", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "y", "e"],
        strict=True,
    )
) | {"ё": "e", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya"}  # fmt: skip


class NotTheirManager(Refused):
    message = _("Сотрудников ведёт другой человек вашей организации.")
    code = "not_their_manager"


class NotAboutOneself(Refused):
    message = _("Себя отключить, перевести или лишить прав нельзя: попросите коллегу, который ведёт сотрудников.")
    code = "not_about_oneself"


class SomebodyManages(Refused):
    message = _("Кто-то должен вести сотрудников: сначала дайте это право другому диспетчеру.")
    code = "somebody_manages"


def people_of(company: Company) -> list[Membership]:
    """Everybody of the organisation who works in its portal, those who were disabled last.

    Read in front of the wall, which shows no mail address: whoever keeps his people has to see theirs.
    """
    with in_front():
        return list(_members(company))


def person_of(company: Company, pk: int) -> Membership | None:
    with in_front():
        return _members(company).filter(pk=pk).first()


def _members(company: Company) -> QuerySet[Membership]:
    members = Membership.objects.filter(company=company, user__role__in=COMPANY_ROLES)
    return members.select_related("user__presence").order_by(
        "-user__is_active", "user__role", "user__last_name", "user__first_name", "pk"
    )


@write
def add_person(
    *, company: Company, by: User, first_name: str, last_name: str, email: str, role: str, post: str,
    manages_users: bool = False,
) -> Membership:  # fmt: skip
    """A new account without a password; the invitation, sent after this is written, lets him set his own."""
    _manages(company, by)
    user = User(
        username=_free_name(last_name), first_name=first_name.strip(), last_name=last_name.strip(),
        email=email.strip(), role=Role(role),
    )  # fmt: skip
    user.set_unusable_password()
    user.save()
    member = Membership.objects.create(
        user=user, company=company, post=post, manages_users=manages_users and role == Role.COMPANY
    )
    _write_down(by, user, ADDITION, _t("приглашение: %(role)s, %(post)s") % _words(member))
    return member


@write
def change_person(*, member: Membership, by: User, role: str, post: str, manages_users: bool) -> Membership:
    """Raises NotTheirManager, NotAboutOneself, SomebodyManages."""
    held = _hold(member, by)
    if held.user_id == by.pk and (role != held.user.role or not manages_users):
        raise NotAboutOneself
    was = _words(held)
    held.user.role, held.post = Role(role), post
    # A foreman works; whoever answers for people answers to the centre as well.
    held.manages_users = manages_users and role == Role.COMPANY
    held.user.save(update_fields=["role"])
    held.save(update_fields=["post", "manages_users"])
    _somebody_manages(held.company)
    _write_down(by, held.user, CHANGE, _t("было: %(was)s; стало: %(became)s") % {
        "was": _t("%(role)s, %(post)s, %(right)s") % was, "became": _t("%(role)s, %(post)s, %(right)s") % _words(held),
    })  # fmt: skip
    return held


@write
def switch_person(*, member: Membership, by: User, is_active: bool) -> Membership:
    """Let somebody in no longer, or again. His sessions and tokens end with it; what he did stays on record."""
    held = _hold(member, by)
    if held.user_id == by.pk:
        raise NotAboutOneself
    held.user.is_active = is_active
    held.user.save(update_fields=["is_active"])
    _somebody_manages(held.company)
    _write_down(by, held.user, CHANGE, _t("доступ возвращён") if is_active else _t("доступ отключён"))
    return held


@write
def choose_letters(*, user: User, wanted: bool) -> None:
    """Whether this person gets a letter about every new ticket: everybody's own choice."""
    Membership.objects.filter(user=user).update(wants_letters=wanted)


def history_of(company: Company, *, most: int = 20) -> list[LogEntry]:
    """What was changed of the organisation's people lately, and by whom."""
    with in_front():
        return _history_of(company, most=most)


def _history_of(company: Company, *, most: int) -> list[LogEntry]:
    ids = [str(pk) for pk in Membership.objects.filter(company=company).values_list("user", flat=True)]
    about = ContentType.objects.get_for_model(User)
    entries = LogEntry.objects.filter(content_type=about, object_id__in=ids, user__membership__company=company)
    return list(entries.select_related("user").order_by("-action_time", "-pk")[:most])


def _manages(company: Company, by: User) -> None:
    # Two who manage and take it from each other at once would leave nobody: one after the other.
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    managers = Membership.objects.filter(company=company, manages_users=True, user__is_active=True)
    if not managers.filter(user=by, user__role=Role.COMPANY).exists():
        raise NotTheirManager


def _hold(member: Membership, by: User) -> Membership:
    _manages(member.company, by)
    people = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user", "company")
    held = people.get(pk=member.pk)
    if held.company_id != member.company_id or held.user.role not in COMPANY_ROLES:
        raise NotTheirManager
    return held


def _somebody_manages(company: Company) -> None:
    managers = Membership.objects.filter(company=company, manages_users=True, user__is_active=True)
    if not managers.filter(user__role=Role.COMPANY).exists():
        raise SomebodyManages


def _free_name(last_name: str) -> str:
    """A name for signing in: the surname in Latin letters and three digits, so that nobody learns who else is here."""
    letters = "".join(LATIN.get(letter, letter) for letter in last_name.lower())
    stem = "".join(letter for letter in letters if letter.isascii() and letter.isalnum())[:30] or "user"
    while True:
        name = f"{stem}-{secrets.randbelow(900) + 100}"
        if not User.objects.filter(username=name).exists():
            return name


def _words(member: Membership) -> dict[str, str]:
    right = _t("ведёт сотрудников") if member.manages_users else _t("без права вести сотрудников")
    return {"role": member.user.get_role_display(), "post": member.get_post_display(), "right": right}


def _write_down(by: User, user: User, flag: int, message: str) -> None:
    LogEntry.objects.create(
        user=by, content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk),
        object_repr=str(user)[:200], action_flag=flag, change_message=message,
    )  # fmt: skip
