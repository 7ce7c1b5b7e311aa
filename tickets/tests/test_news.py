"""What the organisations' programs are told of tickets, in the very transaction, and what they are never told."""

import json
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from callbacks.models import Escalation
from callbacks.services import escalate_overdue_batch
from companies.models import SUBSCRIBED, Company, WebhookDelivery, WebhookEndpoint
from companies.services.webhooks import add_webhook
from tickets.models import Ticket
from tickets.services import Address, move_ticket, news, record_ring_back
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_ticket,
    member_of,
)
from tickets.workflow import STEPS, Status

pytestmark = pytest.mark.django_db

PHONE = "+79105557788"
NAME = "Иванова М. П."


@pytest.fixture
def company() -> Company:
    company = CompanyFactory.create()
    listen(company)
    return company


def listen(company: Company, *events: str) -> WebhookEndpoint:
    number = company.webhooks.count()
    url = f"https://hooks.example.org/{company.pk}-{number}"
    webhook = add_webhook(company=company, url=url, events=events or SUBSCRIBED, by=UserFactory.create())
    company.refresh_from_db()
    return webhook


def told(company: Company) -> list[tuple[str, dict[str, Any]]]:
    rows = WebhookDelivery.objects.filter(endpoint__company=company).order_by("id")
    return [(row.event, row.payload) for row in rows]


def step(ticket: Ticket, code: str, actor: User | None = None, at: Any = NOON + MINUTE, **given: Any) -> Ticket:
    return move_ticket(ticket=ticket, step=code, actor=actor or UserFactory.create(), at=at, **given)


def ring(ticket: Ticket, *, confirmed: bool | None = None, at: Any = NOON + MINUTE) -> None:
    owed = ticket.callback if confirmed is None else ticket.control_callback
    assert owed is not None
    record_ring_back(
        obligation=owed, outcome="reached", operator=UserFactory.create(), at=at, note="Поговорили",
        confirmed=confirmed,
    )  # fmt: skip


def test_a_ticket_that_is_registered_with_an_organisation(company: Company) -> None:
    ticket = make_ticket(company=company)
    ((event, payload),) = told(company)
    assert event == "ticket.assigned"
    assert payload["company"] == company.pk
    assert payload["ticket"]["number"] == ticket.number
    assert payload["ticket"]["status"] == "assigned"
    assert payload["ticket"]["url"].endswith(f"/api/v1/tickets/{ticket.number}/")
    assert payload["ticket"]["address"]["street"] == "ул. Кирова"
    assert [clock["clock"] for clock in payload["deadlines"]] == ["acceptance", "fix"]


def test_nothing_of_the_citizen_goes_along(company: Company) -> None:
    address = Address(street=f"ул. Новая ({PHONE})", house="1", flat="15")
    ticket = make_ticket(company=company, phone=PHONE, text=f"Звоните {PHONE}, {NAME}", address=address)
    ring(ticket)
    step(ticket, "accept", member_of(company))
    step(ticket, "report_done", member_of(company), works=f"Говорили с {NAME}")
    ticket.refresh_from_db()
    ring(ticket, confirmed=False, at=NOON + 200 * MINUTE)
    assert [event for event, _payload in told(company)] == ["ticket.assigned", "ticket.returned"]
    sent = json.dumps([payload for _event, payload in told(company)], ensure_ascii=False)
    for secret in (PHONE, PHONE[1:], PHONE[2:], "Иванова", "Звоните", "Поговорили", "Говорили"):
        assert secret not in sent


def test_who_had_it_is_told_that_somebody_else_has_it(company: Company) -> None:
    other = CompanyFactory.create()
    listen(other)
    ticket = make_ticket(company=company)
    step(ticket, "assign", company=other)
    assert [event for event, _payload in told(company)] == ["ticket.assigned", "ticket.cancelled"]
    assert told(company)[1][1]["reason"] == "given_to_another"
    assert str(other) not in json.dumps(told(company), ensure_ascii=False)
    assert [event for event, _payload in told(other)] == ["ticket.assigned"]


def test_who_sent_it_back_is_not_told_of_the_next(company: Company) -> None:
    other = CompanyFactory.create()
    listen(other)
    ticket = make_ticket(company=company)
    step(ticket, "reject", member_of(company), reason="not_ours")
    step(ticket, "assign", company=other)
    assert [event for event, _payload in told(company)] == ["ticket.assigned"]
    assert [event for event, _payload in told(other)] == ["ticket.assigned"]


