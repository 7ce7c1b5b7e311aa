"""A fortnight of work told through the services, minute by minute, with the ladder ringing as it would have rung."""

import heapq
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5
from zlib import crc32

from django.utils import timezone

from accounts.models import Role, User
from accounts.writes import write
from callbacks.calendar import REGION
from callbacks.models import CallAttempt, CallbackObligation, Contact, Deadline, Envelope, Escalation, Outbox
from callbacks.services import (
    acknowledge,
    escalate_overdue_batch,
    finish_attempt,
    record_enquiry,
    record_missed_call,
    repeat_unacknowledged,
    start_attempt,
)
from callbacks.services.retries import after_the_night
from companies.models import Building, Company, Membership, Responsibility
from tickets.models import Category, Ticket
from tickets.services import (
    Address,
    finish_ring_back,
    give_to_foreman,
    move_ticket,
    register_ticket,
    responsible_for,
)
from tickets.workflow import CancelReason, PostponeReason, RejectReason, UnconfirmedReason

from .outages import Incident
from .register import FLATS_ON_A_FLOOR

FILE = Path(__file__).with_name("story.toml")
MINUTE = timedelta(minutes=1)
TALK = timedelta(seconds=80)
SERVED = ("г. Калуга", "г. Обнинск")
# Escalations younger than this wait for somebody to take them.
UNANSWERED = timedelta(minutes=30)
# Deadlines are drawn near or far by these in turn, so that no two lives are alike.
STRETCH = (1.0, 0.85, 1.15, 0.7, 1.05, 0.92, 1.3, 0.8)

# Their calls are numbered by them, far from those of other tickets.
FIRST_OUTAGE = 31

WORKS = "Заменили неисправный участок, проверили под нагрузкой, убрали за собой."
TOLD = "Сказала, кто взял заявку и когда придут. Заявитель согласен."
CONFIRMED = "Всё работает, заявитель доволен."
# What people say when the ladder asks them.
ANSWERS = ("Беру на себя.", "Звоню в организацию.", "Бригада в пути.", "Перезвоним через пять минут.", "")
NOT_DONE = "Говорит, что стало хуже: мастер ушёл, не закончив."
Happening = Callable[[datetime], object]


def intake_key(number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"demonstration:{number}")


@write
def tell_story(*, at: datetime) -> int:
    """Write the tickets of the demonstration as they stand at ``at``; returns how many, 0 when they are there."""
    if Ticket.objects.filter(intake_key=intake_key(1)).exists():
        return 0
    story = Story(tells_until=at, book=tomllib.loads(FILE.read_text(encoding="utf-8")))
    story.plan()
    story.tell()
    return story.registered


@dataclass
class Life:
    """One ticket of the story: what is known before it is registered, and the ticket itself afterwards."""

    number: int
    case: dict[str, Any]
    building: Building
    steps: list[tuple[str, timedelta]]
    ticket: Ticket | None = None

    @property
    def entrance_floor_flat(self) -> tuple[int, int, int]:
        floors = self.building.floors or 1
        flats = self.building.flats or 1
        flat = min(self.case.get("flat") or 1 + (self.number * 7) % flats, flats)
        in_entrance = floors * FLATS_ON_A_FLOOR
        return (flat - 1) // in_entrance + 1, (flat - 1) % in_entrance // FLATS_ON_A_FLOOR + 1, flat


def steps_of(text: str, stretch: float = 1.0) -> list[tuple[str, timedelta]]:
    """«accept 3, ring 5» as steps with their lengths from the registration."""
    words = [part.split() for part in text.split(",") if part.strip()]
    return [(step, timedelta(minutes=float(minutes) * stretch)) for step, minutes in words]


