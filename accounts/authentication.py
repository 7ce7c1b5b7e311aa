"""Programs sign in with a token: ``Authorization: Bearer <token>``."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from .models import ApiToken, User, digest_of

# The moment of the last use is for people who tidy up tokens: a minute is exact enough, and reading stays cheap.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """A token has its user's role and organisation; it is kept as a hash and found by it."""

    scheme = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        # A header is Latin-1 by its nature; whatever else came is simply no token of ours.
        found = ApiToken.objects.valid().filter(digest=digest_of(secret.strip())).select_related("user").first()
        if found is None:
            raise AuthenticationFailed(_("Токен не подошёл: он неверен, отозван или его владелец отключён."))
        _note_use(found)
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return f'{self.scheme} realm="api"'


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is not None and token.last_used_at > now - USE_IS_NOTED_EVERY:
        return
    # Said again in the database, so that of many requests at once only one writes.
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
