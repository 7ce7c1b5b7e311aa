"""Two organisations with the same of everything, and ids by which one tells whose a row is.

Whatever belongs to the second one, and whatever nobody gave to the first, has an id beyond ``scene.border``, so that an
id guessed there can never be one's own by chance. New tables join by themselves, when the scene makes a row of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ApiToken, IdempotencyKey, Role, User
from companies.models import Company, Membership, Service, WebhookDelivery, WebhookEndpoint, WebhookEvent
from tickets.models import Outage, OutageBuilding, SentStep, Ticket, TicketPhoto
from tickets.services import give_to_foreman, move_ticket, record_ring_back
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    break_promise,
    make_ticket,
    member_of,
    on_duty,
)
from tickets.workflow import STEPS

STRIDE = 1_000_000
# Not of any organisation, or of the machinery: no id of theirs is worth guessing.
UNGUESSED = {"django_migrations", "django_content_type", "auth_permission", "django_session", "django_admin_log"}


@dataclass
class Side:
    """One organisation, its people, its tickets, and the words that must not be read by the other."""

    word: str
    company: Company
    dispatcher: User
    foreman: User
    tickets: list[Ticket] = field(default_factory=list)


@dataclass
class Scene:
    own: Side
    foreign: Side
    border: int

    @property
    def missing(self) -> int:
        """An id that no row has."""
        return self.border + STRIDE // 2

    @property
    def missing_number(self) -> str:
        return f"26-{self.missing}"

    @property
    def secrets(self) -> list[str]:
        """What stands only in rows of the other organisation, and the citizens' names and numbers of both."""
        numbers = [ticket.number for ticket in self.foreign.tickets]
        return [self.foreign.word, *numbers, "9101234567", "910 123", "Иванова М", "Тайнова", "9107654321"]


def furnish(word: str) -> Side:
    """An organisation whose every word is ``word``: a new ticket, one in work with a foreman, one reported as done."""
    company = CompanyFactory.create(name=f"УК «{word}»", email=f"{word.lower()}@example.org")
    dispatcher = member_of(company, username=f"{word}-1", first_name=word, last_name=word)
    foreman = member_of(company, role=Role.FOREMAN, username=f"{word}-2", last_name=f"{word}-мастер")
    member_of(company, post=Membership.Post.HEAD, username=f"{word}-3", last_name=f"{word}-глава")
    building = BuildingFactory.create()
    answers_for(company, building=building)
    side = Side(word, company, dispatcher, foreman)
    for turn in range(3):
        ticket = make_ticket(
            company=company, at=NOON + turn * MINUTE, text=f"{word}: темно, звонить +7 910 765-43-21",
            operator=UserFactory.create(),
        )  # fmt: skip
        Ticket.objects.filter(pk=ticket.pk).update(site_phone="+79107654321", street=f"ул. {word}")
        side.tickets.append(Ticket.objects.get(pk=ticket.pk))
    break_promise(NOON + 20 * MINUTE)
    at = NOON + 21 * MINUTE
    for ticket in side.tickets[1:]:
        give_to_foreman(ticket=ticket, foreman=foreman, actor=dispatcher, at=at)
        move_ticket(ticket=ticket, step="start", actor=foreman, at=at, note=f"{word}: еду")
    done = side.tickets[2]
    move_ticket(ticket=done, step="report_done", actor=foreman, at=at, works=f"{word}: сделано", act_number=word)
    move_ticket(ticket=done, step="comment", actor=UserFactory.create(), at=at, note="Тайнова просит после шести")
    # A talk with the citizen, and a further promise made in it.
    record_ring_back(
        obligation=side.tickets[0].callback, outcome="reached", operator=UserFactory.create(), at=at,
        note="Тайнова просит позвонить вечером", call_again_at=at + 60 * MINUTE,
    )  # fmt: skip
    later_rows(side, at=at)
    ApiToken.issue(user=dispatcher, name=word)
    IdempotencyKey.objects.create(user=dispatcher, key=word, body_digest="", status=200, answer={"word": word})
    return side


