"""The governor's weekly: what is signed stays, what is otherwise is said, and nothing typed breaks the paper."""

import json
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Role, User
from callbacks.services import record_missed_call
from reports.catalogue.weekly import build_week
from reports.frozen import Sheet, canonical, changes, printed, sheet_of
from reports.models import WeeklyCorrection, WeeklyReport
from reports.paper import draft_pdf, signed_pdf
from reports.services import weekly
from tests.hostile.naughty import words
from tests.invariants.attacks import forbidden, refused
from tests.test_races import at_once
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_contact, make_ticket

from .lively import talk

# The Monday of the week that NOON lies in, and the week before, of which nothing is known.
MONDAY, EMPTY = date(2026, 2, 2), date(2026, 1, 26)
AFTER = NOON + timedelta(days=7)
MARKUP = (
    '#let x = 1 *жирно* _курсив_ $x^2$ `код` #panic() \\ @ref <lab> <b>&amp;</b> <script>alert(1)</script> "кавычки"'
)

pytestmark = pytest.mark.django_db


def head() -> User:
    return UserFactory.create(role=Role.HEAD, first_name="Анна", last_name="Орлова")


def sheet_at(at: datetime, monday: date = MONDAY) -> Sheet:
    return sheet_of(build_week(monday, at))


def signed(at: datetime = AFTER, monday: date = MONDAY, note: str = "", by: User | None = None) -> WeeklyReport:
    return weekly.sign_week(week=monday, sheet=sheet_at(at, monday), as_of=at, note=note, by=by or head(), at=at)


def corrected(report: WeeklyReport, at: datetime, note: str = "Внесли с бумаги") -> WeeklyCorrection:
    return weekly.correct_week(
        report=report, sheet=sheet_at(at, report.week), as_of=at, note=note, by=head(), at=at
    )  # fmt: skip


# ── Frozen ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_signed_stays_and_a_correction_says_exactly_what_is_otherwise() -> None:
    talk(make_ticket().callback, at=NOON + 5 * MINUTE)
    report = signed()
    before = WeeklyReport.objects.get().content
    # A call of that week is written in from paper.
    make_contact(at=NOON + MINUTE, phone="+79100000001")

    made = corrected(report, AFTER + MINUTE)
    assert WeeklyReport.objects.get().content == before
    assert made.paper["changes"] == [{
        "place": ["facts", "contacts", ""], "where": "Обращения", "was": 1, "was_text": "1", "became": 2,
        "became_text": "2",
    }]  # fmt: skip
    assert weekly.last_said(report)["facts"] == made.sheet["facts"] != report.sheet["facts"]


def test_the_next_correction_is_compared_with_the_last() -> None:
    report = signed()
    for number in (1, 2):
        make_contact(at=NOON, phone=f"+7910000000{number}")
        made = corrected(report, AFTER + number * MINUTE)
        assert made.number == number
        assert [(one["was"], one["became"]) for one in made.paper["changes"]] == [(number - 1, number)]


def test_without_a_difference_there_is_no_correction() -> None:
    with pytest.raises(weekly.NothingChanged):
        corrected(signed(), AFTER + MINUTE)


def test_numbers_counted_before_what_was_said_last_correct_nothing() -> None:
    report = signed()
    make_contact(at=NOON)
    with pytest.raises(weekly.SomebodyWasQuicker):
        corrected(report, AFTER)


def test_a_line_that_is_new_or_gone_is_a_change() -> None:
    said = sheet_at(AFTER)
    make_ticket()
    told = {tuple(one["place"]): (one["was_text"], one["became_text"]) for one in changes(said, sheet_at(AFTER))}
    category = str(make_ticket(phone="+79100000002").category_id)
    assert told["categories", category, "registered"] == ("—", "1")
    back = {tuple(one["place"]): one["became_text"] for one in changes(sheet_at(AFTER), said)}
    assert back["categories", category, "registered"] == "—"


def test_a_column_that_the_report_did_not_have_then_is_no_change() -> None:
    make_ticket()
    found = sheet_at(AFTER)
    said = json.loads(canonical(found))
    del said["facts"][0]
    for section in said["sections"]:
        section["columns"].pop()
        for line in section["lines"]:
            line["cells"].pop()
    assert changes(said, found) == changes(found, said) == []


def test_the_digest_is_of_the_canonical_content() -> None:
    report = signed(note=MARKUP)
    report.refresh_from_db()
    assert report.digest == sha256(report.content.encode()).hexdigest()
    assert canonical(json.loads(report.content)) == report.content
    assert report.paper["note"] == MARKUP
    assert report.paper["signer"] == {"name": "Анна Орлова", "post": "руководитель центра"}


def test_who_signed_is_told_by_the_name_of_then() -> None:
    by = head()
    report = signed(by=by)
    by.last_name = "Петрова"
    by.save()
    report.refresh_from_db()
    assert "Орлова" in report.signer_name


# ── The database ─────────────────────────────────────────────────────────────────────────────────────────────────
TABLES = {"reports_weeklyreport": "weekly_is_frozen", "reports_weeklycorrection": "weekly_correction_is_frozen"}


