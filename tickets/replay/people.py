"""Everybody who works during a rehearsal, each in a thread and on a connection of his own."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from uuid import UUID, uuid5

import structlog
from django.db import connection
from django.utils import timezone

from accounts import clock
from accounts.models import Role, User
from accounts.writes import Refused
from callbacks.models import CallAttempt, CallbackObligation, Contact
from callbacks.services import claim, claim_next, start_attempt, sweep
from companies.models import Company, Membership
from tickets.models import Ticket
from tickets.services import finish_ring_back, move_ticket, register_ticket, responsible_for
from tickets.workflow import RejectReason, Status

from .chance import happens
from .requests import Recorded, Translation

log = structlog.get_logger(__name__)

Outcome = CallAttempt.Outcome
IDLE_SECONDS = 0.05
# What makes a rehearsal: part of the people are silent, part of the promises are left unkept on purpose.
HIDDEN_NUMBER = 0.02
NO_ANSWER, BUSY = 0.08, 0.11
FORGETFUL = 0.02
RINGS_AGAIN = 0.05
SILENT_COMPANY, SILENT_ABOUT_TICKET = 0.12, 0.05
REJECTS, GOES_AT_ONCE = 0.03, 0.2
NOT_CONFIRMED = 0.1


class Worker(threading.Thread):
    """Does one thing after another until told to stop; what is refused is somebody else's luck, not a failure."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.stop = stop
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                if not self._turn():
                    self.stop.wait(IDLE_SECONDS)
        finally:
            connection.close()

    def _turn(self) -> bool:
        try:
            return self.turn()
        except Refused as refusal:
            self.counts[f"refused: {refusal.code}"] += 1
            return True
        except Exception as error:
            log.exception("rehearsal_failed", worker=self.name)
            self.errors.append(f"{self.name}: {type(error).__name__}: {error}")
            return True

    def turn(self) -> bool:
        """Do one thing; False when there was nothing to do."""
        raise NotImplementedError


class Intake(Worker):
    """Takes calls and writes them down as the desk does."""

    def __init__(
        self, name: str, stop: threading.Event, *, operator: User, run: UUID, translation: Translation,
        calls: "SimpleQueue[Recorded]",
    ) -> None:  # fmt: skip
        super().__init__(name, stop)
        self.operator, self.run_key, self.translation, self.calls = operator, run, translation, calls
        self.registered: list[int] = []
        self.failed: list[str] = []

    def turn(self) -> bool:
        try:
            request = self.calls.get(timeout=IDLE_SECONDS)
        except Empty:
            return False
        try:
            self.registered.append(self.register(request).pk)
        except Exception as error:
            log.exception("request_not_registered", request=request.number)
            self.failed.append(f"request {request.number}: {type(error).__name__}: {error}")
        return True

    def register(self, request: Recorded) -> Ticket:
        at = clock.now()
        category, address = self.translation.category(request), self.translation.address(request)
        key = uuid5(self.run_key, request.number)
        phone = "" if happens(HIDDEN_NUMBER, "hidden", request.number) else f"+7901{key.int % 10**7:07d}"
        contact = Contact(
            received_at=at, phone=phone, no_phone_reason="" if phone else Contact.NoPhone.HIDDEN,
            taken_by=self.operator,
        )  # fmt: skip
        routing = responsible_for(category=category, building=address.building, day=timezone.localdate(at))
        return register_ticket(
            contact=contact, category=category, address=address, text=request.title or category.problem,
            operator=self.operator, intake_key=key, at=at, company=routing.company,
        )  # fmt: skip


