"""An organisation's lists narrowed by foreman and by emergencies."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.clock import now
from accounts.models import Role, User
from companies.models import Company
from tickets.models import Ticket
from tickets.services import give_to_foreman

from .factories import MINUTE, CompanyFactory, make_ticket, member_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def foreman(company: Company) -> User:
    return member_of(company, role=Role.FOREMAN, first_name="Илья", last_name="Котов")


@pytest.fixture
def portal(dispatcher: User) -> Client:
    return signed_in(dispatcher)


@pytest.fixture
def tickets(company: Company, dispatcher: User, foreman: User) -> dict[str, Ticket]:
    """Given and not, an emergency of each."""
    found = {
        name: make_ticket(company=company, at=now() - 3 * MINUTE, code=code)
        for name, code in {"given": "P03", "given emergency": "W01", "free": "P03", "free emergency": "W01"}.items()
    }
    for name in ("given", "given emergency"):
        give_to_foreman(ticket=found[name], foreman=foreman, actor=dispatcher, at=now())
    return found


def shown(portal: Client, tickets: dict[str, Ticket], **asked: Any) -> set[str]:
    page = portal.get(reverse("portal:list"), asked).context["page"]
    return {name for name, ticket in tickets.items() if ticket in page.object_list}


def test_each_condition_narrows_and_both_do(portal: Client, tickets: dict[str, Ticket], foreman: User) -> None:
    assert shown(portal, tickets) == set(tickets)
    assert shown(portal, tickets, foreman=foreman.pk) == {"given", "given emergency"}
    assert shown(portal, tickets, foreman="none") == {"free", "free emergency"}
    assert shown(portal, tickets, emergency="on") == {"given emergency", "free emergency"}
    assert shown(portal, tickets, foreman=foreman.pk, emergency="on") == {"given emergency"}


@pytest.mark.parametrize("typed", ["", "0", "-1", "x", "999999999999999999999", "\x00"])
def test_what_is_no_foreman_of_theirs_narrows_nothing(portal: Client, tickets: dict[str, Ticket], typed: str) -> None:
    assert shown(portal, tickets, foreman=typed) == set(tickets)


def test_another_s_foreman_is_neither_offered_nor_taken(portal: Client, tickets: dict[str, Ticket]) -> None:
    stranger = member_of(CompanyFactory.create(), role=Role.FOREMAN, last_name="Чужой")

    assert shown(portal, tickets, foreman=stranger.pk) == set(tickets)
    page = portal.get(reverse("portal:list")).content.decode()
    assert "Котов" in page
    assert "Чужой" not in page


def test_counts_agree_with_the_lists_and_the_menu_with_all(
    portal: Client, tickets: dict[str, Ticket], foreman: User
) -> None:
    context = portal.get(reverse("portal:list"), {"foreman": str(foreman.pk)}).context

    assert dict(context["tabs"])["new"] == 2
    assert context["menu_counts"]["portal"] == 4
    # Whatever is looked at, a new ticket sounds.
    assert {ticket.pk for ticket in context["fresh"]} == {ticket.pk for ticket in tickets.values()}


def test_tabs_and_pages_keep_it(portal: Client, company: Company) -> None:
    for _turn in range(21):
        make_ticket(company=company, at=now() - 3 * MINUTE, code="W01")

    page = portal.get(reverse("portal:list"), {"tab": "new", "emergency": "on", "page": "1"}).content.decode()

    assert "?tab=work&amp;emergency=on" in page
    assert "?tab=new&amp;emergency=on&amp;page=2" in page
    # The list that renews itself is the same one.
    assert 'hx-get="/portal/?tab=new&amp;emergency=on&amp;page=1"' in page


def test_a_step_leads_back_to_the_list_as_it_was(portal: Client, tickets: dict[str, Ticket], foreman: User) -> None:
    page = portal.get(reverse("portal:list"), {"tab": "new", "foreman": str(foreman.pk)}).content.decode()
    assert f'<input type="hidden" name="foreman" value="{foreman.pk}">' in page

    address = reverse("portal:step", kwargs={"number": tickets["given"].number, "step": "accept"})
    answer = portal.post(address, {"tab": "new", "foreman": str(foreman.pk)})

    assert answer.headers["Location"] == f"{reverse('portal:list')}?tab=new&foreman={foreman.pk}"


def test_nothing_found_says_what_to_do(portal: Client, tickets: dict[str, Ticket]) -> None:
    page = portal.get(reverse("portal:list"), {"tab": "returned", "emergency": "on"}).content.decode()

    assert "Таких заявок здесь нет" in page
    assert "Показать все" in page
