"""An organisation keeps its own people, and nobody locks himself or all of them out."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from companies.models import Company, Membership
from companies.services import people

from .factories import CompanyFactory, make_ticket, member_of, page, signed_in

pytestmark = pytest.mark.django_db

INVITED = {
    "last_name": "Щукина", "first_name": "Яна", "email": "yana@example.org", "role": "foreman", "post": "dispatcher",
}  # fmt: skip


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def manager(company: Company) -> User:
    user = member_of(company, first_name="Марина", last_name="Фомина")
    Membership.objects.filter(user=user).update(manages_users=True)
    return user


@pytest.fixture
def portal(manager: User) -> Client:
    return signed_in(manager)


def member(user: User) -> Membership:
    return Membership.objects.get(user=user)


def post_to(portal: Client, user: User, **given: Any) -> int:
    told = {"role": user.role, "post": member(user).post} | given
    return portal.post(reverse("portal:person", kwargs={"pk": member(user).pk}), told).status_code


def act_on(portal: Client, user: User, act: str) -> int:
    return portal.post(reverse("portal:person-act", kwargs={"pk": member(user).pk, "act": act})).status_code


def test_inviting_makes_an_account_and_sends_a_letter(portal: Client, company: Company) -> None:
    portal.post(reverse("portal:person-invite"), INVITED)

    user = User.objects.get(email="yana@example.org")
    assert (user.role, user.membership.company, user.has_usable_password()) == (Role.FOREMAN, company, False)
    assert user.username.startswith("schukina-")
    assert [letter.to for letter in mail.outbox] == [["yana@example.org"]]
    assert user.username in mail.outbox[0].body
    assert "приглашение" in LogEntry.objects.get().change_message


def test_a_known_address_is_told_nothing_about(portal: Client) -> None:
    member_of(CompanyFactory.create(), email="yana@example.org")
    assert portal.post(reverse("portal:person-invite"), INVITED).status_code == 302


@pytest.mark.parametrize("role", ["operator", "supervisor", "head", "admin", ""])
def test_no_role_of_the_centre_is_given(portal: Client, company: Company, role: str) -> None:
    colleague = member_of(company)
    before = User.objects.count()

    assert portal.post(reverse("portal:person-invite"), INVITED | {"role": role}).status_code == 422
    assert post_to(portal, colleague, role=role) == 422

    colleague.refresh_from_db()
    assert (colleague.role, User.objects.count()) == (Role.COMPANY, before)


def test_no_other_field_is_written(portal: Client, company: Company) -> None:
    colleague = member_of(company)
    hostile = {
        "username": "root",
        "is_staff": "on",
        "is_superuser": "on",
        "password": "x",
        "company": 1,
        "email": "x@y.ru",
    }
    was = User.objects.filter(pk=colleague.pk).values("username", "is_staff", "is_superuser", "password", "email").get()

    assert post_to(portal, colleague, **hostile) == 302

    assert User.objects.filter(pk=colleague.pk).values(*was).get() == was
    assert member(colleague).company == company


def test_role_post_and_right_are_changed_with_an_audit_line(portal: Client, company: Company) -> None:
    colleague = member_of(company)
    assert post_to(portal, colleague, role="foreman", post="night", manages_users="on") == 302

    changed = member(colleague)
    # A foreman works: the right does not stay with him.
    assert (changed.user.role, changed.post, changed.manages_users) == (Role.FOREMAN, "night", False)
    assert "было" in LogEntry.objects.get().change_message
    assert "было" in page(portal, "portal:people")


def test_a_disabled_person_is_out_at_once_and_back_again(portal: Client, company: Company) -> None:
    colleague = member_of(company)
    theirs = signed_in(colleague)
    assert act_on(portal, colleague, "disable") == 302
    assert theirs.get(reverse("portal:list")).status_code == 302

    act_on(portal, colleague, "enable")
    assert signed_in(User.objects.get(pk=colleague.pk)).get(reverse("portal:list")).status_code == 200


def test_a_disabled_foremans_tickets_are_named(portal: Client, company: Company) -> None:
    foreman = member_of(company, role=Role.FOREMAN)
    ticket = make_ticket(company=company)
    type(ticket).objects.update(foreman=foreman)
    answer = portal.post(reverse("portal:person-act", kwargs={"pk": member(foreman).pk, "act": "disable"}), follow=True)
    assert "За ним остались заявки: 1" in answer.content.decode()


@pytest.mark.parametrize("change", [{"role": "foreman", "manages_users": "on"}, {}])
def test_nobody_takes_his_own_rights_away(portal: Client, manager: User, change: dict[str, str]) -> None:
    assert post_to(portal, manager, **change) == 409
    assert act_on(portal, manager, "disable") == 302
    assert User.objects.get(pk=manager.pk).is_active
    assert member(manager).manages_users


def test_his_own_post_is_his_to_change(portal: Client, manager: User) -> None:
    assert post_to(portal, manager, post="head", manages_users="on") == 302
    assert member(manager).post == "head"


def test_strangers_are_not_found_and_not_seen(portal: Client) -> None:
    stranger = member_of(CompanyFactory.create(), first_name="Чужой", last_name="Человек")
    assert post_to(portal, stranger) == 404
    assert act_on(portal, stranger, "disable") == 404
    assert "Чужой" not in page(portal, "portal:people")


def test_a_person_of_the_centre_in_the_register_is_out_of_reach(portal: Client, company: Company) -> None:
    officer = member_of(company, role=Role.SUPERVISOR)
    assert post_to(portal, officer, role="company") == 404
    assert act_on(portal, officer, "disable") == 404


def test_without_the_right_one_only_reads(company: Company, manager: User) -> None:
    reader = signed_in(member_of(company))
    shown = page(reader, "portal:people")
    assert "Фомина" in shown
    assert "Пригласить" not in shown
    assert reader.post(reverse("portal:person-invite"), INVITED).status_code == 403
    assert act_on(reader, manager, "disable") == 403


def test_the_service_itself_asks_for_the_right(company: Company, manager: User) -> None:
    with pytest.raises(people.NotTheirManager):
        people.switch_person(member=member(manager), by=member_of(CompanyFactory.create()), is_active=False)


def test_the_page_costs_the_same_for_many(portal: Client, company: Company, django_assert_max_num_queries: Any) -> None:
    for _turn in range(10):
        member_of(company)
    # Twice in front of the wall: eleven of them are savepoints and roles.
    with django_assert_max_num_queries(20):
        page(portal, "portal:people")
