"""Every number of the page against the list behind it, and the rules by which it is counted."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from callbacks.models import CallbackObligation
from callbacks.services import (
    record_inbound_talk,
    waive,
)
from reports.figures import FATES, FIGURES, Number
from reports.period import Period
from reports.queries import Overview, overview
from tickets.services import move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    UserFactory,
    make_promise,
    make_ticket,
)

from .lively import BOTH_DAYS, DAY, EVENING, lively_days, of_day, talk

pytestmark = pytest.mark.django_db


def numbers(part: Any) -> Iterator[Number]:
    """Every counted number anywhere in the report."""
    if isinstance(part, Number):
        yield part
    elif is_dataclass(part):
        for found in fields(part):
            yield from numbers(getattr(part, found.name))
    elif isinstance(part, dict):
        yield from numbers(tuple(part.values()))
    elif isinstance(part, tuple):
        for item in part:
            yield from numbers(item)


def client_of(role: Role = Role.HEAD) -> Client:
    client = Client()
    client.force_login(UserFactory.create(role=role), backend="accounts.backends.PasswordBackend")
    return client


# ── The page and its lists ───────────────────────────────────────────────────────────────────────────────────────
class TestLivelyDays:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _lived_through(cls, rows_of_class: None) -> None:
        lively_days()

    @pytest.mark.thorough
    def test_every_number_links_to_exactly_what_it_counted(self) -> None:
        client = client_of()
        report = overview(BOTH_DAYS)
        found = {number.query: number.count for number in numbers(report)}
        assert len(found) > 150
        listed: dict[str, int] = {}
        # The lists are asked as a browser asks for them.
        for query in found:
            page = client.get(f"{reverse('reports:tickets')}?{query}")
            assert page.status_code == 200, query
            listed[query] = page.context["page"].paginator.count

        assert listed == found
        # Nothing is proven of a figure that happened to be nought; the others are of other reports (test_catalogue.py).
        shown = {parse_qs(query)["cell"][0] for query in found}
        assert {parse_qs(query)["cell"][0] for query, count in found.items() if count} == shown

    def test_what_became_of_the_promises_adds_up_to_all_of_them(self) -> None:
        report = overview(BOTH_DAYS)

        for line in report.reasons:
            assert sum(fate.count for fate in line.fates.values()) == line.promised.count
        assert sum(report.fates[name].count for name in FATES) == report.promised.count > 0
        assert sum(line.share.kept.count for line in report.hours) == report.share.kept.count > 0
        assert sum(line.share.broken.count for line in report.hours) == report.share.broken.count > 0
        assert sum(person.registered.count for person in report.operators) == report.registered.count > 0

    @pytest.mark.thorough
    def test_the_list_holds_as_many_lines_as_its_file(self, django_assert_max_num_queries: Any) -> None:
        client = client_of(Role.SUPERVISOR)
        asked = f"from={BOTH_DAYS.first}&to={BOTH_DAYS.last}&at={EVENING:%Y-%m-%dT%H:%M:%SZ}"
        for cell in FIGURES:
            with django_assert_max_num_queries(6):
                page = client.get(f"{reverse('reports:tickets')}?cell={cell}&{asked}")
            with django_assert_max_num_queries(5):
                body = b"".join(client.get(f"{reverse('reports:tickets-csv')}?cell={cell}&{asked}"))
            lines = body.decode("utf-8-sig").splitlines()
            assert len(lines) == page.context["page"].paginator.count + 1

    def test_the_page_asks_a_fixed_number_of_questions(self, django_assert_max_num_queries: Any) -> None:
        client = client_of()
        with django_assert_max_num_queries(26):
            page = client.get(reverse("reports:overview"), {"from": str(BOTH_DAYS.first), "to": str(BOTH_DAYS.last)})
        assert page.status_code == 200


# ── What counts as kept ──────────────────────────────────────────────────────────────────────────────────────────
def fates(report: Overview) -> dict[str, int]:
    return {name: fate.count for name, fate in report.fates.items() if fate.count}


@pytest.mark.parametrize(("minutes", "fate"), [(9, "kept_in_time"), (10, "kept_in_time"), (11, "kept_late")])
def test_a_promise_is_kept_by_a_talk_that_ends_before_its_time(minutes: int, fate: str) -> None:
    talk(make_promise(), at=NOON + minutes * MINUTE)

    assert fates(overview(of_day())) == {fate: 1}


@pytest.mark.parametrize(("minutes", "fate"), [(9, "open_in_time"), (10, "overdue"), (11, "overdue")])
def test_an_open_promise_is_overdue_from_its_very_minute(minutes: int, fate: str) -> None:
    make_promise()

    assert fates(overview(of_day(NOON + minutes * MINUTE))) == {fate: 1}


@pytest.mark.parametrize(("minutes", "fate"), [(9, "inbound_in_time"), (11, "inbound_late")])
def test_a_caller_who_rang_himself_is_counted_apart(minutes: int, fate: str) -> None:
    promise = make_promise()
    at = NOON + minutes * MINUTE
    record_inbound_talk(
        obligations=[promise], operator=UserFactory.create(), started_at=at - MINUTE, at=at, note="Сам позвонил."
    )

    report = overview(of_day())
    assert fates(report) == {fate: 1}
    assert report.share.kept.count == 0
    assert report.share.broken.count == (minutes > 10)


@pytest.mark.parametrize(("minutes", "fate"), [(9, "waived_in_time"), (11, "waived_late")])
def test_a_waiver_does_not_clean_the_percentage_afterwards(minutes: int, fate: str) -> None:
    by = UserFactory.create(role=Role.SUPERVISOR)
    wrong_number = CallbackObligation.Waiver.WRONG_NUMBER
    waive(obligation=make_promise(), waiver=wrong_number, by=by, at=NOON + minutes * MINUTE)

    report = overview(of_day())
    assert fates(report) == {fate: 1}
    assert report.share.percent == (None if minutes < 10 else Decimal(0))


def test_without_a_number_there_is_no_clock_and_no_percentage() -> None:
    make_promise(phone="")

    report = overview(of_day())
    assert fates(report) == {"not_callable": 1}
    assert report.share.percent is None


def test_a_promise_that_moved_to_the_main_ticket_is_counted_once() -> None:
    main, double = make_ticket(), make_ticket(phone="+79107654321")
    move_ticket(
        ticket=double, step="mark_duplicate", actor=UserFactory.create(), at=NOON + 12 * MINUTE, duplicate_of=main
    )

    report = overview(of_day())
    assert fates(report) == {"overdue": 2, "moved": 1}
    assert report.share.broken.count == 2


def test_one_hundred_percent_means_not_one_broken() -> None:
    for number in range(3):
        talk(make_promise(phone=f"+7910000000{number}"), at=NOON + MINUTE)
    make_promise(phone="+79109999999")

    assert overview(of_day()).share.percent == Decimal("75.0")
    assert overview(of_day(NOON + 9 * MINUTE)).share.percent == Decimal("100.0")


def test_the_week_before_is_cut_at_the_same_minute_and_told_as_its_own_report_tells_it() -> None:
    week = timedelta(days=7)
    talk(make_promise(at=NOON - week), at=NOON - week + 11 * MINUTE)

    assert overview(of_day(NOON - MINUTE)).before.decided == 0
    before = overview(of_day(NOON + MINUTE)).before
    assert before.percent == Decimal(0)
    assert overview(Period(DAY - week, DAY - week, NOON + MINUTE)).share.percent == before.percent


def test_a_list_opened_later_still_shows_what_was_counted() -> None:
    promise = make_promise()
    asked = of_day(NOON + 11 * MINUTE)
    assert overview(asked).fates["overdue"].count == 1
    talk(promise, at=NOON + 20 * MINUTE)

    assert FIGURES["overdue"].rows(asked).get() == promise
    assert not FIGURES["overdue"].rows(of_day()).exists()


def test_midnight_of_the_region_parts_the_days() -> None:
    midnight = of_day().starts_at
    make_promise(at=midnight - timedelta(seconds=1))
    make_promise(at=midnight, phone="+79100000001")

    assert overview(of_day()).promised.count == 1


def test_how_long_people_waited() -> None:
    for number, minutes in enumerate([2, 4, 30]):
        talk(make_promise(phone=f"+7910000000{number}"), at=NOON + minutes * MINUTE)

    length = overview(of_day()).until_talk
    assert length.median == 4 * MINUTE
    assert length.p95 is not None
    assert 27 * MINUTE < length.p95 < 30 * MINUTE
    assert length.of.count == 3


def test_of_nothing_there_is_no_data() -> None:
    report = overview(of_day())

    assert report.share.percent is None
    assert report.until_talk.median is None
    assert report.hours == ()
    page = client_of().get(reverse("reports:overview"), {"from": str(DAY), "to": str(DAY)})
    assert "нет данных" in page.text
    assert "0,0" not in page.text
