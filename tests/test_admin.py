"""The admin: every page opens for the administrator, none for others; what is history is only shown."""

import pytest
from django.contrib import admin
from django.core import mail
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AccessRecord, ApiToken, DutyShift, Role, User
from callbacks.services import escalate_overdue_batch
from companies.models import Building, Company, Membership
from tickets.models import Ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    make_ticket,
    member_of,
)

pytestmark = pytest.mark.django_db

# Written by hand: what the administrator sees, and what he may do with it.
EDITED = {
    "accounts.dutyshift", "accounts.user", "callbacks.rung", "companies.building", "companies.company",
    "companies.locality", "companies.responsibility", "companies.service", "tickets.category",
}  # fmt: skip
ONLY_ADDED = {"tickets.norm"}
ONLY_REVOKED = {"accounts.apitoken"}
ONLY_SHOWN = {
    "accounts.accessrecord", "callbacks.callbackobligation", "callbacks.contact", "callbacks.deadline",
    "callbacks.escalation", "callbacks.outbox", "tickets.ticket",
}  # fmt: skip
OURS = {"accounts", "companies", "callbacks", "tickets"}


def registered() -> dict[str, type[Model]]:
    return {model._meta.label_lower: model for model in admin.site._registry if model._meta.app_label in OURS}


def page(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def scene() -> Ticket:
    """A row of nearly everything."""
    company = CompanyFactory.create()
    house = BuildingFactory.create()
    answers_for(company, building=house)
    ticket = make_ticket(company=company)
    person = member_of(company)
    ApiToken.issue(user=person, name="сайт")
    DutyShift.objects.create(user=UserFactory.create(), post="head", starts_at=NOON, ends_at=NOON + 60 * MINUTE)
    AccessRecord.objects.create(actor=person, what="phone", subject=ticket.number)
    escalate_overdue_batch(at=NOON + 10 * MINUTE)
    return ticket


@pytest.fixture
def administrator(client: Client) -> Client:
    return signed_in(client, role=Role.ADMIN, is_staff=True, is_superuser=True)


def signed_in(client: Client, **given: object) -> Client:
    client.force_login(UserFactory.create(**given), backend="accounts.backends.PasswordBackend")
    return client


def test_the_lists_above_name_every_page() -> None:
    assert set(registered()) == EDITED | ONLY_ADDED | ONLY_REVOKED | ONLY_SHOWN


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("label", sorted(EDITED | ONLY_ADDED | ONLY_REVOKED | ONLY_SHOWN))
class TestEveryPage:
    def test_opens_for_the_administrator(self, administrator: Client, label: str) -> None:
        model = registered()[label]
        may_add = label in EDITED | ONLY_ADDED

        assert administrator.get(page(model, "changelist")).status_code == 200
        assert administrator.get(page(model, "add")).status_code == (200 if may_add else 403)
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        assert administrator.get(page(model, "change", row.pk)).status_code == 200

    def test_is_closed_to_others(self, client: Client, label: str) -> None:
        url = page(registered()[label], "changelist")
        for role in (Role.OPERATOR, Role.SUPERVISOR, Role.HEAD, Role.COMPANY, Role.FOREMAN):
            assert signed_in(client, role=role).get(url).status_code == 302, role


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("label", sorted(ONLY_SHOWN))
def test_what_is_history_stays(administrator: Client, label: str) -> None:
    model = registered()[label]
    row = model._default_manager.order_by("pk").first()
    assert row is not None

    shown = administrator.get(page(model, "changelist")).content.decode()

    assert "delete_selected" not in shown
    assert administrator.post(page(model, "delete", row.pk)).status_code == 403
    assert administrator.post(page(model, "change", row.pk), {}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("label", ["companies.building", "companies.responsibility", "accounts.user", "tickets.ticket"])
def test_long_lists_take_few_queries(administrator: Client, label: str, django_assert_max_num_queries: object) -> None:
    company = CompanyFactory.create()
    for house in BuildingFactory.create_batch(12):
        answers_for(company, building=house)
        make_ticket(company=company)

    with django_assert_max_num_queries(9):  # type: ignore[operator]
        administrator.get(page(registered()[label], "changelist"))


class TestUsers:
    def test_no_page_shows_the_hash(self, administrator: Client) -> None:
        user = UserFactory.create(role=Role.OPERATOR)
        user.set_password("very secret words")
        user.save()

        shown = administrator.get(page(User, "change", user.pk)).content.decode()

        assert user.password not in shown
        assert "pbkdf2" not in shown

    def test_the_hash_is_not_guessed_through_a_filter(self, administrator: Client) -> None:
        answer = administrator.get(page(User, "changelist"), {"password__startswith": "pbkdf2"})

        assert answer.status_code == 400

    def test_nobody_sets_anothers_password(self, administrator: Client) -> None:
        user = UserFactory.create()

        assert administrator.get(f"/admin/accounts/user/{user.pk}/password/").status_code == 404

    def test_a_new_person_is_invited(self, administrator: Client) -> None:
        told = {"username": "novikova", "last_name": "Новикова", "email": "novikova@example.org", "role": "operator"}

        administrator.post(page(User, "add"), told)
        person = User.objects.get(username="novikova")
        assert not person.has_usable_password()

        administrator.post(page(User, "changelist"), {"action": "invite", "_selected_action": [person.pk]})
        assert [letter.to for letter in mail.outbox] == [["novikova@example.org"]]

    def test_whoever_cannot_be_invited_is_named(self, administrator: Client) -> None:
        nameless = UserFactory.create(email="")

        answer = administrator.post(
            page(User, "changelist"), {"action": "invite", "_selected_action": [nameless.pk]}, follow=True
        )

        assert str(nameless) in answer.content.decode()
        assert not mail.outbox

    def test_a_person_of_an_organisation_is_tied_to_it(self, administrator: Client) -> None:
        person, company = UserFactory.create(role=Role.COMPANY), CompanyFactory.create()
        told = {
            "username": person.username, "email": person.email, "role": "company", "is_active": "on",
            "membership-TOTAL_FORMS": "1", "membership-INITIAL_FORMS": "0", "membership-0-company": company.pk,
        }  # fmt: skip

        administrator.post(page(User, "change", person.pk), told)

        assert Membership.objects.get(user=person).company == company

    def test_a_dispatcher_of_an_organisation_gets_no_keys_to_the_registers(self, administrator: Client) -> None:
        person = UserFactory.create()
        told = {
            "username": person.username, "email": person.email, "role": "company", "is_active": "on", "is_staff": "on",
            "membership-TOTAL_FORMS": "0", "membership-INITIAL_FORMS": "0",
        }  # fmt: skip

        answer = administrator.post(page(User, "change", person.pk), told)

        assert answer.status_code == 200
        assert not User.objects.get(pk=person.pk).is_staff

    def test_nobody_is_deleted(self, administrator: Client) -> None:
        person = UserFactory.create()

        assert administrator.post(page(User, "delete", person.pk), {"post": "yes"}).status_code == 403


def test_a_token_is_revoked(administrator: Client) -> None:
    token, _secret = ApiToken.issue(user=UserFactory.create(), name="сайт")

    administrator.post(page(ApiToken, "changelist"), {"action": "revoke", "_selected_action": [token.pk]})

    assert not ApiToken.objects.valid().exists()


def test_a_house_is_found_as_at_the_desk(administrator: Client) -> None:
    BuildingFactory.create(street="ул. Королёва", house="7")
    BuildingFactory.create(street="ул. Ленина", house="7")

    found = administrator.get(page(Building, "changelist"), {"q": "королева 7"}).content.decode()

    assert "ул. Королёва, 7" in found
    assert "ул. Ленина" not in found


def test_whole_numbers_of_citizens_are_not_shown(administrator: Client, scene: Ticket) -> None:
    listed = administrator.get("/admin/callbacks/contact/").content.decode()
    alone = administrator.get(f"/admin/callbacks/contact/{scene.contact_id}/change/").content.decode()

    for shown in (listed, alone):
        assert "9101234567" not in shown
        assert "…4567" in shown


def test_an_overlapping_responsibility_is_refused_with_a_sentence(administrator: Client) -> None:
    house, other = BuildingFactory.create(), CompanyFactory.create()
    first = answers_for(CompanyFactory.create(), building=house)
    told = {"company": other.pk, "service": first.service_id, "building": house.pk, "valid_from": "2025-01-01"}

    answer = administrator.post("/admin/companies/responsibility/add/", told)

    assert "уже отвечает организация" in answer.content.decode()
    assert Company.objects.filter(responsibilities__isnull=False).count() == 1
