"""«Сколько нужно людей»: the numbers of a day, the page and its file, what may be typed, and what is asked for."""

import csv
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import DutyPost, DutyShift, LineSpell, Role, User
from callbacks.calendar import REGION
from callbacks.models import Contact
from reports.forecast import WEEK
from reports.staffing import Half, Plan, Target, plan
from tickets.tests.factories import MINUTE, UserFactory, make_promise

from .test_reports import client_of

pytestmark = pytest.mark.django_db

# Thursday evening; the day that is planned is the Friday after it.
NOW = datetime(2026, 11, 26, 18, 0, tzinfo=REGION)
TOMORROW = date(2026, 11, 27)
USUAL = Target(share=0.8, seconds=20, patience=120, talk=240)


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr("accounts.clock.now", lambda: NOW)
    return NOW


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=REGION)


def calls(count: int, when: datetime) -> None:
    """So many calls within the half-hour that begins at ``when``."""
    Contact.objects.bulk_create(
        Contact(received_at=when + 30 * MINUTE * number / count, phone=f"+7910{when.day:02d}{number:05d}")
        for number in range(count)
    )


def history() -> None:
    """The planning value on the last Fridays: 1000 calls an hour from 10:00, and one call at night."""
    for week in (1, 2):
        calls(500, moment(TOMORROW - week * WEEK, 10))
        calls(1, moment(TOMORROW - week * WEEK, 3))


def senior_tomorrow() -> User:
    """Holds the post of the shift's supervisor from 8 to 20."""
    user = UserFactory.create(role=Role.SUPERVISOR)
    hours = {"starts_at": moment(TOMORROW, 8), "ends_at": moment(TOMORROW, 20)}
    DutyShift.objects.create(user=user, post=DutyPost.SUPERVISOR, **hours)
    return user


