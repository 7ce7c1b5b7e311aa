"""The governor's weekly: what is signed stays, what is otherwise is said, and nothing typed breaks the paper."""

import json
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import pytest
import typst
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.services import record_missed_call
from reports.catalogue.weekly import build_week
from reports.frozen import Sheet, canonical, changes, printed, sheet_of
from reports.models import WeeklyCorrection, WeeklyReport
from reports.paper import SHEET, draft_pdf, inputs, signed_data, signed_pdf
from reports.services import weekly
from tests.hostile.naughty import words
from tests.invariants.attacks import forbidden, refused
from tests.test_races import at_once
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, make_contact, make_ticket

from .test_reports import client_of, lively_days, talk

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


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock of the pages stands at the Monday after."""
    monkeypatch.setattr("accounts.clock.now", lambda: AFTER)
    return AFTER


def page(name: str, monday: date = MONDAY) -> str:
    return reverse(f"reports:{name}", kwargs={"monday": monday})


def sent(client: Client, name: str, note: str, monday: date = MONDAY) -> Any:
    """As a browser does it: the page is opened, and its form sent."""
    shown = client.get(page("weekly", monday))
    form = shown.context["sign_form"] or shown.context["correct_form"]
    return client.post(page(name, monday), {"note": note, "seen": form.numbers if form else ""})


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


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
class TestSigning:
    def test_the_head_signs_what_he_saw(self, after: datetime) -> None:
        client = client_of()
        answer = sent(client, "weekly-sign", "Всё по плану")
        assert answer.status_code == 302
        shown = client.get(page("weekly"))
        assert shown.context["report"].number == "1/2026"
        assert "Всё по плану" in shown.text
        assert "№ 1/2026" in client.get(reverse("reports:weeklies")).text

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMIN, Role.OPERATOR, Role.COMPANY, Role.FOREMAN])
    def test_nobody_else_signs(self, after: datetime, role: Role) -> None:
        seen = client_of().get(page("weekly")).context["sign_form"].numbers
        assert client_of(role).post(page("weekly-sign"), {"seen": seen}).status_code == 404
        with pytest.raises(weekly.OnlyHeadSigns):
            signed(by=UserFactory.create(role=role))
        assert not WeeklyReport.objects.exists()

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMIN])
    def test_the_others_read_and_see_no_button(self, after: datetime, role: Role) -> None:
        shown = client_of(role).get(page("weekly"))
        assert "Зарегистрировано заявок" in shown.text
        assert shown.context["sign_form"] is None
        assert page("weekly-sign") not in shown.text

    def test_numbers_that_changed_meanwhile_are_shown_again_with_what_was_typed(self, after: datetime) -> None:
        client = client_of()
        seen = client.get(page("weekly")).context["sign_form"].numbers
        make_contact(at=NOON)
        answer = client.post(page("weekly-sign"), {"note": "Мой текст", "seen": seen})
        assert answer.status_code == 422
        assert "числа изменились" in answer.text
        assert "Мой текст" in answer.text
        # What stands there now may be signed.
        again = client.post(page("weekly-sign"), {"note": "Мой текст", "seen": answer.context["sign_form"].numbers})
        assert again.status_code == 302
        assert answer.context["sign_form"].numbers in answer.text

    def test_the_second_is_told_and_keeps_his_words(self, after: datetime) -> None:
        client = client_of()
        seen = client.get(page("weekly")).context["sign_form"].numbers
        signed()
        make_contact(at=NOON)
        answer = client.post(page("weekly-sign"), {"note": "Мой текст", "seen": seen})
        assert answer.status_code == 409
        assert "уже подписали: № 1/2026, Анна Орлова" in answer.text
        assert "Мой текст" in answer.text
        assert WeeklyReport.objects.count() == 1

    def test_too_long_a_note_is_refused_and_kept(self, after: datetime) -> None:
        answer = sent(client_of(), "weekly-sign", "я" * 2001)
        assert answer.status_code == 422
        assert "я" * 2001 in answer.text

    def test_lines_are_counted_as_they_are_kept(self, after: datetime) -> None:
        sent(client_of(), "weekly-sign", "раз\r\nдва")
        assert WeeklyReport.objects.get().note == "раз\nдва"

    def test_a_week_that_is_not_over_is_not_signed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Half a minute before midnight in Moscow.
        monkeypatch.setattr("accounts.clock.now", lambda: datetime.fromisoformat("2026-02-08T20:59:30+00:00"))
        client = client_of()
        shown = client.get(page("weekly"))
        assert shown.context["sign_form"] is None
        assert "Неделя ещё идёт" in shown.text
        seen = client.post(page("weekly-sign"), {}).context["sign_form"].numbers
        answer = client.post(page("weekly-sign"), {"seen": seen})
        assert answer.status_code == 409
        assert "Неделя ещё не закончилась" in answer.text

    @pytest.mark.parametrize(
        "day", ["2026-02-03", "2026-02-16", "2012-12-31", "2026-13-01", "0000-00-00", "9999-12-27", "２０26-02-02", "x"]
    )
    def test_what_is_no_week_of_ours_is_no_page(self, after: datetime, day: str) -> None:
        client = client_of()
        for tail in ("", "pdf/"):
            assert client.get(f"/reports/weekly/{day}/{tail}").status_code == 404
        for tail in ("sign/", "correct/"):
            assert client.post(f"/reports/weekly/{day}/{tail}").status_code == 404


class TestCorrecting:
    def test_the_page_shows_what_changed_and_makes_a_correction_of_it(self, after: datetime) -> None:
        signed(AFTER - MINUTE)
        client = client_of()
        assert "числа те же" in client.get(page("weekly")).text
        make_contact(at=NOON)
        shown = client.get(page("weekly"))
        assert [(one["where"], one["was"], one["became"]) for one in shown.context["changes"]] == [("Обращения", 0, 1)]
        assert page("weekly-correct") in shown.text
        assert page("weekly-correct") not in client_of(Role.SUPERVISOR).get(page("weekly")).text

        assert sent(client, "weekly-correct", "С бумаги").status_code == 302
        shown = client.get(page("weekly"))
        assert "Поправка № 1" in shown.text
        assert shown.context["changes"] == []

    def test_without_a_difference_it_is_refused_in_words(self, after: datetime) -> None:
        signed(AFTER - MINUTE)
        answer = client_of().post(page("weekly-correct"), {"note": "Просто так"})
        assert answer.status_code == 409
        assert "Числа недели не изменились" in answer.text
        assert "Просто так" in answer.text

    def test_it_says_why(self, after: datetime) -> None:
        signed(AFTER - MINUTE)
        make_contact(at=NOON)
        answer = sent(client_of(), "weekly-correct", " ")
        assert answer.status_code == 422
        assert "Напишите, почему числа изменились" in answer.text

    def test_a_week_without_a_signature_is_not_corrected(self, after: datetime) -> None:
        assert client_of().post(page("weekly-correct"), {"note": "x"}).status_code == 404


def test_every_number_of_the_live_page_links_to_its_rows(after: datetime) -> None:
    lively_days()
    sheet = sheet_at(after)
    client = client_of()
    cells = [*sheet["facts"], *(cell for part in sheet["sections"] for line in part["lines"] for cell in line["cells"])]
    linked = {cell["query"]: cell["value"] for cell in cells if cell["query"]}
    counted = {parse_qs(query)["cell"][0] for query, value in linked.items() if value}
    assert {"kept_in_time", "broken", "missed", "contacts", "registered", "escalations", "outages"} <= counted
    for query, value in linked.items():
        if parse_qs(query)["cell"] != ["kept"]:
            listed = client.get(f"{reverse('reports:tickets')}?{query}")
            assert listed.context["page"].paginator.count == value, query
    text = client.get(page("weekly")).text
    assert all(query.replace("&", "&amp;") in text for query in linked)


def test_the_page_asks_a_fixed_number_of_questions(after: datetime, django_assert_max_num_queries: Any) -> None:
    lively_days()
    client = client_of()
    with django_assert_max_num_queries(50):
        client.get(page("weekly"))


def test_the_best_and_the_worst_are_different_ones(after: datetime) -> None:
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


def test_an_empty_week_is_a_page_and_a_paper(after: datetime) -> None:
    client = client_of()
    assert client.get(page("weekly", EMPTY)).status_code == 200
    draft = client.get(page("weekly-pdf", EMPTY))
    assert draft["Content-Type"] == "application/pdf"
    assert draft.content.startswith(b"%PDF")
    signed(monday=EMPTY)
    assert client.get(page("weekly-pdf", EMPTY)).content.startswith(b"%PDF")
    assert "нет данных" in client.get(page("weekly", EMPTY)).text


def test_markup_in_a_note_is_printed_as_typed(after: datetime) -> None:
    client = client_of()
    sent(client, "weekly-sign", MARKUP)
    assert "<script>alert(1)" not in client.get(page("weekly")).text
    assert "&lt;script&gt;alert(1)" in client.get(page("weekly")).text
    make_contact(at=NOON)
    report = WeeklyReport.objects.get()
    corrected(report, AFTER + MINUTE, note=f"{MARKUP}\nвторая строка")
    assert set_as(report, "<note>") == MARKUP
    assert set_as(report, "<why>") == f"{MARKUP}\nвторая строка"


def set_as(report: WeeklyReport, label: str) -> str:
    """The text of a block as Typst understood it: anything but text and line breaks would be markup."""
    source, given = SHEET.read_bytes(), inputs(signed_data(report))
    (found,) = json.loads(typst.query(source, label, sys_inputs=given, ignore_system_fonts=True))
    parts = found["body"].get("children", [found["body"]])
    assert {part["func"] for part in parts} <= {"text", "linebreak"}
    return "".join(part.get("text", "\n") for part in parts)


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
