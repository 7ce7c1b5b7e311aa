"""Finding tickets by the keyboard: one box, the list by rows and pages, views, columns, the file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults

FOUND = "#found tbody tr"


@pytest.fixture
def desk(centre: LocalStack, sign_in: SignIn) -> Iterator[Page]:
    page = sign_in(centre, "operator")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.keyboard.press("F3")
    expect(page.locator("h1")).to_have_text("Заявки")
    yield page
    assert complaints == []


def search(page: Page, text: str) -> None:
    page.keyboard.press("F3")
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))
    assert text not in page.url


def test_the_box_has_the_focus_and_finds_by_words_and_phone(desk: Page) -> None:
    expect(desk.locator("#id_text")).to_be_focused()
    number = desk.locator(f"{FOUND} .cell-number a").first.inner_text()

    search(desk, number[3:])
    expect(desk.locator(FOUND)).to_have_count(1)
    expect(desk.locator(".why")).to_contain_text("номер")
    # What was found takes the next keystroke.
    expect(desk.locator(f"{FOUND} .row-link").first).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_contain_text(number)


def test_what_was_found_stays_in_its_column(desk: Page) -> None:
    """Why a ticket was found once stood across the time beside it."""
    search(desk, "течь")
    expect(desk.locator(".why").first).to_be_visible()
    crossed = "[...document.querySelectorAll('.found td')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert desk.evaluate(crossed) == 0
    assert desk.evaluate("(one => one.scrollWidth - one.clientWidth)(document.querySelector('.table-responsive'))") <= 1


def test_rows_by_keys_and_back_to_the_box(desk: Page) -> None:
    rows = desk.locator(FOUND)
    desk.keyboard.press("ArrowDown")
    expect(rows.nth(0).locator(".row-link").first).to_be_focused()
    desk.keyboard.press("j")
    expect(rows.nth(1).locator(".row-link").first).to_be_focused()
    desk.keyboard.press("k")
    expect(rows.nth(0).locator(".row-link").first).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#id_text")).to_be_focused()


def test_conditions_narrow_and_are_taken_off(desk: Page) -> None:
    desk.get_by_role("link", name="Просроченные").click()
    expect(desk.locator(".chips")).to_contain_text("Срок просрочен")
    desk.locator("summary", has_text="Условия").click()
    desk.locator("#id_kind").select_option("emergency")
    desk.get_by_role("button", name="Показать").click()
    expect(desk.locator(".chips")).to_contain_text("аварии")
    assert serious_faults(desk) == []
    desk.locator(".chip", has_text="Срок просрочен").click()
    expect(desk.locator(".chips")).not_to_contain_text("Срок просрочен")
    desk.locator(".chip-reset").click()
    expect(desk.locator(".chips")).to_contain_text("незакрытые")


def test_a_view_with_columns_of_its_own(desk: Page) -> None:
    desk.locator("summary", has_text="Столбцы").click()
    desk.get_by_label("Телефон", exact=True).check()
    desk.get_by_role("button", name="Телефон: выше").click()
    desk.get_by_role("button", name="Применить").click()
    expect(desk.locator("#found thead")).to_contain_text("Телефон")
    desk.get_by_role("link", name="Авария сейчас").click()
    desk.locator("summary", has_text="Сохранить вид").click()
    desk.get_by_label("Название вида").fill("Аварии с телефонами")
    desk.get_by_role("button", name="Сохранить", exact=True).click()
    expect(desk.locator(".messages")).to_contain_text("сохранён")


def test_the_file_has_the_rows_of_the_list(desk: Page, tmp_path: Path) -> None:
    # So many as fit one page, however many other journeys have made.
    search(desk, "лифт")
    expect(desk.locator(f"{FOUND} .cell-number a").first).to_be_visible()
    shown = desk.locator(f"{FOUND} .cell-number a").all_inner_texts()
    desk.locator("summary", has_text="В файл").click()
    with desk.expect_download() as waiting:
        desk.get_by_role("link", name="Excel").click()
    waiting.value.save_as(tmp_path / "list.xlsx")
    sheet = load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    heads = [cell.value for cell in sheet[1]]
    assert [row[heads.index("Номер")].value for row in sheet.iter_rows(min_row=2)] == shown


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_serious_for_those_who_see_or_reach_little(
    centre: LocalStack, sign_in: SignIn, width: int, dark: bool
) -> None:
    page = sign_in(centre, "operator", width=width, dark=dark)
    page.goto(f"{centre.url}/desk/tickets/")
    expect(page.locator("#found")).to_be_visible()
    assert serious_faults(page) == []
    for name in ("Условия", "Столбцы", "В файл"):
        page.locator("summary", has_text=name).click()
    expect(page.locator("#id_about")).to_be_visible()
    assert serious_faults(page) == []
    page.goto(f"{centre.url}/desk/tickets/?nobody=on&mine=on&since=2020-01-01&until=2020-01-02")
    expect(page.locator(".empty-state")).to_be_visible()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