def later_rows(side: Side, *, at: datetime) -> None:
    """What hangs on an organisation besides its tickets: photos, steps that were sent, programs, outages."""
    done, by = side.tickets[2], side.foreman
    TicketPhoto.objects.create(
        ticket=done, position=1, company=side.company, uploaded_by=by, stage="before", name=uuid4().hex, size=9,
        width=3, height=3, pressed_at=at, received_at=at, upload_key=uuid4(),
    )  # fmt: skip
    SentStep.objects.create(user=by, key=uuid4(), event=done.events.filter(actor=by)[0])
    webhook = WebhookEndpoint.objects.create(
        company=side.company, url=f"https://{side.word}.example.org/", events=[WebhookEvent.values[0]],
        created_by=side.dispatcher,
    )  # fmt: skip
    WebhookDelivery.objects.create(
        endpoint=webhook, event=WebhookEvent.values[0], payload={"word": side.word}, created_at=at,
        next_try_at=at, give_up_at=at + 60 * MINUTE,
    )  # fmt: skip
    # Outages are read out to everybody: only whose work they are is nobody else's business.
    outage = Outage.objects.create(
        kind="emergency", where="ул. Кирова", starts_at=at, text="Воды нет", company=side.company,
        announced_by=UserFactory.create(), announced_at=at,
    )  # fmt: skip
    outage.services.add(Service.objects.get(code="management"))
    OutageBuilding.objects.create(outage=outage, building=BuildingFactory.create())


def make_scene() -> Scene:
    on_duty()
    own = furnish("Наша")
    border = _jump()
    return Scene(own, furnish("Чужая"), border)


def _jump() -> int:
    """From here on ids begin beyond the border that is returned, and ticket numbers with them."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        # No transaction takes a sequence back: every scene has a border of its own.
        cursor.execute("SELECT max(last_value) FROM pg_sequences")
        border = (int(cursor.fetchone()[0]) // STRIDE + 1) * STRIDE
        cursor.execute("SELECT setval(seqrelid, %s) FROM pg_sequence", [border])
        cursor.execute("SET ROLE dispatch_app")
    return border


def foreign_ids(scene: Scene) -> list[Any]:
    """The key of every row that the first organisation was not given, each value once."""
    found: set[Any] = set()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in UNGUESSED:
            continue
        keys = model._default_manager.order_by().values_list("pk", flat=True)
        found.update(key for key in keys if not isinstance(key, int) or key > scene.border)
    return sorted(found, key=str)


def unfurnished(scene: Scene, tables: set[str]) -> set[str]:
    """Tables that organisations see rows of, and that hold no row of the second one."""
    empty = set()
    for model in apps.get_models(include_auto_created=True):
        keys = model._default_manager.order_by().values_list("pk", flat=True)
        if model._meta.db_table in tables and not any(not isinstance(key, int) or key > scene.border for key in keys):
            empty.add(model._meta.db_table)
    return empty


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Address:
    """A route, and what stands in it for an argument."""

    name: str
    arguments: tuple[str, ...]
    view: Any

    @property
    def is_closed(self) -> bool:
        """Organisations' people are turned away before anything is looked up."""
        roles = getattr(self.view, "roles", None)
        return roles is not None and not roles & {Role.COMPANY, Role.FOREMAN}

    @property
    def is_api(self) -> bool:
        return "api:" in self.name


def addresses() -> list[Address]:
    def walk(resolver: URLResolver, prefix: str = "") -> Iterator[Address]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                if entry.namespace != "admin":
                    yield from walk(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
            elif isinstance(entry, URLPattern):
                yield Address(f"{prefix}{entry.name}", tuple(entry.pattern.regex.groupindex), entry.callback)

    return list(walk(get_resolver(settings.ROOT_URLCONF)))


Guesses = Callable[[Scene], tuple[list[Any], Any]]


def _ids(scene: Scene) -> tuple[list[Any], Any]:
    return [key for key in foreign_ids(scene) if isinstance(key, int)], scene.missing


def _photos(scene: Scene) -> tuple[list[Any], Any]:
    names = TicketPhoto.objects.filter(company=scene.foreign.company).values_list("name", flat=True)
    return list(names), "f" * 32


def _numbers(scene: Scene) -> tuple[list[Any], Any]:
    return [ticket.number for ticket in scene.foreign.tickets], scene.missing_number


# What may stand in an address, by the argument's name: all that is the other's, and one that is nobody's. A route with
# another argument needs a line here.
GUESSES: dict[str, Guesses] = {
    "pk": _ids,
    "number": _numbers,
    "name": _photos,
    "delivery": _ids,
}
# Words of the program itself: the steps of organisations, and one of the centre's.
WORDS: dict[str, list[str]] = {
    "step": [code for code, step in STEPS.items() if step.roles & {Role.COMPANY, Role.FOREMAN}] + ["assign"],
    "act": ["invite", "disable", "enable", "secret", "remove", "news"],
    "answer": ["yes"],
    # A photo whole.
    "small": [""],
    "kind": ["csv", "xlsx"],
    # A week long over.
    "monday": ["2025-01-06"],
    "uidb64": ["MQ"],
    "token": ["worn-out"],
}


def browser_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    return client


def program_of(user: User) -> Client:
    _token, secret = ApiToken.issue(user=user, name="hostile")
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