class Operator(Worker):
    """Rings back whoever is most urgent, and makes the control calls of this rehearsal in between."""

    def __init__(self, name: str, stop: threading.Event, *, user: User, place: int, since: datetime) -> None:
        super().__init__(name, stop)
        self.user, self.place, self.since = user, place, since
        self.forgotten: set[int] = set()

    def turn(self) -> bool:
        at = clock.now()
        promise = claim_next(operator=self.user, at=at) or self._control_call(at)
        if promise is None:
            return False
        if promise.pk not in self.forgotten and happens(FORGETFUL, "forgets", promise.number):
            # He took the call and went away: the lease lapses, and the call is made too late.
            self.forgotten.add(promise.pk)
            self.counts["call: forgotten"] += 1
            return True
        attempt = start_attempt(obligation=promise, operator=self.user, at=at)
        outcome = self._outcome(promise)
        talked = outcome == Outcome.REACHED
        is_control = promise.reason == CallbackObligation.Reason.CONTROL_CALL
        again = talked and not is_control and happens(RINGS_AGAIN, "again", promise.pk)
        finish_ring_back(
            attempt=attempt, outcome=outcome, operator=self.user, at=clock.now(),
            note="Рассказали, у кого заявка и когда ждать." if talked else "",
            confirmed=not happens(NOT_CONFIRMED, "confirms", promise.pk) if is_control and talked else None,
            call_again_at=at + timedelta(hours=1) if again else None,
        )  # fmt: skip
        self.counts[f"call: {outcome}"] += 1
        return True

    def _outcome(self, promise: CallbackObligation) -> str:
        if happens(NO_ANSWER, "answers", promise.number):
            return Outcome.NO_ANSWER
        return Outcome.BUSY if happens(BUSY, "answers", promise.number) else Outcome.REACHED

    def _control_call(self, at: datetime) -> CallbackObligation | None:
        """The clock of the day is not squeezed, so these are made from the card, before their hour."""
        waiting = CallbackObligation.objects.filter(
            reason=CallbackObligation.Reason.CONTROL_CALL, state=CallbackObligation.State.OPEN, first_attempt_at=None,
            promised_at__gte=self.since,
        )  # fmt: skip
        # Each takes another place of the list, so that they seldom reach for the same call.
        for promise in waiting.order_by("pk")[self.place : self.place + 1]:
            return claim(obligation=promise, operator=self.user, at=at)
        return None


class Organisation(Worker):
    """The dispatchers of some organisations: they accept, refuse, go, report; some of them never answer."""

    BUSY = (Status.ASSIGNED, Status.ACCEPTED, Status.IN_WORK, Status.RETURNED)

    def __init__(self, name: str, stop: threading.Event, *, dispatchers: dict[int, User], since: datetime) -> None:
        super().__init__(name, stop)
        self.dispatchers, self.since = dispatchers, since
        self.left_lying: set[int] = set()

    def turn(self) -> bool:
        mine = Ticket.objects.filter(
            company__in=self.dispatchers, status__in=self.BUSY, registered_at__gte=self.since
        ).exclude(pk__in=self.left_lying)
        found = list(mine.order_by("pk")[:20])
        for ticket in found:
            if happens(SILENT_ABOUT_TICKET, "silent", ticket.intake_key):
                self.left_lying.add(ticket.pk)
            else:
                self._work(ticket)
        return bool(found)

    def _work(self, ticket: Ticket) -> None:
        step, given = self._next(ticket)
        try:
            move_ticket(
                ticket=ticket, step=step, actor=self.dispatchers[ticket.company_id or 0], at=clock.now(), **given
            )
        except Refused as refusal:
            self.counts[f"refused: {refusal.code}"] += 1
        else:
            self.counts[f"step: {step}"] += 1

    def _next(self, ticket: Ticket) -> tuple[str, dict[str, str]]:
        key = ticket.intake_key
        match ticket.status:
            case Status.ASSIGNED if happens(REJECTS, "rejects", key):
                return "reject", {"reason": RejectReason.NOT_OURS}
            case Status.ASSIGNED if not happens(GOES_AT_ONCE, "goes", key):
                return "accept", {}
            case Status.ACCEPTED | Status.IN_WORK:
                return "report_done", {"works": "Сделали и проверили."}
        return "start", {}


class Keeper(Worker):
    """The promise keeper of a rehearsal to which no running centre belongs."""

    def turn(self) -> bool:
        sweep(at=clock.now(), keeper="keeper")
        return False


# ── Who there is ─────────────────────────────────────────────────────────────────────────────────────────────────
def operators() -> list[User]:
    return list(User.objects.filter(role=Role.OPERATOR, is_active=True).order_by("pk"))


def dispatchers() -> dict[int, User]:
    """Whoever answers for each organisation that is not silent in this rehearsal, by the organisation's key."""
    members = Membership.objects.filter(user__role=Role.COMPANY, user__is_active=True).select_related("user")
    silent = {
        company.pk for company in Company.objects.all() if happens(SILENT_COMPANY, "silent company", company.name)
    }
    return {member.company_id: member.user for member in members if member.company_id not in silent}


def divided(people: dict[int, User], parts: int) -> list[dict[int, User]]:
    return [{key: user for key, user in people.items() if key % parts == part} for part in range(parts)]
