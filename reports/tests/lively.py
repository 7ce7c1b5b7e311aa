"""Two generated days in which everything happens that there is a figure for."""

from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from uuid import uuid4

from django.db import connection

from accounts.models import AccessRecord, LineSpell, Role, User
from callbacks.models import CallbackObligation, Contact, Escalation
from callbacks.services import (
    finish_attempt,
    record_enquiry,
    record_inbound_talk,
    record_missed_call,
    start_attempt,
    sweep,
    waive,
)
from companies.models import Company
from reports.period import Period, today
from tickets.models import AddedContact, Outage, Ticket
from tickets.services import finish_ring_back, move_ticket
from tickets.services.calls import Verdict
from tickets.services.outage_work import end_outage
from tickets.services.outages import call_off
from tickets.services.repeats import add_to_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    make_promise,
    make_ticket,
    member_of,
)
from tickets.tests.test_outages import announced, called

DAY = today(NOON)
EVENING = NOON + 6 * 60 * MINUTE
BOTH_DAYS = Period(DAY - timedelta(days=1), DAY, EVENING)
SAID = {"works": "Заменили участок.", "said_by": "Мастер Петров"}


def of_day(at: datetime = EVENING) -> Period:
    return Period(DAY, DAY, at)


def talk(promise: CallbackObligation, *, at: datetime, operator: User | None = None) -> None:
    attempt = start_attempt(obligation=promise, operator=operator or UserFactory.create(), at=at - MINUTE)
    finish_attempt(attempt=attempt, outcome="reached", at=at, note="Рассказали, кто придёт.")