def test_every_step_that_hands_work_over_is_told() -> None:
    assert {code for code, rule in STEPS.items() if rule.target == Status.ASSIGNED} <= set(news.TOLD)


def test_given_again_to_the_same_it_is_only_assigned(company: Company) -> None:
    step(make_ticket(company=company), "assign", company=company)
    assert [event for event, _payload in told(company)] == ["ticket.assigned"] * 2


def test_cancelled_after_a_talk(company: Company) -> None:
    ticket = make_ticket(company=company)
    ring(ticket)
    step(ticket, "cancel", reason="withdrawn", note=f"Сам починил, {NAME}")
    event, payload = told(company)[-1]
    assert (event, payload["reason"], payload["ticket"]["status"]) == ("ticket.cancelled", "withdrawn", "cancelled")


def test_a_duplicate_is_cancelled_too(company: Company) -> None:
    main, ticket = make_ticket(company=company), make_ticket(company=company)
    step(ticket, "mark_duplicate", duplicate_of=main)
    event, payload = told(company)[-1]
    assert (event, payload["reason"]) == ("ticket.cancelled", "duplicate")


def test_only_who_listens_and_only_to_what_he_asked_for(company: Company) -> None:
    silent, choosy = CompanyFactory.create(), CompanyFactory.create()
    listen(choosy, "ticket.returned")
    off = listen(silent)
    WebhookEndpoint.objects.filter(pk=off.pk).update(is_active=False)
    for one in (silent, choosy):
        make_ticket(company=one)
        assert told(one) == []


def test_each_of_several_webhooks_is_told_under_its_own_number(company: Company) -> None:
    listen(company)
    make_ticket(company=company)
    keys = [payload["id"] for _event, payload in told(company)]
    assert len(set(keys)) == 2
    assert sorted(keys) == sorted(str(row.key) for row in WebhookDelivery.objects.all())


def test_what_is_undone_was_never_told(company: Company) -> None:
    with transaction.atomic():
        make_ticket(company=company)
        assert len(told(company)) == 1
        transaction.set_rollback(True)
    assert told(company) == []


def test_whoever_has_no_webhooks_costs_no_question(django_assert_num_queries: Any) -> None:
    ticket = make_ticket(company=CompanyFactory.create())
    with django_assert_num_queries(0):
        news.tell_of_step(ticket=ticket, step="assign", holder=ticket.company, at=NOON)


# ── Deadlines ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_deadline_is_told_before_and_when_it_passes(company: Company) -> None:
    ticket = make_ticket(company=company)
    fix = ticket.deadlines.get(deadline__clock="fix").deadline
    assert fix.next_rung_at is not None
    break_promise(at=fix.next_rung_at)
    warnings = [payload for event, payload in told(company) if event == "deadline.warning"]
    acceptance = next(payload for payload in warnings if payload["deadline"]["clock"] == "acceptance")
    (warning,) = (payload for payload in warnings if payload["deadline"]["clock"] == "fix")
    assert acceptance["deadline"]["clock"] == "acceptance"
    assert acceptance["deadline"]["is_past"] is True
    assert warning["deadline"] == {"clock": "fix", "due_at": fix.due_at.isoformat(), "rung": 1, "is_past": False}
    assert warning["ticket"]["number"] == ticket.number
    assert PHONE not in json.dumps(told(company))


def test_each_rung_is_told_once(company: Company) -> None:
    make_ticket(company=company)
    for _turn in range(3):
        break_promise(at=NOON + 15 * MINUTE)
    assert [event for event, _payload in told(company)].count("deadline.warning") == 1


def test_whatever_goes_wrong_here_the_rungs_have_rung(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    make_ticket(company=company)
    monkeypatch.setattr(news, "facts_of", lambda ticket: 1 / 0)
    assert escalate_overdue_batch(at=NOON + 9 * MINUTE)
    assert Escalation.objects.filter(audience="company").count() == 1
    assert [event for event, _payload in told(company)] == ["ticket.assigned"]


def test_an_organisation_that_has_it_no_longer_is_not_told(company: Company) -> None:
    ticket = make_ticket(company=company)
    Ticket.objects.filter(pk=ticket.pk).update(company=CompanyFactory.create())
    break_promise(at=NOON + 9 * MINUTE)
    assert [event for event, _payload in told(company)] == ["ticket.assigned"]
