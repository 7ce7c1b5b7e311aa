"""Every step of the work, by every way in: the portal's page, the telephone's queue, the API and the desk."""

from dataclasses import dataclass, field
from typing import Any

from tests.hostile.deeds import NOW, SOON, SOON_ISO, Deed, Stage, Told, fresh, in_state, nothing, same
from tests.states import talked
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import MINUTE, NOON, UserFactory

# Everything the API knows of a step: another step's words are refused by name.
OF_ALL_STEPS = "note reason until company planned_at works act_number said_by duplicate_of"
KEY = "0b5d2c1e-6f0a-4f5e-9d57-0d1f3a7c9b11"


@dataclass(frozen=True)
class Case:
    """``takes``: the fields of the step's own form."""

    code: str
    where: Told
    data: Told = nothing
    changes: dict[str, str] = field(default_factory=dict)
    adds: str = "tickets_ticketevent"
    takes: str = "note"
    # Where only one of those who usually may is let in.
    by: str = ""


def turned_down(stage: Stage) -> dict[str, Any]:
    """Two organisations sent it back."""
    ticket, other = fresh(stage, "rejected"), stage.foreign
    assign = {"ticket": ticket, "actor": UserFactory.create(), "at": NOON + 24 * MINUTE}
    move_ticket(step="assign", company=other.company, **assign)  # type: ignore[arg-type]
    move_ticket(ticket=ticket, step="reject", actor=other.dispatcher, at=NOON + 25 * MINUTE, reason="not_ours")
    return {"number": ticket.number}


def talked_about(status: str) -> Told:
    """In this state, with nothing owed to the caller any more."""

    def where(stage: Stage) -> dict[str, Any]:
        ticket = fresh(stage, status)
        for promise in (ticket.callback, ticket.control_callback):
            if promise is not None and not promise.is_final:
                talked(promise, by=UserFactory.create(), at=NOW - MINUTE)
        return {"number": Ticket.objects.get(pk=ticket.pk).number}

    return where


STOPPED = "next_rung next_rung_at stopped_at outcome"
ACCEPTED = {"tickets_ticket": "status accepted_at planned_at", "callbacks_deadline": STOPPED}
STARTED = {"tickets_ticket": "status accepted_at started_at", "callbacks_deadline": STOPPED}
OF_CLOCKS = "tickets_ticketevent tickets_ticketdeadline callbacks_deadline"
OF_DONE = "tickets_ticketevent callbacks_callbackobligation callbacks_deadline"
DONE = {"tickets_ticket": "status done_at works act_number control_callback_id search", "callbacks_deadline": STOPPED}
LOCALISED = {"tickets_ticket": "localised_at", "callbacks_deadline": STOPPED}
MOVED = {
    "tickets_ticket": "status company_id foreman_id transferred_at accepted_at planned_at is_appointed",
    "callbacks_deadline": f"{STOPPED} company_id", "tickets_holding": "ended_at left_by_id",
}  # fmt: skip
# Whoever gets the work is told, his programs as well.
OF_MOVED = f"{OF_CLOCKS} tickets_holding callbacks_outbox companies_webhookdelivery"
CLOSED = {"tickets_ticket": "status closed_at", "callbacks_deadline": STOPPED, "tickets_holding": "ended_at left_by_id"}
PHONED: dict[str, Any] = {"said_by": "Петров, 56-56-57"}

