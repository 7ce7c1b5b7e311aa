"""The rehearsal with recorded requests, small: the same services, threads of their own, and sums that must agree."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from accounts import clock
from accounts.models import Role
from callbacks.models import CallbackObligation, Contact, Escalation
from tickets.models import Category, Ticket
from tickets.replay.chance import share
from tickets.replay.requests import NO_HOUSE, Recorded, Translation, UnreadableFile, read_requests
from tickets.replay.tally import tally
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    break_promise,
    make_ticket,
    member_of,
)

SAMPLE = Path(__file__).parent / "data" / "requests.csv"


def recorded(**given: str) -> Recorded:
    row = {"number": "1", "category": "10.67", "title": "Темно", "address": "улица Одинцова, 52"} | given
    return Recorded(**row, opened_at=NOON)


# ── Reading and translating ──────────────────────────────────────────────────────────────────────────────────────
def test_requests_come_in_the_order_of_their_time() -> None:
    found = read_requests(SAMPLE, limit=3)

    assert [request.number for request in found] == ["43186", "43135", "43136"]
    assert found[0].opened_at == datetime(2016, 10, 31, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n1,2\n", "has no columns"),
        ("id,category,category_name,address,opened_at\n1,2,3,4,вчера\n", "вчера"),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableFile, match=why):
        read_requests(path)


@pytest.mark.django_db
def test_the_same_words_mean_the_same_house() -> None:
    BuildingFactory.create_batch(7)
    translation = Translation.load()

    first, again = translation.address(recorded()), translation.address(recorded(number="2"))
    assert first.building is not None
    assert first.building == again.building
    assert not translation.unknown_addresses


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["переулок Тепличный", "Фрунзенский районМинск", ""])
def test_words_without_a_house_stay_words_and_are_reported(words: str) -> None:
    BuildingFactory.create()
    translation = Translation.load()

    address = translation.address(recorded(address=words))
    assert (address.building, address.house) == (None, NO_HOUSE)
    assert address.street
    assert translation.unknown_addresses == {words: 1}


@pytest.mark.django_db
def test_a_category_without_a_line_is_reported_and_still_registered() -> None:
    translation = Translation.load()

    assert translation.category(recorded()).code == "E03"
    assert translation.category(recorded(category="6.325")).code == translation.fallback
    assert translation.unknown_categories == {"6.325": 1}
    assert set(translation.table.values()) <= set(Category.objects.values_list("code", flat=True))


def test_chance_falls_the_same_way_each_time() -> None:
    assert share("hidden", "43186") == share("hidden", "43186")
    assert 0.45 < sum(share("spread", number) for number in range(1000)) / 1000 < 0.55


# ── The rehearsal ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def town(transactional_db: None) -> None:
    for name in ("Ольга", "Ирина"):
        UserFactory.create(first_name=name, role=Role.OPERATOR)
    UserFactory.create(role=Role.SUPERVISOR)
    company = CompanyFactory.create(name="УК «Расторопная»")
    member_of(company)
    for building in BuildingFactory.create_batch(5):
        answers_for(company, building=building)


def escalated() -> "QuerySet[Escalation]":
    return Escalation.objects.filter(is_warning=False, deadline__obligation__ticket__isnull=False)


@pytest.mark.thorough
def test_a_small_file_goes_through_and_adds_up(town: None, settings: pytest.FixtureRequest) -> None:
    settings.CALLBACK_PROMISE = timedelta(seconds=2)  # type: ignore[attr-defined]
    out = StringIO()

    call_command("replay_requests", SAMPLE, speed=20_000, keep_promises=True, stdout=out)

    with SAMPLE.open(encoding="utf-8") as file:
        read = len(list(csv.DictReader(file)))
    told = {words[0]: words[1] for line in out.getvalue().splitlines() if len(words := line.split()) == 2}
    assert told["registered"] == told["promised"] == str(read)
    assert told["failed"] == "0"
    assert Ticket.objects.count() == read
    assert int(told["escalated"]) == escalated().count() > 0
    assert int(told["kept"]) > 0
    assert int(told["closed"]) > 0
    assert "does not add up" not in out.getvalue()


def test_a_promise_that_nobody_asks_about_fails_the_rehearsal(town: None) -> None:
    at = clock.now()
    ticket = make_ticket(at=at - 11 * MINUTE)

    silent = tally(read=1, failed=0, tickets=[ticket.pk], at=at)
    assert [complaint for complaint in silent.complaints if "rung 1 rang 0 times" in complaint]
    break_promise(at)
    asked = tally(read=1, failed=0, tickets=[ticket.pk], at=at)
    assert asked.complaints == []
    assert (asked.overdue, asked.escalated) == (1, 1)


def test_a_request_that_was_not_registered_fails_the_rehearsal(town: None) -> None:
    found = tally(read=2, failed=1, tickets=[make_ticket().pk], at=NOON + MINUTE)

    assert "1 failed" in found.complaints


def test_without_a_running_centre_it_says_so(town: None) -> None:
    with pytest.raises(CommandError, match="make run"):
        call_command("replay_requests", SAMPLE)
    assert not Contact.objects.exists()
    assert not CallbackObligation.objects.exists()


@pytest.mark.django_db
def test_without_people_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="load_demo"):
        call_command("replay_requests", SAMPLE)