@dataclass
class Story:
    """Everything that happens, in the order of time."""

    tells_until: datetime
    book: dict[str, Any]
    registered: int = 0
    _queue: list[tuple[datetime, int, Happening]] = field(default_factory=list)
    _turns: Iterator[int] = field(default_factory=count)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _last_asked: int = 0

    def __post_init__(self) -> None:
        users = {user.username: user for user in User.objects.all()}
        self.operators = cycle([users["operator"], users["operator2"]])
        self.supervisor = users["supervisor"]
        self.answers = cycle(ANSWERS)
        self.foreman = users["foreman"]
        self.categories = {category.code: category for category in Category.objects.select_related("service")}
        self.houses = {f"{house.street}, {house.house}": house for house in self._buildings()}
        members = Membership.objects.filter(user__role=Role.COMPANY).select_related("user").order_by("-user_id")
        self.dispatchers = {member.company_id: member.user for member in members}
        self.companies = {company.name: company for company in Company.objects.all()}

    def _buildings(self) -> list[Building]:
        # Kaluga last: of two streets with one name it wins.
        rows = Building.objects.select_related("locality")
        return sorted(rows, key=lambda house: (house.locality.name == "г. Калуга", house.pk))

    # ── Planning ─────────────────────────────────────────────────────────────────────────────────────────────────
    def plan(self) -> None:
        for case in self.book["live"]:
            life = Life(next(self._numbers), case, self.houses[case["house"]], steps_of(case["life"]))
            self._happens(self.tells_until - case["ago"] * MINUTE, partial(self._register, life))
        for life, moment in self._past():
            self._happens(moment, partial(self._register, life))
        for call in self.book["missed"]:
            arrived = self.tells_until - call["ago"] * MINUTE
            self._happens(arrived, partial(self._miss, call))
        for talk in self.book["enquiry"]:
            moment = self.tells_until - talk["ago"] * MINUTE
            self._happens(moment, partial(self._answer_at_once, talk))
        for number, told in enumerate(self.book["outage"], start=FIRST_OUTAGE):
            incident = Incident(told, number, self.tells_until, next(self.operators), intake_key)
            incident.plan(self._happens)

    def _past(self) -> Iterator[tuple[Life, datetime]]:
        past, lives = self.book["past"], self.book["lives"]
        cases, order, stretch = cycle(past["case"]), cycle(past["order"]), cycle(STRETCH)
        # Where every service has somebody who answers for it.
        managed = set(Responsibility.objects.filter(building__isnull=False).values_list("building", flat=True))
        served = [house for house in self.houses.values() if house.locality.name in SERVED and house.pk in managed]
        # Mixed, and the same at every first start.
        houses = cycle(sorted(served, key=lambda house: crc32(str(house).encode())))
        hours = cycle(past["hours"])
        today = self.tells_until.astimezone(REGION).replace(hour=0, minute=0, second=0, microsecond=0)
        for ago in range(past["days"], 0, -1):
            for minutes in sorted(next(hours) for _turn in range(past["a_day"])):
                case = next(cases)
                life = Life(next(self._numbers), case, next(houses), steps_of(lives[next(order)], next(stretch)))
                yield life, today - timedelta(days=ago) + minutes * MINUTE

    def _happens(self, moment: datetime, happening: Happening) -> None:
        heapq.heappush(self._queue, (moment, next(self._turns), happening))

    # ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────────
    def tell(self) -> None:
        """What happens, and the ladder between: rung by rung, each answered before it would repeat."""
        while True:
            moment = min(self._queue[0][0], self.tells_until) if self._queue else self.tells_until
            if due := self._next_ring(moment):
                self._ring(min(due + timedelta(seconds=1), moment))
            elif self._queue and self._queue[0][0] <= self.tells_until:
                moment, _turn, happening = heapq.heappop(self._queue)
                happening(moment)
            else:
                break
        self._letters_arrived()

    def _next_ring(self, until: datetime) -> datetime | None:
        rung = Deadline.objects.to_ring(until).values_list("next_rung_at", flat=True).first()
        repeat = Escalation.objects.to_repeat(until).values_list("repeat_at", flat=True).first()
        return min((moment for moment in (rung, repeat) if moment), default=None)

    def _ring(self, at: datetime) -> None:
        escalate_overdue_batch(at=at)
        repeat_unacknowledged(at=at)
        if at <= self.tells_until - UNANSWERED:
            for escalation in Escalation.objects.unacknowledged().filter(pk__gt=self._last_asked).order_by("pk"):
                self._last_asked = escalation.pk
                self._happens(at + 2 * MINUTE, partial(self._answer, escalation))

    def _answer(self, escalation: Escalation, at: datetime) -> None:
        asked = escalation.outbox.exclude(recipient=None).select_related("recipient").order_by("pk").first()
        person = asked.recipient if asked and asked.recipient else next(self.operators)
        acknowledge(escalation=escalation, by=person, at=at, note=next(self.answers))

    def _letters_arrived(self) -> None:
        """What was written long ago left long ago: only the last quarter of an hour is still to be sent."""
        long_ago = Outbox.objects.filter(sent_at=None, escalation__raised_at__lte=self.tells_until - UNANSWERED)
        minutes: dict[tuple[str, int, datetime], list[int]] = {}
        for pk, channel, recipient, moment in long_ago.values_list(
            "pk", "channel", "recipient", "escalation__raised_at"
        ):
            minutes.setdefault((channel, recipient, moment.replace(second=0, microsecond=0)), []).append(pk)
        for (channel, recipient, minute), letters in minutes.items():
            envelope = Envelope.objects.create(
                channel=channel, recipient_id=recipient, minute=minute, key=uuid4(), next_try_at=minute,
                sent_at=minute + MINUTE, tries=1,
            )  # fmt: skip
            Outbox.objects.filter(pk__in=letters).update(envelope=envelope, sent_at=envelope.sent_at)

    # ── What may happen ──────────────────────────────────────────────────────────────────────────────────────────
    def _register(self, life: Life, at: datetime) -> None:
        category = self.categories[life.case["code"]]
        entrance, floor, flat = life.entrance_floor_flat
        operator = next(self.operators)
        name = life.case["name"]
        contact = Contact(
            received_at=at - TALK, phone=f"+7900000{life.number:04d}" if name else "", caller_name=name,
            no_phone_reason="" if name else Contact.NoPhone.HIDDEN, taken_by=operator,
        )  # fmt: skip
        life.ticket = register_ticket(
            contact=contact, category=category, operator=operator, at=at, text=life.case["text"],
            intake_key=intake_key(life.number),
            company=responsible_for(category=category, building=life.building, day=timezone.localdate(at)).company,
            address=Address(building=life.building, entrance=str(entrance), floor=str(floor), flat=str(flat)),
        )  # fmt: skip
        self.registered += 1
        for step, length in life.steps:
            moment = at + length
            if "ago" not in life.case and step in CONTROL_STEPS and (morning := after_the_night(moment)) != moment:
                # One after the other, as they would have been.
                moment = morning + length / 10
            self._happens(moment, partial(self._step, life, step))

    def _step(self, life: Life, step: str, at: datetime) -> None:
        assert life.ticket is not None
        ticket = Ticket.objects.with_step_details().get(pk=life.ticket.pk)
        match step:
            case "ring":
                self._ring_back(ticket.callback, at, note=TOLD)
            case "no_answer":
                self._ring_back(ticket.callback, at, outcome=CallAttempt.Outcome.NO_ANSWER)
            case "control" | "not_done" if ticket.control_callback:
                confirmed = step == "control"
                note = CONFIRMED if confirmed else NOT_DONE
                self._ring_back(ticket.control_callback, at, note=note, confirmed=confirmed)
            case "no_control" if ticket.control_callback:
                self._ring_back(ticket.control_callback, at, outcome=CallAttempt.Outcome.NO_ANSWER)
            case "localise" if not (ticket.norm and ticket.norm.localise_minutes):
                pass
            case "assign":
                another = self.companies["УК «Правый берег Оки»"]
                move_ticket(ticket=ticket, step=step, actor=next(self.operators), at=at, company=another)
            case "give":
                mine = self.dispatchers[ticket.company_id or 0]
                give_to_foreman(ticket=ticket, foreman=self.foreman, actor=mine, at=at)
            case _:
                self._move(ticket, step, at)

    def _move(self, ticket: Ticket, step: str, at: datetime) -> None:
        code, given = MOVES[step](at)
        company_step = step in COMPANY_STEPS
        actor = self.supervisor if step == "waive" else next(self.operators)
        if company_step:
            actor = self.dispatchers[ticket.company_id or 0]
        move_ticket(ticket=ticket, step=code, actor=actor, at=at, **given)

    def _ring_back(
        self,
        obligation: CallbackObligation,
        at: datetime,
        *,
        note: str = "",
        outcome: str = CallAttempt.Outcome.REACHED,
        confirmed: bool | None = None,
    ) -> None:
        operator = next(self.operators)
        attempt = start_attempt(obligation=obligation, operator=operator, at=at)

        def hang_up(at: datetime) -> None:
            finish_ring_back(attempt=attempt, outcome=outcome, operator=operator, at=at, note=note, confirmed=confirmed)

        self._happens(at + TALK, hang_up)

    def _miss(self, call: dict[str, Any], at: datetime) -> None:
        obligation = record_missed_call(phone=f"+7900001{call['ago']:04d}", received_at=at, at=at)

        def ring(at: datetime) -> None:
            attempt = start_attempt(obligation=obligation, operator=next(self.operators), at=at)
            note = "Хотел узнать, когда включат воду. Ответила."
            self._happens(at + TALK, lambda at: finish_attempt(attempt=attempt, outcome="reached", at=at, note=note))

        if call["ring"]:
            self._happens(at + call["ring"] * MINUTE, ring)

    def _answer_at_once(self, talk: dict[str, Any], at: datetime) -> None:
        phone = f"+7900002{talk['ago']:04d}"
        record_enquiry(received_at=at, phone=phone, operator=next(self.operators), note=talk["note"])


