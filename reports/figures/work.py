"""Figures of the work on tickets: what came in, what organisations made of it, what was off."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessRecord
from callbacks.models import Clock, Contact, Deadline
from companies.models import Building
from reports.period import Period
from tickets.models import AddedContact, Outage, OutageBuilding, Ticket, TicketDeadline, TicketEvent
from tickets.workflow import Status

from .base import (
    HOUR,
    MINUTE,
    NONE,
    Figure,
    Rows,
    Subject,
    between,
    district_of,
    half_hour_of,
    hour_of,
    seconds,
    waited,
    weekday_of,
)

ACCEPTING = ("accept", "accept_by_phone", "start")
REPORTING = ("report_done", "done_by_phone", "not_confirmed")
ENDED = (Status.CLOSED, Status.CLOSED_UNCONFIRMED)
# Answering within so many seconds is what call centres promise each other; five minutes is what the rules ask.
QUICK, LAWFUL = 20, 5 * MINUTE


def _fields(ticket: str = "", **others: Any) -> dict[str, Any]:
    """By what a ticket is told apart, for rows that hang on one."""
    return {
        "company": f"{ticket}company", "category": f"{ticket}category", "district": district_of(ticket),
        "channel": f"{ticket}contact__channel", "emergency": f"{ticket}is_emergency",
    } | others  # fmt: skip


def _of_ticket(rows: Rows, tickets: Rows) -> Rows:
    return rows.filter(ticket__in=tickets)


def _in_district(rows: Rows, value: Any) -> Rows:
    """Tickets of one district, or of none."""
    if value == NONE:
        return rows.filter(Q(building=None) | Q(building__district=None, building__locality__district=None))
    return rows.filter(building__in=Building.objects.in_district(value))


def _covering(district: Any) -> Any:
    """Outages that cover a house of the district, or one of none."""
    if district == NONE:
        houses = Building.objects.filter(district=None, locality__district=None)
    else:
        houses = Building.objects.in_district(district)
    return OutageBuilding.objects.filter(building__in=houses).values("outage")


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
    "registered_at",
    ("-registered_at", "-pk"),
    fields=_fields(operator="registered_by", hour=hour_of("registered_at"), weekday=weekday_of("registered_at")),
    narrow={"district": _in_district},
    listing="tickets",
)
CLOSED = Subject(
    "closed",
    lambda period: Ticket.objects.filter(period.holds("closed_at")),
    "closed_at",
    ("-closed_at", "-pk"),
    fields=_fields(operator="registered_by"),
    narrow={"district": _in_district},
    listing="tickets",
)
HANDOVERS = Subject(
    "handovers",
    _handovers,
    "deadline__started_at",
    ("-deadline__started_at", "-pk"),
    # The organisation is the one that it was handed to, wherever it has gone since.
    fields=_fields("ticket__", company="deadline__company", operator="deadline__operator",
                   wait=seconds("deadline__started_at", "deadline__stopped_at", step=MINUTE)),
    narrow={"wait": between("deadline__started_at→deadline__stopped_at"),
            "district": lambda rows, value: _of_ticket(rows, _in_district(Ticket.objects.all(), value))},
    open=Q(deadline__stopped_at=None),
    changed="deadline__stopped_at",
    listing="handovers",
)  # fmt: skip
# A repair counts in the period in which its time came: so much later nothing can change in it.
WORKS = Subject(
    "works",
    lambda period: TicketDeadline.objects.filter(
        period.holds("deadline__due_at"), deadline__clock__in=(Clock.FIX, Clock.LOCALISE)
    ),
    "deadline__due_at",
    ("-deadline__due_at", "-pk"),
    fields=_fields("ticket__", company="deadline__company", operator="ticket__registered_by", clock="deadline__clock",
                   wait=seconds("deadline__started_at", "deadline__stopped_at", step=HOUR)),
    narrow={"wait": between("deadline__started_at→deadline__stopped_at"),
            "district": lambda rows, value: _of_ticket(rows, _in_district(Ticket.objects.all(), value))},
    listing="repairs",
)  # fmt: skip
EVENTS = Subject(
    "events",
    lambda period: TicketEvent.objects.filter(period.holds("happened_at")),
    "happened_at",
    ("-happened_at", "-pk"),
    fields=_fields("ticket__", company="company", operator="actor", step="step"),
    narrow={"district": lambda rows, value: _of_ticket(rows, _in_district(Ticket.objects.all(), value))},
    listing="events",
)
# A call is about no organisation until it has become a ticket, and may become two.
CONTACTS = Subject(
    "contacts",
    lambda period: Contact.objects.filter(period.holds("received_at")),
    "received_at",
    ("-received_at", "-pk"),
    fields={
        "channel": "channel", "operator": "taken_by", "hour": hour_of("received_at"),
        "half": half_hour_of("received_at"), "weekday": weekday_of("received_at"),
        "wait": waited("received_at", "answered_at"),
    },
    narrow={"wait": between("received_at→answered_at")},
    listing="contacts",
)  # fmt: skip
REPEATS = Subject(
    "repeats",
    lambda period: AddedContact.objects.filter(period.holds("contact__received_at"), kind=AddedContact.Kind.REPEAT),
    "contact__received_at",
    ("-contact__received_at", "-pk"),
    fields=_fields("ticket__", channel="contact__channel", operator="contact__taken_by"),
    narrow={"district": lambda rows, value: _of_ticket(rows, _in_district(Ticket.objects.all(), value))},
    listing="repeats",
)
OUTAGES = Subject(
    "outages",
    lambda period: Outage.objects.filter(period.holds("starts_at")),
    "starts_at",
    ("-starts_at", "-pk"),
    fields={"company": "company", "category": "category", "operator": "announced_by", "kind": "kind"},
    narrow={
        "emergency": lambda rows, value: rows.filter(kind=Outage.Kind.EMERGENCY if value else Outage.Kind.PLANNED),
        "district": lambda rows, value: rows.filter(pk__in=_covering(value)),
    },
    listing="outages",
)
ACCESS = Subject(
    "access",
    lambda period: AccessRecord.objects.filter(period.holds("recorded_at")),
    "recorded_at",
    ("-recorded_at", "-pk"),
    fields={"operator": "actor", "what": "what"},
    listing="access",
)


def _accepted(period: Period) -> Q:
    return Q(was_accepted=True, deadline__stopped_at__lte=period.at)


def _unanswered(period: Period) -> Q:
    """The time to answer came first, whatever came afterwards."""
    silent = Q(deadline__stopped_at=None) | Q(deadline__stopped_at__gt=F("deadline__due_at"))
    return Q(deadline__due_at__lte=period.at) & silent


def _late(clock: Clock) -> Q:
    return Q(deadline__clock=clock) & (Q(deadline__outcome=None) | Q(deadline__outcome=Deadline.Outcome.MISSED))


def _in_time(clock: Clock) -> Q:
    return Q(deadline__clock=clock, deadline__outcome=Deadline.Outcome.MET)


# A call of which the exchange told the whole course; what was written by hand says nothing of how long it rang.
OFFERED = Q(channel=Contact.Channel.PHONE, ended_at__isnull=False)
ANSWERED = OFFERED & Q(answered_at__isnull=False)


def _answered_within(limit: int) -> Q:

    return ANSWERED & Q(answered_at__lte=F("received_at") + timedelta(seconds=limit))


def _ended_as(*ways: str) -> Any:
    return lambda p: Q(ended_as__in=ways)


WORK_FIGURES: dict[str, Figure] = {
    "registered": Figure(_("Зарегистрировано заявок"), TICKETS),
    "emergencies": Figure(_("Из них аварийных"), TICKETS, lambda p: Q(is_emergency=True)),
    "repeated": Figure(_("Из них с повторными обращениями"), TICKETS, lambda p: Q(repeats__gt=0)),
    "repeated_twice": Figure(_("Повторяли дважды и больше"), TICKETS, lambda p: Q(repeats__gt=1)),
    "came_back": Figure(_("Возвращались в работу"), TICKETS, lambda p: Q(returns__gt=0)),
    "repeat_calls": Figure(_("Повторные обращения"), REPEATS),
    "contacts": Figure(_("Обращения"), CONTACTS),
    "enquiries": Figure(_("Ответ дан сразу"), CONTACTS, _ended_as(Contact.EndedAs.ENQUIRY)),
    "missed": Figure(_("Пропущенные звонки"), CONTACTS, _ended_as(Contact.EndedAs.MISSED)),
    "became_tickets": Figure(_("Стали заявкой"), CONTACTS, _ended_as(Contact.EndedAs.TICKET)),
    "added": Figure(
        _("Добавлены к заявке или отключению"), CONTACTS, _ended_as(Contact.EndedAs.ADDED, Contact.EndedAs.OUTAGE)
    ),
    "wrong_way": Figure(_("Ошиблись номером"), CONTACTS, _ended_as(Contact.EndedAs.WRONG_NUMBER)),
    "unfinished": Figure(_("Ничем не кончились"), CONTACTS, lambda p: Q(ended_as=None)),
    "offered": Figure(_("Звонки на линию"), CONTACTS, lambda p: OFFERED),
    "answered": Figure(_("Ответили"), CONTACTS, lambda p: ANSWERED),
    "abandoned": Figure(_("Не дождались ответа"), CONTACTS, lambda p: OFFERED & Q(answered_at=None)),
    "answered_quickly": Figure(_("Ответили за 20 секунд"), CONTACTS, lambda p: _answered_within(QUICK)),
    "answered_lawfully": Figure(_("Ответили за 5 минут"), CONTACTS, lambda p: _answered_within(LAWFUL)),
    "wait_seconds": Figure(
        _("Ожидание ответивших"), CONTACTS, lambda p: ANSWERED, measure=seconds("received_at", "answered_at")
    ),
    "service_seconds": Figure(
        _("Время входящих разговоров"), CONTACTS, lambda p: ANSWERED, measure=seconds("answered_at", "ended_at")
    ),
    "handed_over": Figure(_("Передано организации"), HANDOVERS),
    "accepted": Figure(_("Принято: время до принятия"), HANDOVERS, _accepted),
    "accepted_in_time": Figure(
        _("Принято в срок"), HANDOVERS, lambda p: _accepted(p) & Q(deadline__outcome=Deadline.Outcome.MET)
    ),
    "unanswered": Figure(_("Без ответа в срок"), HANDOVERS, _unanswered),
    # What was withdrawn (the work went to somebody else, or was not needed) is in «fix_due» only.
    "fix_due": Figure(_("Наступил срок ремонта"), WORKS, lambda p: Q(deadline__clock=Clock.FIX)),
    "fix_in_time": Figure(_("Сделано в срок"), WORKS, lambda p: _in_time(Clock.FIX)),
    "fix_late": Figure(_("Не сделано в срок"), WORKS, lambda p: _late(Clock.FIX)),
    "fixed": Figure(
        _("Сделано: время ремонта"),
        WORKS,
        lambda p: Q(
            deadline__clock=Clock.FIX, deadline__outcome__in=(Deadline.Outcome.MET, Deadline.Outcome.MISSED)
        ),
    ),
    "localise_in_time": Figure(_("Локализовано в срок"), WORKS, lambda p: _in_time(Clock.LOCALISE)),
    "localise_late": Figure(_("Не локализовано в срок"), WORKS, lambda p: _late(Clock.LOCALISE)),
    "closed": Figure(_("Закрыто заявок"), CLOSED, lambda p: Q(status__in=ENDED)),
    "unconfirmed": Figure(_("Закрыто без слова жителя"), CLOSED, lambda p: Q(status=Status.CLOSED_UNCONFIRMED)),
    "marked": Figure(_("Житель поставил оценку"), CLOSED, lambda p: Q(status__in=ENDED, mark__isnull=False)),
    "marks": Figure(
        _("Сумма оценок"), CLOSED, lambda p: Q(status__in=ENDED, mark__isnull=False), measure=F("mark")
    ),
    "done": Figure(_("Выполнено"), EVENTS, lambda p: Q(step__in=REPORTING)),
    "returned": Figure(_("Возвращено в работу"), EVENTS, lambda p: Q(step="return_to_work")),
    "rejected": Figure(_("Возвращено в центр: не наша"), EVENTS, lambda p: Q(step="reject")),
    "outages": Figure(_("Отключения"), OUTAGES),
    "outages_in_plan": Figure(
        _("Включили не позже обещанного"),
        OUTAGES,
        lambda p: Q(ended_at__lte=p.at, ends_at__isnull=False) & Q(ended_at__lte=F("ends_at")),
    ),
    "outages_over_plan": Figure(
        _("Дольше обещанного"),
        OUTAGES,
        lambda p: (Q(ended_at__lte=p.at) & Q(ended_at__gt=F("ends_at")))
        | ((Q(ended_at=None) | Q(ended_at__gt=p.at)) & Q(called_off_at=None, ends_at__lte=p.at)),
    ),
    "outages_called_off": Figure(_("Отменены"), OUTAGES, lambda p: Q(called_off_at__lte=p.at)),
    "outages_without_term": Figure(_("Срок не назван"), OUTAGES, lambda p: Q(ends_at=None)),
    "access": Figure(_("Обращения к персональным данным"), ACCESS),
}  # fmt: skip
