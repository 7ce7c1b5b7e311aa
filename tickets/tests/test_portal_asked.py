"""«Вас спрашивают»: an organisation's people answer for what they are asked by name, and see nothing else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.clock import now
from accounts.models import User
from callbacks.models import Escalation
from callbacks.services import acknowledge, repeat_unacknowledged
from companies.models import Company
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_ticket,
    member_of,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(name="УК «Свет»")


@pytest.fixture
def dispatcher(company: Company) -> User:
    return member_of(company, first_name="Марина", last_name="Фомина")


@pytest.fixture
def portal(dispatcher: User) -> Client:
    return signed_in(dispatcher)


@pytest.fixture
def late(company: Company, dispatcher: User) -> Ticket:
    """Nobody accepted it within its eight minutes; six minutes ago they were asked."""
    ticket = make_ticket(company=company, at=now() - 15 * MINUTE)
    break_promise(now() - 6 * MINUTE)
    return ticket


def rung_of(ticket: Ticket, audience: str = "company") -> Escalation:
    return Escalation.objects.unacknowledged().get(deadline__ticket_deadline__ticket=ticket, audience=audience)


def answer(rung: Escalation) -> str:
    return reverse("portal:answer", kwargs={"pk": rung.pk})


def shown(portal: Client, tab: str = "new") -> str:
    return portal.get(reverse("portal:list"), {"tab": tab}).content.decode()


def test_it_stands_at_the_top_and_sounds(portal: Client, late: Ticket) -> None:
    page = shown(portal, "work")

    assert page.index("Вас спрашивают") < page.index("Состояния заявок")
    assert f'data-alarm="escalation-{rung_of(late).pk}-0"' in page
    assert late.number in page


def test_it_is_answered_by_name_with_a_note(portal: Client, dispatcher: User, late: Ticket) -> None:
    rung = rung_of(late)

    response = portal.post(answer(rung), {"note": "Бригада выехала", "tab": "work"})

    rung.refresh_from_db()
    assert (rung.acknowledged_by, rung.acknowledged_note) == (dispatcher, "Бригада выехала")
    assert response["Location"] == "/portal/?tab=work"
    assert "Вас спрашивают" not in shown(portal)


def test_a_note_too_long_is_a_sentence(portal: Client, late: Ticket) -> None:
    response = portal.post(answer(rung_of(late)), {"note": "x" * 501}, follow=True)

    assert "до 500 знаков" in response.content.decode()
    assert rung_of(late).acknowledged_at is None


def test_who_comes_second_is_told(portal: Client, late: Ticket) -> None:
    rung = rung_of(late)
    acknowledge(escalation=rung, by=UserFactory.create(), at=now())

    assert "уже принял другой" in portal.post(answer(rung), follow=True).content.decode()


def test_what_the_whole_centre_is_asked_is_not_theirs(portal: Client, late: Ticket) -> None:
    # A repeat asks everybody at the desk: a message to nobody in particular.
    repeat_unacknowledged(at=now())
    centres = rung_of(late, "operator")

    assert portal.post(answer(centres)).status_code == 404
    assert f"escalation-{centres.pk}-" not in shown(portal)


def test_a_repeat_is_said_and_sounds_anew(portal: Client, late: Ticket) -> None:
    repeat_unacknowledged(at=now())

    page = shown(portal)

    assert "повтор 1" in page
    assert f'data-alarm="escalation-{rung_of(late).pk}-1"' in page


def test_what_a_former_ticket_asked_is_gone(portal: Client, late: Ticket) -> None:
    rung = rung_of(late)
    Ticket.objects.filter(pk=late.pk).update(company=CompanyFactory.create())

    assert portal.post(answer(rung)).status_code == 404
    assert "Вас спрашивают" not in shown(portal)


def test_what_was_accepted_meanwhile_asks_no_more(portal: Client, dispatcher: User, late: Ticket) -> None:
    move_ticket(ticket=late, step="accept", actor=dispatcher, at=now())

    assert "Вас спрашивают" not in shown(portal)


def test_a_warning_asks_for_nothing(portal: Client, company: Company, dispatcher: User) -> None:
    ticket = make_ticket(company=company, code="W01", at=now() - 25 * MINUTE)
    move_ticket(ticket=ticket, step="accept", actor=dispatcher, at=now() - 24 * MINUTE)
    break_promise(now())

    page = shown(portal)

    assert "Скоро срок" in page
    assert "Вас спрашивают" not in page
    assert portal.post(answer(Escalation.objects.get(is_warning=True, audience="company"))).status_code == 404


def test_nothing_of_the_caller_is_even_read(portal: Client, late: Ticket) -> None:
    with CaptureQueriesContext(connection) as asked:
        shown(portal)

    read = " ".join(query["sql"] for query in asked.captured_queries)
    assert "callbacks_contact" not in read
    assert "callbacks_callbackobligation" not in read