CONTROL_STEPS = frozenset({"control", "not_done", "no_control", "waive"})
COMPANY_STEPS = frozenset({"accept", "reject", "start", "localise", "postpone", "done"})
# The workflow's step and what it is given, by the story's word.
MOVES: dict[str, Callable[[datetime], tuple[str, dict[str, Any]]]] = {
    "accept": lambda at: ("accept", {"planned_at": at + 4 * 60 * MINUTE}),
    "accept_by_phone": lambda at: ("accept_by_phone", {"said_by": "дежурный, 8 (4842) 00-02-00"}),
    "reject": lambda at: ("reject", {"reason": RejectReason.HOUSE_NOT_SERVED, "note": "Дом ушёл в другую компанию."}),
    "start": lambda at: ("start", {}),
    "localise": lambda at: ("localise", {"note": "Перекрыли, опасности нет."}),
    "postpone": lambda at: (
        "postpone", {"reason": PostponeReason.NO_MATERIAL, "until": at + 24 * 60 * MINUTE, "note": "Ждём деталь."}
    ),
    "done": lambda at: ("report_done", {"works": WORKS, "act_number": f"{at:%d%m}-{at:%H%M}"}),
    "cancel": lambda at: ("cancel", {"reason": CancelReason.WITHDRAWN, "note": "Починил сосед, помощь не нужна."}),
    "waive": lambda at: (
        "close_unconfirmed",
        {"reason": UnconfirmedReason.NOT_REACHED, "note": "Три попытки за два часа, никто не отвечает; акт приложен."},
    ),
}  # fmt: skip
