"""What reports say of organisations, operators and the ladder, and what their address may say."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from reports.forms import PeriodForm
from reports.period import Period
from reports.queries import overview
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_ticket,
    member_of,
)
from tickets.tests.test_outages import announced, called

from .lively import DAY, of_day, talk
from .test_reports import client_of, fates

pytestmark = pytest.mark.django_db


# ── Organisations, operators, the ladder ─────────────────────────────────────────────────────────────────────────
def test_an_organisation_is_asked_how_fast_it_accepts() -> None:
    company = CompanyFactory.create()
    of_company = member_of(company)
    quick, slow, _silent = (make_ticket(company=company, phone=f"+7910000000{number}") for number in range(3))
    refused = make_ticket(company=company, phone="+79100000009")
    move_ticket(ticket=quick, step="accept", actor=of_company, at=NOON + 2 * MINUTE)
    move_ticket(ticket=slow, step="start", actor=of_company, at=NOON + 20 * MINUTE)
    move_ticket(ticket=refused, step="reject", actor=of_company, at=NOON + MINUTE, reason="not_ours")
    move_ticket(ticket=quick, step="report_done", actor=of_company, at=NOON + 60 * MINUTE, works="Заменили кран.")

    (line,) = overview(of_day()).companies
    assert (line.handed_over.count, line.accepted_in_time.count, line.done.count, line.returned.count) == (4, 1, 1, 0)
    assert line.acceptance.median == 11 * MINUTE
    assert line.percent == Decimal("25.0")


def test_an_operator_is_credited_with_what_he_did() -> None:
    busy, idle = UserFactory.create(first_name="Ольга"), UserFactory.create(first_name="Ирина")
    ticket = make_ticket(operator=idle)
    talk(ticket.callback, at=NOON + 3 * MINUTE, operator=busy)

    first, second = overview(of_day()).operators
    assert (first.name, first.calls.count, first.talks.count, first.kept_in_time.count) == ("Ольга", 1, 1, 1)
    assert (second.name, second.registered.count, second.calls.count) == ("Ирина", 1, 0)


def test_escalations_stand_by_clock_and_rung() -> None:
    make_ticket()
    break_promise(NOON + 20 * MINUTE)

    report = overview(of_day())
    assert report.rungs[:3] == (1, 2, 3)
    # The promise's first rung is a warning and no escalation.
    assert [rung.count for rung in report.ladder[0].rungs[:3]] == [0, 1, 1]
    assert report.now["now_unacknowledged"].count == report.escalations.count


# ── What the address may say ─────────────────────────────────────────────────────────────────────────────────────
def form_of(**asked: str) -> PeriodForm:
    return PeriodForm(asked, now=NOON)


def test_without_a_word_it_is_today() -> None:
    form = form_of()
    assert form.is_valid()
    assert form.period() == Period(DAY, DAY, NOON)


def test_a_moment_of_the_future_becomes_now() -> None:
    form = form_of(at="2030-01-01T00:00:00Z")
    assert form.is_valid()
    assert form.period().at == NOON


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-02-02", "to": "2026-02-01"},
        {"from": "2024-01-01", "to": "2026-02-01"},
        {"from": "вчера"},
        {"from": "0001-01-01", "to": "9999-12-31"},
    ],
)
def test_a_wrong_period_is_said_on_the_page(asked: dict[str, str]) -> None:
    client = client_of()
    page = client.get(reverse("reports:overview"), asked)
    assert page.status_code == 400
    assert asked["from"] in page.text
    assert client.get(reverse("reports:tickets"), {"cell": "kept", **asked}).status_code == 302
    assert client.get(reverse("reports:csv"), asked).status_code == 302


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"cell": "secret"},
        {"cell": "calls", "operator": "0"},
        {"cell": "calls", "operator": "99999999999999999999"},
        {"cell": "kept_in_time", "hour": "24"},
        {"cell": "kept_in_time", "reason": "boredom"},
        {"cell": "escalations", "clock": "cuckoo"},
        {"cell": "done", "company": "7' OR 1=1"},
    ],
)
def test_an_unknown_list_is_not_found(asked: dict[str, str]) -> None:
    assert client_of().get(reverse("reports:tickets"), asked).status_code == 404
    assert client_of().get(reverse("reports:tickets-csv"), asked).status_code == 404


def test_a_page_beyond_the_last_is_the_last() -> None:
    make_ticket()
    asked = {"cell": "registered", "from": str(DAY), "to": str(DAY), "page": "99"}
    assert client_of().get(reverse("reports:tickets"), asked).status_code == 200


def test_the_edge_of_time_is_survived() -> None:
    asked = {"from": date.max.isoformat(), "to": date.max.isoformat()}
    assert client_of().get(reverse("reports:overview"), asked).status_code in {200, 400}


def test_what_was_told_live_is_counted_apart() -> None:
    called(announced(), 1)
    report = overview(of_day(NOON + 20 * MINUTE))
    assert fates(report) == {"told_live": 1}
    assert report.share.decided == 0
