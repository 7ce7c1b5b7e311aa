"""Writes about people that are more than one field: inviting somebody in, taking calls and no longer."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import LineSpell, User
from .presence import AWAY_AFTER
from .writes import Refused, write

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


# ── On the line, and off it ──────────────────────────────────────────────────────────────────────────────────────
@write
def go_on_line(*, user: User, at: datetime) -> LineSpell:
    """From now on this person takes calls; who does already goes on. One open spell a person: the database sees to it.

    A spell that he forgot to end has ended when he was last seen.
    """
    close_idle_spells(at=at, user=user)
    spell = LineSpell.objects.on_line().filter(user=user).first()
    return spell or LineSpell.objects.create(user=user, started_at=at)


@write
def leave_line(*, user: User, at: datetime) -> LineSpell | None:
    """End his time on the line and return it; None when he was not on it."""
    spell = LineSpell.objects.on_line().filter(user=user).select_for_update(no_key=True).first()
    if spell is not None:
        _end(spell, at=at)
    return spell


def close_idle_spells(*, at: datetime, user: User | None = None) -> int:
    """End the spells of those whom nobody has seen for ten minutes, at the moment they were last seen.

    An open live screen keeps its person seen. ``user``: only his.
    """
    idle = _idle(at)
    if user is not None:
        idle = idle.filter(user=user)
    # Nearly every turn of the sweep finds none, and needs no transaction for it.
    return _close(idle) if idle.exists() else 0


def _idle(at: datetime) -> QuerySet[LineSpell]:
    seen_at = Greatest("started_at", Coalesce(F("user__presence__seen_at"), F("started_at")))
    return LineSpell.objects.on_line().annotate(seen_at=seen_at).filter(seen_at__lt=at - AWAY_AFTER)


@write
def _close(idle: QuerySet[LineSpell]) -> int:
    spells = list(idle.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk"))
    for spell in spells:
        _end(spell, at=spell.seen_at)  # type: ignore[attr-defined]  # annotated by _idle
    return len(spells)


def _end(spell: LineSpell, *, at: datetime) -> None:
    spell.ended_at = max(at, spell.started_at)
    spell.save(update_fields=["ended_at"])
