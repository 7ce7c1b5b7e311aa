"""A ticket in any state of the work, brought there by the steps that lead there and by the talks they need."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Role, User
from callbacks.models import CallbackObligation
from callbacks.services import start_attempt
from callbacks.services.attempts import finish_attempt
from companies.models import Company
from tickets.models import Ticket
from tickets.services import give_to_foreman, move_ticket
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_ticket
from tickets.workflow import Status

S = Status


@dataclass
class Way:
    """Who takes the steps that lead to a state; each a second after the one before."""

    company: Company
    dispatcher: User
    foreman: User | None
    now: datetime

    def __post_init__(self) -> None:
        self.senior = UserFactory.create(role=Role.SUPERVISOR)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def step(self, ticket: Ticket, step: str, by: User | None = None, **given: Any) -> Ticket:
        return move_ticket(ticket=ticket, step=step, actor=by or self.dispatcher, at=self.tick(), **given)

    def talk(self, promise: CallbackObligation | None) -> None:
        talked(promise, by=self.senior, at=self.tick())


def talked(promise: CallbackObligation | None, *, by: User, at: datetime) -> None:
    """The promise is kept, and nothing is decided by it."""
    assert promise is not None
    attempt = start_attempt(obligation=promise, operator=by, at=at)
    finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=at)


def _done(way: Way, ticket: Ticket) -> Ticket:
    way.talk(ticket.callback)
    return way.step(way.step(ticket, "start"), "report_done", works="Починили")


def _talked_about_done(way: Way, ticket: Ticket) -> Ticket:
    ticket = _done(way, ticket)
    way.talk(ticket.control_callback)
    return ticket


def _cancelled(way: Way, ticket: Ticket) -> Ticket:
    way.talk(ticket.callback)
    return way.step(ticket, "cancel", way.senior, reason="mistake", note="Ошиблись")


WAYS: dict[str, Callable[[Way, Ticket], Ticket]] = {
    S.ASSIGNED: lambda way, ticket: ticket,
    S.ACCEPTED: lambda way, ticket: way.step(ticket, "accept"),
    S.REJECTED: lambda way, ticket: way.step(ticket, "reject", reason="not_ours"),
    S.IN_WORK: lambda way, ticket: way.step(ticket, "start"),
    S.POSTPONED: lambda way, ticket: way.step(
        way.step(ticket, "accept"), "postpone", reason="seasonal", until=NOON + 9000 * MINUTE
    ),
    S.DONE: _done,
    S.NOT_CONFIRMED: lambda way, ticket: way.step(way.step(ticket, "start"), "not_confirmed", note="Горит"),
    S.RETURNED: lambda way, ticket: way.step(
        _talked_about_done(way, ticket), "return_to_work", way.senior, note="Темно"
    ),
    S.CLOSED: lambda way, ticket: way.step(_talked_about_done(way, ticket), "close", way.senior),
    S.CLOSED_UNCONFIRMED: lambda way, ticket: way.step(
        _done(way, ticket), "close_unconfirmed", way.senior, reason="caller_declined", note="Не звоните"
    ),
    S.CANCELLED: _cancelled,
    S.DUPLICATE: lambda way, ticket: way.step(
        ticket, "mark_duplicate", way.senior, duplicate_of=make_ticket(at=way.tick())
    ),
}  # fmt: skip


def ticket_in(
    status: str, *, company: Company, dispatcher: User, foreman: User | None = None, at: datetime = NOON, **given: Any
) -> Ticket:
    """A ticket of ``company`` in ``status``, given to ``foreman``; one that is only registered is nobody's yet."""
    way = Way(company, dispatcher, foreman, at)
    if status == S.REGISTERED:
        return make_ticket(at=way.tick(), **given)
    ticket = make_ticket(company=company, at=way.tick(), **given)
    if foreman is not None:
        give_to_foreman(ticket=ticket, foreman=foreman, actor=dispatcher, at=way.tick())
        ticket.refresh_from_db()
    WAYS[status](way, ticket)
    found = Ticket.objects.get(pk=ticket.pk)
    assert found.status == status, (found.status, status)
    return found
