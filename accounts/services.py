"""Writes about people that are more than one field: inviting somebody in."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import User
from .writes import Refused

log = logging.getLogger(__name__)


class InvitationNotSent(Refused):
    """The letter was not handed to the mail server; nothing has changed."""

    code = "invitation_not_sent"


class InvitationTokens(PasswordResetTokenGenerator):
    """One-time: the token dies with the first password or sign-in. A reset link is no invitation, nor the reverse."""

    key_salt = "accounts.services.InvitationTokens"


invitation_tokens = InvitationTokens()
NO_ADDRESS = gettext_lazy("У пользователя «%(user)s» нет адреса почты: приглашение некуда послать.")
ALREADY_IN = gettext_lazy("Пользователь «%(user)s» уже входил; чтобы сменить пароль, есть «Забыли пароль?».")
MAIL_DOWN = gettext_lazy("Почтовый сервер не принял письмо для «%(user)s». Попробуйте позже.")


def invitation_url(user: User) -> str:
    path = reverse(
        "invitation",
        kwargs={"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": invitation_tokens.make_token(user)},
    )
    return f"{settings.PUBLIC_URL}{path}"


def invite(*, user: User) -> None:
    """Mail a new person the link under which he sets his first password. Raises InvitationNotSent."""
    if not user.email:
        raise InvitationNotSent(NO_ADDRESS % {"user": user})
    if user.last_login is not None or not user.is_active:
        raise InvitationNotSent(ALREADY_IN % {"user": user})
    text = render_to_string(
        "accounts/mail/invitation.txt",
        {"user": user, "url": invitation_url(user), "days": settings.PASSWORD_RESET_TIMEOUT // 86400},
    )
    try:
        send_mail(_("Приглашение в единую диспетчерскую службу ЖКХ"), text, None, [user.email])
    except (OSError, SMTPException) as error:
        log.warning("invitation_not_sent", extra={"user": user.pk}, exc_info=error)
        raise InvitationNotSent(MAIL_DOWN % {"user": user}) from error
