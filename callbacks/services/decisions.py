"""What a supervisor decides about a person whom nobody could reach: one more round, a message, or «not reached».

The third is ``waive`` with its reason.
"""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, CitizenNotice

from .claims import NeedsSupervisor
from .promises import lock
from .retries import after_the_night

State = CallbackObligation.State


class NotExhausted(Refused):
    message = _("Решать ещё нечего: этому человеку продолжают звонить.")
    code = "not_exhausted"


class NoGateway(Refused):
    message = _("Отправить сообщение нечем: шлюз сообщений не подключён.")
    code = "no_gateway"


class AlreadyTold(Refused):
    message = _("Сообщение в этом круге уже отправлено.")
    code = "already_told"


class TextRequired(Refused):
    message = _("Напишите текст сообщения, до 300 знаков.")
    code = "text_required"


def _undecided(obligation: CallbackObligation, by: User) -> CallbackObligation:
    if by.role != Role.SUPERVISOR:
        raise NeedsSupervisor
    held = lock(obligation)
    if held.state != State.EXHAUSTED:
        raise NotExhausted
    return held


@write
def order_another_round(*, obligation: CallbackObligation, by: User, at: datetime) -> CallbackObligation:
    """Give the call back to the operators for as many tries again. Raises NotExhausted, NeedsSupervisor.

    By night only danger is rung at once; the others wait for the morning.
    """
    held = _undecided(obligation, by)
    held.state = State.OPEN
    held.rounds += 1
    held.round_attempts, held.round_started_at = 0, None
    held.next_attempt_at = at if held.is_danger else after_the_night(at)
    held.save(update_fields=["state", "rounds", "round_attempts", "round_started_at", "next_attempt_at"])
    alarms.tell_screens("queue")
    return held


@write
def send_notice(*, obligation: CallbackObligation, by: User, at: datetime, text: str) -> CitizenNotice:
    """Send the person a text message through the gateway, once in a round; the decision stays open.

    Raises NotExhausted, NeedsSupervisor, NoGateway, AlreadyTold, TextRequired.
    """
    held = _undecided(obligation, by)
    if not settings.NOTIFY_HOOK_URL:
        raise NoGateway
    if held.notices.filter(abandoned_at=None).count() >= held.rounds:
        raise AlreadyTold
    words = " ".join(text.split())
    if not 0 < len(words) <= 300:
        raise TextRequired
    notice = CitizenNotice.objects.create(obligation=held, by=by, text=words, key=uuid4(), next_try_at=at)
    alarms.tell_screens("queue")
    return notice
