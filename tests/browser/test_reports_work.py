"""The reports at work: from a number to its rows and a card, narrowed, by keyboard, on paper, signed and corrected."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from callbacks.calendar import REGION
from dispatch_center.local.stack import LocalStack
from reports.catalogue import REPORTS

from .conftest import SignIn, serious_faults
from .intake_steps import in_the_centre

WIDE, TELEPHONE = 1440, 390
# Of each report so many cells are followed.
FOLLOWED = 3


def last_days(count: int = 30) -> str:
    day = datetime.now(REGION).date()
    return urlencode({"from": day - timedelta(days=count - 1), "to": day})


def open_report(page: Page, centre: LocalStack, name: str) -> None:
    answer = page.goto(f"{centre.url}/reports/{name}/?{last_days()}")
    assert answer is not None
    assert answer.status == 200, name
    expect(page.get_by_role("heading", level=1)).to_have_text(str(REPORTS[name].title))


def number_in(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def follow(page: Page, address: str, said: int) -> None:
    """The list behind a cell holds as many rows as the cell says."""
    page.goto(address)
    expect(page.locator("h1 .numbers")).to_have_text(re.compile(r"^[\d\s]+$"))
    assert number_in(page.locator("h1 .numbers").inner_text()) == said, address
    assert page.locator("main tbody tr").count() == min(said, 50), address


def counts(page: Page) -> list[tuple[str, int]]:
    """Cells of the tables that count something: where each leads, and what it says."""
    found = page.locator("main table a.figure:not(.quiet)").all()
    return [(str(link.evaluate("link => link.href")), number_in(link.inner_text())) for link in found]


def to_the_card(page: Page, link: Locator) -> None:
    link.click()
    page.wait_for_url("**/reports/tickets/**")
    row = page.locator("main tbody a[href*='/desk/tickets/']").first
    number = row.inner_text()
    row.click()
    page.wait_for_url(f"**/desk/tickets/{number}/")
    expect(page.locator("main")).to_contain_text(number)


# ── Numbers lead to their rows ───────────────────────────────────────────────────────────────────────────────────
def test_from_a_number_to_its_list_and_to_a_card(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor")
    page.goto(f"{centre.url}/reports/?{last_days()}")
    to_the_card(page, page.locator("main a[href*='cell=registered']").first)


def test_every_report_is_narrowed_by_an_organisation_and_its_cells_keep_their_word(
    centre: LocalStack, sign_in: SignIn
) -> None:
    page = sign_in(centre, "supervisor")
    open_report(page, centre, "organisations")
    company = page.locator("#t-rating tbody th a").first.inner_text()
    followed = 0
    for name in REPORTS:
        open_report(page, centre, name)
        page.locator("summary", has_text="Условия").click()
        page.locator("#id_company").select_option(label=company)
        page.get_by_role("button", name="Показать").click()
        page.wait_for_url("**company=*")
        # Of whose data was looked at nobody can say which organisation it was about: it is left out and said so.
        expect(page.locator(".pretitle")).to_contain_text(company)
        expect(page.locator("#id_company")).to_be_visible()
        if name == "access":
            expect(page.locator(".report-about")).to_contain_text("Не делится и потому не показано")
        cells = counts(page)
        # The first, the middle and the last, each from another table if there are more.
        for address, said in cells[:: max(1, len(cells) // FOLLOWED)][:FOLLOWED]:
            follow(page, address, said)
            assert "company=" in address
            expect(page.locator(".pretitle")).to_contain_text(company)
            followed += 1
    assert followed >= 2 * FOLLOWED


# ── For everybody ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_reports_are_read_in_light_and_dark_on_any_screen(centre: LocalStack, sign_in: SignIn, dark: bool) -> None:
    page = sign_in(centre, "supervisor", dark=dark)
    for path in (f"promise/?{last_days()}", f"organisations/?{last_days()}&emergency=no", "staffing/"):
        page.goto(f"{centre.url}/reports/{path}")
        for width in (WIDE, TELEPHONE):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(100)
            assert serious_faults(page) == [], (path, width)


def test_no_report_scrolls_aside_on_a_telephone(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor", width=TELEPHONE, height=844)
    for path in (*(f"{name}/?{last_days()}&emergency=no" for name in REPORTS), "", "staffing/", "weekly/"):
        page.goto(f"{centre.url}/reports/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_paper_has_the_tables_and_no_tabs(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor")
    for name in ("promise", "organisations"):
        open_report(page, centre, name)
        expect(page.locator(".report-tabs")).to_be_visible()
        page.emulate_media(media="print")
        for gone in (".report-tabs", ".asked", ".side", "[data-print]"):
            expect(page.locator(gone).first).to_be_hidden()
        for table in page.locator("main table").all():
            expect(table).to_be_visible()
        expect(page.locator(".pretitle")).to_be_visible()
        page.emulate_media(media="screen")


def tab_until(page: Page, what: Locator, key: str = "Tab") -> None:
    for _ in range(80):
        page.keyboard.press(key)
        if what.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{key} never reaches {what}")


def test_a_report_is_narrowed_without_a_mouse(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor")
    open_report(page, centre, "promise")
    tab_until(page, page.locator("summary", has_text="Условия"))
    page.keyboard.press("Enter")
    emergency = page.locator("#id_emergency")
    tab_until(page, emergency)
    page.keyboard.press("ArrowDown")
    expect(emergency).to_have_value("yes")
    # In a list Enter opens it; whoever has chosen goes back to the button, which stands with the days.
    tab_until(page, page.get_by_role("button", name="Показать"), "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**emergency=yes*")
    expect(page.locator(".pretitle")).to_contain_text("аварийные")
    # And to the first number of the report, and into its list.
    number = page.locator("main .report-facts a").first
    tab_until(page, number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/tickets/**")


# ── The weekly ───────────────────────────────────────────────────────────────────────────────────────────────────
# An enquiry of that week, written down afterwards.
LATER = """
from datetime import datetime
from callbacks.models import Contact
at = datetime.fromisoformat("{monday}T12:00:00+03:00")
Contact.objects.create(received_at=at, phone="+79110007777", ended_as="enquiry", note="Внесено позже.")
"""


def test_the_head_signs_a_week_and_corrects_it(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "head")
    page.goto(f"{centre.url}/reports/weekly/")
    page.get_by_role("link", name="Посмотреть и подписать").first.click()
    page.wait_for_url(re.compile(r"/weekly/\d{4}-\d\d-\d\d/$"))
    monday = page.url.rstrip("/").rsplit("/", 1)[1]
    draft = page.context.request.get(f"{page.url}pdf/")
    page.fill("[name=note]", "Неделя прошла спокойно.")
    page.get_by_role("button", name="Подписать").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"Сводка подписана: № \d+/\d{4}"))
    expect(page.locator(".weekly-sign")).to_have_count(1)
    expect(page.locator("#weekly-since + p")).to_have_text("Ничего: числа те же.")
    assert serious_faults(page) == []
    signed = page.context.request.get(f"{page.url}pdf/")

    in_the_centre(centre, LATER.format(monday=monday))
    page.reload()
    since = page.locator("section[aria-labelledby=weekly-since]")
    expect(since.get_by_role("row", name=re.compile("Обращения"))).to_be_visible()
    since.locator("[name=note]").fill("Звонок внесён с бумаги.")
    since.get_by_role("button", name="Выпустить поправку").click()
    expect(page.locator(".weekly-correction")).to_contain_text("Поправка № 1")
    expect(page.locator(".weekly-correction")).to_contain_text("Звонок внесён с бумаги.")
    expect(page.locator("#weekly-since + p")).to_have_text("Ничего: числа те же.")
    corrected = page.context.request.get(f"{page.url}pdf/")

    papers = [draft, signed, corrected]
    for paper in papers:
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.body().startswith(b"%PDF-")
    assert len({paper.body() for paper in papers}) == 3
    assert "proekt" in draft.headers["content-disposition"]
    assert "svodka" in corrected.headers["content-disposition"]

    # Whoever does not sign reads the same and has nothing to press.
    reader = sign_in(centre, "supervisor")
    reader.goto(f"{centre.url}/reports/weekly/{monday}/")
    expect(reader.locator(".weekly-correction")).to_contain_text("Поправка № 1")
    expect(reader.get_by_role("button", name="Выпустить поправку")).to_have_count(0)
