"""An organisation's own figures: the centre's queries, narrowed; every number is its list."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.urls import reverse

from accounts.models import User
from companies.models import Company, Membership
from reports.organisation import OWN, own_figures
from reports.queries import overview
from tickets.models import Ticket
from tickets.services import move_ticket
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_ticket, member_of, signed_in

from .lively import BOTH_DAYS, EVENING, lively_days, of_day
from .test_reports import numbers

pytestmark = pytest.mark.django_db

ASKED = {
    "from": str(BOTH_DAYS.first), "to": str(BOTH_DAYS.last), "at": f"{EVENING:%Y-%m-%dT%H:%M:%SZ}",
}  # fmt: skip


def dispatcher_of(company: Company) -> User:
    return Membership.objects.filter(company=company).earliest("pk").user


@pytest.mark.thorough
def test_every_number_of_every_organisation_is_its_list() -> None:
    lively_days()
    seen = set()
    for company in Company.objects.filter(memberships__isnull=False):
        portal, centre = signed_in(dispatcher_of(company)), signed_in(role="head")
        report = own_figures(BOTH_DAYS, company)
        for figure in numbers(report):
            listed = portal.get(f"{reverse('reports:own-tickets')}?{figure.query}")
            assert listed.context["page"].paginator.count == figure.count, figure.query
            # The centre opens the same rows of the same organisation.
            assert (
                centre.get(f"{reverse('reports:tickets')}?{figure.query}").context["page"].paginator.count
                == figure.count
            )
            if figure.count:
                seen.add(parse_qs(figure.query)["cell"][0])
    # Nothing is proven of a figure that happened to be nought.
    assert seen >= set(OWN) - {"marked", "repeated", "fix_due", "fix_in_time", "fix_late"}


def test_it_says_what_the_centre_says() -> None:
    lively_days()
    lines = {line.name: line for line in overview(BOTH_DAYS).companies}
    for company in Company.objects.filter(memberships__isnull=False):
        own, centre = own_figures(BOTH_DAYS, company), lines[company.name]
        assert own.accepted_percent == centre.percent
        for name in ("handed_over", "accepted_in_time", "done", "returned"):
            assert own.numbers[name].count == getattr(centre, name).count


def test_no_data_is_not_zero() -> None:
    company = CompanyFactory.create()
    report = own_figures(of_day(), company)
    assert (report.accepted_percent, report.done_in_time.percent, report.mark, report.acceptance.median) == (None,) * 4
    page = signed_in(member_of(company)).get(reverse("reports:own")).content.decode()
    assert page.count("нет данных") >= 3
    assert "0&nbsp;%" not in page


@pytest.mark.parametrize(("minutes", "unanswered"), [(7, 0), (8, 0), (9, 1)])
def test_silence_past_the_time_counts_even_if_an_answer_came(minutes: int, unanswered: int) -> None:
    company = CompanyFactory.create()
    ticket = make_ticket(company=company)
    move_ticket(ticket=ticket, step="accept", actor=member_of(company), at=NOON + minutes * MINUTE)

    numbers_of = own_figures(of_day(), company).numbers

    assert numbers_of["unanswered"].count == unanswered
    assert numbers_of["accepted_in_time"].count == 1 - unanswered


def test_a_refusal_in_time_is_an_answer_and_no_acceptance() -> None:
    company = CompanyFactory.create()
    move_ticket(
        ticket=make_ticket(company=company),
        step="reject",
        actor=member_of(company),
        reason="not_ours",
        at=NOON + MINUTE,
    )
    report = own_figures(of_day(), company)
    assert report.numbers["unanswered"].count == 0
    assert report.accepted_percent == Decimal(0)


def test_marks_and_repeats_are_of_its_own_tickets() -> None:
    company, other = CompanyFactory.create(), CompanyFactory.create()
    for turn, owner in enumerate((company, company, other)):
        make_ticket(company=owner, phone=f"+7910123456{turn}")
    Ticket.objects.filter(company=company).update(repeats=2)
    assert own_figures(of_day(), company).numbers["repeated"].count == 2
    assert own_figures(of_day(), other).numbers["repeated"].count == 0


def test_a_ticket_that_went_elsewhere_keeps_its_line_and_tells_nothing_more() -> None:
    company, other = CompanyFactory.create(), CompanyFactory.create()
    user = member_of(company)
    ticket = make_ticket(company=company, at=NOON)
    move_ticket(ticket=ticket, step="reject", actor=user, reason="not_ours", at=NOON + MINUTE)
    move_ticket(
        ticket=Ticket.objects.get(), step="assign", actor=UserFactory.create(), company=other, at=NOON + 2 * MINUTE
    )
    shown = signed_in(user).get(reverse("reports:own-tickets"), ASKED | {"cell": "handed_over"}).content.decode()

    assert ticket.number in shown
    assert ticket.street not in shown
    assert reverse("portal:card", kwargs={"number": ticket.number}) not in shown


def test_another_organisation_cannot_be_asked_about() -> None:
    company, other = CompanyFactory.create(), CompanyFactory.create()
    ticket = make_ticket(company=other)
    portal = signed_in(member_of(company))
    for cell in OWN:
        page = portal.get(reverse("reports:own-tickets"), ASKED | {"cell": cell, "company": other.pk})
        assert page.context["page"].paginator.count == 0
        assert ticket.number not in page.content.decode()


def test_the_page_and_its_lists_ask_little(django_assert_max_num_queries: Any) -> None:
    lively_days()
    company = Company.objects.filter(memberships__isnull=False).first()
    assert company is not None
    portal = signed_in(dispatcher_of(company))
    # Behind the wall and in front of it again: eight of them are savepoints and roles.
    with django_assert_max_num_queries(20):
        portal.get(reverse("reports:own"), ASKED)
    for cell in OWN:
        with django_assert_max_num_queries(16):
            portal.get(reverse("reports:own-tickets"), ASKED | {"cell": cell})
