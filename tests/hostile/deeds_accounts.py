"""Signing in and passwords: of an organisation's person, and of somebody who has not signed in."""

from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User
from accounts.services import invitation_tokens
from tests.hostile.deeds import Deed, Stage, same

OLD, NEW = "Прежний-Пароль-1", "Совсем-Новый-Пароль-2"
BOTH = {"new_password1": NEW, "new_password2": NEW}


def with_password(stage: Stage) -> dict[str, Any]:
    stage.by.set_password(OLD)
    stage.by.save(update_fields=["password"])
    return {}


def link(generator: Any) -> Any:
    def where(stage: Stage) -> dict[str, Any]:
        user = User.objects.get(pk=stage.by.pk)
        return {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": generator.make_token(user)}

    return where


DEEDS = [
    Deed("password_change", with_password, same(old_password=OLD, **BOTH), {"accounts_user": "password"}),
    Deed("password_reset", data=same(email="nobody@example.org"), by="anonymous"),
    Deed("logout"),
    Deed("login", with_password, lambda stage: {"username": stage.by.username, "password": OLD},
         {"accounts_user": "last_login"}, "axes_accesslog", by="anonymous"),
    Deed("password_reset_confirm", link(default_token_generator), same(**BOTH), {"accounts_user": "password"},
         by="anonymous", follows=True),
    Deed("invitation", link(invitation_tokens), same(**BOTH), {"accounts_user": "password"},
         by="anonymous", follows=True),
]  # fmt: skip
