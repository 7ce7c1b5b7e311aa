"""The least that is valid; a test names what differs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse
from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory
from rest_framework.test import APIClient

from accounts.models import ApiToken, DutyPost, DutyShift, Role, User
from callbacks.models import CallbackObligation, Contact
from callbacks.services import escalate_overdue_batch, promise_callback, take_contact
from companies.models import Building, Company, Locality, Membership, Responsibility, Service
from tickets.models import Category, Ticket
from tickets.services import Address, register_ticket

# A fixed moment, safely in the past: nothing may be raised in the future.
NOON = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# What the second wall adds to an organisation's page, counted in a test's transaction: savepoint, role, back, release.
WALL = 4


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = Sequence(lambda number: f"user{number}")
    email = LazyAttribute(lambda user: f"{user.username}@example.org")
    role = Role.OPERATOR


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = Sequence(lambda number: f"УК «Свет-{number}»")
    kind = Company.Kind.MANAGEMENT


class LocalityFactory(DjangoModelFactory[Locality]):
    class Meta:
        model = Locality
        django_get_or_create = ("name",)

    name = "г. Калуга"
    area_code = "4842"


class BuildingFactory(DjangoModelFactory[Building]):
    class Meta:
        model = Building

    locality = SubFactory(LocalityFactory)
    street = "ул. Кирова"
    # Beyond every number that a test writes by hand.
    house = Sequence(lambda number: str(number + 1001))


def member_of(
    company: Company, *, role: Role = Role.COMPANY, post: str = Membership.Post.DISPATCHER, **given: Any
) -> User:
    """A user who works for ``company``."""
    user = UserFactory.create(role=role, **given)
    Membership.objects.create(user=user, company=company, post=post)
    return user


def on_duty(post: str = DutyPost.SUPERVISOR, *, role: Role = Role.SUPERVISOR, **given: Any) -> User:
    """Somebody whose turn at ``post`` lasts from an hour before noon to the late evening."""
    user = UserFactory.create(role=role, **given)
    DutyShift.objects.create(user=user, post=post, starts_at=NOON - 60 * MINUTE, ends_at=NOON + 600 * MINUTE)
    return user


def break_promise(at: datetime = NOON + 10 * MINUTE) -> None:
    """Let every rung that is due by ``at`` ring, the warnings included."""
    while escalate_overdue_batch(at=at):
        pass


def answers_for(company: Company, *, building: Building, service: str = "management") -> Responsibility:
    return Responsibility.objects.create(
        company=company, building=building, service=Service.objects.get(code=service), valid_from="2020-01-01"
    )


def category(code: str = "P03") -> Category:
    return Category.objects.get(code=code)


def make_contact(*, at: datetime = NOON, phone: str = "+79101234567", **given: Any) -> Contact:
    return take_contact(received_at=at, phone=phone, **given)


def make_promise(*, at: datetime = NOON, phone: str = "+79101234567", **given: Any) -> CallbackObligation:
    """A ten-minute promise without a ticket."""
    given.setdefault("reason", CallbackObligation.Reason.FIRST_ANSWER)
    return promise_callback(contact=make_contact(at=at, phone=phone), promised_at=at, at=at, **given)


def make_ticket(
    *, at: datetime = NOON, phone: str = "+79101234567", code: str = "P03", operator: User | None = None, **given: Any
) -> Ticket:
    """A registered ticket with its promise; pass ``company`` to hand it over at once."""
    if "address" not in given:
        given["address"] = Address(building=BuildingFactory.create(), flat="15")
    given.setdefault("text", "Нет света в подъезде")
    given.setdefault("intake_key", uuid4())
    contact = Contact(
        received_at=at, phone=phone, caller_name="Иванова М. П.", no_phone_reason="" if phone else "hidden"
    )
    return register_ticket(
        contact=contact, category=category(code), operator=operator or UserFactory.create(), at=at, **given
    )


def client_of(user: User | None = None, **given: Any) -> APIClient:
    """A program that asks with the token of ``user`` (an operator unless told)."""
    user = user or UserFactory.create(**given)
    _token, secret = ApiToken.issue(user=user, name="tests")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def signed_in(user: User | None = None, **given: Any) -> Client:
    """The browser of ``user`` (an operator unless told)."""
    client = Client()
    client.force_login(user or UserFactory.create(**given), backend="accounts.backends.PasswordBackend")
    return client


def page(client: Client, name: str, **kwargs: Any) -> str:
    """What the page says."""
    response = client.get(reverse(name, kwargs=kwargs))
    assert response.status_code == 200, response.status_code
    return response.content.decode()