def half_at(found: Plan, hour: int, minute: int = 0) -> Half:
    return found.halves[2 * hour + minute // 30]


def asked(**query: str) -> Any:
    return client_of().get(reverse("reports:staffing"), query)


# ── The numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_planning_value_of_a_hundred_lines() -> None:
    history()

    half = half_at(plan(TOMORROW, USUAL, at=NOW), 10)

    assert (half.calls, half.for_share, half.for_promise, half.lines) == (500, 74, 69, 87)
    assert half.load == pytest.approx(66.67, abs=0.01)
    assert half.needed == 74
    assert 0 < half.abandons < 0.03


def test_somebody_is_there_even_when_nobody_is_expected_to_ring() -> None:
    history()
    found = plan(TOMORROW, USUAL, at=NOW)

    assert (half_at(found, 5).for_share, half_at(found, 5).lines, half_at(found, 5).needed) == (0, 0, 1)
    # Two calls an hour are little work, but more than one in a hundred would wait for the end of another's talk.
    assert (half_at(found, 3).for_share, half_at(found, 3).for_promise) == (1, 2)
    assert found.peak == half_at(found, 10)
    assert found.hours == (74 + 2 + 46) / 2


def test_ring_backs_are_work_of_the_promise_and_not_of_the_calls() -> None:
    day = TOMORROW - WEEK
    calls(95, moment(day, 10))
    for number in range(5):
        make_promise(at=moment(day, 10), phone=f"+7920000000{number}")

    found = plan(TOMORROW, USUAL, at=NOW)
    half = half_at(found, 10)

    assert found.owed == pytest.approx(0.05)
    assert half.calls == 100
    assert half.load == pytest.approx(200 * 240 / 3600)
    assert half.for_promise >= half.load * 1.05


def test_who_was_on_the_line_a_week_before_and_who_holds_the_post() -> None:
    history()
    day = TOMORROW - WEEK
    for since, until in ((9, 12), (10, 11), (22, 30)):
        started_at = moment(day, 0) + timedelta(hours=since)
        LineSpell.objects.create(
            user=UserFactory.create(), started_at=started_at, ended_at=moment(day, 0) + timedelta(hours=until)
        )
    senior = senior_tomorrow()

    found = plan(TOMORROW, USUAL, at=NOW)

    assert found.seen_on == day
    assert [half_at(found, hour).on_line for hour in (8, 9, 10, 11, 12, 23)] == [0, 1, 2, 1, 0, 1]
    assert (half_at(found, 10).missing, half_at(found, 9).missing) == (72, 0)
    assert (half_at(found, 7).seniors, half_at(found, 8).seniors) == ((), (str(senior),))


def test_of_today_only_what_has_been_is_known() -> None:
    today = NOW.date()
    calls(10, moment(today - WEEK, 10))
    calls(7, moment(today, 10))
    LineSpell.objects.create(user=UserFactory.create(), started_at=moment(today, 9))

    found = plan(today, USUAL, at=NOW)

    assert (half_at(found, 10).calls, half_at(found, 10).came, half_at(found, 10).on_line) == (10, 7, 1)
    assert (half_at(found, 17, 30).came, half_at(found, 18).came) == (0, None)
    assert (half_at(found, 17, 30).on_line, half_at(found, 18).on_line) == (1, None)
    assert found.came is None


def test_of_a_day_that_is_over_it_is_told_what_came() -> None:
    day = TOMORROW - WEEK
    calls(10, moment(day - WEEK, 10))
    calls(7, moment(day, 10))

    found = plan(day, USUAL, at=NOW)

    assert (found.calls, found.came, half_at(found, 10).came) == (10, 7, 7)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_says_its_finding_and_holds_the_numbers() -> None:
    history()

    page = asked(talk="240")

    assert page.status_code == 200
    assert "Больше всего людей нужно в 10:00–10:30: 74, на линии 20.11 было 0" in page.text
    assert "мало на 74" in page.text
    assert page.context["chart"]["share"][20] == 74
    assert page.context["chart"]["onLine"][20] == 0
    assert "4:00 — задан вами" in page.text


def test_it_says_where_the_length_of_a_talk_comes_from_and_what_the_error_is() -> None:
    history()

    text = asked().text

    assert "разговоров ещё не измерено, взято обычное значение" in text
    # Of the two Fridays the last was forecast from the one before it: exactly.
    assert "Прогноз не точнее, чем «как неделю назад»" in text
    assert "Прогноз сделан заново на 1 из последних 28 дней" in text


def test_without_history_it_says_what_will_be_here() -> None:
    page = asked()

    assert page.status_code == 200
    assert "Здесь будет, сколько людей нужно по получасам" in page.text
    assert "staffing-table" not in page.text


def test_the_line_of_this_moment_is_there_and_comes_alone() -> None:
    for number in range(12):
        make_promise(at=NOW - 2 * MINUTE, phone=f"+791012345{number:02d}")

    assert "на линии 0, нужно" in asked().text
    part = client_of().get(reverse("reports:staffing"), headers={"HX-Request": "true"}).text
    assert "на линии 0, нужно" in part
    assert "<html" not in part


def test_it_asks_little_however_much_there_is(django_assert_max_num_queries: Any) -> None:
    for week in range(1, 12):
        calls(40, moment(TOMORROW - week * WEEK, 10))
    for _number in range(5):
        LineSpell.objects.create(user=UserFactory.create(), started_at=NOW - WEEK)
        senior_tomorrow()
    client = client_of()

    with django_assert_max_num_queries(16):
        assert client.get(reverse("reports:staffing")).status_code == 200


# ── What may be typed ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "typed",
    [
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"day": "2026-12-25"},
        {"day": "завтра"},
        {"share": "0"},
        {"share": "100"},
        {"share": "NaN"},
        {"share": "-80"},
        {"seconds": "1e400"},
        {"seconds": "-1"},
        {"talk": "0"},
        {"talk": "inf"},
        {"talk": "9" * 5000},
        {"patience": "0"},
        {"patience": "4000"},
    ],
)
def test_what_cannot_be_is_said_and_kept(typed: dict[str, str]) -> None:
    history()
    (word,) = typed.values()

    page = asked(**typed)

    assert page.status_code == 400
    assert page.context["form"].errors.keys() == typed.keys()
    assert f'value="{word}"' in page.text
    assert "Проверьте отмеченные поля" in page.text
    assert client_of().get(reverse("reports:staffing-csv"), typed).status_code == 302


@pytest.mark.parametrize(
    "typed",
    [
        {"share": "99", "seconds": "0", "talk": "3600", "patience": "1"},
        {"share": "1", "seconds": "600", "talk": "10", "patience": "3600"},
        {"day": "2013-01-01"},
        {"day": "2026-12-24"},
        {"day": "", "share": "", "talk": ""},
    ],
)
def test_the_edges_of_what_may_be(typed: dict[str, str]) -> None:
    history()

    assert asked(**typed).status_code == 200


# ── The file ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_file_holds_the_table() -> None:
    history()

    answer: Any = client_of(Role.SUPERVISOR).get(reverse("reports:staffing-csv"), {"talk": "240"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text), delimiter=";"))

    assert len(rows) == 49
    assert rows[0][:5] == ["Полчаса", "Ждём звонков", "Поступило", "Нагрузка, эрл", "Для 80/20"]
    assert rows[21][:8] == ["10:00–10:30", "500,0", "", "66,7", "74", "69", "74", "87"]
    assert answer["Content-Disposition"] == 'attachment; filename="lyudi-2026-11-27.csv"'


def test_the_file_of_no_data_is_its_headings() -> None:
    answer: Any = client_of().get(reverse("reports:staffing-csv"))

    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 1