def analyse() -> None:
    """So many rows of one transaction have no statistics: without them PostgreSQL plans for an empty table."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE; ANALYZE; SET ROLE dispatch_app")


def lively_days() -> None:
    """Tickets of two days whose callers, organisations and operators do all that there is a figure for."""
    dice = Random(115)  # noqa: S311  (the same days every time)
    operators = [UserFactory.create(first_name=name) for name in ("Ольга", "Ирина", "Вера")]
    senior = UserFactory.create(role=Role.SUPERVISOR)
    companies = {company: member_of(company) for company in CompanyFactory.create_batch(2)}
    pairs = cycle([*companies.items(), (None, None)])
    endings = cycle(["in_time", "in_time", "late", "inbound", "inbound_late", "waived", "waived_late", "missing", ""])
    for number in range(36):
        at = NOON - timedelta(minutes=dice.randrange(26 * 60)) - MINUTE
        company, member = next(pairs)
        ticket = make_ticket(
            at=at, phone="" if number % 12 == 7 else f"+79100000{number:03d}", operator=dice.choice(operators),
            code="E01" if number % 5 == 0 else "P03", company=company,
        )  # fmt: skip
        _promise_ends(ticket.callback, next(endings), by=dice.choice(operators), senior=senior)
        if member is not None:
            _company_works(ticket, member, dice, by=dice.choice(operators))
    main = make_ticket(at=NOON, phone="+79109999998")
    double = make_ticket(at=NOON, phone="+79109999999")
    move_ticket(ticket=double, step="mark_duplicate", actor=senior, at=NOON + 2 * MINUTE, duplicate_of=main)
    for number in range(3):
        record_missed_call(phone=f"+7920000000{number}", received_at=NOON, at=NOON)
        record_enquiry(received_at=NOON, phone=f"+7930000000{number}", operator=operators[0], note="Ответили.")
    make_promise(at=EVENING - 5 * MINUTE, phone="+79400000000")
    called(announced(by=operators[0]), 1, operator=operators[0])
    _calls_on_the_line(operators)
    _repeats_and_outcomes(senior, operators[0], companies)
    _outages(operators[0], senior)
    while sweep(at=EVENING):
        pass
    raised = Escalation.objects.filter(is_warning=False).order_by("pk")[:3].values("pk")
    Escalation.objects.filter(pk__in=raised).update(
        acknowledged_by=senior, acknowledged_at=EVENING - MINUTE, acknowledged_note="Еду.", repeat_at=None
    )
    LineSpell.objects.create(user=operators[0], started_at=NOON, ended_at=NOON + 240 * MINUTE)
    LineSpell.objects.create(user=operators[1], started_at=NOON + MINUTE)
    AccessRecord.objects.create(actor=senior, what="phone", subject="26-000001", reason="Позвонить.", recorded_at=NOON)
    analyse()


def _promise_ends(promise: CallbackObligation, ending: str, *, by: User, senior: User) -> None:
    if not promise.number:
        return
    at = promise.promised_at + (11 if ending in {"late", "inbound_late", "waived_late"} else 7) * MINUTE
    match ending:
        case "in_time" | "late":
            talk(promise, at=at, operator=by)
        case "inbound" | "inbound_late":
            record_inbound_talk(obligations=[promise], operator=by, started_at=at - MINUTE, at=at, note="Сам позвонил.")
        case "waived" | "waived_late":
            waive(obligation=promise, waiver=CallbackObligation.Waiver.WRONG_NUMBER, by=senior, at=at)
        case "missing":
            for minutes in (3, 9, 25):
                attempt = start_attempt(obligation=promise, operator=by, at=promise.promised_at + minutes * MINUTE)
                at = promise.promised_at + (minutes + 1) * MINUTE
                finish_attempt(attempt=attempt, outcome="no_answer", at=at)
            waive(obligation=promise, waiver=CallbackObligation.Waiver.NOT_REACHED, by=senior, at=at, note="Трижды.")


def _company_works(ticket: Ticket, member: User, dice: Random, *, by: User) -> None:
    at = ticket.registered_at + dice.choice([2, 4, 20]) * MINUTE
    move_ticket(ticket=ticket, step=dice.choice(["accept", "start"]), actor=member, at=at)
    if dice.random() < 0.5:
        return
    at += 30 * MINUTE
    ticket = move_ticket(ticket=ticket, step="report_done", actor=member, at=at, works="Заменили лампу.")
    control = ticket.control_callback
    assert control is not None
    if control.number:
        attempt = start_attempt(obligation=control, operator=by, at=at + MINUTE)
        finish_ring_back(
            attempt=attempt, outcome="reached", operator=by, at=at + 2 * MINUTE, note="Спросили.",
            confirmed=ticket.callback.is_final and dice.random() < 0.5,
        )  # fmt: skip


def _calls_on_the_line(operators: list[User]) -> None:
    """What an exchange tells: answered soon, late and not at all; and ends of talks that are no tickets."""
    ends = cycle(["wrong_number", "enquiry", None])
    for number, rang in enumerate((5, 19, 20, 21, 240, 301, 1500)):
        at = NOON + number * 45 * MINUTE
        Contact.objects.create(
            received_at=at, phone=f"+7950000000{number}", taken_by=operators[number % 3],
            answered_at=at + timedelta(seconds=rang), ended_at=at + timedelta(seconds=rang + 100),
            ended_as=(end := next(ends)), note="Спросил." if end else "",
        )  # fmt: skip
    for number, rang in enumerate((4, 70)):
        at = NOON + number * MINUTE
        record_missed_call(phone=f"+7951000000{number}", received_at=at, at=at)
        Contact.objects.filter(phone=f"+7951000000{number}").update(ended_at=at + timedelta(seconds=rang))
    Contact.objects.create(
        received_at=NOON, phone="+79520000000", channel=Contact.Channel.VISIT, ended_as="enquiry", note="Пришёл сам."
    )


def _repeats_and_outcomes(senior: User, operator: User, companies: dict[Company, User]) -> None:
    company, member = next(iter(companies.items()))
    ticket = make_ticket(at=NOON, phone="+79530000000", code="W05", company=company, operator=operator)
    for minutes in (30, 60):
        contact = Contact(received_at=NOON + minutes * MINUTE, phone="+79530000000", intake_key=uuid4())
        add_to_ticket(
            ticket=ticket, contact=contact, kind=AddedContact.Kind.REPEAT, operator=operator,
            at=NOON + minutes * MINUTE, note="Никто не перезванивал.",
        )  # fmt: skip
    move_ticket(
        ticket=ticket, step="reject", actor=member, at=NOON + 70 * MINUTE, reason="house_not_served", note="Не наш дом."
    )
    promise = make_promise(at=NOON, phone="+79540000000")
    for number, outcome in enumerate(("busy", "line_fault", "wrong_number")):
        at = NOON + (2 + 3 * number) * MINUTE
        attempt = start_attempt(obligation=promise, operator=operator, at=at)
        finish_attempt(attempt=attempt, outcome=outcome, at=at + MINUTE)
        promise.refresh_from_db()
    damaged = make_ticket(at=NOON, phone="+79550000000", code="W02", company=company, operator=operator)
    move_ticket(ticket=damaged, step="accept", actor=member, at=NOON + 3 * MINUTE)
    move_ticket(ticket=damaged, step="localise", actor=member, at=NOON + 20 * MINUTE)
    make_ticket(at=NOON, phone="+79560000000", code="W02", company=company, operator=operator)
    _closed_with_a_mark(company, member, operator)
    _closed_without_a_word(company, member, senior)


def _closed_with_a_mark(company: Company, member: User, operator: User) -> None:
    ticket = make_ticket(at=NOON, phone="+79570000000", company=company, operator=operator)
    talk(ticket.callback, at=NOON + 5 * MINUTE, operator=operator)
    move_ticket(ticket=ticket, step="accept", actor=member, at=NOON + 6 * MINUTE)
    ticket = move_ticket(ticket=ticket, step="report_done", actor=member, at=NOON + 20 * MINUTE, works="Починили.")
    assert ticket.control_callback is not None
    attempt = start_attempt(obligation=ticket.control_callback, operator=operator, at=NOON + 30 * MINUTE)
    finish_ring_back(
        attempt=attempt,
        outcome="reached",
        operator=operator,
        at=NOON + 31 * MINUTE,
        note="Доволен.",
        verdicts={ticket.control_callback.pk: Verdict(confirmed=True, mark=4)},
    )


def _closed_without_a_word(company: Company, member: User, senior: User) -> None:
    ticket = make_ticket(at=NOON, phone="", company=company)
    move_ticket(ticket=ticket, step="accept", actor=member, at=NOON + 4 * MINUTE)
    move_ticket(ticket=ticket, step="report_done", actor=member, at=NOON + 20 * MINUTE, works="Починили.")
    move_ticket(
        ticket=ticket, step="close_unconfirmed", actor=senior, at=NOON + 40 * MINUTE, reason="no_number",
        note="Номера нет, есть акт.",
    )  # fmt: skip


def _outages(by: User, senior: User) -> None:
    end_outage(outage=announced(by=by), by=by, at=NOON + 60 * MINUTE, **SAID)
    end_outage(outage=announced(by=by, ends_at=NOON + 30 * MINUTE), by=by, at=NOON + 90 * MINUTE, **SAID)
    call_off(outage=announced(by=by, kind=Outage.Kind.PLANNED), by=senior, at=NOON + 5 * MINUTE, reason="Перенесли.")
    announced(by=by, ends_at=None)
