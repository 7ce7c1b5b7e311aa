"""What a telephone's queue sends: once each, with both times, and never in another's name."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.clock import now
from accounts.models import Role, User
from callbacks.models import Clock
from companies.models import Company
from tickets.models import SentStep, Ticket
from tickets.services import give_to_foreman, move_ticket
from tickets.tests.factories import MINUTE, CompanyFactory, make_ticket, member_of, page, signed_in
from tickets.workflow import STEPS, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def foreman(company: Company) -> User:
    return member_of(company, role=Role.FOREMAN, first_name="Виктор", last_name="Громов")


@pytest.fixture
def telephone(foreman: User) -> Client:
    return signed_in(foreman)


def given(foreman: User, dispatcher: User, *, minutes_ago: int = 40, **more: Any) -> Ticket:
    at = now() - minutes_ago * MINUTE
    ticket = make_ticket(company=dispatcher.membership.company, at=at, **more)
    return give_to_foreman(ticket=ticket, foreman=foreman, actor=dispatcher, at=at)


@pytest.fixture
def ticket(foreman: User, dispatcher: User) -> Ticket:
    return given(foreman, dispatcher)


def send(client: Client, ticket: Ticket, step: str, **body: Any) -> Any:
    url = reverse("portal:sent_step", kwargs={"number": ticket.number, "step": step})
    return client.post(url, {"key": str(uuid4())} | body)


def pressed(minutes_ago: int) -> dict[str, str]:
    at = now()
    return {"pressed_at": (at - minutes_ago * MINUTE).isoformat(), "sent_at": at.isoformat()}


class TestBothTimes:
    def test_rules_use_the_one_and_people_read_the_other(self, telephone: Client, ticket: Ticket) -> None:
        before = now()
        assert send(telephone, ticket, "start", **pressed(26)).status_code == 200

        event = ticket.events.get(step="start")
        assert before <= event.happened_at <= now()
        assert event.happened_at - datetime.fromisoformat(event.details["pressed_at"]) == pytest.approx(
            26 * MINUTE, abs=timedelta(seconds=5)
        )
        ticket.refresh_from_db()
        assert ticket.started_at == ticket.accepted_at == event.happened_at
        acceptance = ticket.deadlines.get(deadline__clock=Clock.ACCEPTANCE).deadline
        assert acceptance.stopped_at == event.happened_at

    def test_both_stand_in_every_history(self, telephone: Client, ticket: Ticket, dispatcher: User) -> None:
        send(telephone, ticket, "start", **pressed(26))

        for client, route in ((telephone, "portal:card"), (signed_in(dispatcher), "portal:card"),
                              (signed_in(), "desk:card"), (signed_in(), "desk:journal")):  # fmt: skip
            assert ", получено " in page(client, route, number=ticket.number), route

    def test_what_came_at_once_has_one_time(self, telephone: Client, ticket: Ticket) -> None:
        send(telephone, ticket, "comment", note="Ключ у соседки", **pressed(0))

        if ticket.events.get(step="comment").happened_at.second > 5:
            assert "получено" not in page(telephone, "portal:card", number=ticket.number)

    @pytest.mark.parametrize(("minutes_ago", "kept"), [(600, 40), (41, 40), (39, 39), (-5, 0), (-60 * 24 * 365, 0)])
    def test_a_wrong_clock_is_bounded(self, telephone: Client, ticket: Ticket, minutes_ago: int, kept: int) -> None:
        body = {"pressed_at": (now() - minutes_ago * MINUTE).isoformat()}
        assert send(telephone, ticket, "start", **body).status_code == 200

        event = ticket.events.get(step="start")
        ago = event.happened_at - datetime.fromisoformat(event.details["pressed_at"])
        assert ago == pytest.approx(kept * MINUTE, abs=timedelta(seconds=10))


class TestOnce:
    def test_what_is_sent_again_is_one_step(self, telephone: Client, ticket: Ticket) -> None:
        key = str(uuid4())
        for _turn in range(3):
            assert send(telephone, ticket, "comment", note="Ключ у соседки", key=key).status_code == 200

        assert ticket.events.filter(step="comment").count() == 1

    def test_also_when_it_took_the_ticket_out_of_his_hands(
        self, telephone: Client, ticket: Ticket, dispatcher: User
    ) -> None:
        key = str(uuid4())
        send(telephone, ticket, "start", key=key)
        other = member_of(dispatcher.membership.company, role=Role.FOREMAN)
        give_to_foreman(ticket=ticket, foreman=other, actor=dispatcher, at=now())

        assert send(telephone, ticket, "start", key=key).status_code == 200
        assert send(telephone, ticket, "comment", note="?").status_code == 404

    def test_a_refused_step_leaves_its_key_free(self, telephone: Client, ticket: Ticket) -> None:
        key = str(uuid4())
        assert send(telephone, ticket, "report_done", works="Починил", key=key).status_code == 409
        send(telephone, ticket, "start")

        assert send(telephone, ticket, "report_done", works="Починил", key=key).status_code == 200

    def test_the_key_of_one_person_is_not_that_of_another(
        self, telephone: Client, ticket: Ticket, dispatcher: User
    ) -> None:
        key = str(uuid4())
        send(telephone, ticket, "comment", note="Мастер", key=key)
        send(signed_in(dispatcher), ticket, "comment", note="Диспетчер", key=key)

        assert ticket.events.filter(step="comment").count() == 2


class TestRefusals:
    def test_somebody_was_faster(self, telephone: Client, ticket: Ticket, dispatcher: User) -> None:
        move_ticket(ticket=ticket, step="start", actor=dispatcher, at=now())

        answer = send(telephone, ticket, "start")

        assert answer.status_code == 409
        assert answer.json()["message"] == "Этот шаг сейчас невозможен: заявка уже в другом состоянии."

    def test_what_is_missing_is_named(self, telephone: Client, ticket: Ticket) -> None:
        send(telephone, ticket, "start")
        answer = send(telephone, ticket, "report_done", works=" ")

        assert answer.status_code == 422
        assert answer.json()["message"].startswith("Что сделано: ")

    @pytest.mark.parametrize("key", ["", "1", "x" * 5000, "\x00"])
    def test_no_key_no_step(self, telephone: Client, ticket: Ticket, key: str) -> None:
        assert send(telephone, ticket, "start", key=key).status_code == 422
        assert Ticket.objects.get(pk=ticket.pk).status == Status.ASSIGNED

    def test_a_ticket_of_another_looks_like_none(self, telephone: Client) -> None:
        foreign = make_ticket(company=CompanyFactory.create(), at=now())
        missing = Ticket(number="26-999999")

        answers = [send(telephone, one, "start") for one in (foreign, missing)]

        assert [(answer.status_code, answer.content) for answer in answers] == [(404, answers[0].content)] * 2

    def test_the_queue_of_another_person_is_not_sent(self, telephone: Client, ticket: Ticket, foreman: User) -> None:
        url = reverse("portal:sent_step", kwargs={"number": ticket.number, "step": "start"})
        body = {"key": str(uuid4())}

        assert telephone.post(url, body, headers={"X-Person": str(foreman.pk + 1)}).status_code == 412
        assert Ticket.objects.get(pk=ticket.pk).status == Status.ASSIGNED
        assert telephone.post(url, body, headers={"X-Person": str(foreman.pk)}).status_code == 200

    def test_a_session_that_ended_is_told_apart(self, ticket: Ticket) -> None:
        answer = send(Client(), ticket, "start")

        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")

    def test_without_the_check_of_forms_nothing_is_taken(self, foreman: User, ticket: Ticket) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(foreman, backend="accounts.backends.PasswordBackend")

        assert send(strict, ticket, "start").status_code == 403
        assert Ticket.objects.get(pk=ticket.pk).status == Status.ASSIGNED


class TestPages:
    def test_the_list_goes_by_the_clock(self, telephone: Client, foreman: User, dispatcher: User) -> None:
        calm, urgent = (given(foreman, dispatcher, code=code) for code in ("P03", "W01"))
        begun = given(foreman, dispatcher, code="P03", minutes_ago=23 * 60)
        move_ticket(ticket=begun, step="start", actor=foreman, at=now() - 22 * 60 * MINUTE)

        shown = telephone.get(reverse("portal:list")).context["page"]

        due = [ticket.nearest_due_at for ticket in shown]
        assert due == sorted(due)
        assert {ticket.number for ticket in shown} == {calm.number, urgent.number, begun.number}

    def test_every_step_of_his_is_on_the_card(self, telephone: Client, ticket: Ticket) -> None:
        """Those that are not possible yet as well: without a network one makes the next possible."""
        steps = telephone.get(reverse("portal:card", kwargs={"number": ticket.number})).context["steps"]

        assert {step.code for step in steps} == {code for code, rule in STEPS.items() if Role.FOREMAN in rule.roles}
        assert {step.code for step in steps if step.is_allowed} == {"start", "comment"}

    def test_a_page_may_be_kept_only_as_it_was_read(self, telephone: Client, foreman: User, dispatcher: User) -> None:
        ticket = given(foreman, dispatcher, shares_phone=True)
        move_ticket(ticket=ticket, step="start", actor=foreman, at=now())
        mark = f'<meta name="kept-for" content="{foreman.pk}">'
        url = reverse("portal:card", kwargs={"number": ticket.number})

        assert mark in telephone.get(url).content.decode()
        with_number = telephone.post(reverse("portal:phone", kwargs={"number": ticket.number}))
        assert "tel:" in with_number.content.decode()
        assert "kept-for" not in with_number.content.decode()
        refused = telephone.post(reverse("portal:step", kwargs={"number": ticket.number, "step": "report_done"}))
        assert refused.status_code == 422
        assert "kept-for" not in refused.content.decode()
        assert "kept-for" not in telephone.get(reverse("portal:offline")).content.decode()

    def test_the_page_for_no_network_is_the_same_for_everybody(self, telephone: Client) -> None:
        shown = Client().get(reverse("portal:offline")).content.decode()

        assert 'data-user=""' in shown

    def test_the_worker_serves_the_portal_alone(self) -> None:
        answer = Client().get(reverse("portal:worker"))

        assert answer["Content-Type"].startswith("text/javascript")
        assert answer["Cache-Control"] == "no-cache"
        assert "Service-Worker-Allowed" not in answer
        assert reverse("portal:worker").startswith(reverse("portal:list"))
        assert (
            "script-src" in answer["Content-Security-Policy"]
            or "default-src 'self'" in answer["Content-Security-Policy"]
        )

    def test_no_name_and_no_number_of_the_citizen(self, telephone: Client, foreman: User, dispatcher: User) -> None:
        ticket = given(foreman, dispatcher, text="Звоните +7 (910) 123-45-67")

        for shown in (page(telephone, "portal:list"), page(telephone, "portal:card", number=ticket.number)):
            for secret in ("123-45-67", "9101234567", "Иванова"):
                assert secret not in shown

    @pytest.mark.parametrize("tab", ["", "done"])
    def test_a_list_takes_fourteen_queries(
        self, telephone: Client, foreman: User, dispatcher: User, tab: str,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:  # fmt: skip
        for _turn in range(6):
            given(foreman, dispatcher)

        with django_assert_max_num_queries(14):
            telephone.get(reverse("portal:list"), {"tab": tab})

    def test_a_full_page_is_light(self, telephone: Client, foreman: User, dispatcher: User) -> None:
        """Compressed as a server does it: twenty tickets, and everything that the page names."""
        for _turn in range(20):
            given(foreman, dispatcher)

        shown = page(telephone, "portal:list")

        assert shown.count('<article class="card ticket') == 20
        named = set(re.findall(r'(?:src|href)="/static/([^"#]+)', shown))
        assert {"css/crew.css", "js/crew/page.js", "img/icons.svg"} <= named
        assert not [name for name in named if "vendor" in name]
        parts = [(settings.BASE_DIR / "static" / name).read_bytes() for name in sorted(named)]
        assert sum(len(gzip.compress(part)) for part in (shown.encode(), *parts)) < 60_000


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_is_one_step() -> None:
    company = CompanyFactory.create()
    actor = member_of(company)
    ticket = make_ticket(company=company, at=now())
    key: UUID = uuid4()

    def act(_turn: int) -> str:
        try:
            moved = move_ticket(ticket=ticket, step="comment", actor=actor, at=now(), note="Ключ", sent_key=key)
            return moved.number
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(act, range(6))) == {ticket.number}
    assert ticket.events.filter(step="comment").count() == 1
    assert SentStep.objects.count() == 1