CREW = [
    Case("start", in_state("assigned"), changes=STARTED),
    Case("localise", in_state("in_work"), changes=LOCALISED),
    Case("report_done", in_state("in_work"), same(works="Починили"), DONE, OF_DONE, "works act_number"),
    Case("not_confirmed", in_state("in_work"), same(note="Всё горит"), DONE, OF_DONE),
    Case("comment", in_state("in_work"), same(note="Ключ у соседки"), adds="tickets_ticketevent tickets_companynote"),
]
COMPANY = [
    *CREW,
    Case("accept", in_state("assigned"), changes=ACCEPTED, takes="planned_at note"),
    Case("reject", in_state("assigned"), same(reason="not_ours"),
         {"tickets_ticket": "status", "callbacks_deadline": STOPPED, "tickets_holding": "ended_at left_by_id"},
         OF_CLOCKS, "reason note"),
    Case("plan", in_state("in_work"), same(planned_at=SOON), {"tickets_ticket": "planned_at"},
         takes="planned_at note"),
    Case("postpone", in_state("in_work"), same(reason="seasonal", until=SOON),
         {"tickets_ticket": "status postponed_until", "callbacks_deadline": "agreed_at"}, takes="reason until note"),
]  # fmt: skip
CENTRE = [
    Case("assign", in_state("assigned"), lambda stage: {"company": stage.own.company.pk}, MOVED, OF_MOVED,
         "company note"),
    Case("accept_by_phone", in_state("assigned"), same(**PHONED), ACCEPTED, takes="said_by planned_at note"),
    Case("plan_by_phone", in_state("in_work"), same(planned_at=SOON, **PHONED), {"tickets_ticket": "planned_at"},
         takes="planned_at said_by note"),
    Case("localise_by_phone", in_state("in_work"), same(**PHONED), LOCALISED, takes="said_by note"),
    Case("done_by_phone", in_state("in_work"), same(works="Починили", **PHONED), DONE, OF_DONE,
         "works said_by act_number"),
    Case("close", talked_about("done"), changes=CLOSED),
    Case("return_to_work", talked_about("done"), same(note="Темно"),
         {"tickets_ticket": "status returns done_at", "callbacks_deadline": STOPPED}, OF_CLOCKS),
    Case("cancel", talked_about("assigned"), same(reason="mistake", note="Не туда"), CLOSED, takes="reason note"),
    Case("mark_duplicate", in_state("assigned"), lambda stage: {"duplicate_of": stage.in_work.number},
         CLOSED | {"tickets_ticket": "status closed_at duplicate_of_id",
                   "callbacks_callbackobligation": "state waiver waiver_note waived_by_id settled_at"},
         "tickets_ticketevent tickets_ticketpromise callbacks_callbackobligation callbacks_deadline",
         "duplicate_of note"),
    Case("reopen", in_state("closed"), same(note="Опять темно"),
         {"tickets_ticket": "status closed_at done_at accepted_at transferred_at term_told_at is_appointed"},
         f"{OF_MOVED} tickets_ticketpromise callbacks_callbackobligation"),
    Case("answer", in_state("in_work"), same(note="Житель дома после шести")),
    Case("comment", in_state("in_work"), same(note="Домофон 15")),
    Case("appoint", turned_down, lambda stage: {"company": stage.own.company.pk, "note": "До решения"}, MOVED, OF_MOVED,
         "company note", by="supervisor"),
    Case("close_unconfirmed", in_state("done"), same(reason="caller_declined", note="Не звоните"),
         CLOSED | {"callbacks_callbackobligation": "state waiver waiver_note waived_by_id settled_at"},
         takes="reason note", by="supervisor"),
]  # fmt: skip


def deed(case: Case, route: str, by: str, *, takes: str = "", status: int = 302, **more: Any) -> Deed:
    def where(stage: Stage) -> dict[str, Any]:
        return case.where(stage) | {"step": case.code}

    def data(stage: Stage) -> dict[str, Any]:
        told = case.data(stage) | more
        if route.startswith("api:"):
            return {name: SOON_ISO if value == SOON else value for name, value in told.items()}
        return told

    return Deed(route, where, data, case.changes, f"{case.adds} {extra_of(route)}", "", takes or case.takes, status, by,
                case.code)  # fmt: skip


def extra_of(route: str) -> str:
    """What is kept of a step that a telephone sends: that it has been sent."""
    return "tickets_sentstep" if route == "portal:sent_step" else ""


PRESSED = "key pressed_at sent_at"
PORTAL = [
    *(deed(case, "portal:step", "dispatcher", takes=f"{case.takes} tab") for case in COMPANY),
    *(deed(case, "portal:sent_step", "foreman", takes=f"{case.takes} {PRESSED}", status=200, key=KEY)
      for case in CREW),
]  # fmt: skip
API = [deed(case, "api:ticket-step", "dispatcher", takes=OF_ALL_STEPS, status=200) for case in COMPANY]
# The same steps by the other people who may take them.
BESIDE = [
    *(deed(case, "portal:step", "foreman", takes=f"{case.takes} tab") for case in CREW),
    *(deed(case, "portal:sent_step", "dispatcher", takes=f"{case.takes} {PRESSED}", status=200, key=KEY)
      for case in COMPANY),
    *(deed(case, "api:ticket-step", "foreman", takes=OF_ALL_STEPS, status=200) for case in CREW),
]  # fmt: skip
API_OF_CENTRE = [
    deed(case, "api:ticket-step", case.by or "operator", takes=OF_ALL_STEPS, status=200) for case in CENTRE
]
DESK = [deed(case, "desk:step", case.by or "operator") for case in CENTRE]
