"""Figures of the promises to ring back, and of the calls by which they are kept."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import LineSpell
from callbacks.models import CallAttempt, CallbackObligation, Escalation
from reports.period import Period
from tickets.models import Ticket, TicketDeadline, TicketPromise

from .base import Figure, Rows, Subject, between, district_of, hour_of, seconds, waited, weekday_of

State = CallbackObligation.State
Waiver = CallbackObligation.Waiver
Outcome = CallAttempt.Outcome
# A promise belongs to the ticket whose first answer, control call or further promise it is.
OWNERS = ("ticket__", "controlled_ticket__", "ticket_promise__ticket__")


def _promises(period: Period) -> Rows:
    # What the log before this one promised is not known: its tickets bring no promise to be judged by.
    return CallbackObligation.objects.filter(period.holds("promised_at")).exclude(waiver=Waiver.IMPORTED)


def promises_of(tickets: QuerySet[Ticket]) -> Any:
    """The ids of all promises about these tickets; one index each, where an OR would read the whole table."""
    further = TicketPromise.objects.filter(ticket__in=tickets).values("obligation")
    control = tickets.filter(control_callback__isnull=False).values("control_callback")
    return tickets.values("callback").union(control, further, all=True)


def _of_owner(*owners: str) -> dict[str, Any]:
    """What a ticket is about, by the ways that lead to it: of one row, one of them at most is there."""
    return {
        "company": Coalesce(*(f"{owner}company" for owner in owners)),
        "category": Coalesce(*(f"{owner}category" for owner in owners)),
        "district": Coalesce(*(district_of(owner) for owner in owners)),
        "emergency": Coalesce(*(f"{owner}is_emergency" for owner in owners)),
    }


PROMISES = Subject(
    "promises",
    _promises,
    "promised_at",
    ("-promised_at", "-pk"),
    fields=_of_owner(*OWNERS) | {
        "reason": "reason", "operator": "settled_by__operator", "channel": "contact__channel",
        "hour": hour_of("promised_at"), "weekday": weekday_of("promised_at"),
        "wait": waited("promised_at", "settled_at"),
    },
    narrow={"wait": between("promised_at→settled_at")},
    through=lambda rows, tickets: rows.filter(pk__in=promises_of(tickets)),
    open=Q(settled_at=None) & ~Q(number=""),
    changed="settled_at",
    listing="promises",
)  # fmt: skip
OWED = Subject(
    "owed", lambda period: CallbackObligation.objects.outstanding(), "", ("due_at", "pk"), listing="promises",
    fields=_of_owner(*OWNERS) | {"operator": "claimed_by", "channel": "contact__channel"},
)  # fmt: skip
CALLS = Subject(
    "calls",
    lambda period: CallAttempt.objects.filter(period.holds("started_at"), direction=CallAttempt.Direction.OUT),
    "started_at",
    ("-started_at", "-pk"),
    fields=_of_owner(*(f"obligation__{owner}" for owner in OWNERS))
    | {"operator": "operator", "channel": "obligation__contact__channel"},
    through=lambda rows, tickets: rows.filter(obligation__in=promises_of(tickets)),
    open=Q(ended_at=None),
    changed="ended_at",
    listing="calls",
)
SPELLS = Subject(
    "spells",
    lambda period: LineSpell.objects.filter(period.holds("started_at")),
    "started_at",
    ("-started_at", "-pk"),
    fields={"operator": "user"},
    listing="spells",
)


ASKED_ABOUT = ("deadline__ticket_deadline__ticket__", *(f"deadline__obligation__{owner}" for owner in OWNERS))
OF_ESCALATION = _of_owner(*ASKED_ABOUT) | {"operator": "deadline__operator"}


def _escalations_of(rows: Rows, tickets: QuerySet[Ticket]) -> Rows:
    work = TicketDeadline.objects.filter(ticket__in=tickets).values("deadline")
    promised = CallbackObligation.objects.filter(pk__in=promises_of(tickets)).values("deadline")
    return rows.filter(deadline__in=work.union(promised, all=True))


ESCALATIONS = Subject(
    "escalations",
    lambda period: Escalation.objects.filter(period.holds("raised_at"), is_warning=False),
    "raised_at",
    ("-raised_at", "-pk"),
    fields=OF_ESCALATION
    | {"clock": "deadline__clock", "rung": "rung", "person": "acknowledged_by", "audience": "audience"},
    through=_escalations_of,
    changed="acknowledged_at",
    listing="escalations",
)
WAITING = Subject(
    "waiting", lambda period: Escalation.objects.unacknowledged(), "", ("-raised_at", "-pk"), listing="escalations",
    fields=OF_ESCALATION,
)  # fmt: skip


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
MOVED = Q(waiver=Waiver.DUPLICATE)


def _broken(period: Period) -> Q:
    """Still owed when its time passed, whatever came afterwards."""
    return (_owed(period) & Q(due_at__lte=period.at)) | (_settled(period) & LATE & ~(Q(state=State.WAIVED) & MOVED))


def _promise(title: Promise | str, condition: Callable[[Period], Q]) -> Figure:
    return Figure(title, PROMISES, condition, ten_minutes=True)


def _ended(*outcomes: str) -> Callable[[Period], Q]:
    return lambda period: Q(outcome__in=outcomes, ended_at__lte=period.at)


def _acknowledged(period: Period) -> Q:
    return Q(acknowledged_at__lte=period.at)


PROMISE_FIGURES: dict[str, Figure] = {
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
        _("Снято с причиной до срока"), lambda p: _settled(p) & Q(state=State.WAIVED) & ~MOVED & IN_TIME
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
    "not_reached": _promise(_("Не дозвонились"), lambda p: _settled(p) & Q(waiver=Waiver.NOT_REACHED)),
    "rang_again": _promise(
        _("Звонил снова, не дождавшись"),
        lambda p: Q(occurrences__gt=1) | (_settled(p) & Q(state=State.SATISFIED) & NOT_TOLD_LIVE),
    ),
    "now_owed": Figure(_("Ждут звонка сейчас"), OWED),
    "now_overdue": Figure(_("Просрочено сейчас"), OWED, lambda p: Q(due_at__lte=p.at)),
    "now_unacknowledged": Figure(_("Эскалации, которые никто не принял"), WAITING),
    "escalations": Figure(_("Эскалации"), ESCALATIONS),
    "acknowledged": Figure(_("Принято по имени"), ESCALATIONS, _acknowledged),
    "calls": Figure(_("Попытки дозвона"), CALLS),
    "talks": Figure(_("Состоявшиеся разговоры"), CALLS, _ended(Outcome.REACHED)),
    "no_answer": Figure(_("Не ответили"), CALLS, _ended(Outcome.NO_ANSWER)),
    "busy": Figure(_("Занято"), CALLS, _ended(Outcome.BUSY)),
    "wrong_number": Figure(_("Не тот номер"), CALLS, _ended(Outcome.WRONG_NUMBER)),
    "line_fault": Figure(_("Сбой связи"), CALLS, _ended(Outcome.LINE_FAULT)),
    "talk_seconds": Figure(
        _("Время разговоров"), CALLS, _ended(Outcome.REACHED), measure=seconds("started_at", "ended_at")
    ),
    "spells": Figure(_("Выходы на линию"), SPELLS),
    "line_seconds": Figure(
        _("Время на линии"), SPELLS, lambda p: Q(ended_at__lte=p.at), measure=seconds("started_at", "ended_at")
    ),
}

# The partition: a test holds that they add up to «promised».
FATES = (
    "kept_in_time", "kept_late", "open_in_time", "overdue", "told_live", "inbound_in_time", "inbound_late",
    "waived_in_time", "waived_late", "not_callable", "moved",
)  # fmt: skip
