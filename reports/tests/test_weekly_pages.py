"""The weekly as its readers and its signer meet it: the pages, the buttons, the paper."""

import json
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
import typst
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from reports.models import WeeklyReport
from reports.paper import SHEET, inputs, signed_data
from reports.services import weekly
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_contact

from .lively import lively_days
from .test_reports import client_of
from .test_weekly import AFTER, EMPTY, MARKUP, MONDAY, corrected, sheet_at, signed

pytestmark = pytest.mark.django_db


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


# ── Paper ────────────────────────────────────────────────────────────────────────────────────────────────────────
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
