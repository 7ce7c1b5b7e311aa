"""Every state of a ticket × every step × everybody × every way in: who is let through, and what the others are told.

Who may take which step in which state stands in tickets/tests/test_workflow.py, written by hand and compared there
with the workflow itself. What is refused writes nothing, and what is another organisation's is not there in any state.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from tests.hostile.scene import browser_of, program_of
from tests.hostile.test_mass_assignment import Dump, dump
from tests.hostile.test_walk import answer
from tests.states import talked, ticket_in
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of
from tickets.tests.test_workflow import COMPANY_MAY, FOREMAN_MAY, OPERATOR_MAY, SUPERVISOR_ALONE
from tickets.workflow import REPORTED, STEPS, Status, steps_for

pytestmark = pytest.mark.django_db

NOW = NOON + 30 * MINUTE
PHONED = {"said_by": "Петров, 56-56-57"}
LATER = "2026-02-10T12:00:00+03:00"
# What each step needs, so that nothing but the state and the person decides.
WORDS: dict[str, dict[str, Any]] = {
    "accept": {}, "start": {}, "localise": {}, "close": {},
    "reject": {"reason": "not_ours"}, "plan": {"planned_at": LATER},
    "postpone": {"reason": "seasonal", "until": LATER}, "report_done": {"works": "Починили"},
    "accept_by_phone": PHONED, "plan_by_phone": PHONED | {"planned_at": LATER}, "localise_by_phone": PHONED,
    "done_by_phone": PHONED | {"works": "Починили"},
    "cancel": {"reason": "mistake", "note": "Не туда"},
    "close_unconfirmed": {"reason": "caller_declined", "note": "Не звоните"},
    **{step: {"note": "Записано"} for step in ("not_confirmed", "return_to_work", "reopen", "answer", "comment")},
    # Told by the scene: an organisation, another ticket.
    "assign": {}, "appoint": {"note": "До решения"}, "mark_duplicate": {},
}  # fmt: skip
# The caller said it himself. Whoever closes without him needs that nobody reached him.
AFTER_A_TALK = ("close", "return_to_work")
ROLES = {
    "uk": Role.COMPANY, "rso": Role.COMPANY, "foreman": Role.FOREMAN, "foreman_idle": Role.FOREMAN,
    "operator": Role.OPERATOR, "supervisor": Role.SUPERVISOR,
}  # fmt: skip
VISITORS = ("anonymous", *ROLES)
FACES = ("portal:step", "api:ticket-step", "desk:step")
# Notes of the session and the token are no change; see tests/hostile/test_mass_assignment.py.
WRITTEN = """SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables
             WHERE relname NOT IN ('django_session', 'accounts_apitoken')"""


def may(visitor: str, status: str) -> set[str]:
    """By the tables written by hand; a ticket that is only registered is no organisation's yet."""
    if visitor in ("uk", "foreman"):
        mine = COMPANY_MAY if visitor == "uk" else FOREMAN_MAY
        return set() if status == Status.REGISTERED else mine.get(status, set())
    alone = SUPERVISOR_ALONE.get(status, set()) if visitor == "supervisor" else set()
    return OPERATOR_MAY.get(status, set()) | alone


def ever(visitor: str) -> set[str]:
    return {step for status in Status for step in may(visitor, status)}


def expected(face: str, visitor: str, status: str, step: str) -> int:
    """What this person is answered. The portal and the API tell a wrong state with 409, the desk with its page."""
    own = visitor in ("uk", "foreman") and status != Status.REGISTERED
    centre = visitor in ("operator", "supervisor")
    if visitor == "anonymous":
        return 401 if face == "api:ticket-step" else 302
    if face == "portal:step" and centre:
        return 403
    if face == "desk:step" and (not centre or step not in ever(visitor)):
        return 404
    if not own and not centre:
        return 404
    if step not in ever(visitor):
        return 403
    done, refused = {"portal:step": (302, 409), "api:ticket-step": (200, 409), "desk:step": (302, 200)}[face]
    return done if step in may(visitor, status) else refused


@dataclass
class Scene:
    ticket: Ticket
    people: dict[str, User]
    browsers: dict[str, Client]
    programs: dict[str, Client]
    words: dict[str, dict[str, Any]]

    def client(self, face: str, visitor: str) -> Client:
        return (self.programs if face == "api:ticket-step" else self.browsers)[visitor]

    def given(self, face: str, step: str) -> dict[str, Any]:
        told = WORDS[step] | self.words.get(step, {})
        if face == "api:ticket-step":
            return {"data": told, "content_type": "application/json"}
        # A browser has no zone.
        return {"data": {name: value[:16] if value == LATER else value for name, value in told.items()}}

    def url(self, face: str, step: str, number: str = "") -> str:
        return reverse(face, kwargs={"number": number or self.ticket.number, "step": step})


