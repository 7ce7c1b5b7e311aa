"""Who may enter with a password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from .models import User

# The one password of the demonstration, printed in the README for everybody to read.
DEMO_PASSWORD = "demo"  # noqa: S105  (that is its point)


class PasswordBackend(ModelBackend):
    """Django's own check, except that the demonstration's password opens nothing outside the demonstration."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if password == DEMO_PASSWORD and not settings.DEMO:
            # Spend the time of a real check, so that nothing can be told from it.
            User().set_password(password)
            return None
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) else None
