"""Every figure of the reports, once: the page counts its rows and the list shows the very same rows.

A figure is a condition on the rows of its subject. The subject says which rows belong to a period and by what they may
be narrowed (one operator, one organisation, one hour…). docs/metrics.md tells the same in words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractHour
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.calendar import REGION
from callbacks.models import CallAttempt, CallbackObligation, Clock, Contact, Deadline, Escalation
from tickets.models import Ticket, TicketDeadline, TicketEvent
from tickets.workflow import Status

from .period import Period

State = CallbackObligation.State
Reason = CallbackObligation.Reason
Waiver = CallbackObligation.Waiver
Rows = QuerySet[Any]

# The promises of ten minutes: what «Сдержали ли обещание?» is about. The others are agreed by the caller or are ours.
TEN_MINUTES = (Reason.FIRST_ANSWER, Reason.MISSED_CALL, Reason.REOPENED)
ACCEPTING = ("accept", "accept_by_phone", "start")
REPORTING = ("report_done", "done_by_phone", "not_confirmed")


@dataclass(frozen=True)
class Subject:
    """What the rows of a list are. ``narrowed_by`` maps a parameter of the address to the field it asks for."""

    name: str
    rows: Callable[[Period], Rows]
    order: tuple[str, ...]
    narrowed_by: Mapping[str, str] = field(default_factory=dict)


def _promises(period: Period) -> Rows:
    # What the log before this one promised is not known: its tickets bring no promise to be judged by.
    rows = CallbackObligation.objects.filter(period.holds("promised_at")).exclude(waiver=Waiver.IMPORTED)
    return rows.annotate(hour=ExtractHour("promised_at", tzinfo=REGION))


def _handovers(period: Period) -> Rows:
    """Each hand-over to an organisation starts a clock of acceptance, so that clock is the hand-over."""
    taken = TicketEvent.objects.filter(
        ticket=OuterRef("ticket"), happened_at=OuterRef("deadline__stopped_at"), step__in=ACCEPTING
    )
    rows = TicketDeadline.objects.filter(period.holds("deadline__started_at"), deadline__clock=Clock.ACCEPTANCE)
    return rows.annotate(was_accepted=Exists(taken))


TICKETS = Subject(
    "tickets",
    lambda period: Ticket.objects.filter(period.holds("registered_at")),
    ("-registered_at", "-pk"),
    {"operator": "registered_by", "company": "company"},
)
CLOSED = Subject(
    "tickets", lambda period: Ticket.objects.filter(period.holds("closed_at")), ("-closed_at", "-pk"),
    {"company": "company"},
)  # fmt: skip
PROMISES = Subject(
    "promises",
    _promises,
    ("-promised_at", "-pk"),
    {"reason": "reason", "hour": "hour", "operator": "settled_by__operator"},
)
OWED = Subject("promises", lambda period: CallbackObligation.objects.outstanding(), ("due_at", "pk"))
CONTACTS = Subject(
    "contacts", lambda period: Contact.objects.filter(period.holds("received_at")), ("-received_at", "-pk")
)
CALLS = Subject(
    "calls",
    lambda period: CallAttempt.objects.filter(period.holds("started_at"), direction=CallAttempt.Direction.OUT),
    ("-started_at", "-pk"),
    {"operator": "operator"},
)
ESCALATIONS = Subject(
    "escalations",
    lambda period: Escalation.objects.filter(period.holds("raised_at"), is_warning=False),
    ("-raised_at", "-pk"),
    {"clock": "deadline__clock", "rung": "rung"},
)
WAITING = Subject("escalations", lambda period: Escalation.objects.unacknowledged(), ("-raised_at", "-pk"))
HANDOVERS = Subject("handovers", _handovers, ("-deadline__started_at", "-pk"), {"company": "deadline__company"})
# A repair counts in the period in which its time came: so much later nothing can change in it.
REPAIRS = Subject(
    "repairs",
    lambda period: TicketDeadline.objects.filter(period.holds("deadline__due_at"), deadline__clock=Clock.FIX),
    ("-deadline__due_at", "-pk"),
    {"company": "deadline__company"},
)
EVENTS = Subject(
    "events",
    lambda period: TicketEvent.objects.filter(period.holds("happened_at")),
    ("-happened_at", "-pk"),
    {"company": "company"},
)


@dataclass(frozen=True)
class Figure:
    """One number: ``condition`` picks its rows among those of the subject."""

    title: Promise | str
    subject: Subject
    condition: Callable[[Period], Q] = lambda period: Q()
    # Without a reason asked for, a figure about promises is about those of ten minutes.
    ten_minutes: bool = False

    def rows(self, period: Period, narrowed: Mapping[str, object] | None = None) -> Rows:
        """The rows themselves, for the list; counting filters the same base by the same condition."""
        return self.base(period, narrowed).filter(self.condition(period))

    def base(self, period: Period, narrowed: Mapping[str, object] | None = None) -> Rows:
        narrowed = narrowed or {}
        rows = self.subject.rows(period)
        if self.ten_minutes and "reason" not in narrowed:
            rows = rows.filter(reason__in=TEN_MINUTES)
        return rows.filter(**{self.subject.narrowed_by[name]: value for name, value in narrowed.items()})


def _settled(period: Period) -> Q:
    return Q(settled_at__lte=period.at)


def _owed(period: Period) -> Q:
    """Nothing had settled it by the moment of the report."""
    return (Q(settled_at=None) | Q(settled_at__gt=period.at)) & ~Q(number="")


IN_TIME = Q(settled_at__lte=F("due_at"))
# The cause and the term of an outage were told in the very call: kept at once, and counted apart.
NOT_TOLD_LIVE = Q(ticket__told_live_at=None)
LATE = Q(settled_at__gt=F("due_at"))
# A promise that moved to the main ticket of a duplicate is counted there, once.
MOVED = Q(waiver=CallbackObligation.Waiver.DUPLICATE)


def _broken(period: Period) -> Q:
    """Still owed when its time passed, whatever came afterwards."""
    return (_owed(period) & Q(due_at__lte=period.at)) | (_settled(period) & LATE & ~(Q(state=State.WAIVED) & MOVED))


def _accepted(period: Period) -> Q:
    return Q(was_accepted=True, deadline__stopped_at__lte=period.at)


def _unanswered(period: Period) -> Q:
    """The time to answer came first, whatever came afterwards."""
    silent = Q(deadline__stopped_at=None) | Q(deadline__stopped_at__gt=F("deadline__due_at"))
    return Q(deadline__due_at__lte=period.at) & silent


ENDED = (Status.CLOSED, Status.CLOSED_UNCONFIRMED)


def _promise(title: Promise | str, condition: Callable[[Period], Q]) -> Figure:
    return Figure(title, PROMISES, condition, ten_minutes=True)


FIGURES: dict[str, Figure] = {
    # Together these eleven are all promises of the period, each promise once.
    "kept_in_time": _promise(_("Сдержано в срок"), lambda p: _settled(p) & Q(state=State.KEPT) & IN_TIME),
    "kept_late": _promise(_("Перезвонили с опозданием"), lambda p: _settled(p) & Q(state=State.KEPT) & LATE),
    "open_in_time": _promise(_("Ещё не пора"), lambda p: _owed(p) & Q(due_at__gt=p.at)),
    "overdue": _promise(_("Просрочено, ждут"), lambda p: _owed(p) & Q(due_at__lte=p.at)),
    "told_live": _promise(
        _("Сказано сразу: отключение"), lambda p: _settled(p) & Q(state=State.SATISFIED) & ~NOT_TOLD_LIVE
    ),
    "inbound_in_time": _promise(
        _("Позвонил сам до срока"), lambda p: _settled(p) & Q(state=State.SATISFIED) & NOT_TOLD_LIVE & IN_TIME
    ),
    "inbound_late": _promise(
        _("Позвонил сам после срока"), lambda p: _settled(p) & Q(state=State.SATISFIED) & NOT_TOLD_LIVE & LATE
    ),
    "waived_in_time": _promise(
        _("Снято с причиной до срока"),
        lambda p: _settled(p) & Q(state=State.WAIVED) & ~MOVED & IN_TIME,
    ),
    "waived_late": _promise(
        _("Снято с причиной после срока"), lambda p: _settled(p) & Q(state=State.WAIVED) & ~MOVED & LATE
    ),
    "not_callable": _promise(_("Перезвонить нельзя: нет номера"), lambda p: Q(number="")),
    "moved": _promise(
        _("Перешло к основной заявке"), lambda p: _settled(p) & Q(state=State.WAIVED) & MOVED & ~Q(number="")
    ),
    # Sums and sections of the above.
    "promised": _promise(_("Обещано перезвонить"), lambda p: Q()),
    "broken": _promise(_("Не сдержано в срок"), _broken),
    "kept": _promise(_("Перезвонили: время до разговора"), lambda p: _settled(p) & Q(state=State.KEPT)),
    "first_try_in_time": _promise(
        _("Первая попытка в срок"), lambda p: Q(first_attempt_at__lte=F("due_at")) & Q(first_attempt_at__lte=p.at)
    ),
    "not_reached": _promise(
        _("Не дозвонились"), lambda p: _settled(p) & Q(waiver=CallbackObligation.Waiver.NOT_REACHED)
    ),
    "now_owed": Figure(_("Ждут звонка сейчас"), OWED),
    "now_overdue": Figure(_("Просрочено сейчас"), OWED, lambda p: Q(due_at__lte=p.at)),
    "now_unacknowledged": Figure(_("Эскалации, которые никто не принял"), WAITING),
    "registered": Figure(_("Зарегистрировано заявок"), TICKETS),
    "emergencies": Figure(_("Из них аварийных"), TICKETS, lambda p: Q(is_emergency=True)),
    "enquiries": Figure(_("Ответ дан сразу"), CONTACTS, lambda p: Q(ended_as=Contact.EndedAs.ENQUIRY)),
    "missed": Figure(_("Пропущенные звонки"), CONTACTS, lambda p: Q(ended_as=Contact.EndedAs.MISSED)),
    "escalations": Figure(_("Эскалации"), ESCALATIONS),
    "calls": Figure(_("Попытки дозвона"), CALLS),
    "talks": Figure(
        _("Состоявшиеся разговоры"), CALLS, lambda p: Q(outcome=CallAttempt.Outcome.REACHED, ended_at__lte=p.at)
    ),
    "handed_over": Figure(_("Передано организации"), HANDOVERS),
    "accepted": Figure(_("Принято: время до принятия"), HANDOVERS, _accepted),
    "accepted_in_time": Figure(
        _("Принято в срок"), HANDOVERS, lambda p: _accepted(p) & Q(deadline__outcome=Deadline.Outcome.MET)
    ),
    "unanswered": Figure(_("Без ответа в срок"), HANDOVERS, _unanswered),
    # What was withdrawn (the work went to somebody else, or was not needed) is in «fix_due» only.
    "fix_due": Figure(_("Наступил срок ремонта"), REPAIRS),
    "fix_in_time": Figure(_("Сделано в срок"), REPAIRS, lambda p: Q(deadline__outcome=Deadline.Outcome.MET)),
    "fix_late": Figure(
        _("Не сделано в срок"),
        REPAIRS,
        lambda p: Q(deadline__outcome=None) | Q(deadline__outcome=Deadline.Outcome.MISSED),
    ),
    "closed": Figure(_("Закрыто заявок"), CLOSED, lambda p: Q(status__in=ENDED)),
    "marked": Figure(_("Житель поставил оценку"), CLOSED, lambda p: Q(status__in=ENDED, mark__isnull=False)),
    "repeated": Figure(_("Из них с повторными обращениями"), TICKETS, lambda p: Q(repeats__gt=0)),
    "done": Figure(_("Выполнено"), EVENTS, lambda p: Q(step__in=REPORTING)),
    "returned": Figure(_("Возвращено в работу"), EVENTS, lambda p: Q(step="return_to_work")),
}

# The partition: a test holds that they add up to «promised».
FATES = (
    "kept_in_time", "kept_late", "open_in_time", "overdue", "told_live", "inbound_in_time", "inbound_late",
    "waived_in_time", "waived_late", "not_callable", "moved",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A counted figure and the address of exactly the rows it counted."""

    count: int
    query: str


def number(name: str, count: int, period: Period, **narrowed: object) -> Number:
    return Number(count, query_of(name, period, narrowed))


def query_of(name: str, period: Period, narrowed: Mapping[str, object]) -> str:
    asked = {"cell": name, "from": period.first, "to": period.last, "at": f"{period.at:%Y-%m-%dT%H:%M:%SZ}"}
    return urlencode(asked | {key: value for key, value in narrowed.items() if value is not None})