MISSING = "26-999999"


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Scene]:
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)

    def make(status: str) -> Scene:
        company, other = CompanyFactory.create(), CompanyFactory.create()
        people = {
            "uk": member_of(company), "foreman": member_of(company, role=Role.FOREMAN),
            "foreman_idle": member_of(company, role=Role.FOREMAN), "rso": member_of(other),
            "operator": UserFactory.create(), "supervisor": UserFactory.create(role=Role.SUPERVISOR),
        }  # fmt: skip
        ticket = ticket_in(status, company=company, dispatcher=people["uk"], foreman=people["foreman"])
        if status == Status.REJECTED:
            _once_more(ticket, people)
        # What is owed to the caller stands in the way of some steps; the control call is another matter.
        if not ticket.callback.is_final:
            talked(ticket.callback, by=people["supervisor"], at=NOW - 2 * MINUTE)
        main = make_ticket(company=company, phone="+79105556677")
        words: dict[str, dict[str, Any]] = {"assign": {"company": company.pk}, "appoint": {"company": company.pk},
                 "mark_duplicate": {"duplicate_of": main.number}}  # fmt: skip
        stranger = {"anonymous": Client(raise_request_exception=False)}
        browsers = {name: browser_of(person) for name, person in people.items()} | stranger
        programs = {name: program_of(person) for name, person in people.items()} | stranger
        return Scene(Ticket.objects.get(pk=ticket.pk), people, browsers, programs, words)

    return make


def _once_more(ticket: Ticket, people: dict[str, User]) -> None:
    """Another organisation sent it back before this one did: whose it is may be decided now."""
    other, own = people["rso"], people["uk"]
    for turn, (to, by) in enumerate(((other, other), (own, own))):
        at = NOON + (2 + turn) * MINUTE
        move_ticket(ticket=ticket, step="assign", actor=people["operator"], at=at, company=to.membership.company)
        move_ticket(ticket=ticket, step="reject", actor=by, at=at + MINUTE / 2, reason="not_ours")
    Ticket.objects.filter(pk=ticket.pk).update(foreman=people["foreman"])


def written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])


def faults_of(scene: Scene, face: str, visitor: str, step: str, before: Dump) -> Iterator[str]:
    status, where = scene.ticket.status, f"{face} {step} of {scene.ticket.status} by {visitor}"
    wanted = expected(face, visitor, status, step)
    client, given = scene.client(face, visitor), scene.given(face, step)
    count = written()
    if wanted == HTTPStatus.NOT_FOUND:
        there = answer(client, "post", scene.url(face, step), scene.ticket.number, **given)
        nowhere = answer(client, "post", scene.url(face, step, MISSING), MISSING, **given)
        if there != nowhere or there[0] != wanted:
            yield f"{where}: {there[0]}, for a number that there is not {nowhere[0]}"
        if written() != count:
            yield f"{where}: something was written"
        return
    client.cookies.pop("messages", None)
    with transaction.atomic():
        if step in AFTER_A_TALK and status in REPORTED:
            talked(scene.ticket.control_callback, by=scene.people["supervisor"], at=NOW - MINUTE)
            before = dump()
        count = written()
        got = client.post(scene.url(face, step), **given).status_code
        is_refused = visitor == "anonymous" or step not in may(visitor, status) or wanted >= HTTPStatus.BAD_REQUEST
        # What was tried and taken back by the database counts as written: then all rows are compared.
        if is_refused and written() != count and dump() != before:
            yield f"{where}: refused with {got}, and something was written"
        if not is_refused and written() == count:
            yield f"{where}: {got}, and nothing was written"
        transaction.set_rollback(True)
    if got != wanted:
        yield f"{where}: {got} instead of {wanted}"


def walk(scene: Scene, *, faces: tuple[str, ...], visitors: tuple[str, ...], steps: tuple[str, ...]) -> list[str]:
    before = dump()
    return [
        fault
        for face in faces
        for visitor in visitors
        for step in steps
        for fault in faults_of(scene, face, visitor, step, before)
    ]


@pytest.mark.parametrize("status", Status)
def test_in_every_state_the_own_and_the_foreign(make: Callable[[str], Scene], status: Status) -> None:
    faces, steps = ("portal:step", "api:ticket-step"), ("accept", "comment")
    assert not walk(make(status), faces=faces, visitors=("uk", "rso"), steps=steps)


@pytest.mark.thorough
@pytest.mark.parametrize("status", Status)
def test_in_every_state_everybody_and_every_step(make: Callable[[str], Scene], status: Status) -> None:
    faults = walk(make(status), faces=FACES, visitors=VISITORS, steps=tuple(STEPS))
    assert not faults, "\n".join(faults)


def test_every_step_has_its_words() -> None:
    assert set(WORDS) == set(STEPS)


@pytest.mark.parametrize("visitor", ["uk", "foreman", "operator", "supervisor"])
def test_the_workflow_says_what_the_tables_by_hand_say(visitor: str) -> None:
    said = {status: set(steps_for(status=status, role=ROLES[visitor])) for status in Status}
    if visitor in ("uk", "foreman"):
        # A rule that nobody meets: it is not theirs to see.
        assert said.pop(Status.REGISTERED) == {"comment"}
    assert said == {status: may(visitor, status) for status in said}
