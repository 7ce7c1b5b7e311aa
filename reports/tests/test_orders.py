"""Reports that come by mail: ordered on a page, due at their hour, sent once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.calendar import REGION
from reports.catalogue import REPORTS
from reports.models import ReportLetter, ReportOrder
from reports.services import orders as service
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_ticket

from .test_files import book_of

pytestmark = pytest.mark.django_db
ADDRESS = "/reports/orders/"
# NOON is a Monday.
BEFORE = NOON - timedelta(days=60)
HOUR = 60 * MINUTE


@pytest.fixture
def owner() -> User:
    return UserFactory.create(role=Role.SUPERVISOR)


def order_of(owner: User, **given: Any) -> ReportOrder:
    told = {"name": "promise", "span": "yesterday", "every": "day", "hour": 8, "kind": "xlsx"} | given
    order = service.order_report(order=ReportOrder(owner=owner, **told), recipients=[owner], at=NOON - HOUR)
    ReportOrder.objects.filter(pk=order.pk).update(since=BEFORE)
    return ReportOrder.objects.get(pk=order.pk)


def turn(at: datetime) -> int:
    """What the task does; how many letters were tried."""
    service.write_due_letters(at=at)
    tried = 0
    while service.send_next(at=at):
        tried += 1
    return tried


def of(day: date, hour: int = 8) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=REGION)


# ── When, of which days ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("given", "at", "due"),
    [
        ({}, of(date(2026, 2, 2), 8), of(date(2026, 2, 2))),
        ({}, of(date(2026, 2, 2), 8) - MINUTE, of(date(2026, 2, 1))),
        ({"every": "weekday", "weekday": 1}, of(date(2026, 2, 4), 9), of(date(2026, 2, 2))),
        ({"every": "weekday", "weekday": 3}, of(date(2026, 2, 2), 9), of(date(2026, 1, 28))),
        ({"every": "month_day", "month_day": 28}, of(date(2026, 3, 1), 9), of(date(2026, 2, 28))),
    ],
)
def test_when_it_was_due_last(given: dict[str, Any], at: datetime, due: datetime) -> None:
    order = ReportOrder(**{"every": "day", "hour": 8} | given)
    assert service.last_due(order, at) == due


@pytest.mark.parametrize(
    ("span", "days"),
    [
        ("yesterday", (date(2026, 3, 3), date(2026, 3, 3))),
        ("week", (date(2026, 2, 23), date(2026, 3, 1))),
        ("month", (date(2026, 2, 1), date(2026, 2, 28))),
    ],
)
def test_of_which_days(span: str, days: tuple[date, date]) -> None:
    assert service.days_of(span, date(2026, 3, 4)) == days


# ── Letters ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_letter_says_what_was_found_and_brings_the_file(owner: User) -> None:
    make_ticket(at=NOON - timedelta(days=1))
    order_of(owner, query="emergency=no")

    assert turn(NOON) == 1

    (letter,) = mail.outbox
    assert letter.subject.startswith("Обещание, 01.02.2026: ")
    assert letter.to == [owner.email]
    assert "не аварийные" in letter.body
    assert "/reports/promise/?from=2026-02-01&to=2026-02-01&emergency=no" in letter.body
    name, content, kind = letter.attachments[0]
    assert (name, kind) == (
        "promise-2026-02-01.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )  # fmt: skip
    assert next(iter(book_of(content).values()))[0][0] == "Обещание"


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_may_be_ordered(owner: User, name: str) -> None:
    order_of(owner, name=name, kind="csv")
    assert turn(NOON) == 1
    assert str(REPORTS[name].title) in mail.outbox[0].subject


def test_it_leaves_once_whoever_looks_how_often(owner: User) -> None:
    order_of(owner)
    assert [turn(NOON), turn(NOON), turn(NOON + HOUR)] == [1, 0, 0]
    assert turn(NOON + timedelta(days=1)) == 1
    assert len(mail.outbox) == 2
    assert ReportLetter.objects.count() == 2


def test_a_letter_that_is_being_sent_is_offered_to_nobody_else(owner: User) -> None:
    order_of(owner)
    service.write_due_letters(at=NOON)
    assert service.take_letter(at=NOON) is not None
    assert service.take_letter(at=NOON) is None
    # A killed process frees it.
    assert service.take_letter(at=NOON + service.LENT) is not None


def test_a_server_that_fails_is_asked_again_and_then_no_more(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> int:
        raise ConnectionRefusedError("no server")

    order_of(owner)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", fails)
    assert [turn(NOON), turn(NOON + 4 * MINUTE), turn(NOON + 5 * MINUTE)] == [1, 0, 1]
    letter = ReportLetter.objects.get()
    assert "no server" in letter.last_error

    at = NOON + 5 * MINUTE
    for wait in (*service.BACK_OFF[1:], timedelta()):
        at += wait
        turn(at)
    letter.refresh_from_db()
    assert (letter.given_up_at, letter.next_try_at, letter.tries) == (at, None, len(service.BACK_OFF) + 1)
    shown = client_of(owner).get(ADDRESS).content.decode()
    assert "не ушло" in shown


def test_a_second_try_is_the_same_letter(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_killed_after_sending(letter: Any) -> None:
        mail.outbox.append(letter)
        raise ConnectionResetError

    order_of(owner)
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", is_killed_after_sending)
        turn(NOON)
    turn(NOON + 5 * MINUTE)
    first, second = mail.outbox
    assert first.extra_headers == second.extra_headers
    assert first.body == second.body


def test_nobody_to_send_to_is_told_and_not_tried_again(owner: User) -> None:
    order = order_of(owner)
    order.recipients.set([UserFactory.create(role=Role.OPERATOR), UserFactory.create(role=Role.HEAD, email="")])
    turn(NOON)
    letter = ReportLetter.objects.get()
    assert letter.given_up_at == NOON
    assert "некому" in letter.last_error
    assert not mail.outbox


def test_a_filter_that_has_gone_is_told(owner: User) -> None:
    order_of(owner, query="company=999999")
    turn(NOON)
    assert "больше нет" in ReportLetter.objects.get().last_error
    assert "отбор, которого больше нет" in client_of(owner).get(ADDRESS).content.decode()


def test_a_paused_order_and_one_of_somebody_who_left_send_nothing(owner: User) -> None:
    order = order_of(owner)
    service.pause(order=order)
    assert turn(NOON) == 0
    service.resume(order=order, at=NOON)
    # What was missed meanwhile is not caught up on.
    assert turn(NOON + MINUTE) == 0
    assert turn(NOON + timedelta(days=1)) == 1

    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert turn(NOON + timedelta(days=2)) == 0


def test_what_was_due_before_it_was_ordered_is_not_sent(owner: User) -> None:
    order = order_of(owner)
    ReportOrder.objects.filter(pk=order.pk).update(since=NOON)
    assert turn(NOON + MINUTE) == 0


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────
def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="accounts.backends.PasswordBackend")
    return client


def typed(owner: User, **more: Any) -> dict[str, Any]:
    told = {"name": "promise", "span": "yesterday", "every": "day", "hour": "8", "kind": "xlsx"}
    return told | {"recipients": [owner.pk]} | more


def test_an_order_is_written_down(owner: User) -> None:
    answer = client_of(owner).post(ADDRESS, typed(owner, emergency="yes"))
    assert answer.status_code == 302
    order = ReportOrder.objects.get()
    assert (order.owner, order.query, list(order.recipients.all())) == (owner, "emergency=yes", [owner])
    assert "аварийные" in client_of(owner).get(ADDRESS).content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"recipients": []}, "Выберите, кому посылать"),
        ({"every": "weekday"}, "Выберите день недели"),
        ({"every": "month_day"}, "Назовите число"),
        ({"span": "week"}, "Чаще, чем меняются дни"),
        ({"every": "weekday", "weekday": "1", "span": "month"}, "Чаще, чем меняются дни"),
        ({"hour": "24"}, "меньше либо равно 23"),
        ({"name": "nothing"}, "Такого отчёта нет"),
        ({"company": "999999"}, "Выберите корректный вариант"),
        ({"every": "never"}, "Выберите корректный вариант"),
    ],
)
def test_what_is_amiss_is_told_and_what_was_typed_is_kept(owner: User, wrong: dict[str, Any], sentence: str) -> None:
    page = client_of(owner).post(ADDRESS, typed(owner, emergency="yes") | wrong)
    assert page.status_code == 400
    shown = page.content.decode()
    assert sentence in shown
    assert '<option value="yes" selected' in shown
    assert not ReportOrder.objects.exists()


def test_an_order_is_paused_resumed_and_deleted(owner: User) -> None:
    order = order_of(owner)
    client, address = client_of(owner), reverse("reports:order", args=[order.pk])
    for deed, is_active in (("pause", False), ("resume", True)):
        assert client.post(address, {"do": deed}).status_code == 302
        order.refresh_from_db()
        assert order.is_active is is_active
    assert client.post(address, {"do": "explode"}).status_code == 404
    assert client.post(address, {"do": "delete"}).status_code == 302
    assert not ReportOrder.objects.exists()


def test_a_foreign_order_is_not_found(owner: User) -> None:
    order = order_of(owner)
    foreign = client_of(UserFactory.create(role=Role.SUPERVISOR))
    assert foreign.post(reverse("reports:order", args=[order.pk]), {"do": "delete"}).status_code == 404
    assert not foreign.get(ADDRESS).context["rows"]
    assert client_of(UserFactory.create(role=Role.HEAD)).get(ADDRESS).context["rows"]


def test_the_page_of_many_orders_asks_few_questions(owner: User, django_assert_max_num_queries: Any) -> None:
    for _turn in range(5):
        order_of(owner)
    client = client_of(owner)
    with django_assert_max_num_queries(16):
        client.get(ADDRESS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": "weekday"}, {"every": "month_day"}, {"weekday": 1}, {"every": "weekday", "weekday": 8}, {"hour": 24},
        {"every": "month_day", "month_day": 29}, {"span": "week"}, {"span": "year"}, {"kind": "exe"},
        {"every": "weekday", "weekday": 1, "span": "month"},
    ],
)  # fmt: skip
def test_the_database_knows_which_orders_can_be(owner: User, wrong: dict[str, Any]) -> None:
    told = {"name": "promise", "span": "yesterday", "every": "day", "hour": 8, "since": NOON} | wrong
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportOrder.objects.create(owner=owner, **told)


def test_the_database_keeps_a_letter_single_and_whole(owner: User) -> None:
    order = order_of(owner)
    told = {"order": order, "first_day": date(2026, 2, 1), "last_day": date(2026, 2, 1), "due_at": NOON}
    ReportLetter.objects.create(**told, next_try_at=NOON)
    for wrong in ({"next_try_at": NOON}, {"first_day": date(2026, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReportLetter.objects.create(**told | wrong)