@pytest.mark.parametrize("table", TABLES)
def test_the_application_may_not_rewrite_what_was_signed(table: str) -> None:
    report = signed()
    make_contact(at=NOON)
    corrected(report, AFTER + MINUTE)
    for sql in (f"UPDATE {table} SET note = 'иначе'", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        forbidden(sql)


@pytest.mark.parametrize("table", TABLES)
def test_nor_does_the_owner_by_mistake(table: str) -> None:
    report = signed()
    make_contact(at=NOON)
    corrected(report, AFTER + MINUTE)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    try:
        assert refused(f"UPDATE {table} SET note = 'иначе'") == TABLES[table]
        assert refused(f"DELETE FROM {table}") == TABLES[table]
        assert refused(f"TRUNCATE {table} CASCADE").startswith("weekly")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE dispatch_app")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"serial": 2}, "weekly_number_has_no_gap"),
        ({"content": "{}"}, "weekly_content_is_its_own"),
        ({"digest": "0" * 64}, "weekly_digest_is_of_content"),
        ({"week": MONDAY + timedelta(days=1)}, "weekly_begins_on_monday"),
        ({"signed_at": AFTER - timedelta(days=1), "as_of": NOON}, "weekly_is_over"),
        ({"year": 2025}, "weekly_numbered_by_year"),
        ({"note": "я" * 2001}, "weekly_note_is_short"),
    ],
)
def test_the_database_refuses_what_the_service_would_never_write(changed: dict[str, Any], rule: str) -> None:
    given: dict[str, Any] = {
        "week": MONDAY, "year": 2026, "serial": 1, "as_of": AFTER, "signed_by": head(), "signed_at": AFTER,
        "signer_name": "Анна Орлова", "signer_post": "", "note": "",
    } | changed  # fmt: skip
    content = canonical({
        "number": f"{given['serial']}/{given['year']}", "week": str(given["week"]), "note": given["note"],
        "signer": {"name": given["signer_name"]},
    })  # fmt: skip
    content = str(given.pop("content", content))
    given = {"digest": sha256(content.encode()).hexdigest()} | given
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        WeeklyReport.objects.create(content=content, **given)
    assert getattr(broken.value.__cause__, "diag").constraint_name == rule  # noqa: B009


def test_numbers_begin_anew_each_year() -> None:
    first = signed(datetime.fromisoformat("2025-12-31T20:59:00+00:00"), date(2025, 12, 22))
    # Midnight in Moscow.
    second = signed(datetime.fromisoformat("2025-12-31T21:00:00+00:00"), date(2025, 12, 15))
    assert (first.number, second.number) == ("1/2025", "1/2026")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_different_weeks_numbers_have_no_gap(self) -> None:
        by = [head() for _ in range(4)]
        weeks = [MONDAY - number * weekly.WEEK for number in range(4)]
        made = at_once(*[lambda n=n: signed(monday=weeks[n], by=by[n]) for n in range(4)])
        assert all(isinstance(one, WeeklyReport) for one in made), made
        assert sorted(WeeklyReport.objects.values_list("serial", flat=True)) == [1, 2, 3, 4]

    def test_of_one_week_the_second_is_told(self) -> None:
        by = [head(), head()]
        made = at_once(*[lambda one=one: signed(by=one) for one in by])
        assert sorted(type(one).__name__ for one in made) == ["AlreadySigned", "WeeklyReport"]
        assert WeeklyReport.objects.count() == 1

    def test_of_two_corrections_the_second_is_told(self) -> None:
        report = signed()
        make_contact(at=NOON)
        made = at_once(*[lambda: corrected(report, AFTER + MINUTE) for _ in range(2)])
        assert sorted(type(one).__name__ for one in made) == ["SomebodyWasQuicker", "WeeklyCorrection"]


def test_the_best_and_the_worst_are_different_ones() -> None:
    for number in range(3):
        company = CompanyFactory.create(name=f"УК {number}")
        for turn in range(5):
            make_ticket(company=company, phone=f"+791000{number}00{turn:02}")
    sections = {part["code"]: [line["label"] for line in part["lines"]] for part in sheet_at(AFTER)["sections"]}
    assert (len(sections["worst"]), len(sections["best"])) == (2, 1)
    assert not set(sections["worst"]) & set(sections["best"])


# ── Paper ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_content_is_the_same_bytes() -> None:
    report = signed(note=MARKUP)
    make_contact(at=NOON)
    corrected(report, AFTER + MINUTE, note=MARKUP)
    once = signed_pdf(WeeklyReport.objects.get())
    assert once.startswith(b"%PDF")
    assert signed_pdf(WeeklyReport.objects.get()) == once


def test_no_word_breaks_the_paper() -> None:
    said = sheet_at(AFTER)
    for word in words(40):
        said["finding"] = said["facts"][0]["label"] = word
        assert draft_pdf(said, MONDAY, AFTER).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(None, "count", "нет данных"), (0, "count", "0"), (12345, "count", "12\u00a0345"),
     (187.5, "seconds", "3:07\u00a0мин"), (5400, "hours", "1,5\u00a0ч"), (99.5, "percent", "99,5\u00a0%"),
     (4.25, "mean", "4,2")],
)  # fmt: skip
def test_how_values_are_printed(value: float | None, unit: str, text: str) -> None:
    assert printed(value, unit) == text


def test_a_missed_call_that_was_rung_back_is_counted() -> None:
    promise = record_missed_call(phone="+79200000000", received_at=NOON, at=NOON)
    talk(promise, at=NOON + 5 * MINUTE)
    facts = {fact["code"]: fact["value"] for fact in sheet_at(AFTER)["facts"]}
    assert (facts["missed"], facts["missed_promised"], facts["missed_in_time"]) == (1, 1, 1)
