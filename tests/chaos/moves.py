"""What operators, organisations, sweeps and careless repair scripts do to the same few rows at the same moment.

Each turn looks at a row as a page would show it and then does something that seemed possible. Everybody looks at the
same rows, so most of what seemed possible is not possible any more when it is tried.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from accounts import clock
from accounts.models import Role, User
from callbacks.models import CallbackObligation, Contact, Escalation
from callbacks.services import (
    acknowledge,
    claim,
    claim_next,
    escalate_overdue_batch,
    finish_attempt,
    record_inbound_talk,
    record_missed_call,
    repeat_unacknowledged,
    start_attempt,
    waive,
)
from companies.models import Company, Membership
from tickets.models import Category, Ticket
from tickets.services import (
    Address,
    finish_ring_back,
    move_ticket,
    promise_ids,
    record_ring_back,
    register_ticket,
    settle_by_inbound,
)
from tickets.workflow import REPORTED, Status

from . import hasty
from .tally import Tally

State = CallbackObligation.State
OPERATORS = 6
# So few rows for everybody, and new ones after so long: what was used up or left half-done is left behind.
PROMISES, TICKETS = 5, 5
RENEWED_AFTER_SECONDS = 20
# Past every rung of the ladder, so that sweeps have something to raise from the first moment.
LONG_AGO = timedelta(hours=5)
# Long enough for somebody else to be quicker.
LONGEST_THOUGHT_SECONDS = 0.02


@dataclass(frozen=True)
class People:
    operators: list[User]
    supervisor: User
    dispatcher: User
    company: Company
    category: Category


def settle_in() -> None:
    """Write the people who will do it; once per database."""
    at = clock.now()
    for number in range(OPERATORS):
        User.objects.create(username=f"racer{number}", role=Role.OPERATOR, date_joined=at)
    User.objects.create(username="racing-supervisor", role=Role.SUPERVISOR, email="racing@example.org")
    dispatcher = User.objects.create(username="racing-dispatcher", role=Role.COMPANY)
    company = Company.objects.order_by("pk").first()
    assert company is not None
    Membership.objects.create(user=dispatcher, company=company)


def people() -> People:
    dispatcher = User.objects.get(username="racing-dispatcher")
    return People(
        operators=list(User.objects.filter(username__startswith="racer").order_by("pk")),
        supervisor=User.objects.get(username="racing-supervisor"),
        dispatcher=dispatcher,
        company=Company.objects.get(memberships__user=dispatcher),
        category=Category.objects.order_by("pk")[0],
    )


class Racer:
    """One thread's hands."""

    def __init__(self, *, seed: int, who: People) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.who = who
        self.tally = Tally()

    # ── Trying ───────────────────────────────────────────────────────────────────────────────────────────────────
    def turn(self) -> None:
        """One operation on one hot row."""
        kind = self.chance.choice("pt")
        row = self.chance.randrange(PROMISES if kind == "p" else TICKETS)
        number = f"+79{'pt'.index(kind)}{row}{int(time.time() // RENEWED_AFTER_SECONDS) % 10**7:07}"
        name, action = self._choose(self._about_promise(number) if kind == "p" else self._about_ticket(number))
        time.sleep(self.chance.uniform(0, LONGEST_THOUGHT_SECONDS))
        self.tally.tried[name] += 1
        try:
            action()
        except Exception as error:  # what is not a refusal is what this is here to find
            self.tally.note(name, error)

    def _choose(self, offered: "list[Offer]") -> "tuple[str, Callable[[], object]]":
        name, _weight, action = self.chance.choices(offered, weights=[weight for _, weight, _ in offered])[0]
        return name, action

    @property
    def operator(self) -> User:
        return self.chance.choice(self.who.operators)

    # ── A promise without a ticket ───────────────────────────────────────────────────────────────────────────────
    def _about_promise(self, number: str) -> "list[Offer]":
        promise = (
            CallbackObligation.objects.filter(contact__phone=number).select_related("deadline").order_by("-pk").first()
        )
        if promise is None or promise.is_final:
            return [("miss a call", 3, lambda: self._miss_call(number)), *self._about_rungs(promise)]
        offers: list[Offer] = [
            ("claim", 3, lambda: self._claim(promise)),
            ("claim next", 2, self._claim_next),
            ("waive", 2, lambda: self._waive(promise)),
            ("talk when he rings", 1, lambda: self._inbound(promise)),
            *self._about_rungs(promise),
        ]
        if promise.state == State.DIALLING:
            offers += [("keep", 5, lambda: self._finish(promise)), ("try in vain", 2, lambda: self._in_vain(promise))]
        else:
            offers += [
                ("dial", 4, lambda: start_attempt(obligation=promise, operator=self.operator, at=clock.now())),
                ("hasty keep", 1, lambda: self._settled(hasty.keep(promise, by=self.operator))),
                ("hasty waive", 1, lambda: self._settled(hasty.waive(promise, by=self.who.supervisor))),
            ]
        return offers

    def _miss_call(self, number: str) -> None:
        at = clock.now()
        record_missed_call(phone=number, received_at=at - LONG_AGO, at=at)

    def _claim(self, promise: CallbackObligation) -> None:
        operator = self.operator
        at = clock.now()
        self._held(claim(obligation=promise, operator=operator, at=at), operator, at)

    def _claim_next(self) -> None:
        operator, at = self.operator, clock.now()
        taken = claim_next(operator=operator, at=at)
        if taken is not None:
            self._held(taken, operator, at)

    def _held(self, taken: CallbackObligation, operator: User, at: datetime) -> None:
        # Nobody gives a call back here: between two tries it has one holder, until his lease lapses.
        assert taken.claimed_until is not None
        self.tally.claims.add((taken.pk, taken.counted_attempts, at, taken.claimed_until, operator.pk))

    def _waive(self, promise: CallbackObligation) -> None:
        waive(
            obligation=promise, waiver=CallbackObligation.Waiver.OTHER, by=self.who.supervisor, at=clock.now(),
            note="Перезванивать не нужно",
        )  # fmt: skip
        self._settled(promise)

    def _inbound(self, promise: CallbackObligation) -> None:
        at = clock.now()
        record_inbound_talk(obligations=[promise], operator=self.operator, started_at=at, at=at, note="Позвонил сам")
        self._settled(promise)

    def _finish(self, promise: CallbackObligation) -> None:
        if attempt := promise.attempts.in_progress().first():
            finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=clock.now())
            self._settled(promise)

    def _in_vain(self, promise: CallbackObligation) -> None:
        if attempt := promise.attempts.in_progress().first():
            finish_attempt(attempt=attempt, outcome="no_answer", at=clock.now())

    def _settled(self, promise: CallbackObligation) -> None:
        self.tally.winners["settled", promise.pk] += 1

    # ── Rungs ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _about_rungs(self, promise: CallbackObligation | None) -> "list[Offer]":
        offers: list[Offer] = [
            ("escalate", 3, lambda: escalate_overdue_batch(at=clock.now(), limit=self.chance.randint(1, 4))),
            ("repeat", 2, self._repeat),
        ]
        if promise is None or promise.deadline is None:
            return offers
        unanswered = Escalation.objects.unacknowledged().filter(deadline=promise.deadline).order_by("-pk").first()
        running = promise.deadline
        if unanswered is not None:
            offers += [
                ("acknowledge", 4, lambda: self._acknowledge(unanswered)),
                ("hasty acknowledge", 1, lambda: self._answered(hasty.acknowledge(unanswered, by=self.who.supervisor))),
            ]
        if running.stopped_at is None and running.next_rung_at and running.next_rung_at <= clock.now():
            offers.append(("hasty escalate", 1, lambda: hasty.escalate(running)))
        return offers

    def _repeat(self) -> None:
        # Nobody here waits five minutes for a repeat: the moment is handed in.
        at = clock.now() + timedelta(hours=self.chance.randint(1, 12))
        repeat_unacknowledged(at=at, limit=self.chance.randint(1, 4))

    def _acknowledge(self, escalation: Escalation) -> None:
        acknowledge(escalation=escalation, by=self.who.supervisor, at=clock.now(), note="Принято")
        self._answered(escalation)

    def _answered(self, escalation: Escalation) -> None:
        self.tally.winners["answered", escalation.pk] += 1

    # ── A ticket ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _about_ticket(self, number: str) -> "list[Offer]":
        ticket = Ticket.objects.filter(contact__phone=number).with_step_details().order_by("-pk").first()
        if ticket is None or ticket.status in (Status.CANCELLED, Status.DUPLICATE):
            return [("register", 1, lambda: self._register(number))]
        owed = self._owed(ticket)
        offers: list[Offer] = [
            ("return", 2, lambda: self._step(ticket, "return_to_work", note="Не сделано")),
            ("close", 2, lambda: self._step(ticket, "close")),
            ("cancel", 0.3, lambda: self._step(ticket, "cancel", reason="withdrawn", note="Передумал")),
            *self._about_rungs(owed[0] if owed else None),
        ]
        for promise in owed:
            offers += self._about_owed(ticket, promise)
        if ticket.status in (Status.CLOSED, Status.CLOSED_UNCONFIRMED):
            offers += [
                ("reopen", 8, lambda: self._step(ticket, "reopen", note="Снова течёт")),
                ("register", 1, lambda: self._register(number)),
            ]
        elif ticket.status in REPORTED:
            offers += [
                ("close unconfirmed", 2, lambda: self._close_unconfirmed(ticket)),
                ("hasty close", 2, lambda: self._hasty_close(ticket)),
            ]
        else:
            offers += [
                ("accept", 2, lambda: self._step(ticket, "accept")),
                ("start", 3, lambda: self._step(ticket, "start")),
                ("report done", 6, lambda: self._step(ticket, "report_done", works="Заменили")),
                ("assign", 1, lambda: self._step(ticket, "assign", company=self.who.company)),
            ]
        return offers

    def _owed(self, ticket: Ticket) -> list[CallbackObligation]:
        owed = CallbackObligation.objects.outstanding().filter(pk__in=promise_ids(ticket))
        return list(owed.select_related("deadline").order_by("pk"))

    def _about_owed(self, ticket: Ticket, promise: CallbackObligation) -> "list[Offer]":
        verdict = self.chance.random() < 0.6
        if promise.state == State.DIALLING:
            return [("finish the ring-back", 6, lambda: self._finish_ring_back(promise, verdict=verdict))]
        return [
            ("ring back", 3, lambda: self._ring_back(promise, verdict=verdict)),
            ("dial", 3, lambda: start_attempt(obligation=promise, operator=self.operator, at=clock.now())),
            ("talk when he rings", 1, lambda: self._caller_rings(promise, verdict=verdict)),
            ("hasty keep", 0.5, lambda: self._settled(hasty.keep(promise, by=self.operator))),
        ]

    def _register(self, number: str) -> None:
        at = clock.now() - LONG_AGO
        register_ticket(
            contact=Contact(received_at=at, phone=number), category=self.who.category, text="Нет света",
            address=Address(street="ул. Мира", house="1"), operator=self.operator, intake_key=uuid4(), at=at,
            company=self.who.company,
        )  # fmt: skip

    def _step(self, ticket: Ticket, step: str, **given: object) -> None:
        actor = self.who.dispatcher if step in {"accept", "start", "report_done"} else self.operator
        move_ticket(ticket=ticket, step=step, actor=actor, at=clock.now(), **given)

    def _close_unconfirmed(self, ticket: Ticket) -> None:
        move_ticket(
            ticket=ticket, step="close_unconfirmed", actor=self.who.supervisor, at=clock.now(), reason="other",
            note="Не дозвонились",
        )  # fmt: skip

    def _finish_ring_back(self, promise: CallbackObligation, *, verdict: bool) -> None:
        if attempt := promise.attempts.in_progress().select_related("obligation").first():
            at = clock.now()
            later = at + timedelta(hours=1) if self.chance.random() < 0.15 else None
            finish_ring_back(
                attempt=attempt, outcome="reached", operator=self.operator, at=at, note="Поговорили",
                confirmed=None if later else verdict, call_again_at=later,
            )  # fmt: skip
            self._settled(promise)

    def _ring_back(self, promise: CallbackObligation, *, verdict: bool) -> None:
        record_ring_back(
            obligation=promise, outcome="reached", operator=self.operator, at=clock.now(), note="Поговорили",
            confirmed=verdict,
        )  # fmt: skip
        self._settled(promise)

    def _caller_rings(self, promise: CallbackObligation, *, verdict: bool) -> None:
        at = clock.now()
        settle_by_inbound(
            obligations=[promise], operator=self.operator, started_at=at, at=at, note="Позвонил сам", confirmed=verdict
        )
        self._settled(promise)

    def _hasty_close(self, ticket: Ticket) -> None:
        control = ticket.control_callback
        others = [one for one in self._owed(ticket) if one != control]
        if control is not None and not others:
            hasty.close(ticket, control, by=self.operator)


Offer = tuple[str, float, Callable[[], object]]
