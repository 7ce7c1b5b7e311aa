"""Who may enter with a password, and what each role may edit in the admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest

from .models import Role, User

# The one password of the demonstration, printed in the README for everybody to read.
DEMO_PASSWORD = "demo"  # noqa: S105  (that is its point)


def _edited(app: str, *models: str) -> frozenset[str]:
    return frozenset(f"{app}.{verb}_{model}" for model in models for verb in ("view", "add", "change", "delete"))


# What those who answer for the shift keep up themselves: clocks with their ladders, the calendar, the roster.
OF_THE_SHIFT = _edited("callbacks", "clockrule", "rung", "calendarday") | _edited("accounts", "dutyshift")
RIGHTS: dict[str, frozenset[str]] = {Role.SUPERVISOR: OF_THE_SHIFT, Role.HEAD: OF_THE_SHIFT}


def may_enter_admin(request: HttpRequest) -> bool:
    """Whose role edits something there; an organisation's people never (see ``user_of_company_is_not_staff``)."""
    user = request.user
    return user.is_active and (user.is_staff or getattr(user, "role", "") in {*RIGHTS, Role.ADMIN})


class PasswordBackend(ModelBackend):
    """Django's own check, except that the demonstration's password opens nothing outside the demonstration.

    Rights come from the role alone: neither from groups nor from what was given to one person.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if password == DEMO_PASSWORD and not settings.DEMO:
            # Spend the time of a real check, so that nothing can be told from it.
            User().set_password(password)
            return None
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) else None

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        return set(RIGHTS.get(getattr(user_obj, "role", ""), ())) if user_obj.is_active else set()

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        return _is_administrator(user_obj) or super().has_perm(user_obj, perm, obj=obj)

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:
        return _is_administrator(user_obj) or super().has_module_perms(user_obj, app_label)


def _is_administrator(user: User | AnonymousUser) -> bool:
    return user.is_active and getattr(user, "role", "") == Role.ADMIN
