"""A deed: one request to an address that writes, as it should be, and what it may write. Told by hand, face by face.

``DEEDS`` of tests/hostile/deeds_*.py are done by tests/hostile/test_mass_assignment.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import DutyPost, DutyShift, Role, User
from callbacks.models import Escalation
from tests.hostile.scene import Scene, Side, browser_of, program_of
from tests.states import ticket_in
from tickets.models import Ticket
from tickets.tests.factories import MINUTE, NOON, UserFactory

NOW = NOON + 30 * MINUTE
# As a browser and as a program say it.
SOON, SOON_ISO = "2026-02-10T12:00", "2026-02-10T12:00:00+03:00"


@dataclass
class Stage:
    """The scene, and who acts."""

    scene: Scene
    by: User

    @property
    def own(self) -> Side:
        return self.scene.own

    @property
    def foreign(self) -> Side:
        return self.scene.foreign

    @property
    def ticket(self) -> Ticket:
        """Handed over and not accepted yet."""
        return self.own.tickets[0]

    @property
    def in_work(self) -> Ticket:
        return self.own.tickets[1]

    @property
    def done(self) -> Ticket:
        return self.own.tickets[2]


Told = Callable[[Stage], dict[str, Any]]


def nothing(stage: Stage) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Deed:
    """``where`` makes ready what the deed is done to and returns the arguments of the address; ``data`` only reads.

    ``changes``: the columns of rows that were there which it may change. ``adds``, ``removes``: tables where it may add
    or delete rows. ``takes``: the names that the address has a use for, and so are not sent with poison in them.
    """

    route: str
    where: Told = nothing
    data: Told = nothing
    changes: dict[str, str] = field(default_factory=dict)
    adds: str = ""
    removes: str = ""
    takes: str = ""
    status: int = 302
    by: str = "dispatcher"
    # What of the address tells one deed of this route from another: the step, the act.
    word: str = ""
    # The page is opened first, and the form is sent to where that leads: a link out of a letter.
    follows: bool = False
    # A program sends files as a form does.
    has_files: bool = False

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.route, self.word, self.by)))

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api:")

    @property
    def kind(self) -> dict[str, Any]:
        """For ``client.post``: how what is sent is written."""
        return {"content_type": "application/json"} if self.is_api and not self.has_files else {}

    def person(self, scene: Scene) -> User:
        if self.by in ("dispatcher", "anonymous"):
            return scene.own.dispatcher
        if self.by == "duty":
            return DutyShift.objects.get(post=DutyPost.SUPERVISOR).user
        if self.by == "foreman":
            return scene.own.foreman
        is_admin = self.by == "admin"
        return UserFactory.create(role=Role(self.by), is_staff=is_admin, is_superuser=is_admin)

    def client(self, person: User) -> Client:
        if self.by == "anonymous":
            return Client(raise_request_exception=False)
        return program_of(person) if self.is_api else browser_of(person)

    def begin(self, stage: Stage) -> tuple[Client, str]:
        """Everything made ready; then who sends it, and where to."""
        url = reverse(self.route, kwargs=self.where(stage))
        client = self.client(stage.by)
        return client, client.get(url)["Location"] if self.follows else url


# ── What deeds are done to ───────────────────────────────────────────────────────────────────────────────────────
def fresh(stage: Stage, status: str, **given: Any) -> Ticket:
    """A further ticket of the organisation, given to its foreman, in this state."""
    own = stage.own
    return ticket_in(
        status, company=own.company, dispatcher=own.dispatcher, foreman=own.foreman, at=NOON + 22 * MINUTE, **given
    )  # fmt: skip


def of(which: str, **words: str) -> Told:
    """The address of one of the organisation's tickets: ``ticket``, ``in_work``, ``done``."""
    return lambda stage: {"number": getattr(stage, which).number} | words


def in_state(status: str, **words: str) -> Told:
    """The address of a further ticket in this state."""
    return lambda stage: {"number": fresh(stage, status).number} | words


def alarm_of(person: User) -> Escalation:
    found = Escalation.objects.unacknowledged().filter(outbox__recipient=person, is_warning=False)
    return found.filter(deadline__stopped_at=None)[0]


def same(**told: Any) -> Told:
    """Words that are the same on every scene."""
    return lambda stage: told
