"""Tokens of an organisation: each acts as whoever made it, and anybody with the right may revoke it."""

from datetime import datetime

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User
from accounts.writes import Refused, write
from companies.models import Company

MOST_OF_A_COMPANY = 20
# What a person is called by.
SHOWN = ("username", "first_name", "last_name")


class TooManyTokens(Refused):
    message = _("Больше двадцати действующих токенов у организации быть не может: отзовите лишний.")
    code = "too_many_tokens"


def tokens_of(company: Company) -> QuerySet[ApiToken]:
    """Those that act as people of ``company``, the valid ones and the latest first; read without their hashes."""
    theirs = ApiToken.objects.filter(user__membership__company=company).select_related("user", "revoked_by")
    shown = (f"{person}__{name}" for person in ("user", "revoked_by") for name in SHOWN)
    return theirs.only("name", "created_at", "last_used_at", "revoked_at", *shown).order_by(
        F("revoked_at").desc(nulls_first=True), "-id"
    )


@write
def issue_token(*, company: Company, name: str, by: User) -> tuple[ApiToken, str]:
    """A token that acts as ``by``, and its secret, which nobody can read again. Raises TooManyTokens, RuleBroken."""
    held = Company.objects.select_for_update(no_key=True, of=("self",)).get(pk=company.pk)
    if tokens_of(held).filter(revoked_at=None).count() >= MOST_OF_A_COMPANY:
        raise TooManyTokens
    return ApiToken.issue(user=by, name=name.strip(), by=by)


@write
def revoke_token(*, token: ApiToken, by: User, at: datetime) -> bool:
    """From now on it opens nothing; False when somebody was quicker."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at, revoked_by=by))
