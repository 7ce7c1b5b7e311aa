"""The citizen's number and the organisation: by consent or on request, shown one at a time, each showing on record."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import AccessRecord, Role, User
from accounts.wall import in_front
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import Contact
from callbacks.services.news import write_letters
from companies.models import Company
from tickets.models import PhoneRequest, PhoneStop, Ticket, TicketEvent
from tickets.workflow import Status

# What an access record of a number is called.
WHAT = "phone"
# Nobody needs more numbers for the work of an hour.
AN_HOUR = 30
HOUR = timedelta(hours=1)
# From acceptance to the report: outside of it the number is nobody's but the centre's.
AT_WORK = (Status.ACCEPTED, Status.IN_WORK, Status.POSTPONED, Status.RETURNED)


class PhoneClosed(Refused):
    message = _("Телефон по этой заявке сейчас не показывается.")
    code = "phone_closed"


class NoNumber(Refused):
    message = _("Номера нет: заявитель его не оставил. Спросите центр.")
    code = "no_number"


class TooManyPhones(Refused):
    message = _("Показ телефонов остановлен: за час их было слишком много. Старший смены центра уже знает.")
    code = "too_many_phones"


@dataclass(frozen=True, slots=True)
class PhoneAccess:
    """How an organisation stands to the number of one ticket. ``request``: its last one, while the work goes on."""

    by_consent: bool
    request: PhoneRequest | None
    is_at_work: bool

    @property
    def may_show(self) -> bool:
        return self.is_at_work and (self.by_consent or self._state == PhoneRequest.State.GRANTED)

    @property
    def may_ask(self) -> bool:
        asked = (PhoneRequest.State.ASKED, PhoneRequest.State.GRANTED)
        return self.is_at_work and not self.by_consent and self._state not in asked

    @property
    def _state(self) -> str:
        return self.request.state if self.request else ""


@dataclass(frozen=True, slots=True)
class ShownPhone:
    """One number, for one look."""

    name: str
    number: str
    extension: str
    is_on_site: bool


def phone_access(*, ticket: Ticket, company: Company) -> PhoneAccess:
    """Asked in front of the wall, about a ticket that was found behind it."""
    with in_front():
        found = PhoneRequest.objects.filter(ticket=ticket, company=company, ended_at=None)
        request = found.select_related("decided_by", "asked_by").order_by("-pk").first()
        shares_phone = Ticket.objects.filter(pk=ticket.pk, shares_phone=True).exists()
    by_consent = shares_phone and bool(ticket.flat)
    return PhoneAccess(by_consent, request, ticket.company_id == company.pk and ticket.status in AT_WORK)


# ── Asking, and the centre's answer ───────────────────────────────────────────────────────────────────────────────
@write
def ask_phone(*, ticket: Ticket, company: Company, actor: User, reason: str, at: datetime) -> PhoneRequest:
    """«Запросить доступ». Raises PhoneClosed when there is nothing to ask for."""
    held = _hold(ticket)
    if not phone_access(ticket=held, company=company).may_ask:
        raise PhoneClosed
    request = PhoneRequest.objects.create(
        ticket=held, company=company, asked_by=actor, asked_at=at, reason=reason.strip()
    )
    _write_down("ask_phone", held, actor=actor, note=request.reason, at=at)
    alarms.tell_screens("notes", held.number)
    return request


@write
def grant_phone(*, request: PhoneRequest, by: User, note: str, at: datetime) -> PhoneRequest:
    """The citizen agrees, and ``note`` says how he was asked: until the work is done the organisation may see it."""
    return _decide(request, PhoneRequest.State.GRANTED, "grant_phone", by=by, note=note, at=at)


@write
def refuse_phone(*, request: PhoneRequest, by: User, note: str, at: datetime) -> PhoneRequest:
    return _decide(request, PhoneRequest.State.REFUSED, "refuse_phone", by=by, note=note, at=at)


class AlreadyDecided(Refused):
    message = _("На этот запрос уже ответили, или работа уже закончена.")
    code = "already_decided"


def _decide(request: PhoneRequest, state: str, step: str, *, by: User, note: str, at: datetime) -> PhoneRequest:
    held = _hold(request.ticket)
    decided = PhoneRequest.objects.waiting().filter(pk=request.pk)
    if not decided.update(state=state, decided_by=by, decided_at=at, note=note.strip()):
        raise AlreadyDecided
    _write_down(step, held, actor=by, note=note.strip(), at=at)
    for topic in ("notes", "tickets"):
        alarms.tell_screens(topic, held.number)
    request.refresh_from_db()
    return request


def end_phone_access(ticket: Ticket, *, at: datetime) -> None:
    """The work is over or goes to somebody else: nothing that was asked or granted for it holds any longer."""
    PhoneRequest.objects.filter(ticket=ticket, ended_at=None).exclude(state=PhoneRequest.State.REFUSED).update(
        ended_at=at
    )


# ── Showing ──────────────────────────────────────────────────────────────────────────────────────────────────────
def show_phone(*, ticket: Ticket, company: Company, actor: User, at: datetime) -> ShownPhone:
    """The number, and a line in the journal of readings. Raises PhoneClosed, NoNumber, TooManyPhones.

    Whoever asks for one too many is stopped on record, which a refusal must not undo.
    """
    shown = _show(ticket=ticket, company=company, actor=actor, at=at)
    if shown is None:
        raise TooManyPhones
    return shown


@write
def _show(*, ticket: Ticket, company: Company, actor: User, at: datetime) -> ShownPhone | None:
    # One at a time for each person, or two quick clicks would both be the thirtieth.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    held = _hold(ticket)
    access = phone_access(ticket=held, company=company)
    if not access.may_show:
        raise PhoneClosed
    contact = Contact.objects.get(pk=held.contact_id)
    number = held.site_phone or contact.phone
    if not number:
        raise NoNumber
    if PhoneStop.objects.standing().filter(user=actor).exists():
        return None
    if shown_within_the_hour(actor, at=at) >= AN_HOUR:
        _stop(actor, company=company, at=at)
        return None
    AccessRecord.objects.create(actor=actor, what=WHAT, subject=held.number, reason=_why(access)[:200])
    is_on_site = bool(held.site_phone)
    return ShownPhone(contact.caller_name, number, "" if is_on_site else contact.extension, is_on_site)


def shown_within_the_hour(actor: User, *, at: datetime) -> int:
    """How many numbers this person was shown; what a supervisor has looked into is counted anew."""
    since = at - HOUR
    lifted = PhoneStop.objects.filter(user=actor, lifted_at__gt=since).order_by("-lifted_at").first()
    if lifted is not None and lifted.lifted_at is not None:
        since = lifted.lifted_at
    return AccessRecord.objects.filter(actor=actor, what=WHAT, recorded_at__gt=since).count()


def _why(access: PhoneAccess) -> str:
    if access.by_consent or access.request is None:
        return _t("житель согласился при приёме заявки")
    return _t("по запросу: %(reason)s; доступ дан: %(name)s") % {
        "reason": access.request.reason[:100], "name": access.request.decided_by,
    }  # fmt: skip


def _stop(actor: User, *, company: Company, at: datetime) -> None:
    stop = PhoneStop.objects.create(user=actor, company=company, stopped_at=at)
    supervisors = list(User.objects.filter(role__in=[Role.SUPERVISOR, Role.HEAD], is_active=True))
    facts = {"name": actor, "company": company, "most": AN_HOUR}
    with override("ru"):
        subject = _t("Телефоны жителей: показ остановлен — %(name)s, %(company)s") % facts
        body = _t("%(name)s (%(company)s): больше %(most)s номеров за час. До вашего решения новые не показываются.")
    write_letters(occasion=f"phones {stop.pk}", people=supervisors, subject=subject, body=body % facts, at=at)
    alarms.tell_screens("notes")


@write
def lift_stop(*, stop: PhoneStop, by: User, note: str, at: datetime) -> None:
    """A supervisor has looked into it. Raises AlreadyDecided."""
    if not PhoneStop.objects.standing().filter(pk=stop.pk).update(lifted_by=by, lifted_at=at, note=note.strip()):
        raise AlreadyDecided
    alarms.tell_screens("notes")


def _hold(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket.pk)


def _write_down(step: str, ticket: Ticket, *, actor: User, note: str, at: datetime) -> None:
    """It moves no status, so it is no step of the workflow; the history has its line all the same."""
    TicketEvent.objects.create(
        ticket=ticket, step=step, actor=actor, from_status=ticket.status, to_status=ticket.status,
        company_id=ticket.company_id, happened_at=at, note=note,
    )  # fmt: skip
