"""«Что сказать»: one sentence that is true now, to be read out before anything else."""

from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.moments import clocktime, moment
from callbacks.models import CallbackObligation
from tickets.models import Ticket
from tickets.services.delays import term_of
from tickets.services.outage_ties import what_to_say
from tickets.workflow import Status

from .card import Line

Reason = CallbackObligation.Reason


def sentence_for(
    promise: CallbackObligation, ticket: Ticket | None, *, at: datetime, again_at: datetime | None = None,
    refusal: Line | None = None,
) -> str:  # fmt: skip
    """What the caller is told first. ``again_at``: when he is rung next, if nothing is known yet."""
    if ticket is None:
        return _first_words(promise, at=at)
    said = _of_outage(ticket, at=at) or _of_work(ticket, at=at, refusal=refusal)
    if ticket.status in (Status.REGISTERED, Status.ASSIGNED) and again_at and not _is_off(ticket):
        said = _("%(said)s Позвоним %(until)s.") % {"said": said, "until": until(again_at, at=at)}
    match promise.reason:
        case Reason.DELAY if term_of(ticket):
            return _("Срок перенесли. %(said)s") % {"said": said}
        case Reason.REOPENED:
            return _("Заявку возобновили. %(said)s") % {"said": said}
    return said


def until(due_at: datetime, *, at: datetime) -> str:
    """«до 15:10» today, «до 09:15, завтра» another day."""
    time = clocktime(due_at)
    if timezone.localtime(due_at).date() == timezone.localtime(at).date():
        return _("до %(time)s") % {"time": time}
    return _("до %(time)s, %(day)s") % {"time": time, "day": moment(due_at, at).rsplit(" ", 1)[0]}


def _first_words(promise: CallbackObligation, *, at: datetime) -> str:
    time = {"time": moment(promise.contact.received_at, at)}
    match promise.reason:
        case Reason.DROPPED_CALL:
            return _(
                "Здравствуйте, единая диспетчерская служба. Вы звонили нам %(time)s, и связь оборвалась. "
                "Что у вас случилось?"
            ) % time  # fmt: skip
        case Reason.MESSAGE:
            return _(
                "Здравствуйте, единая диспетчерская служба. Вы оставили нам сообщение %(time)s. "
                "Расскажите, что у вас случилось?"
            ) % time  # fmt: skip
    return _(
        "Здравствуйте, единая диспетчерская служба. Вы звонили нам %(time)s, мы не успели ответить. "
        "Что у вас случилось?"
    ) % time  # fmt: skip


def _is_off(ticket: Ticket) -> bool:
    return ticket.outage is not None and ticket.outage.is_open


def _of_outage(ticket: Ticket, *, at: datetime) -> str:
    """The outage that the ticket is part of says cause and term better than the ticket itself."""
    if ticket.outage is None or not ticket.outage.is_open:
        return ""
    return _("Это отключение. %(said)s") % {"said": what_to_say(ticket.outage, at=at)}


# Where the work stands, in the words of the phone.
_STANDS: dict[str, Promise | str] = {
    Status.REGISTERED: gettext_lazy("Заявка записана, подбираем организацию, которая за это отвечает."),
    Status.ASSIGNED: gettext_lazy("Заявку передали %(time)s: %(company)s. Организация пока не ответила."),
    Status.REJECTED: gettext_lazy("%(company)s: заявку вернули%(reason)s. Передаём тому, кто за это отвечает."),
    Status.ACCEPTED: gettext_lazy("Заявку приняли: %(company)s. %(term)s"),
    Status.IN_WORK: gettext_lazy("Уже работают: %(company)s. %(term)s"),
    Status.POSTPONED: gettext_lazy("Работу отложили: %(company)s. %(term)s"),
    Status.RETURNED: gettext_lazy("Вернули на доделку: %(company)s. %(term)s"),
    Status.DONE: gettext_lazy("%(company)s сообщает: работа сделана. Всё исправили?"),
    Status.NOT_CONFIRMED: gettext_lazy(
        "%(company)s сообщает: на месте неисправности не нашли. У вас всё в порядке?"
    ),
}  # fmt: skip


def _of_work(ticket: Ticket, *, at: datetime, refusal: Line | None) -> str:
    stands = _STANDS.get(ticket.status, gettext_lazy("Заявка %(status)s."))
    return str(stands) % {
        "company": ticket.company,
        "time": moment(ticket.transferred_at, at),
        "term": _term(ticket, at=at),
        "reason": f" ({refusal.reason})" if refusal and refusal.reason else "",
        "status": ticket.get_status_display(),
    }


def _term(ticket: Ticket, *, at: datetime) -> str:
    term = term_of(ticket)
    if term is None:
        return _("Срок пока не назвали.")
    if term <= at:
        return _("Обещали сделать %(until)s, но пока не сообщили, что готово.") % {"until": until(term, at=at)}
    return _("Обещают сделать %(until)s.") % {"until": until(term, at=at)}
